import type pg from 'pg';
import type { RetryDecision } from '../../ports/job-retry.ts';
import type { Job } from '../../ports/state-store.ts';
import { inTransaction } from './in-transaction.ts';
import { flagsOf } from './job-flags.ts';
import { ATTEMPTS_MAX } from './jobs.ts';
import { plainText } from './rows.ts';

/** A job that a worker has taken, as graphile-worker hands it out. */
export interface TakenJob {
  readonly id: string;
  readonly key: string | null;
  readonly job_queue_id: number | null;
  readonly locked_by: string | null;
  readonly attempts: number;
}

/**
 * The rows that graphile-worker itself would delete and unlock when a job is done. Here it is awaited: its own call is
 * not (worker.ts, `completeJob`), so that a database that goes away would end the process with an unhandled rejection,
 * and the next job of a queue would find its queue still locked and wait for the next poll. What it does afterwards
 * finds nothing left to do. The notification wakes a worker for the next job of the queue.
 */
const TAKE_OUT = `
  with done as (
    delete from graphile_worker._private_jobs where id = $1 and locked_by = $2
    returning job_queue_id, task_id, payload, key
  ), freed as (
    update graphile_worker._private_job_queues set locked_at = null, locked_by = null
    where id = (select job_queue_id from done) and locked_by = $2
  )
  select done.key, done.payload::text as payload, t.identifier, q.queue_name,
    case when done.job_queue_id is null then null else pg_notify('jobs:insert', '{"count":1}') end as notified
  from done
  join graphile_worker._private_tasks t on t.id = done.task_id
  left join graphile_worker._private_job_queues q on q.id = done.job_queue_id`;

interface TakenOut {
  /** `null`: a newer job with the same key has replaced this one while it ran. */
  readonly key: string | null;
  readonly payload: string;
  readonly identifier: string;
  readonly queue_name: string | null;
}

export async function settleDone(pool: pg.Pool, job: TakenJob): Promise<void> {
  await pool.query(TAKE_OUT, [job.id, job.locked_by]);
}

/**
 * Puts a failed job back under its key, for later or for a person; unless a newer one has taken the key, which will
 * do the work. Not left to graphile-worker, whose wait grows to six hours and knows nothing of what a remote asked for.
 */
export async function settleFailed(pool: pg.Pool, job: TakenJob, decision: RetryDecision, message: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const taken = (await client.query<TakenOut>(TAKE_OUT, [job.id, job.locked_by])).rows[0];
    if (taken?.key != null) await putBack(client, taken, job.attempts, decision, message);
  });
}

/** Puts a job back that is another replica's to run, as if it had never been taken. */
export async function settleForeign(pool: pg.Pool, job: TakenJob): Promise<void> {
  await inTransaction(pool, async (client) => {
    const taken = (await client.query<TakenOut>(TAKE_OUT, [job.id, job.locked_by])).rows[0];
    if (taken?.key != null) await putBack(client, taken, Math.max(0, job.attempts - 1), { kind: 'again', waitMs: 0 }, '');
  });
}

async function putBack(client: pg.PoolClient, taken: TakenOut, attempts: number, decision: RetryDecision, message: string): Promise<void> {
  const waitMs = decision.kind === 'again' ? decision.waitMs : 0;
  const { rows } = await client.query<{ readonly id: string }>(
    `select id from graphile_worker.add_job($1, payload => $2::json, queue_name => $3, run_at => now() + $4 * interval '1 millisecond',
       max_attempts => $5, job_key => $6, flags => $7::text[])`,
    [
      taken.identifier,
      taken.payload,
      taken.queue_name,
      waitMs,
      ATTEMPTS_MAX,
      taken.key,
      flagsOf(JSON.parse(taken.payload) as Job['payload']),
    ],
  );
  const ids = rows.map((row) => row.id);
  if (decision.kind === 'parked')
    await client.query('select graphile_worker.permanently_fail_jobs($1::bigint[], $2)', [ids, plainText(message.slice(0, 2_000))]);
  else await client.query('select graphile_worker.reschedule_jobs($1::bigint[], attempts => $2)', [ids, attempts]);
}
