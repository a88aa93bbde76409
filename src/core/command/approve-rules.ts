import { err, ok, type Result } from '../model/result.ts';
import { formatDuration } from '../model/time.ts';
import { isSamePerson } from '../rules/consent.ts';
import { type Applied, type ApproveRulesCommand, type CommandInput, NOTHING_APPLIED, whyOf } from './command.ts';

/**
 * Agrees to the loss of protection that an open pull request brings, bound to what the person saw of it.
 *
 * @param because - why the person may: rules and teams change.
 */
export function approveRules({ proposal, now }: CommandInput, command: ApproveRulesCommand, because: string): Result<Applied, string> {
  const { pull, by, digest } = command;
  if (proposal === undefined) return err(`#${pull} is not known here: look at its number, or run its check again`);
  if (!proposal.isOpen) return err(`#${pull} is not open any more: what it changes is in force, or never will be`);
  const { asked, approvals } = proposal;
  if (asked === undefined) return err(`#${pull} takes no protection away, so nobody has to agree to it`);
  if (digest !== asked.digest)
    return err(`the change of rules in #${pull} is ${asked.digest} now, not ${digest}; look at it, and approve that one`);
  const current = approvals.filter((one) => one.digest === asked.digest);
  const { validForMs } = asked.approvers;
  if (current.some((one) => isSamePerson(one.by, by))) return err(`${by} has agreed to this already; another person must`);
  const { count } = asked.approvers;
  const words = (given: number) => `${given} of ${count} approvals`;
  return ok({
    ...NOTHING_APPLIED,
    notes: validForMs === undefined ? [] : [`it counts for ${formatDuration(validForMs)}; the comment on #${pull} says until when`],
    ruleApprovals: [{ pull, by, digest, at: now, source: 'command', because }],
    changes: [{ subject: 'rules', name: `#${pull}`, from: words(current.length), to: words(current.length + 1), why: whyOf(command) }],
  });
}
