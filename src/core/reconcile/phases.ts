import type { HoldReason } from './decision.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import type { PhaseState } from './state.ts';

export const isOver = ({ status }: PhaseState): boolean => status === 'done' || status === 'skipped';

/** The first phase that this one comes after, and that is not behind it: not over, or with a member on the move again after it was. */
function earlierPhase(draft: Draft, { planned }: PhaseDraft): string | undefined {
  return planned.after.find((id) => !isOver(draft.phaseState(id)) || draft.unsettledIn(id) > 0);
}

/** Why a phase has not begun: an earlier one, or an approval. `undefined`: it has begun. */
export function notBegun(draft: Draft, phase: PhaseDraft): HoldReason | undefined {
  const { planned } = phase;
  const state = draft.phaseState(planned.id);
  if (state.startedAt !== undefined || isOver(state)) return undefined;
  const earlier = earlierPhase(draft, phase);
  if (earlier !== undefined) return { kind: 'earlier-phase', phase: earlier };
  return missingApproval(draft, phase, 'before');
}

/** The approval that a phase still lacks; each person counts once, and only for exactly this plan. */
export function missingApproval(draft: Draft, { planned }: PhaseDraft, when: 'before' | 'after'): HoldReason | undefined {
  const { id, approval } = planned;
  if (approval?.when !== when) return undefined;
  const { approvals, digest } = draft.input.state;
  const people = new Set(approvals.filter((given) => given.phase === id && given.digest === digest).map(({ by }) => by));
  return people.size >= approval.count ? undefined : { kind: 'approval', phase: id, given: people.size, needed: approval.count };
}

/**
 * Begins a phase whose turn has come (law 4). One with nobody left to roll is skipped, with its approval.
 *
 * @returns whether its members may now be started.
 */
export function beginPhase(draft: Draft, phase: PhaseDraft): boolean {
  const { id } = phase.planned;
  const state = draft.phaseState(id);
  if (state.startedAt !== undefined || isOver(state)) return false;
  if (earlierPhase(draft, phase) !== undefined) return false;
  if (phase.tally.members === phase.tally.out) {
    const why = phase.tally.members === 0 ? 'no members' : 'no members are left';
    draft.setPhase(id, { ...state, status: 'skipped', finishedAt: draft.now }, why);
    return false;
  }
  if (missingApproval(draft, phase, 'before') === undefined) {
    const why = state.status === 'awaiting-approval' ? 'approved' : 'earlier phases are done';
    draft.setPhase(id, { ...state, status: 'running', startedAt: draft.now }, why);
    return true;
  }
  if (state.status !== 'awaiting-approval') draft.setPhase(id, { ...state, status: 'awaiting-approval' }, 'earlier phases are done');
  return false;
}

/** Ends a phase when every member is settled, has baked, and what must be approved is. Budgets hold, or the rollout were paused. */
export function endPhase(draft: Draft, phase: PhaseDraft): void {
  const { id } = phase.planned;
  const state = draft.phaseState(id);
  if (state.startedAt === undefined || isOver(state)) return;
  if (phase.tally.unsettled > 0) {
    if (state.status === 'awaiting-approval') draft.setPhase(id, { ...state, status: 'running' }, 'a member is on the move again');
    return;
  }
  if (missingApproval(draft, phase, 'after') === undefined) {
    draft.setPhase(id, { ...state, status: 'done', finishedAt: draft.now }, phaseWords(phase));
  } else if (state.status === 'running') {
    draft.setPhase(id, { ...state, status: 'awaiting-approval' }, phaseWords(phase));
  }
}

function phaseWords({ tally }: PhaseDraft): string {
  return `${tally.succeeded} of ${tally.members} succeeded`;
}
