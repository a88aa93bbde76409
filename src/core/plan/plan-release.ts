import type { DesiredChange, DesiredCluster } from '../desired/desired.ts';
import type { Approval, Budgets, Strategy } from '../manifest/generated.ts';
import { assignPhases } from '../manifest/phases.ts';
import { labelOf } from '../manifest/selector.ts';
import { place } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';
import { budgetOf, capacityOf } from '../model/quantity.ts';
import { duration } from '../model/time.ts';
import { compareVersions, type Version } from '../model/version.ts';
import type { Plan, PlannedApproval, PlannedBudgets, PlannedPhase, PlannedRelease } from './plan.ts';
import type { OrderedRelease } from './release-order.ts';

/** A change that makes a target: everything but a removal. */
export type TargetChange = Exclude<DesiredChange, { kind: 'removed' }>;

/** One release of a plan, with all that its phases are made from. */
export interface ReleaseInput {
  readonly ordered: OrderedRelease;
  readonly changes: readonly TargetChange[];
  readonly strategy: Strategy;
  readonly urgency: PlannedRelease['urgency'];
  /** Clusters that the release selects, changed or not. */
  readonly selected: number;
  readonly kind: Plan['kind'];
  /** Phases of required products that come before the first phase. */
  readonly waitsFor: readonly string[];
}

export interface ReleasePlan {
  readonly release: PlannedRelease;
  readonly phases: readonly PlannedPhase[];
  /** Changed clusters that no phase takes, or two. */
  readonly unplaced: readonly ClusterId[];
  /** The phases that must be done before a product that requires this one may start. */
  readonly last: readonly string[];
}

type StrategyPhase = Strategy['spec']['phases'][number];

/**
 * Plans the phases of one release over its changed clusters: percentages are shares of what is rolled out, so that
 * a change of four clusters still has a canary.
 *
 * A phase waits for the nearest phase before it that has members: an empty one is skipped, and must not cut the chain.
 */
export function planRelease(input: ReleaseInput): ReleasePlan {
  const { strategy, changes, ordered } = input;
  const candidates = changes.map(({ to }) => ({ cluster: to.cluster, labels: to.labels }));
  const assignment = assignPhases(strategy, candidates, ordered.release);
  const byCluster = new Map(changes.map(({ to }) => [to.cluster, to]));
  const phases: PlannedPhase[] = [];
  let before = input.waitsFor;
  for (const [at, phase] of strategy.spec.phases.entries()) {
    const assigned = assignment.phases[at];
    const members = inOrder(phase, assigned?.members ?? [], byCluster, ordered.release);
    const planned = planPhase(phase, { input, members, why: assigned?.why ?? '', after: before });
    phases.push(planned);
    if (members.length > 0) before = [planned.id];
  }
  const unplaced = [...assignment.unassigned, ...assignment.twice.map(({ cluster }) => cluster)];
  return { release: describeRelease(input, changes.length - unplaced.length), phases, unplaced, last: before };
}

function planPhase(
  phase: StrategyPhase,
  from: { input: ReleaseInput; members: readonly ClusterId[]; why: string; after: readonly string[] },
): PlannedPhase {
  const { input, members, why, after } = from;
  const { release } = input.ordered;
  const rollback = input.kind === 'rollback' ? input.strategy.spec.rollback : undefined;
  return {
    id: `${release}/${phase.name}`,
    release,
    name: phase.name,
    canary: phase.canary ?? false,
    after,
    members,
    why,
    maxConcurrent: capacityOf(rollback?.maxConcurrent ?? phase.maxConcurrent, members.length),
    bakeMs: duration(rollback?.bake ?? phase.bake),
    budgets: { ...NO_TOLERANCE, ...budgetsOf(phase.budgets, members.length) },
    approval: phase.approval && approvalOf(phase.approval),
    maxDurationMs: phase.maxDuration === undefined ? undefined : duration(phase.maxDuration),
    onFailure: phase.onFailure ?? 'pause',
  };
}

const NO_TOLERANCE: PlannedBudgets = { failed: budgetOf(0, 0), unreachable: budgetOf(0, 0), deferred: budgetOf(0, 0) };

function budgetsOf(budgets: Budgets | undefined, total: number): Partial<PlannedBudgets> {
  const { failed, unreachable, deferred } = budgets ?? {};
  return {
    ...(failed === undefined ? {} : { failed: budgetOf(failed, total) }),
    ...(unreachable === undefined ? {} : { unreachable: budgetOf(unreachable, total) }),
    ...(deferred === undefined ? {} : { deferred: budgetOf(deferred, total) }),
  };
}

function approvalOf(approval: Approval): PlannedApproval {
  const { when, count, teams = [], users = [], notAuthor = true } = approval;
  return { when, count, teams, users, notAuthor };
}

/** By hash, or by a label with ties by hash; a cluster without the label comes last either way. */
function inOrder(
  phase: StrategyPhase,
  members: readonly ClusterId[],
  clusters: ReadonlyMap<ClusterId, DesiredCluster>,
  seed: string,
): readonly ClusterId[] {
  const { by = 'hash', label = '', descending = false } = phase.order ?? {};
  const keyed = members.map((cluster) => {
    const value = by === 'label' ? labelOf(clusters.get(cluster)?.labels ?? {}, label) : undefined;
    return { cluster, value, hash: place(seed, cluster) };
  });
  const byValue = (a: string | undefined, b: string | undefined): number => {
    if (a === b) return 0;
    if (a === undefined) return 1;
    if (b === undefined) return -1;
    return a < b === descending ? 1 : -1;
  };
  keyed.sort((a, b) => byValue(a.value, b.value) || a.hash - b.hash || (a.cluster < b.cluster ? -1 : 1));
  return keyed.map(({ cluster }) => cluster);
}

function describeRelease(input: ReleaseInput, members: number): PlannedRelease {
  const { ordered, strategy, changes, urgency, selected } = input;
  const { maxConcurrent, budgets } = strategy.spec;
  return {
    release: ordered.release,
    product: ordered.product,
    strategy: strategy.metadata.name,
    urgency,
    fromVersions: versions(changes.flatMap((change) => (change.kind === 'created' ? [] : [change.from.spec.version]))),
    toVersions: versions(changes.map(({ to }) => to.spec.version)),
    members,
    selected,
    maxConcurrent: maxConcurrent === undefined ? undefined : capacityOf(maxConcurrent, members),
    budgets: budgetsOf(budgets, members),
  };
}

const versions = (all: readonly Version[]): readonly Version[] => [...new Set(all)].sort(compareVersions);
