import type { ClusterId } from '../model/ids.ts';
import type { ActiveRollout } from './decision.ts';
import { IN_FLIGHT, isFinished, type TargetStatus } from './state.ts';

/**
 * The clusters, by data plane, whose evidence a decision on these rollouts could turn on.
 *
 * Those that wait are among them, in whatever phase: they could be there already, be in need of rescue, or have come back
 * into sight after their phase was done. Those that succeeded are watched until the guard is over.
 */
export function clustersToObserve(rollouts: readonly ActiveRollout[]): ReadonlyMap<string, readonly ClusterId[]> {
  const wanted = new Map<string, Set<ClusterId>>();
  for (const { planned, state } of rollouts) {
    const matters = isFinished(state) ? MATTERS_AFTER_THE_END : MATTERS;
    for (const [cluster, { status }] of state.targets) {
      const target = planned.targets.get(cluster);
      if (target === undefined || !matters[status]) continue;
      const clusters = wanted.get(target.dataPlane) ?? new Set();
      wanted.set(target.dataPlane, clusters.add(cluster));
    }
  }
  return new Map([...wanted].map(([dataPlane, clusters]) => [dataPlane, [...clusters]]));
}

/** Candidates of one rollout that are looked at as often as what moves: no limit lets more start at once. */
const CANDIDATES_MAX = 100;

/** Those among them that evidence moves on: they are in flight, or among the next to start. The others are looked at now and then. */
export function clustersToObserveOften(rollouts: readonly ActiveRollout[]): ReadonlySet<ClusterId> {
  const often = new Set<ClusterId>();
  for (const { planned, state } of rollouts) {
    const candidates: ClusterId[] = [];
    for (const { name, members } of planned.phases) {
      if (state.phases.get(name)?.status === 'running') candidates.push(...members.filter((cluster) => isWaiting(state, cluster)));
    }
    for (const [cluster, { status }] of state.targets) if (IN_FLIGHT.has(status)) often.add(cluster);
    for (const cluster of candidates.slice(0, CANDIDATES_MAX)) often.add(cluster);
  }
  return often;
}

const isWaiting = ({ targets }: ActiveRollout['state'], cluster: ClusterId): boolean => targets.get(cluster)?.status === 'waiting';

/** Could evidence about a target with this status change anything? */
const MATTERS: Readonly<Record<TargetStatus, boolean>> = {
  waiting: true,
  applying: true,
  rolling: true,
  soaking: true,
  held: true,
  succeeded: true,
  failed: true,
  unreachable: true,
  deferred: true,
  skipped: false,
  removed: false,
  superseded: false,
};

const MATTERS_AFTER_THE_END: Readonly<Record<TargetStatus, boolean>> = {
  ...MATTERS,
  waiting: false,
  failed: false,
  unreachable: false,
  deferred: false,
};
