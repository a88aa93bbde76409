import type { ClusterId } from '../model/ids.ts';
import { formatDuration, type Instant, instant } from '../model/time.ts';
import { advance, become } from './advance.ts';
import { classify, freshSample, staleAt } from './classify.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import { ownOrder, pausedWait, takenOver } from './orders.ts';
import { SETTLED, type TargetState } from './state.ts';

/** Brings every open target of a phase to where desired state, time and evidence say it is. Starts nothing. */
export function followTargets(draft: Draft, phase: PhaseDraft): void {
  const turnAt = draft.isGoing ? turnOf(draft, phase) : undefined;
  for (const cluster of phase.open) {
    draft.setTarget(phase, cluster, followOne(draft, phase, cluster, turnAt));
  }
}

/** When the turn of a phase came, moved on by the time it was paused. */
function turnOf(draft: Draft, { planned }: PhaseDraft): Instant | undefined {
  const { startedAt, pausedMs } = draft.phaseState(planned.id);
  return startedAt === undefined ? undefined : instant(startedAt + pausedMs);
}

function followOne(draft: Draft, phase: PhaseDraft, cluster: ClusterId, turnAt: Instant | undefined): TargetState {
  const target = draft.target(cluster);
  const desired = draft.input.desired.get(cluster);
  // Law 10: a leaver counts for nothing any more, not even as a failure.
  if (desired === undefined) return become(target, 'removed', draft.now, { detail: 'no longer in the manifests' });
  if (isUnstarted(target)) {
    if (desired.optOut !== undefined) return become(target, 'skipped', draft.now, { detail: `opted out: ${desired.optOut.reason}` });
    // While nothing may start, its time does not run.
    return turnAt === undefined ? target : followUnstarted(draft, phase, cluster, target, turnAt);
  }
  if (SETTLED.has(target.status) && target.status !== 'unreachable') return target;
  return followOrdered(draft, phase, cluster, target);
}

/** Not ordered in this attempt; a target that could not be seen when its turn came is `unreachable` without having been started. */
export const isUnstarted = ({ status, startedAt }: TargetState): boolean =>
  status === 'waiting' || (status === 'unreachable' && startedAt === undefined);

/** One whose turn has come, and that cannot be seen or has had to wait too long. */
function followUnstarted(draft: Draft, phase: PhaseDraft, cluster: ClusterId, target: TargetState, turnAt: Instant): TargetState {
  const sighting = sightingOf(draft, cluster);
  const next = sighting.seen ? seenAgain(draft, target) : unseen(draft, target, sighting.cause);
  if (sighting.seen) draft.wakeUpAt(staleAt(sighting.sampledAt, draft.input.policy));
  return next.status === 'waiting' ? deferredIfLate(draft, phase, next, turnAt) : next;
}

export type Sighting = { readonly seen: true; readonly sampledAt: Instant } | { readonly seen: false; readonly cause: string };

/** Whether a target can be seen well enough to be started. One that is to be created need not be there. */
export function sightingOf(draft: Draft, cluster: ClusterId): Sighting {
  const { observations, policy } = draft.input;
  const observation = observations.get(cluster);
  const sampledAt = freshSample(observation, { now: draft.now, evidenceMaxAgeMs: policy.evidenceMaxAgeMs });
  if (typeof sampledAt === 'string') return { seen: false, cause: sampledAt };
  if (observation?.kind === 'observed' || draft.planned(cluster).change === 'create') return { seen: true, sampledAt };
  return { seen: false, cause: 'the data plane has no such cluster' };
}

/** The patience with an unstarted target runs from when it was first not seen: one lost sample is no reason to give up. */
export const patienceEnds = (draft: Draft, { seenAt }: TargetState): Instant =>
  instant((seenAt ?? draft.now) + draft.input.policy.unreachableAfterMs);

function unseen(draft: Draft, target: TargetState, cause: string): TargetState {
  if (target.status === 'unreachable') return target;
  const lost = target.seenAt === undefined ? become(target, 'waiting', draft.now, { seenAt: draft.now }) : target;
  const giveUpAt = patienceEnds(draft, lost);
  if (draft.now >= giveUpAt) return become(lost, 'unreachable', draft.now, { detail: `not started, no evidence: ${cause}` });
  draft.wakeUpAt(giveUpAt);
  return lost;
}

const seenAgain = (draft: Draft, target: TargetState): TargetState =>
  become(target, 'waiting', draft.now, { seenAt: undefined, detail: target.status === 'unreachable' ? undefined : target.detail });

function deferredIfLate(draft: Draft, { planned }: PhaseDraft, target: TargetState, turnAt: Instant): TargetState {
  if (planned.maxDurationMs === undefined) return target;
  const endAt = instant(Math.max(turnAt, target.since) + planned.maxDurationMs);
  if (draft.now < endAt) {
    draft.wakeUpAt(endAt);
    return target;
  }
  return become(target, 'deferred', draft.now, {
    detail: `not started within ${formatDuration(planned.maxDurationMs)}, the longest the phase may take`,
  });
}

function followOrdered(draft: Draft, phase: PhaseDraft, cluster: ClusterId, target: TargetState): TargetState {
  const newer = takenOver(draft, cluster, target);
  if (newer !== undefined) {
    const detail = newer.rollout === undefined ? 'ordered elsewhere, outside of rollouts' : `taken over by rollout ${newer.rollout}`;
    return become(target, 'superseded', draft.now, { detail, supersededBy: newer.rollout });
  }
  const { policy, observations } = draft.input;
  const order = ownOrder(draft, cluster, target);
  const planned = draft.planned(cluster);
  const evidence = classify(planned, order, observations.get(cluster), target.seenAt, {
    now: draft.now,
    evidenceMaxAgeMs: policy.evidenceMaxAgeMs,
  });
  const advanced = advance(target, evidence, {
    planned,
    bakeMs: phase.planned.bakeMs,
    policy,
    mode: order?.mode ?? 'run',
    orderedAt: order?.orderedAt ?? target.since,
    windingDown: draft.status === 'aborted',
    now: draft.now,
  });
  if (advanced.wait !== undefined)
    draft.wait(cluster, advanced.target.status === 'held' ? (pausedWait(draft) ?? advanced.wait) : advanced.wait);
  draft.wakeUpAt(advanced.wakeAt);
  return advanced.target;
}
