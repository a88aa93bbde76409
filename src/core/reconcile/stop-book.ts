import type { ClusterId } from '../model/ids.ts';
import type { Stop } from '../stop/stop.ts';
import type { ActiveRollout } from './decision.ts';
import { stopsOverRollout } from './stops-over.ts';

/** Does the stop hold this target, whatever a retry would pass? A target that is settled has nothing to be held. */
type Holds = (stop: Stop, cluster: ClusterId) => 'holds' | 'lets-go' | 'settled';

/** Which stops hold a rollout under decision: asked at every step, and worked out anew only where something has changed. */
export class StopBook {
  readonly #rollout: ActiveRollout;
  readonly #holds: Holds;
  #stops: readonly Stop[] | undefined;
  #overAll: readonly Stop[] = [];
  #onVersions: readonly Stop[] = [];
  /** By stop: how many members, in their order, were looked at before the first that it lets go. */
  readonly #looked = new Map<string, number>();
  #members: readonly ClusterId[] | undefined;

  constructor(rollout: ActiveRollout, holds: Holds) {
    this.#rollout = rollout;
    this.#holds = holds;
  }

  /**
   * Stops that hold all of it. One on a version does when every target that is left moves to that.
   *
   * @param isLeft - some target is not settled: only then is there anything for a stop on a version to hold.
   */
  overAll(stops: readonly Stop[], isLeft: boolean): readonly Stop[] {
    if (this.#stops !== stops) {
      this.#stops = stops;
      this.#overAll = stopsOverRollout(stops, this.#rollout);
      this.#onVersions = stops.filter(({ scope }) => scope.kind === 'version' && scope.product === this.#rollout.planned.product);
      this.#looked.clear();
    }
    if (!isLeft || this.#onVersions.length === 0) return this.#overAll;
    const whole = new Set([...this.#overAll, ...this.#onVersions.filter((stop) => this.#holdsAllThatIsLeft(stop))]);
    return stops.filter((stop) => whole.has(stop));
  }

  /** A target is open again, or was proven at something else: what was found before may be wrong. */
  lookAgain(): void {
    this.#looked.clear();
  }

  /** Looks on from the first that it let go the last time: that one answers for the rest until it is settled. */
  #holdsAllThatIsLeft(stop: Stop): boolean {
    this.#members ??= [...this.#rollout.planned.targets.keys()];
    const members = this.#members;
    let at = this.#looked.get(stop.id) ?? 0;
    for (; at < members.length; at += 1) {
      const cluster = members[at];
      if (cluster !== undefined && this.#holds(stop, cluster) === 'lets-go') break;
    }
    this.#looked.set(stop.id, at);
    return at === members.length;
  }
}
