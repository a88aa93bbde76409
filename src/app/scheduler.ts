import cron, { type ScheduledTask } from 'node-cron';
import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import { DEFAULT_SCHEDULE, type FleetSchedule } from '../core/reconcile/policy.ts';
import { driftJob, installJob, sweepJob, tickJob } from '../loop/jobs.ts';
import type { Log } from '../ports/log.ts';
import type { Job, StateStore } from '../ports/state-store.ts';

/** When the loop runs by itself, besides being woken by events; from the Fleet manifest. */
export interface FleetTimers extends FleetSchedule {
  readonly driftEveryMs: number;
}

export const DEFAULT_TIMERS: FleetTimers = { ...DEFAULT_SCHEDULE, driftEveryMs: 5 * 60_000 };

/** Node fires a timer that is set for longer at once, again and again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** One request for each hundred repositories: every half hour the largest installation costs some hundreds an hour, of 5,000 and more. */
const DISCOVERY_SCHEDULE = '7,37 * * * *';

/** Timers only ask for jobs; what they find is decided by the jobs. A timer that is missed costs time, not correctness. */
export class Scheduler {
  readonly #store: StateStore;
  readonly #log: Log;
  readonly #now: () => Instant;
  readonly #fleets = new Map<FleetId, { readonly schedule: string; readonly stop: () => void }>();

  #discovery: ScheduledTask | undefined;

  constructor(store: StateStore, log: Log, now: () => Instant) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** Looks at the installations of the app from time to time: webhooks that say what has changed there may be lost. */
  discover(): void {
    this.#discovery ??= this.#timer(DISCOVERY_SCHEDULE, DISCOVERY_SCHEDULE, () => this.#ask(installJob()));
  }

  /** Starts the default timers of a fleet that has none yet: its manifests have not been read. */
  begin(fleet: FleetId): void {
    if (!this.#fleets.has(fleet)) this.set(fleet, DEFAULT_TIMERS);
  }

  /** Starts, or changes, the timers of a fleet. The same schedule again changes nothing. */
  set(fleet: FleetId, schedule: FleetTimers): void {
    const key = JSON.stringify(schedule);
    const known = this.#fleets.get(fleet);
    if (known?.schedule === key) return;
    known?.stop();
    const tasks: ScheduledTask[] = [
      this.#timer(schedule.tick, DEFAULT_SCHEDULE.tick, () => this.#ask(tickJob(fleet, this.#now()))),
      this.#timer(schedule.sweep, DEFAULT_SCHEDULE.sweep, () => this.#ask(sweepJob(fleet))),
    ];
    const drift = setInterval(() => this.#ask(driftJob(fleet)), Math.min(schedule.driftEveryMs, TIMER_MS_MAX));
    drift.unref();
    this.#fleets.set(fleet, {
      schedule: key,
      stop: () => {
        for (const task of tasks) void task.destroy();
        clearInterval(drift);
      },
    });
  }

  /** Ends the timers of a fleet. */
  drop(fleet: FleetId): void {
    this.#fleets.get(fleet)?.stop();
    this.#fleets.delete(fleet);
  }

  stop(): void {
    void this.#discovery?.destroy();
    for (const { stop } of this.#fleets.values()) stop();
    this.#fleets.clear();
  }

  /** The manifest was checked by another reader of cron, which takes days that never come: then the default must do. */
  #timer(wanted: string, fallback: string, run: () => void): ScheduledTask {
    const isRead = cron.validate(wanted);
    if (!isRead) this.#log.warn({ wanted, fallback }, 'a schedule of the Fleet manifest never fires; the default is used');
    return cron.schedule(isRead ? wanted : fallback, run, { timezone: 'UTC', noOverlap: true });
  }

  #ask(job: Job): void {
    this.#store
      .enqueue([job])
      .catch((error: unknown) => this.#log.warn({ err: error, job: job.key }, 'a timer could not ask for its job; the next one will'));
  }
}
