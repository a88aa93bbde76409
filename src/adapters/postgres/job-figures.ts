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

/** @param foreign - flags of jobs that are not ours, and are not counted. */
export async function jobFigures(db: Database, foreign: readonly string[]): Promise<JobFigures> {
  const { rows } = await sql<JobFigures>`
    select
      count(*) filter (where run_at <= now() and attempts < max_attempts)::float8 as due,
      count(*) filter (where attempts >= max_attempts and locked_at is null)::float8 as parked,
      coalesce(extract(epoch from now() - min(run_at) filter (where run_at <= now() and attempts < max_attempts)) * 1000, 0)::float8
        as "oldestDueMs"
    from graphile_worker._private_jobs where (flags ?| ${foreign}::text[]) is not true`.execute(db);
  return rows[0] ?? { due: 0, parked: 0, oldestDueMs: 0 };
}
