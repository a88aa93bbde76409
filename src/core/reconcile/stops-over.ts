import type { DesiredSpec } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { covers, type Mover } from '../stop/scope.ts';
import type { Stop, StopScope } from '../stop/stop.ts';
import { carries } from '../stop/traits.ts';
import type { ActiveRollout } from './decision.ts';
import type { TargetState } from './state.ts';

/** Is every target of the rollout in the scope, whatever it moves to? */
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

const lets = (stop: Stop, kind: PlannedTarget['kind']): boolean => stop.lets === 'rollbacks' && kind === 'rollback';

/** A person asked for another attempt of what failed: that is how a quarantine, and the want of a canary, are lifted by themselves. */
export const letsProbe = ({ cause, phase }: Stop, target: Pick<PlannedTarget, 'phase'>): boolean =>
  cause === 'quarantine' || (cause === 'unproven-canary' && phase === target.phase);

/** Stops that hold all of a rollout: it is paused by them. */
export function stopsOverRollout(stops: readonly Stop[], rollout: ActiveRollout): readonly Stop[] {
  return stops.filter((stop) => holdsRollout(stop.scope, rollout) && !lets(stop, rollout.planned.kind));
}

/**
 * Stops that hold this target: none may be started, and none goes on to its next broker.
 *
 * @param proven - what it was last proven at.
 */
export function stopsOverTarget(
  stops: readonly Stop[],
  { planned, state: { id } }: ActiveRollout,
  target: PlannedTarget,
  state: TargetState,
  proven: DesiredSpec | undefined,
): readonly Stop[] {
  if (stops.length === 0) return stops;
  const { cluster, dataPlane, spec, phase, kind } = target;
  const { product, release } = planned;
  const mover: Mover = { cluster, product, release, dataPlane, spec, proven, under: { rollout: id, phase } };
  return stops.filter((stop) => covers(stop.scope, mover) && !lets(stop, kind) && !(state.probe && letsProbe(stop, target)));
}

/** Stops on what some target of the rollout was planned to move to. */
export function stopsOnVersions(stops: readonly Stop[], { planned }: ActiveRollout): readonly Stop[] {
  return stops.filter(
    ({ scope }) =>
      scope.kind === 'version' &&
      scope.product === planned.product &&
      [...planned.targets.values()].some((target) => carries(target, scope.traits)),
  );
}
