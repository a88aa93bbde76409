import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type Runner, run, runMigrations, type Task, type WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import { backoffMs, retryOf } from '../../ports/job-retry.ts';
import type { Log } from '../../ports/log.ts';
import type { Job, JobTask } from '../../ports/state-store.ts';
import { answerMs } from './connection.ts';
import { fleetOf } from './job-flags.ts';
import { freeDeadWorkers, freeOwnWorkers, removeIdleQueues, requeueParkedJobs } from './job-recovery.ts';
import { settleDone, settleFailed, settleForeign, type TakenJob } from './job-settling.ts';
import type { JobShare } from './job-share.ts';
import { OrphanedLocks } from './orphaned-locks.ts';

export interface JobContext {
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when the bot stops and the time to drain is up. */
  readonly signal: AbortSignal;
}

export type JobHandlers = Readonly<Record<JobTask, (payload: Job['payload'], context: JobContext) => Promise<void>>>;

/** A notification starts a job in milliseconds; jobs with an instant start at most this much late. */
const POLL_MS = 500;
const IDLE_QUEUES_EVERY_MS = 15_000;
const SETTLE_RETRY_MS_MAX = 5_000;
/** Between the moment at which an answer is given up and the one at which this process has noticed, however busy it is. */
const NOTICED_MS = 5_000;

export interface QueueTimes {
  /** What the server gives one statement of the queue. They are small: one that takes longer stands still. */
  readonly statementMs: number;
  /** How often jobs are looked for that are locked and that nobody works on. */
  readonly lookEveryMs: number;
}

export const QUEUE_TIMES: QueueTimes = { statementMs: 10_000, lookEveryMs: 5_000 };

export interface QueueOptions {
  readonly pool: pg.Pool;
  readonly handlers: JobHandlers;
  /** So many jobs at a time. */
  readonly concurrency: number;
  readonly times: QueueTimes;
  /** Where others work on the same queue. */
  readonly share?: JobShare | undefined;
  readonly log: Log;
}

/** Creates or updates the queue's own tables. `add_jobs` needs them, so it comes before the store is used. */
export async function migrateQueue(pool: pg.Pool, log: Log): Promise<void> {
  await runMigrations({ pgPool: pool, logger: loggerTo(log) });
}

/** Runs jobs until it is stopped, whatever becomes of the database meanwhile. */
export class JobQueue {
  readonly #pool: pg.Pool;
  readonly #handlers: JobHandlers;
  readonly #concurrency: number;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
  /** Jobs that a handler works on, until their outcome is stored. */
  readonly #running = new Set<string>();
  readonly #times: QueueTimes;
  /** `undefined`: this process runs all jobs of the database. */
  readonly #share: JobShare | undefined;
  /** Under which names this process locks jobs, or has locked them. */
  readonly #workers: string[] = [];
  #runner: Runner | undefined;
  #supervised: Promise<void> = Promise.resolve();

  private constructor({ pool, handlers, concurrency, times, share, log }: QueueOptions) {
    this.#pool = pool;
    this.#handlers = handlers;
    this.#concurrency = concurrency;
    this.#times = times;
    this.#share = share;
    this.#log = log;
  }

  /** Takes up what a dead bot left, then starts. @throws when the database does not answer. */
  static async start(options: QueueOptions): Promise<JobQueue> {
    const { pool, log } = options;
    const queue = new JobQueue(options);
    const freed = await queue.#freeDeadWorkers();
    const requeued = await requeueParkedJobs(pool);
    await removeIdleQueues(pool);
    if (freed + requeued > 0) log.info({ freed, requeued }, 'jobs of the last run are taken up again');
    queue.#runner = await queue.#run();
    queue.#supervised = queue.#supervise(queue.#runner);
    void queue.#tidy();
    void queue.#releaseOrphans();
    return queue;
  }

  /**
   * Takes no more jobs and waits for those that are running.
   *
   * @returns `cut-off` when some were still running after `timeoutMs`: the next start runs them again.
   */
  async stop(timeoutMs: number): Promise<'drained' | 'cut-off'> {
    this.#stopping.abort();
    const drained = Promise.all([this.#runner?.stop().catch(() => undefined), this.#supervised]).then(() => 'drained' as const);
    const timer = new AbortController();
    const outcome = await Promise.race([
      drained,
      sleep(timeoutMs, 'cut-off' as const, { signal: timer.signal }).catch(() => 'drained' as const),
    ]);
    timer.abort();
    this.#cutOff.abort();
    // Others are there to do the work: it need not wait until they find out.
    if (this.#share !== undefined) await freeOwnWorkers(this.#pool, [], this.#workers).catch(() => undefined);
    if (outcome === 'cut-off')
      this.#log.warn({ timeoutMs }, 'jobs were still running when the time to drain was up; they run again after the next start');
    return outcome;
  }

  async #run(): Promise<Runner> {
    const tasks = Object.entries(this.#handlers).map(([name, handler]) => [name, this.#task(name, handler)] as const);
    const events: WorkerEvents = new EventEmitter();
    const share = this.#share;
    events.on('pool:create', ({ workerPool }) => {
      this.#workers.push(workerPool.id);
      share?.addWorker(workerPool.id);
    });
    const runner = await run({
      pgPool: this.#pool,
      events,
      taskList: Object.fromEntries(tasks),
      parsedCronItems: [],
      concurrency: this.#concurrency,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      ...(share === undefined ? {} : { forbiddenFlags: () => [...share.foreign()] }),
      logger: loggerTo(this.#log),
      // In batches its failures are caught; one by one they would be unhandled rejections. See job-settling.ts.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    endWithFirstQuestion(runner, events);
    return runner;
  }

  /** graphile-worker gives up when the database fails it at the wrong moment; then a new runner takes over. */
  async #supervise(first: Runner): Promise<void> {
    const { signal } = this.#stopping;
    let runner = first;
    for (let failures = 0; !signal.aborted; ) {
      const error = await runner.promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (signal.aborted) return;
      this.#log.warn({ err: error }, 'the job runner ended; starting it again');
      for (;;) {
        await sleep(Math.min(SETTLE_RETRY_MS_MAX, backoffMs(failures) / 4), undefined, { signal, ref: false }).catch(() => undefined);
        if (signal.aborted) return;
        try {
          await this.#freeDeadWorkers();
          runner = await this.#run();
          this.#runner = runner;
          failures = 0;
          break;
        } catch (cause) {
          failures += 1;
          this.#log.warn({ err: cause, failures }, 'the job runner does not start');
        }
      }
      if (signal.aborted) await runner.stop().catch(() => undefined);
    }
  }

  #freeDeadWorkers(): Promise<number> {
    const running = [...this.#running];
    return this.#share === undefined ? freeDeadWorkers(this.#pool, running) : freeOwnWorkers(this.#pool, running, this.#workers);
  }

  #task(name: string, handler: JobHandlers[JobTask]): Task {
    return async (payload, { job }) => {
      this.#running.add(job.id);
      await this.#work(name, handler, payload as Job['payload'], job).finally(() => this.#running.delete(job.id));
    };
  }

  async #work(name: string, handler: JobHandlers[JobTask], payload: Job['payload'], job: TakenJob): Promise<void> {
    const isForeign = this.#foreignCheck(payload);
    const settleAsForeign = () => this.#settle(job, () => settleForeign(this.#pool, job));
    if (isForeign()) return settleAsForeign();
    const end = this.#begin(payload);
    try {
      await handler(payload, { attempt: job.attempts, signal: this.#cutOff.signal });
    } catch (error) {
      if (isForeign()) {
        this.#log.info({ err: error, task: name, key: job.key }, 'the fleet of a job went to another replica, which runs it again');
        return settleAsForeign();
      }
      const decision = retryOf(error, job.attempts);
      const fields = { err: error, task: name, key: job.key, attempt: job.attempts, ...decision };
      if (decision.kind === 'parked') this.#log.error(fields, 'a job needs a person; it is tried again at the next start');
      else this.#log.warn(fields, 'a job failed and is tried again');
      await this.#settle(job, () => settleFailed(this.#pool, job, decision, error instanceof Error ? error.message : String(error)));
      return;
    } finally {
      end();
    }
    await this.#settle(job, () => settleDone(this.#pool, job));
  }

  #foreignCheck(payload: Job['payload']): () => boolean {
    const fleet = fleetOf(payload);
    return () => fleet !== undefined && this.#share?.mayRun(fleet) === false;
  }

  #begin(payload: Job['payload']): () => void {
    const fleet = fleetOf(payload);
    return (fleet === undefined ? undefined : this.#share?.begin(fleet)) ?? (() => undefined);
  }

  /** Until it is written down: a job that is done and not recorded would run again. */
  async #settle(job: TakenJob, write: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await write();
        return;
      } catch (error) {
        this.#log.warn({ err: error, job: job.id, attempt }, 'the outcome of a job could not be stored yet');
        if (this.#cutOff.signal.aborted) return;
        await sleep(Math.min(SETTLE_RETRY_MS_MAX, 50 * 2 ** attempt), undefined, { signal: this.#cutOff.signal }).catch(() => undefined);
      }
    }
  }

  async #releaseOrphans(): Promise<void> {
    const { signal } = this.#stopping;
    const isOurs = (worker: string): boolean => this.#share === undefined || this.#workers.includes(worker);
    const unheardMs = answerMs(this.#times.statementMs) + NOTICED_MS;
    const orphans = new OrphanedLocks(this.#pool, (job) => this.#running.has(job), isOurs, unheardMs);
    while (!signal.aborted) {
      await sleep(this.#times.lookEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const released = await orphans.release();
        if (released > 0) this.#log.warn({ released }, 'the database had taken jobs for us while it did not answer; they are free again');
      } catch (error) {
        this.#log.warn({ err: error }, 'jobs that nobody works on could not be looked for');
      }
    }
  }

  async #tidy(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(IDLE_QUEUES_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await removeIdleQueues(this.#pool).catch((error: unknown) =>
        this.#log.warn({ err: error }, 'rows of idle queues could not be removed'),
      );
    }
  }
}

/**
 * Ends a runner whose first question for jobs fails. graphile-worker looks up the ids of its tasks with it, and when that fails
 * it keeps the failure as the answer: it would never take a job.
 */
function endWithFirstQuestion(runner: Runner, events: WorkerEvents): void {
  let answered = false;
  const onAnswer = (): void => {
    answered = true;
  };
  events.once('worker:getJob:empty', onAnswer);
  events.once('job:start', onAnswer);
  events.once('worker:getJob:error', () => {
    // A moment later each worker knows that it failed, and ends without a word.
    if (!answered) setImmediate(() => runner.stop().catch(() => undefined));
  });
}

/** graphile-worker's own messages carry whole jobs, payload and all; the message is enough, and a line for each job is for debugging. */
function loggerTo(log: Log): Logger {
  return new Logger((scope) => (level, message) => {
    const fields = { component: 'queue', ...scope };
    if (level === 'error') log.error({ ...fields, said: message }, 'the job runner reports an error');
    else if (level === 'warning') log.warn({ ...fields, said: message }, 'the job runner warns');
    else log.debug({ ...fields, said: message }, 'the job runner reports');
  });
}
