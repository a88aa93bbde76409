import type { Instant } from '../model/time.ts';
import { IN_FLIGHT, SETTLED, type TargetState, type TargetStatus } from './state.ts';

/** How the targets of a phase, or of a release, stand; kept up to date as they change, so that no step counts twice. */
export interface Tally {
  members: number;
  waiting: number;
  unsettled: number;
  succeeded: number;
  skipped: number;
  superseded: number;
  /** Superseded since a person last resumed. */
  takenOver: number;
  /** Failed, unreachable or deferred, whether or not a person has seen it. */
  wrong: number;
  /** Nothing is to be done about them: removed, superseded, or skipped. */
  out: number;
  /** Against the limits of concurrency; rescued targets are outside of these. */
  inFlight: number;
  /** Against the budgets: what has gone wrong since a person last resumed. */
  readonly spent: Record<BudgetKind, number>;
}

export const BUDGETS = ['failed', 'unreachable', 'deferred'] as const;
export type BudgetKind = (typeof BUDGETS)[number];

const OUT: ReadonlySet<TargetStatus> = new Set(['removed', 'superseded', 'skipped']);

export function emptyTally(): Tally {
  const spent = { failed: 0, unreachable: 0, deferred: 0 };
  return {
    members: 0,
    waiting: 0,
    unsettled: 0,
    succeeded: 0,
    skipped: 0,
    superseded: 0,
    takenOver: 0,
    wrong: 0,
    out: 0,
    inFlight: 0,
    spent,
  };
}

/** Counts a target in, or out with -1. */
export function count(tally: Tally, target: TargetState, resumedAt: Instant | undefined, by: 1 | -1): void {
  const { status } = target;
  tally.members += by;
  if (status === 'succeeded') {
    tally.succeeded += by;
    return;
  }
  if (status === 'waiting') tally.waiting += by;
  if (!SETTLED.has(status)) tally.unsettled += by;
  if (status === 'skipped') tally.skipped += by;
  if (status === 'superseded') {
    tally.superseded += by;
    if (!wasSeen(target, resumedAt)) tally.takenOver += by;
  }
  if (OUT.has(status)) tally.out += by;
  if (isInFlight(target) && !target.rescued) tally.inFlight += by;
  if (!isBudgeted(status)) return;
  tally.wrong += by;
  if (isSpent(target, status, resumedAt)) tally.spent[status] += by;
}

/** Counts against a budget: it has gone wrong in this way, and nobody has resumed since. */
export const isSpent = (target: TargetState, kind: BudgetKind, resumedAt: Instant | undefined): boolean =>
  target.status === kind && !wasSeen(target, resumedAt);

export const isInFlight = (target: TargetState): boolean => IN_FLIGHT.has(target.status);

/** A person who resumes has seen what went wrong before; at the very instant of the resume, it could not have been seen. */
const wasSeen = (target: TargetState, resumedAt: Instant | undefined): boolean => resumedAt !== undefined && target.since < resumedAt;

const isBudgeted = (status: TargetStatus): status is BudgetKind => status === 'failed' || status === 'unreachable' || status === 'deferred';
