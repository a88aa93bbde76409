import type { ClusterId } from '../model/ids.ts';
import type { ActiveRollout } from './decision.ts';
import type { TargetStatus } from './state.ts';

/** Evidence about these can change what they are; about the rest it could not. */
const WATCHED: ReadonlySet<TargetStatus> = new Set(['applying', 'rolling', 'soaking', 'held', 'unreachable']);

/** The clusters, by data plane, whose evidence a decision on these rollouts could turn on. */
export function clustersToObserve(rollouts: readonly ActiveRollout[]): ReadonlyMap<string, readonly ClusterId[]> {
  const wanted = new Map<string, Set<ClusterId>>();
  for (const { plan, state } of rollouts) {
    for (const [cluster, target] of state.targets) {
      const planned = plan.targets[cluster];
      if (planned === undefined) continue;
      // A waiting target is looked at when its turn may come: it could be there already.
      const concerned = WATCHED.has(target.status) || (target.status === 'waiting' && mayStart(state.phases.get(planned.phase)?.status));
      if (!concerned) continue;
      const clusters = wanted.get(planned.dataPlane) ?? new Set();
      wanted.set(planned.dataPlane, clusters.add(cluster));
    }
  }
  return new Map([...wanted].map(([dataPlane, clusters]) => [dataPlane, [...clusters]]));
}

function mayStart(phase: string | undefined): boolean {
  return phase === 'running' || phase === 'waiting' || phase === 'awaiting-approval';
}
