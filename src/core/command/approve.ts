import { err, ok, type Result } from '../model/result.ts';
import { formatInstant } from '../model/time.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import { approvalEnds, countedApprovals } from '../reconcile/approvals.ts';
import { isPhaseOver, PHASE_AHEAD } from '../reconcile/state.ts';
import { type Handler, NOTHING_APPLIED, type RolloutCommand, type RolloutInput, whyOf } from './command.ts';
import { phaseOf } from './targets.ts';

/** Gives one person's approval of a phase, bound to the plan that they saw. */
export const approve: Handler = ({ rollout, now }, command) => {
  const { state } = rollout;
  const found = phaseToApprove(rollout, command);
  if (!found.ok) return found;
  const { name, approval } = found.value;
  const phase = state.phases.get(name) ?? PHASE_AHEAD;
  if (approval === undefined) return err(`phase ${name} needs no approval`);
  if (isPhaseOver(phase) || (approval.when === 'before' && phase.startedAt !== undefined))
    return err(`phase ${name} is ${phase.status}; it no longer waits for approval`);
  // An approval afterwards is a judgement of what happened, so it cannot be given before it has.
  if (approval.when === 'after' && phase.status !== 'awaiting-approval')
    return err(`phase ${name} is approved after it has baked; it is still ${phase.status}`);
  if (command.digest === undefined) return err(`say which plan you approve: its digest is ${state.digest}`);
  if (command.digest !== state.digest)
    return err(`the plan that runs is ${state.digest}, not ${command.digest}; look at it, and approve that one`);
  if (countedApprovals(found.value, state, now).some(({ by }) => by.toLowerCase() === command.by.toLowerCase()))
    return err(`${command.by} has approved phase ${name} already; another person must`);
  const next = { ...state, approvals: [...state.approvals, { phase: name, by: command.by, digest: command.digest, at: now }] };
  const given = countedApprovals(found.value, next, now).length;
  const ends = approvalEnds(found.value, { at: now });
  const words = (count: number) => `${count} of ${approval.count} approvals`;
  return ok({
    ...NOTHING_APPLIED,
    rollouts: [{ before: state, next }],
    notes:
      ends === undefined || given >= approval.count
        ? []
        : [`it counts until ${formatInstant(ends)}, and ${approval.count - given} more must approve by then`],
    changes: [{ subject: 'phase', name, from: words(given - 1), to: words(given), why: whyOf(command) }],
  });
};

function phaseToApprove({ planned, state }: RolloutInput['rollout'], { phase }: RolloutCommand): Result<PlannedPhase, string> {
  if (phase !== undefined) return phaseOf(planned, phase);
  const waiting = planned.phases.filter(({ name }) => state.phases.get(name)?.status === 'awaiting-approval');
  const [only] = waiting;
  if (only === undefined) return err('no phase waits for an approval now; say which phase you approve ahead of its turn');
  return waiting.length === 1
    ? ok(only)
    : err(`several phases wait for an approval: say which of ${waiting.map(({ name }) => name).join(', ')}`);
}
