import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { decode } from '../../core/model/decode.ts';
import { retryOf } from '../../ports/job-retry.ts';
import type { Log } from '../../ports/log.ts';
import type { Job, JobTask } from '../../ports/state-store.ts';
import { LANES, startsOf } from './job-lanes.ts';
import {
  type Claim,
  claimOf,
  freeJobsOf,
  freeJobsOfOthers,
  type Running,
  requeueParkedJobs,
  settleDone,
  settleFailed,
  settleForeign,
  type TakenJob,
  takeDueJobs,
  takenJob,
} from './job-rows.ts';
import type { JobShare } from './job-share.ts';
import { fleetOf } from './jobs.ts';

export interface JobContext {
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when the bot stops and the time to drain is up. */
  readonly signal: AbortSignal;
}

export type JobHandlers = Readonly<Record<JobTask, (payload: Job['payload'], context: JobContext) => Promise<void>>>;

const SETTLE_RETRY_MS_MAX = 5_000;

export interface QueueTimes {
  /** What the server gives one statement of the queue. They are small: one that takes longer stands still. */
  readonly statementMs: number;
  /** How often the queue looks for jobs by itself: those with an instant start at most this much late. */
  readonly pollMs: number;
}

export const QUEUE_TIMES: QueueTimes = { statementMs: 10_000, pollMs: 500 };

export interface QueueOptions {
  /** One connection that takes jobs, and hears when there is work. */
  readonly taking: pg.Pool;
  /** Where it is written down what became of jobs. */
  readonly settling: pg.Pool;
  /** Under which name jobs are taken: another for each process. */
  readonly holder: string;
  readonly handlers: JobHandlers;
  /** So many jobs at a time. */
  readonly concurrency: number;
  readonly times: QueueTimes;
  /** Where others work on the same queue; `undefined`: this process runs all jobs of the database. */
  readonly share?: JobShare | undefined;
  readonly log: Log;
}

/**
 * What the queue of this process works on, and for how long it could take more: a job that is due and that nothing of this keeps waiting
 * must run.
 */
export interface QueueStanding {
  readonly running: Running;
  /** By lane: since when a slot is free for its jobs, in milliseconds; `undefined` while none is. */
  readonly freeMs: readonly (number | undefined)[];
  /** By queue, or by key where a job is in none: how long ago the last of its jobs has ended, where that is not long ago. */
  readonly endedMs: ReadonlyMap<string, number>;
}

/** Longer ago than anybody asks for. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * Runs jobs until it is stopped, whatever becomes of the database meanwhile.
 *
 * One loop takes what is due, and each job runs beside it. What runs here is known here, and by nothing else: a row that is taken
 * in our name and that we do not run is simply taken again, so that no answer that was lost can leave a job, or a queue, standing.
 */
export class JobQueue {
  readonly #options: QueueOptions;
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
  /** Jobs that a handler works on, until their outcome is stored. */
  readonly #running = new Map<string, { readonly queue: string | undefined; readonly ended: Promise<void> }>();
  readonly #ended = new Map<string, number>();
  #freeSince: readonly (number | undefined)[] = LANES.map(() => performance.now());
  #work = Promise.withResolvers<void>();
  #worked: Promise<void> = Promise.resolve();

  private constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Takes up what a dead bot left, then starts. @throws when the database does not answer. */
  static async start(options: QueueOptions): Promise<JobQueue> {
    const { settling, holder, share, log } = options;
    const queue = new JobQueue(options);
    // Of replicas that are gone, the leases take care.
    const freed = share === undefined ? await freeJobsOfOthers(settling, holder) : 0;
    const requeued = await requeueParkedJobs(settling);
    if (freed + requeued > 0) log.info({ freed, requeued }, 'jobs of the last run are taken up again');
    queue.#worked = queue.#takeUntilStopped();
    return queue;
  }

  /** There may be work. */
  look(): void {
    this.#work.resolve();
  }

  standing(): QueueStanding {
    const now = performance.now();
    for (const [queue, at] of this.#ended) if (now - at > REMEMBERED_MS) this.#ended.delete(queue);
    return {
      running: this.#runningNow(),
      freeMs: this.#freeSince.map((since) => (since === undefined ? undefined : now - since)),
      endedMs: new Map([...this.#ended].map(([queue, at]) => [queue, now - at])),
    };
  }

  #runningNow(): Running {
    return { keys: [...this.#running.keys()], queues: [...this.#running.values()].flatMap(({ queue }) => queue ?? []) };
  }

  /** After a job has begun or ended. */
  #countSlots(): void {
    const { concurrency } = this.#options;
    const now = performance.now();
    const starts = startsOf(concurrency - this.#running.size, concurrency);
    this.#freeSince = this.#freeSince.map((since, lane) => ((starts[lane] ?? 0) > 0 ? (since ?? now) : undefined));
  }

  /**
   * Takes no more jobs and waits for those that are running.
   *
   * @returns `cut-off` when some were still running after `timeoutMs`: the next start runs them again.
   */
  async stop(timeoutMs: number): Promise<'drained' | 'cut-off'> {
    const { share, settling, holder, log } = this.#options;
    this.#stopping.abort();
    this.look();
    const drained = this.#worked
      .then(() => Promise.all([...this.#running.values()].map(({ ended }) => ended)))
      .then(() => 'drained' as const);
    const timer = new AbortController();
    const outcome = await Promise.race([
      drained,
      sleep(timeoutMs, 'cut-off' as const, { signal: timer.signal }).catch(() => 'drained' as const),
    ]);
    timer.abort();
    this.#cutOff.abort();
    // Others are there to do the work: it need not wait until they find out.
    if (share !== undefined) await freeJobsOf(settling, holder).catch(() => undefined);
    if (outcome === 'cut-off')
      log.warn({ timeoutMs }, 'jobs were still running when the time to drain was up; they run again after the next start');
    return outcome;
  }

  async #takeUntilStopped(): Promise<void> {
    const { times, log } = this.#options;
    let isFailing = false;
    while (!this.#stopping.signal.aborted) {
      this.#work = Promise.withResolvers();
      try {
        await this.#take();
        if (isFailing) log.info({}, 'jobs are taken again');
        isFailing = false;
      } catch (error) {
        if (!isFailing) log.warn({ err: error }, 'the database did not answer when it was asked for jobs; it is asked again');
        isFailing = true;
      }
      await this.#untilWork(times.pollMs);
    }
  }

  async #take(): Promise<void> {
    const { taking, holder, concurrency, share } = this.#options;
    const slots = concurrency - this.#running.size;
    if (slots <= 0) return;
    const rows = await takeDueJobs(taking, startsOf(slots, concurrency), holder, this.#runningNow(), share);
    if (!this.#stopping.signal.aborted) for (const row of rows) await this.#begin(row);
  }

  async #begin(row: Readonly<Record<string, unknown>>): Promise<void> {
    const { settling, holder, log } = this.#options;
    const read = decode(takenJob, row);
    if (!read.ok) {
      const claim = { key: String(row['key']), generation: Number(row['generation']), holder };
      log.error({ job: claim.key, reason: read.error }, 'a row of table jobs is not what this version writes; it is left for a person');
      return settleFailed(settling, claim, { kind: 'parked' }, read.error);
    }
    const job = read.value;
    const ended = this.#run(job).finally(() => {
      this.#running.delete(job.key);
      this.#ended.set(job.queue ?? job.key, performance.now());
      this.#countSlots();
      this.look();
    });
    this.#running.set(job.key, { queue: job.queue, ended });
    this.#countSlots();
  }

  /** Until somebody says that there is work, or it is time to look. */
  async #untilWork(ms: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.#work.promise, sleep(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }

  /** Never throws. */
  async #run(job: TakenJob): Promise<void> {
    const { settling, handlers, holder, log } = this.#options;
    const claim = claimOf(job, holder);
    const { task, key, attempts: attempt, payload } = job;
    const settleAsForeign = () => this.#settle(claim, () => settleForeign(settling, claim));
    if (this.#isForeign(payload)) return settleAsForeign();
    const end = this.#hold(payload);
    try {
      await handlers[task](payload, { attempt, signal: this.#cutOff.signal });
    } catch (error) {
      if (this.#isForeign(payload)) {
        log.info({ err: error, task, key }, 'the fleet of a job went to another replica, which runs it again');
        return settleAsForeign();
      }
      const decision = retryOf(error, attempt);
      const fields = { err: error, task, key, attempt, ...decision };
      if (decision.kind === 'parked') log.error(fields, 'a job needs a person; it is tried again at the next sweep');
      else log.warn(fields, 'a job failed and is tried again');
      return this.#settle(claim, () => settleFailed(settling, claim, decision, error instanceof Error ? error.message : String(error)));
    } finally {
      end();
    }
    return this.#settle(claim, () => settleDone(settling, claim));
  }

  #isForeign(payload: Job['payload']): boolean {
    const fleet = fleetOf(payload);
    return fleet !== undefined && this.#options.share?.mayRun(fleet) === false;
  }

  #hold(payload: Job['payload']): () => void {
    const fleet = fleetOf(payload);
    return (fleet === undefined ? undefined : this.#options.share?.begin(fleet)) ?? (() => undefined);
  }

  /** Until it is written down: a job that is done and not recorded would run again. */
  async #settle({ key }: Claim, write: () => Promise<void>): Promise<void> {
    const { signal } = this.#cutOff;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await write();
        return;
      } catch (error) {
        this.#options.log.warn({ err: error, job: key, attempt }, 'the outcome of a job could not be stored yet');
        if (signal.aborted) return;
        await sleep(Math.min(SETTLE_RETRY_MS_MAX, 50 * 2 ** attempt), undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
