import type { Plan, PlannedPhase } from '../plan/plan.ts';
import { layOut } from './lay-out.ts';
import { plural } from './markdown.ts';
import { leftAlone, memberTables, phaseTable, releaseTable, riskList } from './plan-parts.ts';
import { approvalWords, bakeWords, budgetWords, concurrencyWords, differenceWords } from './plan-words.ts';

const NOTHING = 'Nothing changes: every cluster keeps what it should run.';

/** A plan as Markdown, for a pull request of another forge or a chat. */
export function renderPlanMarkdown(plan: Plan | undefined): string {
  if (plan === undefined) return `${NOTHING}\n`;
  const risks = plan.risks.length === 0 ? [] : [`**Look at first**\n\n${riskList(plan)}`];
  return `${layOut([`### ${headline(plan)}`, releaseTable(plan), ...risks, ...phaseTable(plan), ...memberTables(plan), ...leftAlone(plan)])}\n`;
}

/** A plan for a terminal. Names come from checked manifests, so they hold nothing that a terminal would obey. */
export function renderPlanText(plan: Plan | undefined): string {
  if (plan === undefined) return `${NOTHING}\n`;
  const lines = [headline(plan), ''];
  for (const { words } of plan.risks) lines.push(`! ${words.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')}`);
  if (plan.risks.length > 0) lines.push('');
  plan.phases.forEach((phase, index) => {
    lines.push(...phaseLines(plan, phase, index + 1), '');
  });
  for (const { cluster, words } of plan.excluded) lines.push(`left alone: ${cluster}: ${words.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD')}`);
  for (const cluster of plan.removed) lines.push(`no longer described, and not touched: ${cluster}`);
  lines.push(`plan ${plan.digest}`);
  return `${lines.join('\n')}\n`;
}

function headline({ kind, phases, targets }: Plan): string {
  return `${kind === 'rollback' ? 'Rollback' : 'Rollout'} of ${plural(Object.keys(targets).length, 'cluster')} in ${plural(phases.length, 'phase')}`;
}

function phaseLines(plan: Plan, phase: PlannedPhase, number: number): readonly string[] {
  const { id, canary, members, why, bakeMs, budgets, approval, after } = phase;
  const rules = [
    `at once ${concurrencyWords(phase)}`,
    `bake ${bakeWords(bakeMs)}`,
    `tolerates ${budgetWords(budgets)}`,
    ...(approval === undefined ? [] : [`approval: ${approvalWords(approval)}`]),
    ...(after.length === 0 ? [] : [`after ${after.join(', ')}`]),
  ];
  return [
    `${number}. ${id}${canary ? ' (canary)' : ''}: ${plural(members.length, 'cluster')}, ${why}`,
    `   ${rules.join('; ')}`,
    ...members.map((cluster) => {
      const target = plan.targets[cluster];
      const change =
        target === undefined ? '' : target.change === 'create' ? `new at ${target.spec.version}` : differenceWords(target.differences);
      return `     ${cluster}  ${change.replaceAll('`', '')}`;
    }),
  ];
}
