import { sql } from 'kysely';
import type { FleetId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Job } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { inChunks, lastOfEach, recordset } from './rows.ts';

/** Where it is said that there is work. */
export const WORK = 'flotilla_jobs';

/**
 * Adds jobs with the transaction, if it is one: they run when it has committed, and never when it has not.
 *
 * The database judges by its own clock what is due, so it is told how long to wait and not until when. A job that waits already is
 * replaced and keeps its instant when that is the earlier one: who asks again and again for a job must not put it off. One that runs
 * goes on, and the new one comes after it.
 *
 * @param now - by the clock that the instants of the jobs are from.
 */
export async function addJobs(db: Database | Tx, jobs: readonly Job[], now: Instant): Promise<void> {
  // In one order, whoever adds them: of two transactions that add the same ones, neither waits for the other for ever.
  const newest = lastOfEach(jobs, ({ key }) => key).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const some of inChunks(newest)) {
    const rows = some.map(({ key, task, queue, payload, runAt }) => ({
      key,
      task,
      queue: queue ?? null,
      fleet: fleetOf(payload) ?? null,
      payload,
      wait_ms: runAt === undefined ? 0 : Math.max(0, runAt - now),
    }));
    const columns = { key: 'text', task: 'text', queue: 'text', fleet: 'text', payload: 'jsonb', wait_ms: 'bigint' } as const;
    await sql`
      with added as (
        insert into jobs (key, task, queue, fleet, payload, run_at)
        select key, task, queue, fleet, payload, now() + wait_ms * interval '1 millisecond' from ${recordset(rows, columns)}
        on conflict (key) do update set
          task = excluded.task, queue = excluded.queue, fleet = excluded.fleet, payload = excluded.payload,
          id = case when jobs.running = jobs.generation then excluded.id else jobs.id end,
          run_at = case when jobs.parked or jobs.running = jobs.generation then excluded.run_at else least(jobs.run_at, excluded.run_at) end,
          generation = jobs.generation + 1, attempts = 0, parked = false, last_error = null
        returning run_at
      )
      select pg_notify(${WORK}, '') from (select from added where run_at <= now() limit 1) as due`.execute(db);
  }
}

/** Has the parked jobs of a fleet run now. */
export async function retryParked(db: Database, fleet: FleetId): Promise<void> {
  await sql`
    with again as (update jobs set parked = false, attempts = 0, run_at = now() where parked and fleet = ${fleet} returning 1)
    select pg_notify(${WORK}, '') from (select from again limit 1) as due`.execute(db);
}

/** The fleet that a job is about; `undefined` for one that any replica may run. */
export function fleetOf({ fleet }: Job['payload']): string | undefined {
  return typeof fleet === 'string' ? fleet : undefined;
}
