import { type Kysely, sql } from 'kysely';
import { convertFleet } from './0002/convert-fleet.ts';
import { TABLES_AFTER, TABLES_BEFORE } from './0002/tables.ts';

/**
 * A rollout runs one release's part of a plan; stops, the ledger and the policy get tables of their own.
 *
 * What was there before is converted: nothing that is under way is lost, and what has ended stays readable.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of TABLES_BEFORE) await sql.raw(statement).execute(db);
  const { rows } = await sql<{ readonly id: string }>`select id from fleets order by id`.execute(db);
  for (const { id } of rows) await convertFleet(db, id);
  for (const statement of TABLES_AFTER) await sql.raw(statement).execute(db);
}
