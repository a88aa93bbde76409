import type { PlannedBudgets } from '../plan/plan.ts';
import type { Draft } from './draft.ts';
import type { Pause } from './state.ts';
import { BUDGETS, type BudgetKind, type Tally } from './tally.ts';

const CAUSE: Record<BudgetKind, Pause['cause']> = {
  failed: 'failed-budget',
  unreachable: 'unreachable-budget',
  deferred: 'deferred-budget',
};

/** Pauses a rollout when more has gone wrong than a phase or a release allows (law 5). Only a person resumes it. */
export function pauseOnSpentBudget(draft: Draft): void {
  if (!draft.isGoing) return;
  const spent = spentPhase(draft) ?? spentRelease(draft) ?? unprovenCanary(draft);
  if (spent === undefined) return;
  draft.pause = { ...spent, by: 'flotilla', at: draft.now };
  draft.setStatus('paused', spent.reason);
}

type Spent = Pick<Pause, 'cause' | 'reason' | 'phase'>;

function spentPhase(draft: Draft): Spent | undefined {
  for (const { planned, tally } of draft.phases) {
    const kind = firstSpent(tally, planned.budgets);
    if (kind !== undefined)
      return { cause: CAUSE[kind], reason: overWords(tally, planned.budgets, kind, `phase ${planned.id}`), phase: planned.id };
  }
  return undefined;
}

function spentRelease(draft: Draft): Spent | undefined {
  for (const { release } of draft.phases) {
    if (release.planned === undefined) continue;
    const { budgets } = release.planned;
    const kind = firstSpent(release.tally, budgets);
    if (kind !== undefined)
      return { cause: CAUSE[kind], reason: overWords(release.tally, budgets, kind, `release ${release.name}`), phase: undefined };
  }
  return undefined;
}

/** A canary phase in which no cluster succeeded, or was there already, has proven nothing, whatever its budgets tolerate: what follows would be the canary. */
function unprovenCanary(draft: Draft): Spent | undefined {
  for (const { planned, tally } of draft.phases) {
    const kind = BUDGETS.find((budget) => tally.spent[budget] > 0);
    if (!planned.canary || tally.unsettled > 0 || tally.succeeded + tally.skipped > 0 || kind === undefined) continue;
    return { cause: CAUSE[kind], reason: `phase ${planned.id}: no canary succeeded (${tally.spent[kind]} ${kind})`, phase: planned.id };
  }
  return undefined;
}

function firstSpent(tally: Tally, budgets: Partial<PlannedBudgets>): BudgetKind | undefined {
  return BUDGETS.find((kind) => {
    const budget = budgets[kind];
    return budget !== undefined && tally.spent[kind] > budget.count;
  });
}

function overWords(tally: Tally, budgets: Partial<PlannedBudgets>, kind: BudgetKind, where: string): string {
  return `${where}: ${tally.spent[kind]} ${kind}, and the budget is ${budgets[kind]?.words ?? 0}`;
}
