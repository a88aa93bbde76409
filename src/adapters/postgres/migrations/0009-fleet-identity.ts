import { type Kysely, sql } from 'kysely';

/**
 * A fleet belongs to a repository by the id that the code host gave it, whatever the repository is called. Fleets that are there
 * already have none until the code host lists their repositories next: their keys, and all that hangs on them, stay as they are.
 */
const STATEMENTS: readonly string[] = [
  `alter table fleets
    add column repository bigint unique,
    add column retired_why text,
    add column retired_since bigint,
    add check ((retired_why is null) = (retired_since is null))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
