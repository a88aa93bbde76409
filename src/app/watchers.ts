import type { Observation } from '../core/evidence/observation.ts';
import type { FleetId } from '../core/model/ids.ts';
import { SETTLED } from '../core/reconcile/state.ts';
import { driftJob, tickJob } from '../loop/jobs.ts';
import type { Loop } from '../loop/loop.ts';
import { memoryOf } from '../loop/memory.ts';
import { hear } from '../loop/observe.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import type { Job } from '../ports/state-store.ts';

/** Changes that come within this time make one tick. */
const GATHER_MS = 50;
/** A person who changes a cluster by hand often changes two things; one look is enough. */
const DRIFT_AFTER_MS = 500;

/** Turns news from data planes into ticks and looks at drift. News may be lost: the schedule looks all the same. */
export class Watchers {
  readonly #loop: Loop;
  readonly #watched = new Map<string, { readonly dataPlane: DataPlane; readonly controller: AbortController }>();
  readonly #asked = new Map<string, NodeJS.Timeout>();

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** Watches exactly these data planes of a fleet. Those that are watched already stay as they are. */
  set(fleet: FleetId, dataPlanes: readonly DataPlane[]): void {
    const wanted = new Map(dataPlanes.map((dataPlane) => [`${fleet} ${dataPlane.name}`, dataPlane]));
    for (const [key, { dataPlane, controller }] of this.#watched) {
      // The same name may stand for another address by now: then it is another object.
      if (!key.startsWith(`${fleet} `) || wanted.get(key) === dataPlane) continue;
      controller.abort();
      this.#watched.delete(key);
    }
    for (const [key, dataPlane] of wanted) {
      if (this.#watched.has(key)) continue;
      const controller = new AbortController();
      this.#watched.set(key, { dataPlane, controller });
      dataPlane.watch((observation) => this.#news(fleet, observation), controller.signal);
    }
  }

  stop(): void {
    for (const { controller } of this.#watched.values()) controller.abort();
    for (const timer of this.#asked.values()) clearTimeout(timer);
    this.#watched.clear();
    this.#asked.clear();
  }

  #news(fleet: FleetId, observation: Observation): void {
    const isMoving = this.#isMoving(fleet, observation);
    if (isMoving) hear(this.#loop.memory, fleet, observation);
    if (isMoving) this.#soon(GATHER_MS, `tick ${fleet}`, () => tickJob(fleet, this.#loop.ports.clock.now()));
    else this.#soon(DRIFT_AFTER_MS, `drift ${fleet}`, () => driftJob(fleet));
  }

  /** Counted from the first news: with a stream of it, a wait for the last would never end. */
  #soon(waitMs: number, what: string, job: () => Job): void {
    if (this.#asked.has(what)) return;
    const timer = setTimeout(() => {
      this.#asked.delete(what);
      this.#ask(job());
    }, waitMs);
    this.#asked.set(what, timer);
  }

  #isMoving(fleet: FleetId, { cluster }: Observation): boolean {
    const rollouts = memoryOf(this.#loop.memory, fleet).records?.records.rollouts ?? [];
    return rollouts.some(({ state }) => {
      const status = state.targets.get(cluster)?.status;
      // One that succeeded is watched until the guard is over: when it breaks, that stops the rollout.
      return status !== undefined && (status === 'succeeded' || !SETTLED.has(status));
    });
  }

  #ask(job: Job): void {
    const { store, log } = this.#loop.ports;
    store
      .enqueue([job])
      .catch((error: unknown) =>
        log.warn({ err: error, job: job.key }, 'news of a data plane could not be passed on; the schedule will look'),
      );
  }
}
