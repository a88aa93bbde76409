import type { Draft } from './draft.ts';
import { isOver } from './phases.ts';
import type { RolloutStatus } from './state.ts';

/** Brings the status of the rollout up to date with its phases, and ends it when nothing more will happen. */
export function finish(draft: Draft): void {
  if (draft.finishedAt !== undefined) return;
  if (draft.phases.every(({ tally }) => tally.unsettled === 0)) endSettled(draft);
  if (draft.finishedAt === undefined && draft.isGoing) {
    const states = draft.phases.map(({ planned }) => draft.phaseState(planned.id).status);
    const asks = states.includes('awaiting-approval') && !states.includes('running');
    draft.setStatus(asks ? 'awaiting-approval' : 'running', asks ? 'nothing moves until a phase is approved' : 'a phase is running');
  }
}

/** Every target is settled. A pause is not ended by that: what paused it wants to be seen by a person. */
function endSettled(draft: Draft): void {
  if (draft.status === 'aborted') {
    draft.finishedAt = draft.now;
    return;
  }
  const superseded = draft.phases.some(({ tally }) => tally.superseded > 0);
  if (superseded) end(draft, 'superseded', 'newer rollouts have taken over what was not finished');
  else if (draft.status !== 'paused' && draft.phases.every(({ planned }) => isOver(draft.phaseState(planned.id)))) {
    const wrong = draft.phases.reduce((sum, { tally }) => sum + tally.wrong, 0);
    if (wrong === 0) end(draft, 'completed', 'every phase is done');
    else end(draft, 'completed-with-deferrals', `every phase is done; ${wrong} clusters were left behind`);
  }
}

function end(draft: Draft, status: RolloutStatus, why: string): void {
  draft.pause = undefined;
  draft.finishedAt = draft.now;
  draft.setStatus(status, why);
}
