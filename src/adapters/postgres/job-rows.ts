/**
 * What becomes of the rows of table `jobs`. A row is one key. Its `generation` grows each time somebody asks for the job again;
 * `running` is the generation that `holder` works on, so that a job which is asked for while it runs is there once more when it ends.
 */
import type pg from 'pg';
import { type Decoded, either, flag, maybe, number, object, parsed, recordOf, text, word } from '../../core/model/decode.ts';
import { err, ok } from '../../core/model/result.ts';
import type { RetryDecision } from '../../ports/job-retry.ts';
import { JOB_TASKS, type JobTask } from '../../ports/state-store.ts';
import { anything, integer } from './decoders.ts';
import { LANES } from './job-lanes.ts';
import type { JobShare } from './job-share.ts';
import { plainText } from './rows.ts';

/** In a smallint; at one attempt in five minutes it lasts for months. */
const ATTEMPTS_MAX = 32_000;
/** Of jobs of a lane that are due, so many are looked at to find those that may run: the first of each queue. */
const LOOKED_AT_MAX = 1_000;
const MESSAGE_CHARS_MAX = 2_000;

/** Of a row that was taken, what says which row it is and which of its generations. */
export interface Claim {
  readonly key: string;
  readonly generation: number;
  readonly holder: string;
}

const nothing = parsed(anything, (value) => (value === null ? ok(null) : err('a text, a number, true, false or null expected')));
const payload = recordOf(either(text, either(number, either(flag, nothing))));

/** What a worker needs to know of a job that it has taken. */
export const takenJob = object({ key: text, generation: integer, task: word(JOB_TASKS), queue: maybe(text), payload, attempts: integer });
export type TakenJob = Decoded<typeof takenJob>;

export interface Running {
  readonly keys: readonly string[];
  readonly queues: readonly string[];
}

/**
 * Takes jobs that are due, of each queue the first and none of a queue that is busy.
 *
 * What is ours and does not run is taken as well: the answer that gave it to us was lost. So is what another replica had taken for
 * a fleet that has changed hands since.
 *
 * @param starts - by lane: so many of it and of those behind it.
 * @param holder - who takes them.
 * @param share - where several replicas work on one queue.
 * @returns rows for `takenJob`.
 */
export async function takeDueJobs(
  db: pg.Pool,
  starts: readonly number[],
  holder: string,
  { keys, queues }: Running,
  share: JobShare | undefined,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const ours =
    share === undefined
      ? 'true'
      : `(fleet = any($5) or fleet is null
          and exists (select from replicas r where r.id = $1 and r.expires_at > now())
          and not exists (select from replicas r where r.id = j.holder and r.id <> $1))`;
  const mayRun = `run_at <= now() and not parked and key <> all($2) and (queue is null or queue <> all($3)) and ${ours}`;
  const { rows } = await db.query<Readonly<Record<string, unknown>>>({
    name: 'take due jobs',
    text: `
      with due as (
        ${dueByLane(mayRun)}
      ), heads as (
        select distinct on (queue, case when queue is null then key end) key, lane, run_at, id from due
        order by queue, case when queue is null then key end, run_at, id
      ), chosen as (
        ${chosenOfLanes()}
      ), free as (
        select key from jobs j
        where key = any(array(select key from chosen)) and ${mayRun} for update skip locked
      )
      update jobs set holder = $1, running = generation, attempts = least(attempts + 1, ${ATTEMPTS_MAX})
      from free where jobs.key = free.key
      returning jobs.key, jobs.generation, jobs.task, jobs.queue, jobs.payload, jobs.attempts::int as attempts`,
    values: [holder, keys, queues, starts, ...(share === undefined ? [] : [share.openFleets])],
  });
  return rows;
}

/** The first of each lane: a thousand reports that are due for longer must not hide a decision. */
function dueByLane(mayRun: string): string {
  const of = (tasks: readonly JobTask[], lane: number): string =>
    `(select key, queue, ${lane} as lane, run_at, id from jobs j
      where task in (${tasks.map((task) => `'${task}'`).join(', ')}) and ${mayRun}
      order by run_at, id limit case when ($4::int[])[${lane + 1}] > 0 then ${LOOKED_AT_MAX} else 0 end)`;
  return LANES.map(of).join(' union all ');
}

/** From the last lane on: what those before it may have is left for them. */
const chosenOfLanes = (): string =>
  LANES.reduceRight(
    (behind, _tasks, lane) =>
      `select key, run_at, id from (
        select key, run_at, id from heads where lane = ${lane}${behind === '' ? '' : ` union all (${behind})`}
      ) as lane_${lane} order by run_at, id limit ($4::int[])[${lane + 1}]`,
    '',
  );

/** Ours, as long as nobody else has taken it; also when the server has forgotten in a crash that we had. */
const IS_OURS = '(holder = $2 or holder is null)';

/** Removes a job that is done, unless it was asked for again meanwhile. */
export async function settleDone(db: pg.Pool, { key, generation, holder }: Claim): Promise<void> {
  await db.query(
    `with done as (delete from jobs where key = $1 and generation = $3 and ${IS_OURS} returning 1)
     update jobs set holder = null, running = null where key = $1 and holder = $2 and not exists (select from done)`,
    [key, holder, generation],
  );
}

/** Keeps a failed job, for later or for a person; unless it was asked for again meanwhile, which will do the work. */
export async function settleFailed(
  db: pg.Pool,
  { key, generation, holder }: Claim,
  decision: RetryDecision,
  message: string,
): Promise<void> {
  await db.query(
    `update jobs set holder = null, running = null,
       run_at = case when generation = $3 then now() + $4 * interval '1 millisecond' else run_at end,
       parked = parked or (generation = $3 and $5), last_error = case when generation = $3 then $6 else last_error end
     where key = $1 and ${IS_OURS}`,
    [
      key,
      holder,
      generation,
      decision.kind === 'again' ? decision.waitMs : 0,
      decision.kind === 'parked',
      plainText(message.slice(0, MESSAGE_CHARS_MAX)),
    ],
  );
}

/** Puts a job back that is another replica's to run, as if it had never been taken. */
export async function settleForeign(db: pg.Pool, { key, generation, holder }: Claim): Promise<void> {
  await db.query(
    `update jobs set holder = null, running = null, attempts = case when generation = $3 then greatest(0, attempts - 1) else attempts end
     where key = $1 and holder = $2`,
    [key, holder, generation],
  );
}

/**
 * Lets others run what a holder has taken and will not end.
 *
 * A job that was cut off once or twice runs again at once. One that keeps ending the process waits longer each time, so that it
 * cannot keep the bot from starting.
 *
 * @param holders - a condition on the column `holder`.
 */
async function free(db: Pick<pg.ClientBase, 'query'>, holders: string, given: readonly unknown[]): Promise<number> {
  const { rowCount } = await db.query(
    `update jobs set holder = null, running = null,
       run_at = case when attempts <= 3 then run_at else greatest(run_at, now() + least(60, 2 ^ least(attempts - 3, 10)) * interval '1 second') end
     where holder is not null and ${holders}`,
    [...given],
  );
  return rowCount ?? 0;
}

/** Where there is one process for each database: everybody else is dead. @returns how many it frees. */
export const freeJobsOfOthers = (db: pg.Pool, holder: string): Promise<number> => free(db, 'holder <> $1', [holder]);

/** For others to run at once. */
export const freeJobsOf = (db: pg.Pool, holder: string): Promise<number> => free(db, 'holder = $1', [holder]);

/** Of replicas that are gone. */
export const freeJobsOfTheDead = (tx: pg.ClientBase): Promise<number> =>
  free(tx, 'not exists (select from replicas r where r.id = jobs.holder)', []);

/** A person has most likely started the bot again because they fixed something: what waited for them is tried once more. */
export async function requeueParkedJobs(db: pg.Pool): Promise<number> {
  const { rowCount } = await db.query('update jobs set parked = false, attempts = 0, run_at = now() where parked');
  return rowCount ?? 0;
}

export const claimOf = ({ key, generation }: TakenJob, holder: string): Claim => ({ key, generation, holder });
