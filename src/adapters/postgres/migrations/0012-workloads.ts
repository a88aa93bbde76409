import { type Kysely, sql } from 'kysely';

/** Where the manifest of a cluster says its object is. Most say nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table desired add column workload jsonb').execute(db);
}
