import { err, ok, type Result } from '../model/result.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import { isOver } from '../reconcile/phases.ts';
import { PHASE_AHEAD } from '../reconcile/state.ts';
import { type Handler, type RolloutCommand, whyOf } from './command.ts';
import { phaseOf } from './targets.ts';

/** Gives one person's approval of a phase, bound to the plan that they saw. */
export const approve: Handler = (rollout, command, now) => {
  const { plan, state } = rollout;
  const found = phaseToApprove(rollout, command);
  if (!found.ok) return found;
  const { id, approval } = found.value;
  const phase = state.phases.get(id) ?? PHASE_AHEAD;
  if (approval === undefined) return err(`phase ${id} needs no approval`);
  if (isOver(phase) || (approval.when === 'before' && phase.startedAt !== undefined))
    return err(`phase ${id} is ${phase.status}; it waits for no approval any more`);
  // An approval afterwards is a judgement of what happened, so it cannot be given before it has.
  if (approval.when === 'after' && phase.status !== 'awaiting-approval')
    return err(`phase ${id} is approved after its last cluster has baked; it is still ${phase.status}`);
  if (command.digest === undefined) return err(`say which plan you approve: its digest is ${plan.digest}`);
  if (command.digest !== state.digest)
    return err(`the plan that runs is ${state.digest}, not ${command.digest}; look at it, and approve that one`);
  if (state.approvals.some(({ by, phase: approved, digest }) => by === command.by && approved === id && digest === state.digest)) {
    return err(`${command.by} has approved phase ${id} already; another person has to`);
  }
  const next = { ...state, approvals: [...state.approvals, { phase: id, by: command.by, digest: command.digest, at: now }] };
  const given = next.approvals.filter((one) => one.phase === id && one.digest === state.digest).length;
  const words = (count: number) => `${count} of ${approval.count} approvals`;
  return ok({ next, changes: [{ subject: 'phase', name: id, from: words(given - 1), to: words(given), why: whyOf(command) }] });
};

function phaseToApprove({ plan, state }: ActiveRollout, { phase }: RolloutCommand): Result<PlannedPhase, string> {
  if (phase !== undefined) return phaseOf(plan, phase);
  const waiting = plan.phases.filter(({ id }) => state.phases.get(id)?.status === 'awaiting-approval');
  const [only] = waiting;
  if (only === undefined) return err('no phase waits for an approval now; say which phase you approve ahead of its turn');
  return waiting.length === 1
    ? ok(only)
    : err(`several phases wait for an approval: say which of ${waiting.map(({ id }) => id).join(', ')}`);
}
