import type { PlannedBudgets } from '../plan/plan.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import type { Pause } from './state.ts';
import { BUDGETS, type BudgetKind, isSpent, type Tally } from './tally.ts';

const CAUSE: Record<BudgetKind, Pause['cause']> = {
  failed: 'failed-budget',
  unreachable: 'unreachable-budget',
  deferred: 'deferred-budget',
};

/** More names would hide the sentence; the report lists them all. */
const NAMED_MAX = 5;

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
  for (const phase of draft.phases) {
    const { planned, tally } = phase;
    const kind = firstSpent(tally, planned.budgets);
    if (kind === undefined) continue;
    const reason = `phase ${planned.id}: ${spentWords(draft, [phase], kind)}, and the budget is ${planned.budgets[kind]?.words ?? 0}`;
    return { cause: CAUSE[kind], reason, phase: planned.id };
  }
  return undefined;
}

function spentRelease(draft: Draft): Spent | undefined {
  for (const { release } of draft.phases) {
    if (release.planned === undefined) continue;
    const { budgets } = release.planned;
    const kind = firstSpent(release.tally, budgets);
    if (kind === undefined) continue;
    const phases = draft.phases.filter((phase) => phase.release === release);
    const reason = `release ${release.name}: ${spentWords(draft, phases, kind)}, and the budget is ${budgets[kind]?.words ?? 0}`;
    return { cause: CAUSE[kind], reason, phase: undefined };
  }
  return undefined;
}

/** A canary phase in which no cluster succeeded, or was there already, has proven nothing, whatever its budgets tolerate: what follows would be the canary. */
function unprovenCanary(draft: Draft): Spent | undefined {
  for (const phase of draft.phases) {
    const { planned, release, tally } = phase;
    if (!planned.canary || tally.unsettled > 0 || tally.succeeded + tally.skipped > 0) continue;
    const kind = BUDGETS.find((budget) => tally.spent[budget] > 0);
    // Taken over before they could prove anything: the newer rollout proves its own change, and may have no other cluster.
    if (kind === undefined && tally.takenOver > 0 && release.tally.waiting > 0) {
      return {
        cause: 'unproven-canary',
        reason: `phase ${planned.id}: a newer rollout took over the canaries before any succeeded`,
        phase: planned.id,
      };
    }
    if (kind === undefined) continue;
    return {
      cause: CAUSE[kind],
      reason: `phase ${planned.id}: no canary succeeded, ${spentWords(draft, [phase], kind)}`,
      phase: planned.id,
    };
  }
  return undefined;
}

function firstSpent(tally: Tally, budgets: Partial<PlannedBudgets>): BudgetKind | undefined {
  return BUDGETS.find((kind) => {
    const budget = budgets[kind];
    return budget !== undefined && tally.spent[kind] > budget.count;
  });
}

/** `2 failed (kafka-a, kafka-b)`: by the time that somebody reads why, an unreachable cluster may answer again, and would not be found. */
function spentWords(draft: Draft, phases: readonly PhaseDraft[], kind: BudgetKind): string {
  const { resumedAt } = draft.input.state;
  const spent = phases.flatMap(({ planned }) => planned.members.filter((cluster) => isSpent(draft.target(cluster), kind, resumedAt)));
  const more = spent.length > NAMED_MAX ? ` and ${spent.length - NAMED_MAX} more` : '';
  return `${spent.length} ${kind} (${spent.slice(0, NAMED_MAX).join(', ')}${more})`;
}
