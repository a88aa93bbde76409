import { isRepeated, REPEATED, whyNotFresh } from '../evidence/classify.ts';
import type { Observed } from '../evidence/observation.ts';
import type { ClusterId } from '../model/ids.ts';
import { type Instant, instant } from '../model/time.ts';
import { become, staleAt } from './advance.ts';
import type { PhaseDraft } from './phase-draft.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { TargetState } from './state.ts';

/** A fresh sample of a cluster; `undefined` when it cannot be seen. */
export function freshlyObserved(draft: RolloutDraft, cluster: ClusterId): Observed | undefined {
  const { fleet, now } = draft;
  const seen = fleet.observation(cluster);
  return seen?.kind === 'observed' && whyNotFresh(seen, { now, evidenceMaxAgeMs: fleet.policy.evidenceMaxAgeMs }) === undefined
    ? seen
    : undefined;
}

export type Sighting = { readonly seen: true; readonly staleAt: Instant } | { readonly seen: false; readonly cause: string };

/** Whether a target can be seen well enough to be started. One that is to be created need not be there. */
export function sightingOf(draft: RolloutDraft, cluster: ClusterId): Sighting {
  const { fleet, now } = draft;
  const { policy } = fleet;
  const seen = fleet.observation(cluster);
  const stale = whyNotFresh(seen, { now, evidenceMaxAgeMs: policy.evidenceMaxAgeMs });
  if (stale !== undefined || seen === undefined) return { seen: false, cause: stale ?? 'nobody has looked yet' };
  const before = draft.target(cluster);
  if (isRepeated(seen, before, { now, evidenceMaxAgeMs: policy.evidenceMaxAgeMs })) return { seen: false, cause: REPEATED };
  const receivedAt = before.sampledAt === seen.sampledAt ? (before.seenAt ?? seen.receivedAt) : seen.receivedAt;
  if (seen.kind === 'observed' || draft.plannedTarget(cluster).change === 'create')
    return { seen: true, staleAt: staleAt(receivedAt, policy) };
  return { seen: false, cause: 'the data plane has no such cluster' };
}

/** The patience with an unstarted target runs from when it was first not seen, and not while stops held it. */
export function patienceEnds(draft: RolloutDraft, { unseenSince }: TargetState): Instant {
  const since = Math.max(unseenSince ?? draft.now, draft.scalars.goingSince ?? 0);
  return instant(since + draft.fleet.policy.unreachableAfterMs);
}

/** It cannot be seen: after a time of patience it counts as unreachable, without having been touched. */
export function loseSight(draft: RolloutDraft, cluster: ClusterId, target: TargetState, cause: string): TargetState {
  const { now } = draft;
  // That we have not looked is no silence of the data plane.
  if (draft.fleet.observation(cluster) === undefined) return target;
  // Where our clock was set back, patience is counted from there.
  const lost = target.unseenSince === undefined || target.unseenSince > now ? become(target, 'waiting', now, { unseenSince: now }) : target;
  if (now < patienceEnds(draft, lost)) return lost;
  draft.timers.set(cluster, undefined);
  return become(lost, 'unreachable', now, { detail: `not started, no evidence: ${cause}` });
}

/** It is seen, or waits for something else, in which time it could not have been started: should it be unseen then, patience begins anew. */
export const endPatience = (draft: RolloutDraft, target: TargetState): TargetState =>
  target.unseenSince === undefined ? target : become(target, 'waiting', draft.now, { unseenSince: undefined });

/** The same for members of a phase that are not looked at for a start, because they wait for what all wait for. */
export function endPatienceOf(draft: RolloutDraft, phase: PhaseDraft, isLookedAt: (cluster: ClusterId) => boolean): void {
  for (const cluster of draft.unseen) {
    const target = draft.target(cluster);
    if (target.rescue || draft.phaseOf(cluster) !== phase || isLookedAt(cluster)) continue;
    draft.setTarget(cluster, endPatience(draft, target));
  }
}

/** Others have taken the last slot on its data plane since it was looked at: from here on it waits for that. */
export function endPatienceWhereFull(draft: RolloutDraft): void {
  if (draft.unseen.size === 0) return;
  for (const cluster of draft.unseen) {
    if (draft.fleet.isFull(draft.plannedTarget(cluster).dataPlane)) draft.setTarget(cluster, endPatience(draft, draft.target(cluster)));
  }
}
