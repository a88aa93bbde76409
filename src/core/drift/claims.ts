import type { ClusterId, RolloutId } from '../model/ids.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import { isFinished, type RolloutState, type TargetStatus } from '../reconcile/state.ts';
import type { Lagging } from './drift.ts';

/** What a rollout that is not finished has to say of a cluster. */
export type Claim =
  /** It moves it, will do so in its turn, or reports what went wrong there. */
  | { readonly kind: 'under-way' }
  /** It will move it, but cannot go on now. */
  | { readonly kind: 'waiting'; readonly lagging: Lagging }
  /** It has proven it, and reports it if it breaks. */
  | { readonly kind: 'watched' };

const RANK: Readonly<Record<Claim['kind'], number>> = { 'under-way': 2, waiting: 1, watched: 0 };

/** What each cluster's rollouts say of it; of several, the one that is nearest to acting. */
export function claimsOf(rollouts: readonly ActiveRollout[]): ReadonlyMap<ClusterId, Claim> {
  const claims = new Map<ClusterId, Claim>();
  for (const { state } of rollouts) {
    if (isFinished(state)) continue;
    const idle = whyIdle(state);
    for (const [cluster, { status }] of state.targets) {
      const claim = claimOf(status, idle);
      const known = claims.get(cluster);
      if (claim !== undefined && (known === undefined || RANK[claim.kind] > RANK[known.kind])) claims.set(cluster, claim);
    }
  }
  return claims;
}

const UNDER_WAY: Claim = { kind: 'under-way' };
const WATCHED: Claim = { kind: 'watched' };

function claimOf(status: TargetStatus, idle: Claim | undefined): Claim | undefined {
  switch (status) {
    case 'waiting':
      return idle ?? UNDER_WAY;
    case 'applying':
    case 'rolling':
    case 'soaking':
    case 'held':
    case 'failed':
    case 'unreachable':
    case 'deferred':
      return UNDER_WAY;
    case 'succeeded':
      return WATCHED;
    case 'skipped':
    case 'removed':
    case 'superseded':
      return undefined;
  }
}

/** Why none of its waiting clusters can be started, where that is so; one object for all of them. */
function whyIdle(state: RolloutState): Claim | undefined {
  if (state.status === 'pending') return waiting('pending', state.id, 'is behind another rollout of its release');
  if (state.stoppedSince !== undefined) return waiting('stopped', state.id, 'is stopped');
  return undefined;
}

const waiting = (reason: Lagging['reason'], rollout: RolloutId, words: string): Claim => ({
  kind: 'waiting',
  lagging: { reason, words: `rollout ${rollout} has it, and ${words}` },
});
