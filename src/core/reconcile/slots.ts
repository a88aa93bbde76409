import type { LimitKind } from '../plan/plan.ts';
import type { Wait } from './decision.ts';
import type { PhaseDraft } from './phase-draft.ts';
import type { RolloutDraft } from './rollout-draft.ts';

/** Slots that all members of a phase share: when there is none, there is none for those after it either. */
export function noPhaseSlot(draft: RolloutDraft, { planned, tally }: PhaseDraft): Wait | undefined {
  if (tally.inFlight >= planned.maxConcurrent.count) return full('phase', planned.name, planned.maxConcurrent.count);
  return noSlotBeyondPhase(draft);
}

/** A rescue takes no slot of its phase, but one of its own. */
export function noRescueSlot(draft: RolloutDraft): Wait | undefined {
  const own = draft.limit('rescue');
  if (own !== undefined && draft.rescuing >= own.count.count) return full('rescue', draft.planned.release, own.count.count);
  return noSlotBeyondPhase(draft);
}

function noSlotBeyondPhase(draft: RolloutDraft): Wait | undefined {
  const release = draft.limit('release');
  if (release !== undefined && draft.tally.inFlight >= release.count.count)
    return full('release', draft.planned.release, release.count.count);
  const { fleetMaxConcurrent } = draft.fleet.policy;
  return draft.fleet.load.fleet >= fleetMaxConcurrent ? full('fleet', 'fleet', fleetMaxConcurrent) : undefined;
}

const full = (of: LimitKind, name: string, limit: number): Wait => ({
  reason: { kind: 'concurrency', of, name, limit },
  until: undefined,
});
