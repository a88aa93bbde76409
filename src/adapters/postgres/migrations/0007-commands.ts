import { type Kysely, sql } from 'kysely';

/**
 * What people ask has rows of its own: stored before anything is decided, and given its outcome with all that follows from it. There
 * is no reference to the fleet: its row is what everybody else writes, and to look at its lock would be to wait for them.
 */
const STATEMENTS: readonly string[] = [
  `create table commands (
    id bigint generated always as identity primary key,
    fleet text collate "C" not null,
    key text,
    "by" text not null,
    verb text not null,
    body jsonb not null,
    given_at bigint not null,
    carried_out_at bigint,
    outcome jsonb,
    unique (fleet, key),
    check ((carried_out_at is null) = (outcome is null))
  )`,
  'create index commands_waiting on commands (fleet, id) where outcome is null',
  // Old ones can be removed by age; what waits has none.
  'create index commands_by_age on commands (carried_out_at)',

  'alter table audit add column given_at bigint',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
