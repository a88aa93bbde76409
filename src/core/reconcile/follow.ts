import type { ClusterId } from '../model/ids.ts';
import { formatDuration, type Instant, instant } from '../model/time.ts';
import { advance, become } from './advance.ts';
import { classify, freshSample } from './classify.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import { ownOrder, pausedWait, takenOver } from './orders.ts';
import { SETTLED, type TargetState } from './state.ts';

/** Brings every open target of a phase to where desired state, time and evidence say it is. Starts nothing. */
export function followTargets(draft: Draft, phase: PhaseDraft): void {
  for (const cluster of phase.open) {
    const target = draft.target(cluster);
    const next = followOne(draft, phase, cluster, target);
    draft.setTarget(phase, cluster, next);
  }
}

function followOne(draft: Draft, phase: PhaseDraft, cluster: ClusterId, target: TargetState): TargetState {
  const desired = draft.input.desired.get(cluster);
  // Law 10: a leaver counts for nothing any more, not even as a failure.
  if (desired === undefined) return become(target, 'removed', draft.now, { detail: 'no longer in the manifests' });
  if (isUnstarted(target)) {
    if (desired.optOut !== undefined) return become(target, 'skipped', draft.now, { detail: `opted out: ${desired.optOut.reason}` });
    return followUnstarted(draft, phase, cluster, target);
  }
  if (SETTLED.has(target.status) && target.status !== 'unreachable') return target;
  return followOrdered(draft, phase, cluster, target);
}

/** Not ordered in this attempt; a target that could not be seen when its turn came is `unreachable` without having been started. */
export const isUnstarted = ({ status, startedAt }: TargetState): boolean =>
  status === 'waiting' || (status === 'unreachable' && startedAt === undefined);

/** One whose turn has come, and that cannot be seen or has had to wait too long. While nothing may start, its time does not run. */
function followUnstarted(draft: Draft, phase: PhaseDraft, cluster: ClusterId, target: TargetState): TargetState {
  const { startedAt, pausedMs } = draft.phaseState(phase.planned.id);
  if (startedAt === undefined || (draft.status !== 'running' && draft.status !== 'awaiting-approval')) return target;
  const { policy, observations } = draft.input;
  const sample = freshSample(observations.get(cluster), { now: draft.now, evidenceMaxAgeMs: policy.evidenceMaxAgeMs });
  const next = typeof sample === 'string' ? unseen(draft, target, instant(startedAt + pausedMs), sample) : seenAgain(draft, target);
  return next.status === 'waiting' ? deferredIfLate(draft, phase, next, instant(startedAt + pausedMs)) : next;
}

function unseen(draft: Draft, target: TargetState, turnAt: Instant, cause: string): TargetState {
  if (target.status === 'unreachable') return target;
  const giveUpAt = instant(Math.max(turnAt, target.since) + draft.input.policy.unreachableAfterMs);
  if (draft.now < giveUpAt) {
    draft.wakeUpAt(giveUpAt);
    return target;
  }
  return become(target, 'unreachable', draft.now, { detail: `not started, no evidence: ${cause}` });
}

const seenAgain = (draft: Draft, target: TargetState): TargetState =>
  target.status === 'unreachable' ? become(target, 'waiting', draft.now, { detail: undefined }) : target;

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
