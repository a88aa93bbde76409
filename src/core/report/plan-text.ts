import type { Plan, PlannedPhase, PlannedTarget } from '../plan/plan.ts';
import { layOut } from './lay-out.ts';
import { plain, plural } from './markdown.ts';
import { leftAlone, memberTables, phaseTable, releaseTable, riskList } from './plan-parts.ts';
import { bakeWords, planVerdict } from './plan-words.ts';

const NOTHING = 'Nothing changes: every cluster keeps what it should run.';

/** A plan as Markdown, for a pull request of another forge or a chat. */
export function renderPlanMarkdown(plan: Plan | undefined): string {
  if (plan === undefined) return `${NOTHING}\n`;
  const risks = plan.risks.length === 0 ? [] : [riskList(plan)];
  const phases = plan.phases.length === 0 ? [] : [releaseTable(plan), ...phaseTable(plan)];
  return `${layOut([`### ${planVerdict(plan)}`, ...risks, ...phases, ...memberTables(plan), ...leftAlone(plan)])}\n`;
}

/** A plan for a terminal: one line for each cluster, without anything in it that a terminal would obey. */
export function renderPlanText(plan: Plan | undefined): string {
  if (plan === undefined) return `${NOTHING}\n`;
  const filled = plan.phases.filter(({ members }) => members.length > 0);
  const sections = [
    [planVerdict(plan)],
    plan.risks.map(({ words }) => `! ${plain(words)}`),
    ...filled.map((phase, at) => phaseLines(plan, phase, at + 1)),
    plan.excluded.map(({ cluster, words }) => `left alone: ${cluster}: ${plain(words)}`),
    plan.removed.map((cluster) => `no longer described, and not touched: ${cluster}`),
    [`plan ${plan.digest}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function phaseLines(plan: Plan, phase: PlannedPhase, number: number): readonly string[] {
  const { id, canary, members, why, maxConcurrent, bakeMs, budgets, approval, after } = phase;
  const rules = [
    `at once ${maxConcurrent.words}`,
    `bake ${bakeWords(bakeMs)}`,
    `tolerates ${budgets.failed.words} failed, ${budgets.unreachable.words} unreachable, ${budgets.deferred.words} deferred`,
    ...(approval === undefined
      ? []
      : [`${plural(approval.count, 'approval')} ${approval.when}: ${[...approval.teams, ...approval.users].join(', ')}`]),
    ...(after.length === 0 ? [] : [`after ${after.join(', ')}`]),
  ];
  return [
    `${number}. ${id}${canary ? ' (canary)' : ''}: ${plural(members.length, 'cluster')}, ${why}`,
    `   ${rules.join('; ')}`,
    ...members.flatMap((cluster) => {
      const target = plan.targets[cluster];
      return target === undefined ? [] : [`     ${cluster}  ${changeText(target)}`];
    }),
  ];
}

function changeText({ change, spec, differences }: PlannedTarget): string {
  if (change === 'create') return `new at ${spec.version}`;
  if (change === 'rejoin') return `opted in again, at ${spec.version}`;
  return differences.map(({ path, from, to }) => `${path} ${plain(String(from ?? 'none'))} -> ${plain(String(to ?? 'none'))}`).join('; ');
}
