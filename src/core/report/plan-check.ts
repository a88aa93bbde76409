import type { CommitSha } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import { isAgreed } from '../rules/consent.ts';
import { approveRulesButton } from './check-buttons.ts';
import type { CheckOutput } from './check-output.ts';
import { layOut } from './lay-out.ts';
import { code, plural } from './markdown.ts';
import { planParts } from './plan-comment.ts';
import { losesProtection } from './plan-rules.ts';
import type { PlanView } from './plan-view.ts';
import { isAllAtOnce, verdictOf } from './plan-words.ts';
import { annotationsOf, countProblems, problemRows } from './problem-table.ts';

/** The check of a pull request: the same verdict as in the comment, and every problem at its line. */
export function renderPlanCheck(view: PlanView): CheckOutput {
  const { icon, words } = verdictOf(view);
  const problems = 'problems' in view ? view.problems : [];
  return {
    state: { kind: 'completed', conclusion: planConclusion(view) },
    title: words,
    summary: `${icon} ${words}`,
    text: view.kind === 'untouched' ? undefined : layOut(planParts(view, 'check')),
    annotations: annotationsOf(problems),
    // Left out where there is none: what was written before there were buttons still reads the same.
    ...(waitsForConsent(view) && 'consent' in view && view.consent !== undefined
      ? { actions: [approveRulesButton(view.consent.asked.digest)] }
      : {}),
  };
}

/**
 * Green only when nothing stands against a merge. That somebody must agree is no failure; but a required check holds the merge up until
 * they have.
 */
function planConclusion(view: PlanView): 'success' | 'failure' | 'neutral' | 'action_required' {
  if (view.kind === 'broken' || view.kind === 'conflict') return 'failure';
  if (!('rules' in view)) return 'success';
  if (view.rules === 'not-comparable') return 'neutral';
  if (waitsForConsent(view)) return 'action_required';
  // Nothing forbids it, but a green tick would say that somebody has thought about it.
  return view.kind === 'planned' && isAllAtOnce(view.plan) ? 'neutral' : 'success';
}

/** Not to know who has agreed is nobody's agreement. */
const waitsForConsent = (view: PlanView): boolean =>
  'rules' in view && losesProtection(view.rules) && (view.consent === undefined || !isAgreed(view.consent));

/** What is known of a commit of the default branch. */
export interface BranchView {
  readonly commit: CommitSha;
  /** The newest commit whose manifests were valid; they are in force. */
  readonly lastGood: CommitSha | undefined;
  readonly problems: readonly Problem[];
}

/** The check of a commit of the default branch whose manifests are broken, or good again. */
export function renderBranchCheck({ problems, lastGood }: BranchView): CheckOutput {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const title = errors === 0 ? 'The manifests are valid' : `Not taken: ${plural(errors, 'error')} in the manifests`;
  return {
    state: { kind: 'completed', conclusion: errors === 0 ? 'success' : 'failure' },
    title,
    summary: errors === 0 ? `✅ ${title}` : `❌ ${title}. ${inForce(lastGood)}`,
    text: problems.length === 0 ? undefined : layOut([`${countProblems(problems)}.`, problemRows(problems)]),
    annotations: annotationsOf(problems),
  };
}

/** What holds while the newest manifests cannot be read. */
export function inForce(lastGood: CommitSha | undefined): string {
  if (lastGood === undefined) return 'No manifests are in force yet, so nothing is rolled out.';
  return `Those of ${code(lastGood.slice(0, 12))} stay in force, and rollouts under way go on.`;
}
