import { BUDGETS, type BudgetKind } from '../plan/plan.ts';
import { IN_FLIGHT, SETTLED, type TargetState, type TargetStatus } from './state.ts';

/** How the targets of a phase, or of a rollout, stand; kept up to date as they change, so that no step counts twice. */
export interface Tally {
  members: number;
  waiting: number;
  unsettled: number;
  succeeded: number;
  /** Failed, unreachable or deferred, whether or not a person has seen it. */
  unsuccessful: number;
  /** Nothing is to be done about them: removed, superseded, or skipped. */
  excluded: number;
  superseded: number;
  /** Hold their slots. */
  inFlight: number;
  /** Ordered at least once. */
  ordered: number;
  /** Against the budgets: what has gone wrong and no person has acknowledged. */
  readonly spent: Record<BudgetKind, number>;
}

const EXCLUDED: ReadonlySet<TargetStatus> = new Set(['removed', 'superseded', 'skipped']);

export function emptyTally(): Tally {
  const spent = { failed: 0, unreachable: 0, deferred: 0 };
  return {
    members: 0,
    waiting: 0,
    unsettled: 0,
    succeeded: 0,
    unsuccessful: 0,
    excluded: 0,
    superseded: 0,
    inFlight: 0,
    ordered: 0,
    spent,
  };
}

/** Counts a target in, or out with -1. */
export function count(tally: Tally, target: TargetState, by: 1 | -1): void {
  const { status } = target;
  tally.members += by;
  if (target.attempt > 0) tally.ordered += by;
  switch (status) {
    case 'succeeded':
      tally.succeeded += by;
      return;
    case 'waiting':
      tally.waiting += by;
      tally.unsettled += by;
      return;
    default:
  }
  if (!SETTLED.has(status)) tally.unsettled += by;
  if (IN_FLIGHT.has(status)) tally.inFlight += by;
  if (EXCLUDED.has(status)) tally.excluded += by;
  if (status === 'superseded') tally.superseded += by;
  if (!isBudgeted(status)) return;
  tally.unsuccessful += by;
  if (!isAcknowledged(target)) tally.spent[status] += by;
}

/** A person has resumed knowing of exactly this: the same attempt, gone wrong in the same way. */
export const isAcknowledged = ({ acknowledged, attempt, status }: TargetState): boolean =>
  acknowledged !== undefined && acknowledged.attempt === attempt && acknowledged.status === status;

export const isBudgeted = (status: TargetStatus): status is BudgetKind => (BUDGETS as readonly string[]).includes(status);

/** Counts against this budget. */
export const isSpent = (target: TargetState, kind: BudgetKind): boolean => target.status === kind && !isAcknowledged(target);
