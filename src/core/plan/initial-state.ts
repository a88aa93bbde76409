import { rolloutIdOf } from '../model/hash.ts';
import { type CommitSha, trusted } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import { PHASE_AHEAD, type RolloutState, untouched } from '../reconcile/state.ts';
import type { Plan } from './plan.ts';

/** A rollout of this plan before its first decision: nothing is touched, and the first phases decide whether they need an approval. */
export function startRollout(plan: Plan, commit: CommitSha, now: Instant): RolloutState {
  return {
    id: rolloutIdOf(commit, plan.digest, now),
    digest: plan.digest,
    commit,
    status: 'running',
    createdAt: now,
    finishedAt: undefined,
    resumedAt: undefined,
    pause: undefined,
    phases: new Map(plan.phases.map(({ id }) => [id, PHASE_AHEAD])),
    targets: new Map(Object.keys(plan.targets).map((cluster) => [trusted.cluster(cluster), untouched(now)])),
    approvals: [],
  };
}
