import type { Observations } from '../evidence/observation.ts';
import { type StoredAt, worthStoring } from '../evidence/worth-storing.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Action, ActiveRollout, Change, Decision, FleetDecision } from '../reconcile/decision.ts';
import { isFinished, type RolloutState } from '../reconcile/state.ts';
import { type AuditLine, BOT, type FleetChange } from './fleet-change.ts';
import type { FollowUp } from './follow-up.ts';
import { nextReportAt } from './report-pace.ts';

export interface RecordContext {
  /** What was decided on. */
  readonly observations: Observations;
  readonly storedAt: StoredAt;
  /** Least time between two reports of progress. */
  readonly reportEveryMs: number;
  readonly now: Instant;
}

type Decided = FleetDecision['decisions'][number];

/** What is to be written of a decision on all rollouts, and what follows from it. */
export function recordDecision(decided: FleetDecision, context: RecordContext): FleetChange {
  const { stops, ledger, afterTheEnd, wakeAt } = decided;
  // A stop may be set on a rollout that others hold already: nothing of its own state changes then, and it is told all the same.
  const moved = decided.decisions.filter((one) => isChanged(one) || one.decision.actions.length > 0 || one.decision.changes.length > 0);
  const wake: readonly FollowUp[] = wakeAt === undefined ? [] : [{ kind: 'wake', at: wakeAt }];
  const actions = [...moved.flatMap(({ decision }) => decision.actions), ...afterTheEnd.actions];
  if (moved.length === 0 && actions.length === 0 && stops.length === 0 && ledger.length === 0) return { audit: [], followUps: wake };
  return {
    rollouts: moved.filter(isChanged).map(({ rollout, decision }) => ({ before: rollout.state, next: decision.next })),
    stops,
    ledger,
    orders: actions.flatMap((action) => (action.kind === 'order' ? [action.order] : [])),
    sendAgain: actions.flatMap((action) => (action.kind === 'send-again' ? [{ cluster: action.cluster, epoch: action.epoch }] : [])),
    observations: worthStoring(context.observations, context.storedAt, clustersOf(moved, actions)),
    audit: [...moved.flatMap(({ rollout, decision }) => auditOf(rollout, decision)), ...auditAfterTheEnd(afterTheEnd)],
    followUps: [...wake, ...deliveriesOf(actions), ...reportsOf(moved, decided.decisions, context), ...driftOf(moved)],
  };
}

const clustersOf = (moved: readonly Decided[], actions: readonly Action[]): ReadonlySet<string> =>
  new Set([
    ...moved.flatMap(({ decision }) => decision.changes.flatMap(({ subject, name }) => (subject === 'target' ? [name] : []))),
    ...actions.map((action) => (action.kind === 'order' ? action.order.cluster : action.cluster)),
  ]);

const isChanged = ({ rollout, decision }: Decided): boolean => decision.next !== rollout.state;

function auditOf({ state }: ActiveRollout, { changes, actions }: Decision): readonly AuditLine[] {
  return [...changes.map((change) => auditChange(change, BOT, state.id)), ...actions.map((action) => auditAction(action, state.id))];
}

/** To send one order again and again, until a data plane takes it, is no news. */
const auditAfterTheEnd = ({ actions, changes }: FleetDecision['afterTheEnd']): readonly AuditLine[] => [
  ...changes.map((change) => auditChange(change, BOT, undefined)),
  ...actions.flatMap((action) => (action.kind === 'order' ? [auditAction(action, action.order.rollout)] : [])),
];

export const auditChange = (
  { subject, name, from, to, why }: Change,
  actor: string,
  rollout: RolloutState['id'] | undefined,
): AuditLine => ({
  actor,
  kind: subject,
  subject: name,
  rollout,
  from,
  to,
  why,
});

function auditAction(action: Action, rollout: RolloutState['id'] | undefined): AuditLine {
  const common = { actor: BOT, kind: 'order', rollout, from: undefined, why: action.why } as const;
  switch (action.kind) {
    case 'order': {
      const { cluster, mode, revision, epoch } = action.order;
      return { ...common, subject: cluster, to: `${mode} ${revision} epoch ${epoch}` };
    }
    case 'send-again':
      return { ...common, subject: action.cluster, to: `epoch ${action.epoch} again` };
  }
}

function deliveriesOf(actions: readonly Action[]): readonly FollowUp[] {
  const dataPlanes = new Set(actions.map((action) => (action.kind === 'order' ? action.order.dataPlane : action.dataPlane)));
  return [...dataPlanes].map((dataPlane) => ({ kind: 'deliver', dataPlane }));
}

/** What a person may have to act on is written at once; progress is written at a pace that the code host allows. */
function reportsOf(moved: readonly Decided[], all: readonly Decided[], { now, reportEveryMs }: RecordContext): readonly FollowUp[] {
  const due = new Map<CommitSha, Instant | undefined>();
  const inTime = ({ commit, createdAt }: RolloutState): void => {
    if (!due.has(commit)) due.set(commit, nextReportAt(createdAt, now, reportEveryMs));
  };
  const news = moved.filter(({ rollout, decision }) => isNews(rollout.state, decision.next));
  for (const { decision } of news) due.set(decision.next.commit, undefined);
  for (const { decision } of moved) inTime(decision.next);
  // Their reports say what they wait for, which may be another one by now.
  if (news.length > 0) for (const { decision } of all) if (decision.holds.all !== undefined) inTime(decision.next);
  return [...due].map(([commit, at]) => ({ kind: 'report-rollouts', commit, at }));
}

const isNews = (before: RolloutState, after: RolloutState): boolean =>
  before.status !== after.status || isFinished(before) !== isFinished(after);

/** What a rollout leaves behind (failed, deferred) is drift from the moment it ends. */
function driftOf(moved: readonly Decided[]): readonly FollowUp[] {
  const ended = moved.some(({ rollout, decision }) => !isFinished(rollout.state) && isFinished(decision.next));
  return ended ? [{ kind: 'look-for-drift' }] : [];
}
