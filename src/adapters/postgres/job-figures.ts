import { sql } from 'kysely';
import { maybe, number, object, text, word } from '../../core/model/decode.ts';
import { JOB_TASKS } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { laneOf } from './job-lanes.ts';
import type { QueueStanding } from './queue.ts';
import { readRow } from './rows.ts';

/** How the queue does, in numbers. */
export interface JobFigures {
  /** Due, and not done yet, whether they wait or run. */
  readonly due: number;
  /** They wait for a person. */
  readonly parked: number;
  /** How long the oldest of those that are due has been so, in milliseconds; 0 when there is none. */
  readonly oldestDueMs: number;
  /**
   * For how long a job could have run, and does not: due, with none of its queue before it and a slot that is free. 0 when there is none.
   */
  readonly heldUpMs: number;
}

/**
 * @param fleets - whose jobs are counted; `undefined`: all of them.
 * @param standing - of the queue of this process; `undefined` before it runs.
 */
export async function jobFigures(
  db: Database,
  fleets: readonly string[] | undefined,
  standing: QueueStanding | undefined,
): Promise<JobFigures> {
  const isOurs = fleets === undefined ? sql`true` : sql`(fleet is null or fleet = any(${fleets}::text[]))`;
  const { rows } = await sql<Omit<JobFigures, 'heldUpMs'>>`
    select
      count(*) filter (where run_at <= now() and not parked)::float8 as due,
      count(*) filter (where parked)::float8 as parked,
      coalesce(extract(epoch from now() - min(run_at) filter (where run_at <= now() and not parked)) * 1000, 0)::float8 as "oldestDueMs"
    from jobs where ${isOurs}`.execute(db);
  const counted = rows[0] ?? { due: 0, parked: 0, oldestDueMs: 0 };
  if (standing === undefined || counted.due === 0) return { ...counted, heldUpMs: 0 };
  const { keys, queues } = standing.running;
  // Those that came after one that is held up are held up no longer than it, so that the oldest of each queue and task tell.
  const waiting = await sql<{ readonly key: string }>`
    select distinct on (queue, task, case when queue is null then key end)
      key, queue, task, (extract(epoch from now() - run_at) * 1000)::float8 as "dueMs"
    from jobs
    where run_at <= now() and not parked and key <> all(${keys}::text[]) and (queue is null or queue <> all(${queues}::text[])) and ${isOurs}
    order by queue, task, case when queue is null then key end, run_at`.execute(db);
  const heldUp = waiting.rows.map((row) => heldUpFor(readRow('jobs', row.key, waitingRow, row), standing));
  return { ...counted, heldUpMs: Math.max(0, ...heldUp) };
}

const waitingRow = object({ key: text, queue: maybe(text), task: word(JOB_TASKS), dueMs: number });

/** Since the last of what kept it waiting is over. */
function heldUpFor({ key, queue, task, dueMs }: ReturnType<typeof waitingRow>, { freeMs, endedMs }: QueueStanding): number {
  const free = freeMs[laneOf(task)];
  return free === undefined ? 0 : Math.min(dueMs, free, endedMs.get(queue ?? key) ?? Number.POSITIVE_INFINITY);
}
