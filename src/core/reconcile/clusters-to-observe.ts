import type { ClusterId } from '../model/ids.ts';
import type { ActiveRollout } from './decision.ts';
import { SETTLED, type TargetStatus } from './state.ts';

/**
 * The clusters, by data plane, whose evidence a decision on these rollouts could turn on.
 *
 * Those that wait are among them, in whatever phase: they could be there already, be in need of rescue, or have
 * come back into sight after their phase was done.
 */
export function clustersToObserve(rollouts: readonly ActiveRollout[]): ReadonlyMap<string, readonly ClusterId[]> {
  const wanted = new Map<string, Set<ClusterId>>();
  for (const { plan, state } of rollouts) {
    for (const [cluster, { status }] of state.targets) {
      const planned = plan.targets[cluster];
      if (planned === undefined || !isOpen(status)) continue;
      const clusters = wanted.get(planned.dataPlane) ?? new Set();
      wanted.set(planned.dataPlane, clusters.add(cluster));
    }
  }
  return new Map([...wanted].map(([dataPlane, clusters]) => [dataPlane, [...clusters]]));
}

/** Evidence about a settled target changes nothing, but where it is settled for want of evidence. */
const isOpen = (status: TargetStatus): boolean => status === 'unreachable' || !SETTLED.has(status);
