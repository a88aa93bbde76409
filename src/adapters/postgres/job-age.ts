import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * How long the oldest job has been due that is not done yet, whether it waits or runs; 0 when there is none. Not
 * counted: jobs for later, and those that wait for a person.
 */
export async function oldestDueJobMs(db: Database): Promise<number> {
  const { rows } = await sql<{ readonly ms: number }>`
    select coalesce(extract(epoch from now() - min(run_at)) * 1000, 0)::float8 as ms
    from graphile_worker._private_jobs
    where run_at <= now() and attempts < max_attempts`.execute(db);
  return rows[0]?.ms ?? 0;
}
