import type { DesiredSpec } from '../desired/desired.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import { assertNever } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { covers, type Mover } from '../stop/scope.ts';
import type { Stop, StopScope } from '../stop/stop.ts';
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

const lets = (stop: Pick<Stop, 'lets'>, kind: PlannedTarget['kind']): boolean => stop.lets === 'rollbacks' && kind === 'rollback';

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
  rollout: ActiveRollout,
  target: PlannedTarget,
  { probe }: Pick<TargetState, 'probe'>,
  proven: DesiredSpec | undefined,
): readonly Stop[] {
  if (stops.length === 0) return stops;
  return stops.filter((stop) => isHeldIn(stop, rollout, target, proven) && !(probe && letsProbe(stop, target)));
}

/** Does a stop like this hold the target, whatever a retry would pass? */
export function isHeldIn(
  stop: Pick<Stop, 'scope' | 'lets'>,
  { planned: { product, release }, state: { id } }: ActiveRollout,
  { cluster, dataPlane, spec, phase, kind }: PlannedTarget,
  proven: DesiredSpec | undefined,
): boolean {
  const mover: Mover = { cluster, product, release, dataPlane, spec, proven, under: { rollout: id, phase } };
  return covers(stop.scope, mover) && !lets(stop, kind);
}

/** Stops on a version, or a setting, that some target of the rollout moves to from what it was proven at. */
export function stopsOnVersions(stops: readonly Stop[], rollout: ActiveRollout, ledger: Ledger): readonly Stop[] {
  const onVersions = stops.filter(({ scope }) => scope.kind === 'version');
  if (onVersions.length === 0) return onVersions;
  const targets = [...rollout.planned.targets.values()];
  const proven = (cluster: ClusterId) => provenAt(ledger.get(cluster))?.spec;
  return onVersions.filter((stop) => targets.some((target) => isHeldIn(stop, rollout, target, proven(target.cluster))));
}
