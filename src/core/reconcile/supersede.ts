import type { DesiredState } from '../desired/desired.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import { become } from './advance.ts';
import type { ActiveRollout, Change } from './decision.ts';
import type { Observations, Order } from './evidence.ts';
import { isUnstarted } from './follow.ts';
import type { RolloutState, TargetState } from './state.ts';

/** A rollout as it stands at this point of a decision. */
interface Current {
  readonly now: ActiveRollout;
}

/** By cluster: the newest rollout that has it as its target. */
export type Claims = ReadonlyMap<ClusterId, Current>;

/** @param rollouts - oldest first. */
export function claimsOf(rollouts: readonly Current[]): Claims {
  const claims = new Map<ClusterId, Current>();
  for (const rollout of rollouts) for (const cluster of rollout.now.state.targets.keys()) claims.set(cluster, rollout);
  return claims;
}

export interface Superseding {
  readonly desired: DesiredState;
  readonly orders: ReadonlyMap<ClusterId, Order>;
  readonly observations: Observations;
  readonly now: Instant;
}

/**
 * Takes from a rollout what it has not started and what a newer one wants otherwise (law 8).
 *
 * What it has in flight it keeps, until that is finished or the newer rollout starts it: a cluster is never
 * left in the middle without an owner.
 */
export function supersede(
  rollout: ActiveRollout,
  claims: Claims,
  at: Superseding,
): { readonly state: RolloutState; readonly changes: readonly Change[] } {
  const { state } = rollout;
  const changes: Change[] = [];
  let targets: Map<ClusterId, TargetState> | undefined;
  for (const [cluster, target] of state.targets) {
    if (!isUnstarted(target)) continue;
    const taken = takenFrom(rollout, cluster, claims, at);
    if (taken === undefined) continue;
    const next = become(target, 'superseded', at.now, { detail: taken.why, supersededBy: taken.by });
    targets ??= new Map(state.targets);
    targets.set(cluster, next);
    changes.push({ subject: 'target', name: cluster, from: target.status, to: next.status, why: taken.why });
  }
  return { state: targets === undefined ? state : { ...state, targets }, changes };
}

interface Taken {
  readonly by: RolloutId | undefined;
  readonly why: string;
}

function takenFrom(rollout: ActiveRollout, cluster: ClusterId, claims: Claims, at: Superseding): Taken | undefined {
  const newer = claims.get(cluster)?.now;
  if (newer !== undefined && newer.state.id !== rollout.state.id) {
    const inLine = isRoutine(newer.plan) && newer.state.targets.get(cluster)?.status === 'waiting';
    if (inLine && missedTheLast(rollout, cluster, at)) return undefined;
    return { by: newer.state.id, why: `a newer rollout, ${newer.state.id}, takes it over` };
  }
  // A newer rollout may have come and gone, and this one still has a target for a retry or a late return.
  const wanted = at.desired.get(cluster)?.revision;
  if (wanted === undefined || wanted === rollout.plan.targets[cluster]?.revision) return undefined;
  return { by: undefined, why: 'the manifests want another revision by now' };
}

/** Going back, and what is urgent, never leaves anything to an older rollout. */
const isRoutine = (plan: Plan): boolean => plan.kind === 'rollout' && plan.releases.every(({ urgency }) => urgency === 'routine');

/**
 * The cluster has not even got what was desired before this rollout: the one before was superseded ahead of it.
 *
 * Such a target is left to this rollout until the newer one starts it, or gives it up. Otherwise frequent merges, each beginning
 * with its canaries, would starve late phases for ever; so a cluster misses at most every second release.
 */
function missedTheLast({ plan, state }: ActiveRollout, cluster: ClusterId, { orders, observations }: Superseding): boolean {
  const from = plan.targets[cluster]?.from;
  const order = orders.get(cluster);
  if (from === undefined) return false;
  // Somebody has moved it on since: it has not been left out.
  if (order !== undefined) return order.orderedAt < state.createdAt && order.revision !== from.revision;
  const seen = observations.get(cluster);
  if (seen?.kind !== 'observed') return false;
  return seen.accepted === undefined ? seen.running.version !== from.version : seen.accepted.revision !== from.revision;
}
