import pg from 'pg';
import { inTransaction } from './in-transaction.ts';

/**
 * Frees what a dead worker still holds, where there is one process for each database. graphile-worker itself waits four hours,
 * because it cannot know who is dead; whoever calls this has no worker that takes jobs.
 *
 * @param running - ids of jobs that this process still works on: they and their queues stay locked.
 */
export function freeDeadWorkers(pool: pg.Pool, running: readonly string[]): Promise<number> {
  return freeLocks(pool, 'true', running, []);
}

/** The same for the workers of one process, where others share the database with it. */
export function freeOwnWorkers(pool: pg.Pool, running: readonly string[], own: readonly string[]): Promise<number> {
  return freeLocks(pool, 'locked_by = any($2::text[])', running, [own]);
}

const LOCK_NOT_AVAILABLE = '55P03';

/** By now, whoever has begun to take jobs has said so, or has died before it could. */
const UNLISTED_S = 15;

/**
 * The same for replicas that are gone: what their workers had locked, and what was locked for some time by workers that no
 * replica knows of.
 */
export function freeLocksOfTheDead(tx: pg.ClientBase, dead: readonly string[]): Promise<number> {
  const unlisted = `locked_at < now() - interval '${UNLISTED_S} seconds'
    and not exists (select from replicas r where r.workers ? locked_by)`;
  return freeLocks(tx, `(locked_by = any($2::text[]) or ${unlisted})`, [], [dead]);
}

/**
 * A job that was cut off once or twice runs again at once. One that keeps ending the process waits longer each time,
 * so that it cannot keep the bot from starting.
 *
 * @param whose - a condition on the column `locked_by`.
 */
async function freeLocks(
  db: Pick<pg.ClientBase, 'query'>,
  whose: string,
  running: readonly string[],
  more: readonly unknown[],
): Promise<number> {
  const { rowCount } = await db.query(
    `with jobs as (
      update graphile_worker._private_jobs set locked_at = null, locked_by = null,
        run_at = case when attempts <= 3 then run_at else greatest(run_at, now() + least(60, 2 ^ least(attempts - 3, 10)) * interval '1 second') end
      where locked_by is not null and key is not null and id <> all($1::bigint[]) and ${whose}
      returning 1
    ), replaced as (
      delete from graphile_worker._private_jobs where locked_by is not null and key is null and id <> all($1::bigint[]) and ${whose}
    ), queues as (
      update graphile_worker._private_job_queues set locked_at = null, locked_by = null
      where locked_by is not null and ${whose}
        and id not in (select job_queue_id from graphile_worker._private_jobs where id = any($1::bigint[]) and job_queue_id is not null)
    )
    select 1 from jobs`,
    [running, ...more],
  );
  return rowCount ?? 0;
}

/** A person has most likely started the bot again because they fixed something: what waited for them is tried once more. */
export async function requeueParkedJobs(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(`
    select graphile_worker.reschedule_jobs(array(
      select id from graphile_worker._private_jobs where attempts >= max_attempts and locked_at is null and key is not null
    ), run_at => now(), attempts => 0)`);
  return rowCount ?? 0;
}

/**
 * Removes the rows of queues that have no jobs. Each data plane, pull request and rollout has queues of its own, and taking a job
 * locks the rows of all free queues, which is written to the log of the database each time. Only while no transaction is adding jobs,
 * so that no job ever names a queue that is gone; and without waiting for that, because others would wait in line behind it.
 *
 * @returns `busy` when somebody was adding jobs: nothing was removed.
 */
export async function removeIdleQueues(pool: pg.Pool): Promise<'removed' | 'busy'> {
  try {
    await inTransaction(pool, async (client) => {
      await client.query('lock table graphile_worker._private_job_queues in exclusive mode nowait');
      await client.query(`
        delete from graphile_worker._private_job_queues q
        where q.locked_at is null and not exists (select from graphile_worker._private_jobs j where j.job_queue_id = q.id)`);
    });
    return 'removed';
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
}
