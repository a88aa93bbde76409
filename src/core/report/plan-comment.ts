import { assertNever } from '../model/assert.ts';
import { isAgreed } from '../rules/consent.ts';
import { layOut, type Part, ROWS_MAX } from './lay-out.ts';
import { code, inert, names, plural } from './markdown.ts';
import { changeTable, memberLists } from './plan-changes.ts';
import { leftAlone, releaseTable, riskList, rolloutPlans, whenParts } from './plan-parts.ts';
import { rulesParts } from './plan-rules.ts';
import type { PlannedView, PlanView } from './plan-view.ts';
import { approvalTime, approverWords, countTargets, verdictOf } from './plan-words.ts';
import { countProblems, problemRows } from './problem-table.ts';
import { rolloutParts } from './rollout-status.ts';
import type { RolloutView } from './rollout-view.ts';

/** How our comment on a pull request is found again: it is in every body, and never shown. */
export const COMMENT_MARKER = '<!-- flotilla:v1 kind=pull -->';

/** The comment on an open pull request: the verdict first, then what a reviewer needs in the order in which they need it. */
export function renderPlanComment(view: PlanView): string {
  const { icon, words } = verdictOf(view);
  const draft = view.draft ? ['📝 **Draft:** nobody is asked to look at it yet; the plan stands all the same.'] : [];
  return layOut([`${header(view.digest)}\n### ${icon} ${words}`, ...draft, ...planParts(view, 'comment'), footer(view)]);
}

/** The same comment when it will never be merged, or not into the default branch. */
export function renderLeftComment(why: { readonly kind: 'closed' } | { readonly kind: 'retargeted'; readonly base: string }): string {
  const words =
    why.kind === 'closed'
      ? 'Closed without a merge: nothing of it was rolled out'
      : `Goes into ${code(why.base)} now: merging it there rolls nothing out`;
  return layOut([`${header(undefined)}\n### ℹ️ ${words}`, 'A plan is made again when it is opened again, or goes into the default branch.']);
}

/** The same comment after the merge: how the rollouts of the commit stand, and the plan they follow, folded. */
export function renderMergedComment(view: RolloutView & { readonly planChanged: boolean }): string {
  const changed = view.planChanged
    ? ['⚠️ The base moved before the merge, so this plan is not the one that was shown in review. What runs is below.']
    : [];
  const [verdict = '', ...parts] = rolloutParts(view, 'comment');
  return layOut([
    typeof verdict === 'string' ? `${header(view.digest)}\n${verdict}` : verdict,
    ...changed,
    ...parts,
    `<sub>Plan ${code(view.digest)}, landed as ${code(view.commit.slice(0, 12))}. This comment is kept up to date.</sub>`,
  ]);
}

const header = (digest: string | undefined): string =>
  digest === undefined ? COMMENT_MARKER : `${COMMENT_MARKER}\n<!-- plan=${digest} -->`;

/** All but verdict and footer. The comment is for reading; the check has every cluster. */
export function planParts(view: PlanView, place: Place): readonly Part[] {
  switch (view.kind) {
    case 'untouched':
      return ['This pull request no longer changes any manifest. Merging it rolls nothing out.'];
    case 'conflict':
      return [conflictWords(view.paths)];
    case 'broken':
      return [
        `${countProblems(view.problems)}. Merging this would roll nothing out: the last good manifests stay in force until this is fixed.`,
        problemRows(view.problems),
        '**Next:** fix the manifests and push; the check runs again at once. `npx flotilla validate` finds the same on your machine.',
      ];
    case 'nothing-moves':
      return [
        ...(view.rules === undefined ? [] : rulesParts(view.rules, view.consent)),
        'Every cluster keeps what it should run, so merging this rolls nothing out.',
        ...warnings(view),
      ];
    case 'planned':
      return plannedParts(view, place);
    default:
      return assertNever(view, 'planParts');
  }
}

type Place = 'comment' | 'check';

/** Paths that a sentence lists before it only counts. */
const PATHS_MAX = 20;

function conflictWords(paths: readonly string[]): string {
  const where = paths.length === 0 ? '' : ` in ${names(paths, PATHS_MAX)}`;
  return `Git cannot merge this branch into its base: they conflict${where}.\n\n**Next:** merge or rebase onto the base, and push; the plan follows at once.`;
}

function plannedParts(view: PlannedView & PlanView, place: Place): readonly Part[] {
  const { plan, rules, changedFrom, labels } = view;
  const changed = changedFrom === undefined ? [] : [`ℹ️ The plan is not the one that was shown here before (${code(changedFrom)}).`];
  const hasTargets = countTargets(plan) > 0;
  return [
    ...changed,
    ...(rules === undefined ? [] : rulesParts(rules, view.consent)),
    ...(plan.rollouts.length > 0 ? [releaseTable(plan)] : []),
    ...(plan.risks.length + view.halfWay.length > 0 ? [riskList(plan, view.halfWay)] : []),
    ...changeTable(plan, labels, place === 'check' ? ROWS_MAX : CHANGES_MAX),
    ...rolloutPlans(plan),
    ...whenParts(view),
    ...(view.fork ? [`⚠️ The branch comes from a fork, by ${code(view.author)}: read the change itself, not only this plan.`] : []),
    nextStep(view, hasTargets),
    ...warnings(view),
    ...everyCluster(view, place),
    ...leftAlone(plan, place === 'check' ? ROWS_MAX : CHANGES_MAX),
  ];
}

/** Changes, and clusters by name, that a comment has room for on two screens. */
const CHANGES_MAX = 10;
const LISTED_MAX = 60;

function everyCluster({ plan, head }: PlannedView & PlanView, place: Place): readonly Part[] {
  const targets = countTargets(plan);
  if (targets === 0) return [];
  const command = `\`npx flotilla plan --from origin/HEAD --to ${head.slice(0, 12)}\``;
  if (place === 'check' || targets <= LISTED_MAX) return memberLists(plan.rollouts, `Run ${command} to see all.`);
  return [`**Every cluster by name:** in the check \`flotilla / plan\`, and by ${command}.`];
}

/** What happens next, and who makes it happen. */
function nextStep(view: PlannedView & PlanView, hasTargets: boolean): string {
  const { plan, draft } = view;
  const isHeldUp = view.consent !== undefined && !isAgreed(view.consent);
  if (!hasTargets) return `**Next:** ${isHeldUp ? 'merge once it is approved (above)' : 'merge when you agree'}; no cluster is touched.`;
  const ready = draft ? 'mark the pull request as ready, then merge' : 'merge';
  const isStopped = plan.risks.some(({ code }) => code === 'quarantined' || code === 'stopped');
  const start = isStopped
    ? `**Next:** merging alone does not start what is stopped (above): that starts once somebody lifts the stop.`
    : isHeldUp
      ? `**Next:** ${ready} to start, once the loss of protection is approved (above).`
      : `**Next:** ${ready} to start; anyone who may merge into the base branch can do so.`;
  const approvals = plan.rollouts.flatMap(({ release, phases }) =>
    phases.flatMap(({ name, approval, members }) => {
      if (approval === undefined || members.length === 0) return [];
      const phase = `${code(name)}${plan.rollouts.length > 1 ? ` of ${code(release)}` : ''}`;
      return [`${phase} needs ${plural(approval.count, 'approval')} ${approvalTime(approval)}, by ${approverWords(approval)}`];
    }),
  );
  return approvals.length === 0 ? `${start} No approval is needed after that.` : `${start} After that, ${approvals.join('; ')}.`;
}

function warnings({ problems }: Pick<PlannedView, 'problems'>): readonly Part[] {
  return problems.length === 0 ? [] : [`**${inert(plural(problems.length, 'warning'))} in the manifests**`, problemRows(problems)];
}

function footer(view: PlanView): string {
  const plan = view.digest === undefined ? '' : `Plan ${code(view.digest)}, for `;
  return `<sub>${plan}${code(view.head.slice(0, 12))} onto ${code(view.base.slice(0, 12))}. This comment is kept up to date.</sub>`;
}
