import { sql } from 'kysely';
import type { Database } from './database.ts';
import { plainText } from './rows.ts';

/** Repositories that are no fleets, by id, as they were when they were looked at last. */
export async function bystanders(db: Database): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ readonly repository: number; readonly as_of: string }>`select repository, as_of from bystanders`.execute(db);
  return new Map(rows.map(({ repository, as_of: asOf }) => [repository, asOf]));
}

export async function saveBystander(db: Database, repository: number, asOf: string): Promise<void> {
  await sql`
    insert into bystanders (repository, as_of) values (${repository}, ${plainText(asOf)})
    on conflict (repository) do update set as_of = excluded.as_of`.execute(db);
}
