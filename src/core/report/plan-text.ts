import type { Plan, PlannedPhase, PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { RulesReview } from '../rules/rule-change.ts';
import { layOut, ROWS_MAX } from './lay-out.ts';
import { plain, plural } from './markdown.ts';
import { memberLists } from './plan-changes.ts';
import { leftAlone, releaseTable, riskList, rolloutPlans } from './plan-parts.ts';
import { rulesLines, rulesParts, rulesVerdict } from './plan-rules.ts';
import { budgetWords, planVerdict, timeWords } from './plan-words.ts';
import { CHANGE_WORDS } from './words.ts';

const SEE_ALL = 'Run it with `--format text` to see all.';
const NOTHING = 'Nothing changes: every cluster keeps what it should run.';

/** A plan as Markdown, for a pull request of another forge or a chat. */
export function renderPlanMarkdown(plan: Plan | undefined, rules?: RulesReview): string {
  const change = rules === undefined ? [] : [`### ${rulesVerdict(rules)}`, ...rulesParts(rules)];
  if (plan === undefined) return `${layOut([...change, NOTHING])}\n`;
  const { rollouts } = plan;
  const risks = plan.risks.length === 0 ? [] : [riskList(plan)];
  const phases = rollouts.length === 0 ? [] : [releaseTable(plan), ...rolloutPlans(plan)];
  const members = memberLists(rollouts, SEE_ALL);
  return `${layOut([...change, `### ${planVerdict(plan)}`, ...risks, ...phases, ...members, ...leftAlone(plan, ROWS_MAX)])}\n`;
}

/** A plan for a terminal: one line for each cluster, without anything in it that a terminal would obey. */
export function renderPlanText(plan: Plan | undefined, rules?: RulesReview): string {
  const change = rules === undefined ? [] : rulesLines(rules);
  if (plan === undefined) return `${[...change, ...(change.length > 0 ? [''] : []), NOTHING].join('\n')}\n`;
  const sections = [
    change,
    [planVerdict(plan)],
    plan.risks.map(({ words }) => `! ${plain(words)}`),
    ...plan.rollouts.flatMap(rolloutLines),
    plan.excluded.map(({ cluster, words }) => `left alone: ${cluster}: ${plain(words)}`),
    plan.removed.map((cluster) => `no longer in the manifests, and not deleted: ${cluster}`),
    [`plan ${plan.digest}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function rolloutLines(rollout: PlannedRollout): readonly (readonly string[])[] {
  const { release, product, kind, urgency, fromVersions, toVersions, strategy, targets, selected } = rollout;
  const from = fromVersions.length === 0 ? 'new' : fromVersions.join(', ');
  const head = `${release}: ${urgency === 'routine' ? '' : `${urgency} `}${kind} of ${product} ${from} -> ${toVersions.join(', ')}, ${targets.size} of ${plural(selected, 'cluster')}, strategy ${strategy}`;
  const filled = rollout.phases.filter(({ members }) => members.length > 0);
  return [[plain(head)], ...filled.map((phase, at) => phaseLines(rollout, phase, at + 1))];
}

function phaseLines({ targets }: PlannedRollout, phase: PlannedPhase, number: number): readonly string[] {
  const { name, canary, members, why, maxConcurrent, soakMs, bakeMs, budgets, approval } = phase;
  const rules = [
    `at once ${maxConcurrent.words}`,
    `soak ${timeWords(soakMs)}`,
    `bake ${timeWords(bakeMs)}`,
    `tolerates ${budgetWords(budgets)}`,
    ...(approval === undefined
      ? []
      : [`${plural(approval.count, 'approval')} ${approval.when}: ${[...approval.teams, ...approval.users].join(', ')}`]),
  ];
  return [
    `${number}. ${name}${canary ? ' (canary)' : ''}: ${plural(members.length, 'cluster')}, ${plain(why)}`,
    `   ${rules.join('; ')}`,
    ...members.flatMap((cluster) => {
      const target = targets.get(cluster);
      return target === undefined ? [] : [`     ${cluster}  ${changeText(target)}`];
    }),
  ];
}

function changeText({ change, spec, differences }: PlannedTarget): string {
  if (change === 'create') return `new at ${spec.version}`;
  const changes = differences
    .map(({ path, from, to }) => `${path} ${plain(String(from ?? 'none'))} -> ${plain(String(to ?? 'none'))}`)
    .join('; ');
  return change === 'update' ? changes : `${CHANGE_WORDS[change].label}: ${changes}`;
}
