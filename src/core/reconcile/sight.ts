import { isRepeated, REPEATED, whyNotFresh } from '../evidence/classify.ts';
import type { Observed } from '../evidence/observation.ts';
import type { ClusterId } from '../model/ids.ts';
import { type Instant, instant } from '../model/time.ts';
import { become, staleAt } from './advance.ts';
import type { HoldReason, Wait } from './decision.ts';
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
  if (stale !== undefined || seen === undefined) return { seen: false, cause: stale ?? 'never observed' };
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
  const lost = target.unseenSince === undefined ? become(target, 'waiting', now, { unseenSince: now }) : target;
  if (now < patienceEnds(draft, lost)) return lost;
  draft.timers.set(cluster, undefined);
  return become(lost, 'unreachable', now, { detail: `not started, no evidence: ${cause}` });
}

/** Time that is closed or stopped is none in which it could have been started. */
const NO_PATIENCE_RUNS: ReadonlySet<HoldReason['kind']> = new Set(['stopped', 'window', 'freeze']);

/** It waits for something else, or for nothing: patience begins anew when it is seen, and after a time that counts for nothing. */
export const regainSight = (draft: RolloutDraft, cluster: ClusterId, target: TargetState, wait: Wait | undefined): TargetState =>
  target.unseenSince === undefined || !(sightingOf(draft, cluster).seen || (wait !== undefined && NO_PATIENCE_RUNS.has(wait.reason.kind)))
    ? target
    : become(target, 'waiting', draft.now, { unseenSince: undefined });
