import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { PlannedRollout, PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { RolloutState, TargetState } from '../../../src/core/reconcile/state.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';

/** Does the stop hold this target? Read from what a stop says, and from nothing that the engine works out of it. */
export function holds(
  stop: Stop,
  rollout: { readonly planned: PlannedRollout; readonly state: RolloutState },
  planned: PlannedTarget,
  target: TargetState,
  proven: DesiredSpec | undefined,
): boolean {
  if (stop.lets === 'rollbacks' && planned.kind === 'rollback') return false;
  // Another attempt is how both are refuted.
  if (target.probe && (stop.cause === 'quarantine' || (stop.cause === 'unproven-canary' && stop.phase === planned.phase))) return false;
  const { scope } = stop;
  switch (scope.kind) {
    case 'fleet':
      return true;
    case 'product':
      return scope.product === rollout.planned.product;
    case 'release':
      return scope.release === rollout.planned.release;
    case 'rollout':
      return scope.rollout === rollout.state.id;
    case 'phase':
      return scope.rollout === rollout.state.id && scope.phase === planned.phase;
    case 'data-plane':
      return scope.dataPlane === planned.dataPlane;
    case 'cluster':
      return scope.cluster === planned.cluster;
    case 'version':
      if (scope.product !== rollout.planned.product) return false;
      return scope.traits.some(
        ({ path, value }) => at(planned.spec, path) === value && (proven === undefined || at(proven, path) !== value),
      );
  }
}

export function at(spec: DesiredSpec, path: string): unknown {
  const [field = '', ...rest] = path.split('.');
  const name = rest.join('.');
  if (field === 'config') return spec.config[name];
  if (field === 'featureFlags') return spec.featureFlags[name] === true ? true : undefined;
  return field === 'version' ? spec.version : field === 'image' ? spec.image : field === 'replicas' ? spec.replicas : undefined;
}
