import type { PlannedRollout } from '../plan/plan.ts';
import type { Stop, Trait } from '../stop/stop.ts';
import { carries } from '../stop/traits.ts';
import type { ActiveRollout } from './decision.ts';
import { stopsOverRollout } from './stops-over.ts';

/** Which stops hold a rollout under decision: asked at every step, and worked out anew only when the stops have changed. */
export class StopBook {
  readonly #rollout: ActiveRollout;
  #known: { readonly stops: readonly Stop[]; readonly isLeft: boolean } | undefined;
  #overAll: readonly Stop[] = [];
  readonly #heldByVersion = new Map<string, boolean>();

  constructor(rollout: ActiveRollout) {
    this.#rollout = rollout;
  }

  /**
   * Stops that hold all of it. One on a version does when every target was planned to move to that.
   *
   * @param isLeft - some target is not settled: only then is there anything for a stop on a version to hold.
   */
  overAll(stops: readonly Stop[], isLeft: boolean): readonly Stop[] {
    if (this.#known?.stops === stops && this.#known.isLeft === isLeft) return this.#overAll;
    this.#known = { stops, isLeft };
    const whole = new Set(stopsOverRollout(stops, this.#rollout));
    this.#overAll = stops.filter((stop) => whole.has(stop) || (isLeft && this.#isHeldByVersion(stop)));
    return this.#overAll;
  }

  /** Asked once for each stop: a plan does not change. */
  #isHeldByVersion(stop: Stop): boolean {
    const { planned } = this.#rollout;
    if (stop.scope.kind !== 'version' || stop.scope.product !== planned.product) return false;
    let held = this.#heldByVersion.get(stop.id);
    if (held === undefined) {
      held = allMoveTo(planned, stop.scope.traits, stop.lets);
      this.#heldByVersion.set(stop.id, held);
    }
    return held;
  }
}

function allMoveTo({ targets }: PlannedRollout, traits: readonly Trait[], lets: Stop['lets']): boolean {
  for (const target of targets.values()) {
    if (lets === 'rollbacks' && target.kind === 'rollback') return false;
    if (!carries(target, traits)) return false;
  }
  return targets.size > 0;
}
