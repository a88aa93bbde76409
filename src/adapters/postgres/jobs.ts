import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Instant } from '../../core/model/time.ts';
import type { Job } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { flagsOf } from './job-flags.ts';
import { inChunks, jsonb } from './rows.ts';

/** In a smallint; at one attempt in five minutes it lasts for months, so that an outage never uses up a job. */
export const ATTEMPTS_MAX = 32_000;
/** Limits of graphile-worker's tables, in characters. A fleet's name alone may have 140. */
const QUEUE_CHARS_MAX = 128;
const KEY_CHARS_MAX = 512;

/**
 * Adds jobs with the transaction, if it is one: they run when it has committed, and never when it has not.
 *
 * The database judges by its own clock what is due, so it is told how long to wait and not until when. A job that waits already
 * keeps its instant when that is the earlier one: who asks again and again for a job must not put it off.
 *
 * @param now - by the clock that the instants of the jobs are from.
 */
export async function addJobs(db: Database | Tx, jobs: readonly Job[], now: Instant): Promise<void> {
  // One statement cannot touch a key twice; the last of them is the newest.
  const newest = [...new Map(jobs.map((job) => [job.key, job])).values()];
  for (const some of inChunks(newest)) {
    const specs = some.map((job) => ({
      identifier: job.task,
      payload: job.payload,
      job_key: shortened(job.key, KEY_CHARS_MAX),
      queue_name: job.queue === undefined ? null : shortened(job.queue, QUEUE_CHARS_MAX),
      wait_ms: job.runAt === undefined ? 0 : Math.max(0, job.runAt - now),
      flags: flagsOf(job.payload),
    }));
    await sql`
      select count(*) from graphile_worker.add_jobs(
        array(
          select row(asked.identifier, asked.payload, asked.queue_name,
            least(now() + asked.wait_ms * interval '1 millisecond', waiting.run_at),
            ${ATTEMPTS_MAX}::smallint, asked.job_key, null, asked.flags)::graphile_worker.job_spec
          from jsonb_to_recordset(${jsonb(specs)}) as asked (identifier text, payload json, queue_name text, wait_ms float8, job_key text, flags text[])
          left join graphile_worker._private_jobs waiting on waiting.key = asked.job_key and waiting.locked_at is null
        ), false)`.execute(db);
  }
}

/** The same text for the same name, and a different one for another: a long name keeps its start and gets a digest. */
function shortened(name: string, charsMax: number): string {
  if (name.length <= charsMax) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${name.slice(0, charsMax - digest.length - 1)}~${digest}`;
}
