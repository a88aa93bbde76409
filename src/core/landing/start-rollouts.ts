import { rolloutIdOf } from '../model/hash.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import { PHASE_AHEAD, type RolloutState, untouched } from '../reconcile/state.ts';

export interface Start {
  readonly commit: CommitSha;
  readonly now: Instant;
  /** The first number of the fleet's rollouts that is free. */
  readonly firstSeq: number;
  /** Places in line that are taken over from rollouts that have not started, by release; else a rollout stands where it came. */
  readonly line?: ReadonlyMap<string, number>;
}

/** The rollouts of a plan before their first decision, in its order: nothing is touched, and each is behind what runs of its release. */
export function startRollouts(plan: Plan, { commit, now, firstSeq, line }: Start): readonly RolloutState[] {
  return plan.rollouts.map(({ release, phases, targets }, at) => ({
    id: rolloutIdOf(commit, release, plan.digest, now),
    digest: plan.digest,
    commit,
    release,
    seq: firstSeq + at,
    inLineSince: line?.get(release) ?? firstSeq + at,
    status: 'pending',
    createdAt: now,
    startedAt: undefined,
    goingSince: undefined,
    stoppedSince: undefined,
    finishedAt: undefined,
    guardUntil: undefined,
    supersededBy: undefined,
    takesOver: false,
    phases: new Map(phases.map(({ name }) => [name, PHASE_AHEAD])),
    targets: new Map([...targets.keys()].map((cluster) => [cluster, untouched(now)])),
    approvals: [],
    overrides: [],
  }));
}
