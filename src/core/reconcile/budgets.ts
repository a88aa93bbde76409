import { provenBefore } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { nameList } from '../model/name-list.ts';
import { BUDGETS, type BudgetKind, type PlannedBudgets } from '../plan/plan.ts';
import { makeStop } from '../stop/make-stop.ts';
import type { Stop, StopCause, Trait } from '../stop/stop.ts';
import { distinctTraits, traitsBetween } from '../stop/traits.ts';
import { isProofMissing } from './phases.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { isSpent, type Tally } from './tally.ts';

const CAUSE: Readonly<Record<BudgetKind, StopCause>> = {
  failed: 'failed-budget',
  unreachable: 'unreachable-budget',
  deferred: 'deferred-budget',
};

/** Is it set by failures of a rollout on itself? While one of these stands, no other is needed. */
const IS_FAILURE: Readonly<Record<StopCause, boolean>> = {
  'failed-budget': true,
  'unreachable-budget': true,
  'deferred-budget': true,
  'unproven-canary': true,
  regression: false,
  quarantine: false,
  person: false,
  aborted: false,
  'rolled-back': false,
  'unrelated-history': false,
};

interface Overspent {
  readonly cause: StopCause;
  readonly reason: string;
  readonly phase: string | undefined;
  /** Whose failures these are; of targets that were touched, the version is to blame until somebody says otherwise. */
  readonly clusters: readonly ClusterId[];
}

/** Stops a rollout when more has gone wrong than a phase or the rollout allows, and puts the version that did it in quarantine. */
export function stopOnSpentBudget(draft: RolloutDraft): void {
  if (draft.isFinished) stopOnRegression(draft);
  else stopOnFailure(draft);
}

function stopOnFailure(draft: RolloutDraft): void {
  if (draft.isWindingDown || draft.status === 'pending' || isStoppedByFailure(draft)) return;
  const spent = (draft.tally.unsuccessful > 0 ? (spentPhase(draft) ?? spentRollout(draft)) : undefined) ?? unprovenCanary(draft);
  if (spent === undefined) return;
  setStop(draft, {
    scope: { kind: 'rollout', rollout: draft.id },
    cause: spent.cause,
    lets: goesBack(draft, spent.clusters) ? 'nothing' : 'rollbacks',
    reason: spent.reason,
    phase: spent.phase,
    failed: spent.clusters,
  });
  if (spent.cause !== 'deferred-budget') quarantine(draft, spent);
}

/** Going back is what failed: then it is no way out, and as many would break as there are. */
const goesBack = (draft: RolloutDraft, failed: readonly ClusterId[]): boolean =>
  draft.planned.kind === 'rollback' || failed.some((cluster) => draft.plannedTarget(cluster).kind === 'rollback');

/** The rollout has ended, and a cluster of it broke in the time of its guard: nothing more of the release moves forward. */
function stopOnRegression(draft: RolloutDraft): void {
  if (draft.scalars.guardUntil === undefined || draft.hasJustEnded) return;
  const known = draft.fleet.stops.find(({ cause, rollout }) => cause === 'regression' && rollout === draft.id);
  const broken = brokenUnderGuard(draft).filter((cluster) => known?.failed.includes(cluster) !== true);
  if (broken.length === 0) return;
  const reason = `${nameList(broken)} broke after rollout ${draft.id} had ended`;
  // They break one after another: that is one stop, which is lifted once.
  if (known !== undefined) draft.fleet.setStop({ ...known, failed: [...known.failed, ...broken] });
  else
    setStop(draft, {
      scope: { kind: 'release', release: draft.planned.release },
      cause: 'regression',
      lets: 'rollbacks',
      reason,
      phase: undefined,
      failed: broken,
    });
  quarantine(draft, { cause: 'regression', reason, phase: undefined, clusters: broken });
}

/** Those that succeeded, and failed in this decision. */
const brokenUnderGuard = (draft: RolloutDraft): readonly ClusterId[] =>
  [...draft.changedTargets]
    .flatMap(([cluster, { status }]) => (status === 'failed' && draft.targetBefore(cluster)?.status === 'succeeded' ? [cluster] : []))
    .sort();

/** More has gone wrong than is allowed, and the stop is still to be set: nothing more is started before it is. */
export const isAboutToStop = (draft: RolloutDraft): boolean =>
  draft.tally.unsuccessful > 0 &&
  (firstSpent(draft.tally, draft.planned.budgets) !== undefined ||
    draft.phases.some(({ planned, tally }) => firstSpent(tally, planned.budgets) !== undefined)) &&
  !isStoppedByFailure(draft);

export const isStoppedByFailure = (draft: RolloutDraft): boolean => failureStops(draft).length > 0;

const failureStops = (draft: RolloutDraft): readonly Stop[] =>
  draft.fleet.stops.filter(({ scope, cause }) => scope.kind === 'rollout' && scope.rollout === draft.id && IS_FAILURE[cause]);

function setStop(draft: RolloutDraft, fields: Pick<Stop, 'scope' | 'cause' | 'lets' | 'reason' | 'phase' | 'failed'>): void {
  const { failed } = fields;
  const stop = makeStop(
    { ...fields, by: 'flotilla', at: draft.now, rollout: draft.id },
    failed.map((cluster) => `${cluster}#${draft.target(cluster).attempt}`),
  );
  if (draft.fleet.stops.some(({ id }) => id === stop.id)) return;
  draft.fleet.setStop(stop);
  draft.changes.push({ subject: 'stop', name: stop.id, from: 'none', to: stop.cause, why: stop.reason });
}

/** A version is not to blame for clusters that nobody has touched. */
function quarantine(draft: RolloutDraft, { reason, clusters, phase }: Overspent): void {
  const touched = clusters.filter((cluster) => draft.target(cluster).attempt > 0);
  const traits = distinctTraits(
    touched.flatMap((cluster) => {
      const { revision, spec } = draft.plannedTarget(cluster);
      return traitsBetween(provenBefore(draft.fleet.ledger(cluster), revision)?.spec, spec);
    }),
  );
  if (traits.length === 0) return;
  const { product } = draft.planned;
  const scope = { kind: 'version' as const, product, traits };
  const known = draft.fleet.stops.find((stop) => stop.cause === 'quarantine' && sameScope(stop, product, traits));
  if (known !== undefined) {
    const more = touched.filter((cluster) => !known.failed.includes(cluster));
    if (more.length > 0) draft.fleet.setStop({ ...known, failed: [...known.failed, ...more] });
    return;
  }
  setStop(draft, {
    scope,
    cause: 'quarantine',
    lets: 'rollbacks',
    reason,
    phase,
    failed: touched,
  });
}

const sameScope = ({ scope }: Stop, product: string, traits: readonly Trait[]): boolean =>
  scope.kind === 'version' &&
  scope.product === product &&
  traits.every(({ path, value }) => scope.traits.some((known) => known.path === path && known.value === value));

function spentPhase(draft: RolloutDraft): Overspent | undefined {
  for (const { planned, tally } of draft.phases) {
    const kind = firstSpent(tally, planned.budgets);
    if (kind === undefined) continue;
    const clusters = spenders(draft, planned.members, kind);
    const reason = `phase ${planned.name}: ${spentWords(clusters, kind)}, and the budget is ${planned.budgets[kind].words}`;
    return { cause: CAUSE[kind], reason, phase: planned.name, clusters };
  }
  return undefined;
}

function spentRollout(draft: RolloutDraft): Overspent | undefined {
  const { budgets, release } = draft.planned;
  const kind = firstSpent(draft.tally, budgets);
  if (kind === undefined) return undefined;
  const members = draft.phases.flatMap(({ planned }) => planned.members);
  const clusters = spenders(draft, members, kind);
  return {
    cause: CAUSE[kind],
    reason: `release ${release}: ${spentWords(clusters, kind)}, and the budget is ${budgets[kind]?.words ?? 0}`,
    phase: undefined,
    clusters,
  };
}

/** A canary phase in which nobody soaked has proven nothing, whatever its budgets tolerate: what follows would be the canary. */
function unprovenCanary(draft: RolloutDraft): Overspent | undefined {
  for (const phase of draft.phases) {
    const { planned, tally } = phase;
    if (tally.unsettled > 0 || !isProofMissing(draft, phase)) continue;
    const clusters = planned.members.filter(
      (cluster) => draft.target(cluster).status === 'failed' || draft.target(cluster).status === 'unreachable',
    );
    const where = tally.succeeded > 0 ? ' at a version of those after it' : '';
    const reason = `phase ${planned.name}: no canary has soaked${where} (${outcomes(draft, planned.members)})`;
    return { cause: 'unproven-canary', reason, phase: planned.name, clusters };
  }
  return undefined;
}

function outcomes(draft: RolloutDraft, members: readonly ClusterId[]): string {
  return nameList(members.map((cluster) => `${cluster}: ${draft.target(cluster).status}`));
}

function firstSpent(tally: Tally, budgets: Partial<PlannedBudgets>): BudgetKind | undefined {
  return BUDGETS.find((kind) => {
    const budget = budgets[kind];
    return budget !== undefined && tally.spent[kind] > budget.count;
  });
}

const spenders = (draft: RolloutDraft, members: readonly ClusterId[], kind: BudgetKind): readonly ClusterId[] =>
  members.filter((cluster) => isSpent(draft.target(cluster), kind));

/** `2 failed (kafka-a, kafka-b)`: by the time that somebody reads why, an unreachable cluster may answer again, and would not be found. */
const spentWords = (clusters: readonly ClusterId[], kind: BudgetKind): string => `${clusters.length} ${kind} (${nameList(clusters)})`;
