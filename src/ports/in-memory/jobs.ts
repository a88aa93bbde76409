import { invariant } from '../../core/model/assert.ts';
import { type Instant, instant } from '../../core/model/time.ts';
import { retryOf } from '../job-retry.ts';
import type { Job } from '../state-store.ts';
import { storable } from './storable.ts';

/** A job that somebody works on. It ends with `done` or `failed`. */
export interface TakenJob extends Job {
  readonly id: number;
  /** Counts from 1. */
  readonly attempt: number;
}

interface Entry {
  readonly id: number;
  job: Job;
  runAt: Instant;
  attempts: number;
  /** Only a person can help: it is tried again at the next sweep, or start. */
  parked: boolean;
}

/** After so many attempts that ended with the process, a job waits before it runs again: it must not keep the bot from starting. */
const CUT_OFFS_AT_ONCE_MAX = 3;

/**
 * Jobs as the queue of the database runs them, without its clock: time is what the caller says it is. Nothing runs by itself;
 * a simulation takes what is due, works it off, and says how it ended.
 */
export class InMemoryJobs {
  readonly #waiting = new Map<string, Entry>();
  readonly #running = new Map<number, Entry>();
  readonly #onOurClock: (asked: Instant) => Instant;
  #lastId = 0;
  #now = instant(0);

  /** @param onOurClock - when it is by this queue's clock what is that instant by the clock of whoever adds a job. */
  constructor(onOurClock: (asked: Instant) => Instant = (asked) => asked) {
    this.#onOurClock = onOurClock;
  }

  /**
   * A waiting job with the same key is replaced, and keeps its instant when that is the earlier one: who asks again and again for
   * a job must not put it off. One that is running is not replaced: the new job comes after it.
   */
  add(jobs: readonly Job[]): void {
    for (const given of new Map(jobs.map((one) => [one.key, one])).values()) {
      const job = storable(given);
      const before = this.#waiting.get(job.key);
      const asked = job.runAt === undefined ? this.#now : this.#onOurClock(job.runAt);
      const runAt = before === undefined || before.parked ? asked : instant(Math.min(before.runAt, asked));
      const entry = { job, runAt, attempts: 0, parked: false };
      if (before === undefined) this.#waiting.set(job.key, { id: this.#nextId(), ...entry });
      else Object.assign(before, entry);
    }
  }

  /** Jobs that nobody works on, parked ones included, oldest first. */
  waiting(): readonly Job[] {
    return [...this.#waiting.values()].sort((a, b) => a.id - b.id).map(({ job }) => job);
  }

  /** Jobs that only a person can help, oldest first. */
  parked(): readonly Job[] {
    return this.waiting().filter(({ key }) => this.#waiting.get(key)?.parked);
  }

  /** When the next job that waits is due, whether or not its queue is free by then; `undefined` when none waits. */
  nextDueAt(): Instant | undefined {
    const times = [...this.#waiting.values()].filter(({ parked }) => !parked).map(({ runAt }) => runAt);
    return times.length === 0 ? undefined : instant(Math.min(...times));
  }

  /**
   * What may run now, in the order in which it became due: of each queue the first, and none while another of that queue is running.
   * They are the caller's until each is `done` or `failed`.
   */
  takeDueJobs(now: Instant): readonly TakenJob[] {
    this.#passTo(now);
    const busy = new Set([...this.#running.values()].map(({ job }) => job.queue));
    const due = [...this.#waiting.values()].filter(({ parked, runAt }) => !parked && runAt <= now);
    const taken: TakenJob[] = [];
    for (const entry of due.sort((a, b) => a.runAt - b.runAt || a.id - b.id)) {
      const { queue, key } = entry.job;
      if (queue !== undefined && busy.has(queue)) continue;
      busy.add(queue);
      this.#waiting.delete(key);
      this.#running.set(entry.id, entry);
      entry.attempts += 1;
      taken.push({ ...entry.job, id: entry.id, attempt: entry.attempts });
    }
    return taken;
  }

  done({ id }: TakenJob): void {
    invariant(this.#running.delete(id), `job ${id} is running before it is done`);
  }

  /** Puts the job back for later, or for a person; unless a newer one has taken its key, which will do the work. */
  failed({ id }: TakenJob, error: unknown, now: Instant): void {
    this.#passTo(now);
    const entry = this.#running.get(id);
    invariant(entry !== undefined, `job ${id} is running before it fails`);
    this.#running.delete(id);
    const decision = retryOf(error, entry.attempts);
    const waitMs = decision.kind === 'again' ? decision.waitMs : 0;
    this.#putBack({ ...entry, runAt: instant(now + waitMs), parked: decision.kind === 'parked' });
  }

  /** Those for which this is true, and that wait for a person, are tried now. */
  retryParked(concerns: (job: Job) => boolean): void {
    for (const entry of this.#waiting.values()) {
      if (entry.parked && concerns(entry.job)) Object.assign(entry, { parked: false, attempts: 0, runAt: this.#now });
    }
  }

  /** What a new process finds when the one before was killed: its jobs run again, and what waited for a person is tried once more. */
  restart(now: Instant): void {
    this.#passTo(now);
    const cutOff = [...this.#running.values()];
    this.#running.clear();
    this.retryParked(() => true);
    for (const entry of cutOff) {
      const over = entry.attempts - CUT_OFFS_AT_ONCE_MAX;
      const waitMs = over <= 0 ? 0 : Math.min(60, 2 ** Math.min(over, 10)) * 1_000;
      this.#putBack({ ...entry, runAt: over <= 0 ? entry.runAt : instant(Math.max(entry.runAt, now + waitMs)) });
    }
  }

  #putBack(entry: Entry): void {
    if (!this.#waiting.has(entry.job.key)) this.#waiting.set(entry.job.key, { ...entry, id: this.#nextId() });
  }

  #passTo(now: Instant): void {
    if (now > this.#now) this.#now = now;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}
