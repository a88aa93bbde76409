import type { Difference } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import { formatDuration } from '../model/time.ts';
import type { Plan, PlannedApproval, PlannedBudgets, PlannedPhase, PlannedRelease, PlannedTarget } from '../plan/plan.ts';
import { code, inert, names, plural } from './markdown.ts';
import type { PlanView } from './plan-view.ts';

/** The verdict on a pull request in one line: title of the check and first line of the comment. Plain text, nothing of others in it. */
export function verdictOf(view: PlanView): { readonly icon: string; readonly words: string } {
  switch (view.kind) {
    case 'untouched':
      return { icon: '✅', words: 'No manifests changed' };
    case 'conflict':
      return { icon: '❌', words: 'No plan: this branch conflicts with its base' };
    case 'broken': {
      const errors = view.problems.filter(({ severity }) => severity === 'error').length;
      return { icon: '❌', words: `No plan: ${plural(errors, 'error')} in the manifests` };
    }
    case 'nothing-moves':
      return { icon: '✅', words: 'Nothing to roll out: manifests change, but no cluster does' };
    case 'planned':
      return { icon: '✅', words: planVerdict(view.plan) };
    default:
      return assertNever(view, 'verdictOf');
  }
}

/** `Rolls back 12 clusters in 3 phases`. */
export function planVerdict(plan: Plan): string {
  const targets = Object.keys(plan.targets).length;
  if (targets === 0) {
    const left = plan.excluded.length > 0 ? `${plural(plan.excluded.length, 'cluster')} opted out` : '';
    const gone = plan.removed.length > 0 ? `${plural(plan.removed.length, 'cluster')} removed from the manifests` : '';
    return `Nothing to roll out: ${[left, gone].filter((words) => words !== '').join(', ')}`;
  }
  const phases = plural(plan.phases.filter(({ members }) => members.length > 0).length, 'phase');
  return `${plan.kind === 'rollback' ? 'Rolls back' : 'Changes'} ${plural(targets, 'cluster')} in ${phases}`;
}

/** `kafka 3.8.0 → 3.9.0`, or what else changes. */
export function releaseChange({ product, fromVersions, toVersions }: PlannedRelease): string {
  const [from, to] = [fromVersions.map(code).join(', '), toVersions.map(code).join(', ')];
  const what = code(product);
  if (fromVersions.length === 0) return `${what} new at ${to}`;
  return from === to ? `${what} stays at ${to}` : `${what} ${from} → ${to}`;
}

/** How many at once: `2`, `all 3`, `25 % of 41 = 10`. */
export function concurrencyWords({ maxConcurrent, members }: Pick<PlannedPhase, 'maxConcurrent' | 'members'>): string {
  const all = maxConcurrent.count >= members.length && !maxConcurrent.words.includes('%');
  return all && members.length > 1 ? `all ${members.length}` : maxConcurrent.words;
}

/** What may go wrong before the rollout pauses. */
export function budgetWords(budgets: Partial<PlannedBudgets>): string {
  const words = (['failed', 'unreachable', 'deferred'] as const).flatMap((kind) => {
    const budget = budgets[kind];
    if (budget === undefined || (budget.count === 0 && !budget.words.includes('%'))) return [];
    return [`${budget.words} ${kind}`];
  });
  return words.length === 0 ? 'nothing' : words.join(', ');
}

/** Who may approve: `team kafka-leads or anna, not the author`. Names as code, so that nobody is called. */
export function approverWords({ teams, users, notAuthor }: PlannedApproval): string {
  const who = [...teams.map((team) => `team ${code(team)}`), ...users.map(code)].join(' or ');
  return `${who}${notAuthor ? ', not the author' : ''}`;
}

/** `2 before it starts: team kafka-leads`. */
export const approvalWords = (approval: PlannedApproval): string =>
  `${approval.count} ${approvalTime(approval)}: ${approverWords(approval)}`;

export const approvalTime = ({ when }: PlannedApproval): string => (when === 'before' ? 'before it starts' : 'after it has baked');

export const bakeWords = (ms: number): string => (ms === 0 ? 'none' : formatDuration(ms));

/** Values that one row shows before it only counts. */
const DIFFERENCES_MAX = 8;
const VALUE_CHARS_MAX = 60;

export function differenceWords(differences: readonly Difference[]): string {
  const shown = differences.slice(0, DIFFERENCES_MAX).map(({ path, from, to }) => `${code(path)}: ${valueWords(from)} → ${valueWords(to)}`);
  const more = differences.length - DIFFERENCES_MAX;
  return shown.join('; ') + (more > 0 ? ` and ${more} more` : '');
}

export function valueWords(value: Difference['from']): string {
  if (value === undefined) return 'none';
  const text = [...String(value)];
  return code(text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX).join('')}…` : text.join(''));
}

/** What becomes of one target. */
export function targetWords({ change, spec, differences }: PlannedTarget): string {
  switch (change) {
    case 'create':
      return `new, at ${code(spec.version)}`;
    case 'rejoin':
      return `opted in again, at ${code(spec.version)}`;
    case 'update':
      // The image follows the version: beside it, it says nothing new.
      return differenceWords(
        differences.some(({ path }) => path === 'version') ? differences.filter(({ path }) => path !== 'image') : differences,
      );
    default:
      return assertNever(change, 'targetWords');
  }
}

/** Members by name while they are few. */
const MEMBERS_NAMED_MAX = 3;

export const memberWords = ({ members }: PlannedPhase): string =>
  members.length <= MEMBERS_NAMED_MAX ? names(members, MEMBERS_NAMED_MAX) : plural(members.length, 'cluster');

/** A phase in plain HTML words, for the line that folds its members. */
export const phaseSummary = (number: number, phase: PlannedPhase): string =>
  `Phase ${number}, ${inert(phase.id)}: ${plural(phase.members.length, 'cluster')}`;
