import { sql } from 'kysely';
import type { Database } from './database.ts';

/** How the queue does, in numbers. */
export interface JobFigures {
  /** Due, and not done yet, whether they wait or run. */
  readonly due: number;
  /** They wait for a person. */
  readonly parked: number;
  /** How long the oldest of those that are due has been so, in milliseconds; 0 when there is none. */
  readonly oldestDueMs: number;
}

/** @param fleets - whose jobs are counted; `undefined`: all of them. */
export async function jobFigures(db: Database, fleets: readonly string[] | undefined): Promise<JobFigures> {
  const isOurs = fleets === undefined ? sql`true` : sql`(fleet is null or fleet = any(${fleets}::text[]))`;
  const { rows } = await sql<JobFigures>`
    select
      count(*) filter (where run_at <= now() and not parked)::float8 as due,
      count(*) filter (where parked)::float8 as parked,
      coalesce(extract(epoch from now() - min(run_at) filter (where run_at <= now() and not parked)) * 1000, 0)::float8 as "oldestDueMs"
    from jobs where ${isOurs}`.execute(db);
  return rows[0] ?? { due: 0, parked: 0, oldestDueMs: 0 };
}
