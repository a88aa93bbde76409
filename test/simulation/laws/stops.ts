import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { PlannedRollout, PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { RolloutState, TargetState } from '../../../src/core/reconcile/state.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import type { Mirror } from '../mirror.ts';

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

/** When stops begin to hold a rollout, whatever of it may still move to a next broker is held with the same write. */
export function runsUnderPause(mirror: Mirror, change: StateChange): string | undefined {
  const stops = new Map([...mirror.stops, ...(change.stops ?? []).map((stop) => [stop.id, stop] as const)]);
  const held = [...stops.values()].filter(({ lifted, until }) => lifted === undefined && (until === undefined || change.at < until));
  for (const delta of change.rollouts ?? []) {
    const rollout = mirror.rollouts.get(delta.id);
    if (rollout === undefined || delta.status !== 'paused' || rollout.state.status === 'paused') continue;
    for (const [cluster, before] of rollout.state.targets) {
      const target = delta.targets.get(cluster) ?? before;
      const order = change.orders?.find((one) => one.cluster === cluster) ?? mirror.orders.get(cluster);
      const planned = rollout.planned.targets.get(cluster);
      const mayMove = target.status === 'applying' || target.status === 'rolling';
      if (!mayMove || planned === undefined || order?.rollout !== delta.id || order.mode === 'hold') continue;
      const stop = held.find((one) => holds(one, rollout, planned, target, mirror.ledger.get(cluster)?.proven[0]?.spec));
      if (stop !== undefined) return `${cluster} is ${target.status}, and stop ${stop.id} (${stop.cause}) does not hold it`;
    }
  }
  return undefined;
}
