import type { Difference } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import { formatDuration } from '../model/time.ts';
import {
  BUDGETS,
  type Plan,
  type PlannedApproval,
  type PlannedBudgets,
  type PlannedPhase,
  type PlannedRollout,
  type PlannedTarget,
  type Risk,
  TARGET_CHANGES,
} from '../plan/plan.ts';
import { type Consent, isAgreed } from '../rules/consent.ts';
import { code, grouped, names, plural } from './markdown.ts';
import { losesProtection, rulesVerdict } from './plan-rules.ts';
import type { PlannedView, PlanView } from './plan-view.ts';
import { BUDGET_WORDS, CHANGE_WORDS } from './words.ts';

/** The verdict on a pull request in one line: title of the check and first line of the comment. Plain text, nothing of others in it. */
export function verdictOf(view: PlanView): Verdict {
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
      return withRules(view, undefined) ?? { icon: '✅', words: 'Nothing to roll out: manifests change, but no cluster does' };
    case 'planned': {
      const { plan, halfWay } = view;
      const isStopped = plan.risks.some(({ code }) => code === 'quarantined' || code === 'stopped');
      const first =
        halfWay.length === 0 ? '' : `; ${grouped(halfWay.length)} half-way or broken ${halfWay.length === 1 ? 'goes' : 'go'} first`;
      const words = `${planVerdict(plan)}${first}${isStopped ? ', once a stop is lifted' : ''}`;
      const moves = { icon: needsALook(plan) || halfWay.length > 0 ? '⚠️' : '✅', words };
      return withRules(view, moves) ?? moves;
    }
    default:
      return assertNever(view, 'verdictOf');
  }
}

interface Verdict {
  readonly icon: string;
  readonly words: string;
}

/** What changes the rules is said before what it moves: the rules hold long after that. */
function withRules({ rules, consent }: Pick<PlannedView, 'rules' | 'consent'>, moves: Verdict | undefined): Verdict | undefined {
  if (rules === undefined) return undefined;
  const isFine = rules !== 'not-comparable' && !losesProtection(rules);
  const icon = isFine ? (moves?.icon ?? '✅') : '⚠️';
  return { icon, words: [`${rulesVerdict(rules)}${consentWords(consent)}`, ...(moves === undefined ? [] : [moves.words])].join('. ') };
}

function consentWords(consent: Consent | undefined): string {
  if (consent === undefined) return '';
  const { given, asked } = consent;
  if (isAgreed(consent)) return ', approved';
  const { count } = asked.approvers;
  return given.length === 0 ? `, to be approved${count === 1 ? '' : ` by ${count}`}` : `, ${given.length} of ${count} approvals given`;
}

/** `Rolls back 12 clusters in 3 phases`, `Changes 15 clusters of 2 releases in 7 phases`. */
export function planVerdict(plan: Plan): string {
  const { rollouts } = plan;
  const targets = countTargets(plan);
  if (targets === 0) {
    const left = plan.excluded.length > 0 ? `${plural(plan.excluded.length, 'cluster')} left alone` : '';
    const gone = plan.removed.length > 0 ? `${plural(plan.removed.length, 'cluster')} removed from the manifests` : '';
    return `Nothing to roll out: ${[left, gone].filter((words) => words !== '').join(', ')}`;
  }
  const phases = rollouts.flatMap((rollout) => rollout.phases.filter(({ members }) => members.length > 0)).length;
  const releases = rollouts.length > 1 ? ` of ${rollouts.length} releases` : '';
  const does = rollouts.every(({ kind }) => kind === 'rollback') ? 'Rolls back' : 'Changes';
  return [`${does} ${plural(targets, 'cluster')}${releases} in ${plural(phases, 'phase')}: ${moveSummary(plan)}`, ...stayWords(plan)].join(
    '; ',
  );
}

/** Risks that no reviewer may miss: with one of these, a plan is not simply fine. */
const GRAVE: ReadonlySet<Risk['code']> = new Set([
  'quarantined',
  'stopped',
  'withdrawn',
  'illegal-path',
  'major-version',
  'downgrade',
  'half-way',
  'replicas-down',
  'all-at-once',
  'no-canary',
  'large-first-phase',
]);
/** Going back to what was proven needs no trial. */
const FINE_ON_THE_WAY_BACK: ReadonlySet<Risk['code']> = new Set(['downgrade', 'all-at-once', 'no-canary', 'large-first-phase']);

function needsALook({ risks, rollouts }: Plan): boolean {
  const goesBack = rollouts.every(({ kind }) => kind === 'rollback');
  return risks.some(({ code }) => GRAVE.has(code) && !(goesBack && FINE_ON_THE_WAY_BACK.has(code)));
}

/** Is all of it moved at once, and nobody asked? */
export const isAllAtOnce = ({ risks, rollouts }: Plan): boolean =>
  rollouts.some(({ kind }) => kind !== 'rollback') && risks.some(({ code }) => code === 'all-at-once');

/** Rollouts whose versions a title names before it only counts. */
const VERSIONS_MAX = 2;

/** `kafka 3.8.0 → 3.9.0, configuration of 3 clusters; 36 replicas restart`. Plain text: products and versions are checked by the schema. */
function moveSummary({ rollouts }: Plan): string {
  const targets = rollouts.flatMap((rollout) => [...rollout.targets.values()]);
  const versions = rollouts.filter(({ fromVersions, toVersions }) => fromVersions.length > 0 && fromVersions.join() !== toVersions.join());
  const count = (isMeant: (target: PlannedTarget) => boolean): number => targets.filter(isMeant).length;
  const of = (what: string, found: number): readonly string[] => (found === 0 ? [] : [`${what} of ${plural(found, 'cluster')}`]);
  const fresh = count(({ from }) => from === undefined);
  const again = count(({ from, differences }) => from !== undefined && differences.length === 0);
  const what = [
    ...versions
      .slice(0, VERSIONS_MAX)
      .map(({ product, fromVersions, toVersions }) => `${product} ${fromVersions.join(', ')} → ${toVersions.join(', ')}`),
    ...(versions.length > VERSIONS_MAX ? [`${versions.length - VERSIONS_MAX} more versions`] : []),
    ...of(
      'configuration',
      count(({ differences }) => differences.some(({ path }) => isSetting(path))),
    ),
    ...of(
      'image',
      count(({ differences }) => hasPath(differences, 'image') && !hasPath(differences, 'version')),
    ),
    ...of(
      'number of replicas',
      count(({ differences }) => hasPath(differences, 'replicas')),
    ),
    ...(fresh === 0 ? [] : [`${plural(fresh, 'new cluster')}`]),
    ...(again === 0 ? [] : [`${plural(again, 'cluster')} ordered again`]),
  ];
  const restarts = targets.reduce(
    (sum, { from, spec, differences }) => sum + (from !== undefined && differences.some(needsRestart) ? spec.replicas : 0),
    0,
  );
  return [what.join(', '), ...(restarts === 0 ? [] : [`${plural(restarts, 'replica')} ${restarts === 1 ? 'restarts' : 'restart'}`])].join(
    '; ',
  );
}

const hasPath = (differences: readonly Difference[], path: string): boolean => differences.some((difference) => difference.path === path);
const isSetting = (path: string): boolean => path !== 'version' && path !== 'image' && path !== 'replicas';
/** Brokers that come or go make no other one restart. */
const needsRestart = ({ path }: Difference): boolean => path !== 'replicas';

/** A way back says also who has nothing to go back from: they are what a reader is afraid for. */
function stayWords({ rollouts, excluded }: Plan): readonly string[] {
  return rollouts.flatMap(({ kind, release, selected, targets, toVersions }) => {
    const left = excluded.filter((one) => one.release === release).length;
    const stay = selected - targets.size - left;
    if (kind !== 'rollback' || stay <= 0) return [];
    return [`${stay === 1 ? '1 other runs' : `${grouped(stay)} others run`} ${toVersions.join(', ')} already`];
  });
}

export const countTargets = ({ rollouts }: Plan): number => rollouts.reduce((sum, { targets }) => sum + targets.size, 0);

/** `kafka 3.8.0 → 3.9.0`, from the versions that clusters really run, or what else changes. */
export function releaseChange({ product, fromVersions, toVersions, targets }: PlannedRollout): string {
  const [from, to] = [fromVersions.map(code).join(', '), toVersions.map(code).join(', ')];
  const what = code(product);
  if (fromVersions.length === 0) return `${what} new at ${to}`;
  return from === to
    ? `${what} ${sameVersionWords([...targets.values()].flatMap(({ differences }) => differences))} at ${to}`
    : `${what} ${from} → ${to}`;
}

/** `3.8.0 → 3.9.0`, `new at 3.9.0`, `config change at 3.9.0`: where one target comes from, and what it gets. Plain text. */
export function moveWords({ from, spec, differences }: Pick<PlannedTarget, 'from' | 'spec' | 'differences'>): string {
  if (from === undefined) return `new at ${spec.version}`;
  return from.version === spec.version ? `${sameVersionWords(differences)} at ${spec.version}` : `${from.version} → ${spec.version}`;
}

/** What changes while the version stays. */
function sameVersionWords(differences: readonly Difference[]): string {
  const changed = new Set(differences.map(({ path }) => (path === 'image' || path === 'replicas' ? path : 'config')));
  const parts = (['config', 'image', 'replicas'] as const).filter((part) => changed.has(part));
  return parts.length === 0 ? 'ordered again' : `${parts.join(' and ')} change`;
}

/** `rollback`, `hotfix rollout`. */
export const kindWords = ({ kind, urgency }: PlannedRollout): string => (urgency === 'routine' ? kind : `**${urgency}** ${kind}`);

/** `12 of 41`, and where they are not all of one kind, of which: `12 of 41 (9 changed, 3 brought home)`. */
export function clusterWords({ targets, selected }: PlannedRollout): string {
  const all = `${targets.size} of ${selected}`;
  const changes = TARGET_CHANGES.flatMap((change) => {
    const count = [...targets.values()].filter((target) => target.change === change).length;
    return count === 0 ? [] : [`${count} ${CHANGE_WORDS[change].label}`];
  });
  return changes.length > 1 ? `${all} (${changes.join(', ')})` : all;
}

/** How many at once: `2`, `all 3`, `25 % of 41 = 10`. */
export function concurrencyWords({ maxConcurrent, members }: Pick<PlannedPhase, 'maxConcurrent' | 'members'>): string {
  const isPlainCount = maxConcurrent.words === String(maxConcurrent.count);
  return isPlainCount && members.length > 1 && maxConcurrent.count >= members.length ? `all ${members.length}` : maxConcurrent.words;
}

/** What may go wrong before the rollout pauses. */
export function budgetWords(budgets: Partial<PlannedBudgets>): string {
  const words = BUDGETS.flatMap((kind) => {
    const budget = budgets[kind];
    // A share of nothing is said with its arithmetic; a plain zero is what a reader expects.
    return budget === undefined || budget.words === '0' ? [] : [`${budget.words} ${BUDGET_WORDS[kind].label}`];
  });
  return words.length === 0 ? 'nothing' : words.join(', ');
}

/** Who may approve: `team kafka-leads or anna, nobody who took part in the change`. Names as code, so that nobody is called. */
export function approverWords({ teams, users, notAuthor, validForMs }: PlannedApproval): string {
  const who = [...teams.map((team) => `team ${code(team)}`), ...users.map(code)].join(' or ');
  const expires = validForMs === undefined ? '' : `; one counts for ${formatDuration(validForMs)}`;
  return `${who}${notAuthor ? ', nobody who took part in the change' : ''}${expires}`;
}

/** `2 before it starts: team kafka-leads`. */
export const approvalWords = (approval: PlannedApproval): string =>
  `${approval.count} ${approvalTime(approval)}: ${approverWords(approval)}`;

export const approvalTime = ({ when }: PlannedApproval): string => (when === 'before' ? 'before it starts' : 'after it has baked');

/** Of a soak or a bake. */
export const timeWords = (ms: number): string => (ms === 0 ? 'none' : formatDuration(ms));

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
export function targetWords({ change, spec, from, differences, kind }: PlannedTarget): string {
  const back = kind === 'rollback' ? ' (goes back)' : '';
  switch (change) {
    case 'create':
      return `new, at ${code(spec.version)}`;
    case 'adopt':
      return `runs ${code(from?.version ?? 'nothing known')} already; ${changesWords(differences)}`;
    case 'rejoin':
    case 'bring-home':
      return `${CHANGE_WORDS[change].label}: ${changesWords(differences)}${back}`;
    case 'update':
      return `${changesWords(differences)}${back}`;
    default:
      return assertNever(change, 'targetWords');
  }
}

/** The image follows the version: beside it, it says nothing new. */
function changesWords(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'ordered again as it is';
  return differenceWords(
    differences.some(({ path }) => path === 'version') ? differences.filter(({ path }) => path !== 'image') : differences,
  );
}

/** Members by name while they are few. */
const MEMBERS_NAMED_MAX = 3;

export const memberWords = ({ members }: PlannedPhase): string =>
  members.length <= MEMBERS_NAMED_MAX ? names(members, MEMBERS_NAMED_MAX) : plural(members.length, 'cluster');
