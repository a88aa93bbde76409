import { valueAt } from '../../../../src/core/desired/normalise.ts';
import { assertNever } from '../../../../src/core/model/assert.ts';
import type { ClusterId } from '../../../../src/core/model/ids.ts';
import type { Stop } from '../../../../src/core/stop/stop.ts';
import { type FleetStep, type RolloutStep, targetOf } from './step.ts';

/** The stops over one target after a decision, told by the words of the law and not by the engine's own tables. */
export function covering(fleet: FleetStep, { planned, next }: RolloutStep, cluster: ClusterId): readonly Stop[] {
  const target = planned.targets.get(cluster);
  if (target === undefined) return [];
  const proven = fleet.ledger(cluster)?.proven[0]?.spec;
  const { probe } = targetOf(next, cluster);
  return fleet.stops.filter(({ scope, lets, cause, phase }) => {
    if (lets === 'rollbacks' && target.kind === 'rollback') return false;
    if (probe && (cause === 'quarantine' || (cause === 'unproven-canary' && phase === target.phase))) return false;
    switch (scope.kind) {
      case 'fleet':
        return true;
      case 'product':
        return scope.product === planned.product;
      case 'release':
        return scope.release === planned.release;
      case 'rollout':
        return scope.rollout === next.id;
      case 'phase':
        return scope.rollout === next.id && scope.phase === target.phase;
      case 'data-plane':
        return scope.dataPlane === target.dataPlane;
      case 'cluster':
        return scope.cluster === cluster;
      case 'version':
        return (
          scope.product === planned.product &&
          scope.traits.some(
            ({ path, value }) => valueAt(target.spec, path) === value && (proven === undefined || valueAt(proven, path) !== value),
          )
        );
      default:
        return assertNever(scope, 'covering');
    }
  });
}
