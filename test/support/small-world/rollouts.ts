import { rolloutIdOf } from '../../../src/core/model/hash.ts';
import type { CommitSha, PlanDigest } from '../../../src/core/model/ids.ts';
import type { Instant } from '../../../src/core/model/time.ts';
import type { PlannedRollout } from '../../../src/core/plan/plan.ts';
import { PHASE_AHEAD, type RolloutState, untouched } from '../../../src/core/reconcile/state.ts';

export interface Landed {
  readonly commit: CommitSha;
  readonly digest: PlanDigest;
  readonly seq: number;
  readonly at: Instant;
}

/** A rollout as it is when its commit lands: behind whatever its release has under way. */
export function pendingRollout(planned: PlannedRollout, { commit, digest, seq, at }: Landed): RolloutState {
  return {
    id: rolloutIdOf(commit, planned.release, digest, at),
    digest,
    commit,
    release: planned.release,
    seq,
    inLineSince: seq,
    status: 'pending',
    createdAt: at,
    startedAt: undefined,
    goingSince: undefined,
    stoppedSince: undefined,
    finishedAt: undefined,
    guardUntil: undefined,
    supersededBy: undefined,
    takesOver: false,
    phases: new Map(planned.phases.map(({ name }) => [name, PHASE_AHEAD])),
    targets: new Map(planned.phases.flatMap(({ members }) => members.map((cluster) => [cluster, untouched(at)] as const))),
    approvals: [],
    overrides: [],
  };
}
