import type { DesiredSpec } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import { canonicalJson, hash16 } from '../model/hash.ts';
import { trusted } from '../model/ids.ts';
import type { PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { Stop, StopCause, StopScope } from '../stop/stop.ts';
import { movesTo } from '../stop/traits.ts';
import type { ActiveRollout } from './decision.ts';
import type { TargetState } from './state.ts';

export { movesTo, traitsBetween, traitWords } from '../stop/traits.ts';

/** Makes a stop. The same cause in the same place for the same identities is the same stop, however often it is found. */
export function makeStop(fields: Omit<Stop, 'id' | 'lifted'>, identities: readonly string[]): Stop {
  const { cause, scope, rollout } = fields;
  return { ...fields, id: trusted.stop(hash16(canonicalJson([cause, scope, rollout, identities]))), lifted: undefined };
}

/** Is every target of the rollout in the scope? A version is looked at target by target. */
function holdsRollout(scope: StopScope, { planned, state }: ActiveRollout): boolean {
  switch (scope.kind) {
    case 'fleet':
      return true;
    case 'product':
      return scope.product === planned.product;
    case 'release':
      return scope.release === planned.release;
    case 'rollout':
      return scope.rollout === state.id;
    case 'phase':
    case 'data-plane':
    case 'cluster':
    case 'version':
      return false;
    default:
      return assertNever(scope, 'holdsRollout');
  }
}

/** Is the target in the scope? `proven` is what it was last proven at: a cluster that has soaked at a version is not moved to it. */
function holdsTarget(scope: StopScope, rollout: ActiveRollout, target: PlannedTarget, proven: DesiredSpec | undefined): boolean {
  switch (scope.kind) {
    case 'fleet':
    case 'product':
    case 'release':
    case 'rollout':
      return holdsRollout(scope, rollout);
    case 'phase':
      return scope.rollout === rollout.state.id && scope.phase === target.phase;
    case 'data-plane':
      return scope.dataPlane === target.dataPlane;
    case 'cluster':
      return scope.cluster === target.cluster;
    case 'version':
      return scope.product === rollout.planned.product && movesTo(scope.traits, target.spec, proven);
    default:
      return assertNever(scope, 'holdsTarget');
  }
}

const lets = (stop: Stop, kind: PlannedTarget['kind']): boolean => stop.lets === 'rollbacks' && kind === 'rollback';

/** A person asked for another attempt of what failed: that is how a quarantine is lifted by itself. */
const mayProbe = (cause: StopCause): boolean => cause === 'quarantine';

/** Stops that hold all of a rollout: it is paused by them. */
export function stopsOverRollout(stops: readonly Stop[], rollout: ActiveRollout): readonly Stop[] {
  return stops.filter((stop) => holdsRollout(stop.scope, rollout) && !lets(stop, rollout.planned.kind));
}

/** Stops that hold this target: none may be started, and none goes on to its next broker. */
export function stopsOverTarget(
  stops: readonly Stop[],
  rollout: ActiveRollout,
  target: PlannedTarget,
  state: TargetState,
  proven: DesiredSpec | undefined,
): readonly Stop[] {
  if (stops.length === 0) return stops;
  return stops.filter(
    (stop) => holdsTarget(stop.scope, rollout, target, proven) && !lets(stop, target.kind) && !(state.probe && mayProbe(stop.cause)),
  );
}

/** Whose stops concern these rollouts at all: for readers that show what stands in the way. */
export function concernsProduct({ scope }: Stop, planned: PlannedRollout): boolean {
  return scope.kind === 'version' && scope.product === planned.product;
}
