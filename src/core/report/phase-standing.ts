import { isFinished, PHASE_AHEAD, type PhaseStatus, type RolloutState } from '../reconcile/state.ts';

/** Where a phase stands, as people are told: its own status says nothing of what has become of its rollout. */
export type PhaseStanding = PhaseStatus | 'paused' | 'not-reached' | 'not-finished';

/** A phase that would move if nothing held its rollout, or if that had not ended. */
const IS_UNDER_WAY: Readonly<Record<PhaseStatus, boolean>> = {
  waiting: false,
  'awaiting-approval': false,
  running: true,
  baking: true,
  done: false,
  skipped: false,
};

export function phaseStanding(state: Pick<RolloutState, 'status' | 'finishedAt' | 'phases'>, phase: string): PhaseStanding {
  const { status } = state.phases.get(phase) ?? PHASE_AHEAD;
  const isOver = isFinished(state);
  if (isOver && status === 'waiting') return 'not-reached';
  if (!IS_UNDER_WAY[status]) return status;
  return isOver ? 'not-finished' : state.status === 'paused' ? 'paused' : status;
}
