import type { FleetId } from '../core/model/ids.ts';
import { sweepJob, syncJob, tickJob } from '../loop/jobs.ts';
import type { Loop } from '../loop/loop.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { Holds } from './leased-writes.ts';
import type { Scheduler } from './scheduler.ts';
import type { Watchers } from './watchers.ts';

/** What runs by itself for the fleets that are this process's: timers, watches, memory. */
export class FleetFollower {
  readonly #loop: Loop;
  readonly #scheduler: Pick<Scheduler, 'begin' | 'set' | 'drop'>;
  readonly #watchers: Pick<Watchers, 'set'>;
  readonly #holds: Holds;

  constructor(loop: Loop, holds: Holds, scheduler: Pick<Scheduler, 'begin' | 'set' | 'drop'>, watchers: Pick<Watchers, 'set'>) {
    this.#loop = loop;
    this.#holds = holds;
    this.#scheduler = scheduler;
    this.#watchers = watchers;
  }

  /** This process works on the fleet from now on. */
  begin(fleet: FleetId): void {
    this.#scheduler.begin(fleet);
  }

  /** What was learned of all fleets: nothing runs for those that are retired, and those that are taken up again are worked on as before. */
  settle(fleets: readonly FleetRecord[]): void {
    for (const { id, retired } of fleets) {
      if (retired !== undefined) this.lost(id);
      else if (this.#holds(id)) this.begin(id);
    }
  }

  /** Another replica worked on the fleet until now: what we remember of it is old, and what that one was about to do is looked for. */
  gained(fleet: FleetId): void {
    const { store, clock, log } = this.#loop.ports;
    this.#loop.memory.delete(fleet);
    this.begin(fleet);
    const asked = store.enqueue([tickJob(fleet, clock.now()), syncJob(fleet), sweepJob(fleet)]);
    for (const step of [asked, this.refresh(fleet)])
      step.catch((error: unknown) => log.warn({ err: error, fleet }, 'a fleet that was taken over is not ready yet; the schedule looks'));
  }

  lost(fleet: FleetId): void {
    this.#scheduler.drop(fleet);
    this.#watchers.set(fleet, []);
    this.#loop.memory.delete(fleet);
  }

  /** Timers and watches follow what the Fleet manifest says. @throws PortError */
  async refresh(id: FleetId): Promise<void> {
    const { store, dataPlane, log } = this.#loop.ports;
    const [fleet, policy] = await Promise.all([store.fleet(id), store.policy(id)]);
    if (fleet?.retired !== undefined) this.lost(id);
    if (fleet?.goodHead === undefined || fleet.retired !== undefined || policy === undefined || !this.#holds(id)) return;
    this.#watchers.set(
      id,
      policy.dataPlanes.flatMap((described) => {
        try {
          return [dataPlane(fleet, described)];
        } catch (error) {
          log.warn(
            { err: error, dataPlane: described.name },
            'data plane cannot be reached: nothing starts on it. `flotilla doctor --manifests DIR` looks at all of them',
          );
          return [];
        }
      }),
    );
    this.#scheduler.set(id, { ...policy.schedule, driftEveryMs: policy.drift.intervalMs });
  }
}
