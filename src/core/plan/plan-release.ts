import type { Ledger } from '../ledger/ledger.ts';
import type { Budgets, Product, Release, Strategy } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { assignPhases } from '../manifest/phases.ts';
import { requiredProducts } from '../manifest/requires.ts';
import { invariant } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { budgetOf, capacityOf, type Quantity } from '../model/quantity.ts';
import { duration, durationMs } from '../model/time.ts';
import { compareVersions, type Version } from '../model/version.ts';
import { type CanaryGap, proveCanary } from './canary.ts';
import type { Move, ReleaseMoves } from './find-moves.ts';
import type { PlannedBudgets, PlannedLimit, PlannedPhase, PlannedRollout, PlannedTarget, RolloutKind } from './plan.ts';
import { inOrder } from './start-order.ts';

/** One release of a plan, and what is wrong with it. */
export interface ReleasePlan {
  readonly rollout: PlannedRollout;
  /** In the order of the targets. */
  readonly moves: readonly Move[];
  /** Clusters that no phase takes, or two. */
  readonly unplaced: readonly ClusterId[];
  /** Canary phases in which nobody can try a new version. */
  readonly gaps: readonly CanaryGap[];
}

type StrategyPhase = Strategy['spec']['phases'][number];

/** @see schemas/strategy.schema.json for the defaults */
const GUARD = '30m';
const RESCUES = '10%';

/**
 * Plans one release over the clusters that are to move: percentages are shares of these, so that a change of four clusters
 * still has a canary.
 *
 * @param found - with at least one move.
 */
export function planRelease(model: FleetModel, found: ReleaseMoves, ledger: Ledger): ReleasePlan {
  const { release, strategy } = documentsOf(model, found.release);
  const byCluster = new Map(found.moves.map((move) => [move.to.cluster, move]));
  const assignment = assignPhases(strategy, candidates(found.moves), found.release);
  const unplaced = [...assignment.unassigned, ...assignment.twice.map(({ cluster }) => cluster)];
  const gaps: CanaryGap[] = [];
  const phases: PlannedPhase[] = [];
  const moves: Move[] = [];
  const kind = kindOf(found.moves);
  for (const [at, phase] of strategy.spec.phases.entries()) {
    const assigned = assignment.phases[at];
    const members = inOrder(
      phase,
      (assigned?.members ?? []).flatMap((cluster) => byCluster.get(cluster) ?? []),
      found.release,
    );
    const proof = phase.canary === true ? proveCanary(strategy, phase, found, members, ledger, release) : undefined;
    if (proof?.gap !== undefined) gaps.push(proof.gap);
    const own = members.length === 0 ? kind : kindOf(members);
    phases.push(planPhase(strategy, phase, { members, why: assigned?.why ?? '', kind: own, provenBy: proof?.provenBy }));
    moves.push(...members);
  }
  const targets = targetsOf(model, phases, byCluster);
  const { spec } = strategy;
  const rollout: PlannedRollout = {
    release: found.release,
    product: release.spec.product,
    intent: 'release',
    strategy: strategy.metadata.name,
    urgency: release.spec.urgency ?? 'routine',
    kind,
    requires: requiredProducts(model, release.spec.product),
    fromVersions: versions(moves.flatMap(({ from }) => (from === undefined ? [] : [from.version]))),
    toVersions: versions(moves.map(({ to }) => to.spec.version)),
    selected: found.all.length,
    phases,
    targets,
    limits: limitsOf(strategy, found.release, phases, targets.size),
    budgets: budgetsOf(spec.budgets, targets.size),
    guardMs: duration(spec.guard ?? GUARD),
  };
  return { rollout, moves, unplaced, gaps };
}

function documentsOf(model: FleetModel, name: string): { readonly release: Release; readonly strategy: Strategy } {
  const release = model.releases.get(name)?.value;
  const strategy = model.strategies.get(release?.spec.strategy ?? model.fleet.value.spec.defaultStrategy)?.value;
  invariant(release && strategy, `release ${name} and its strategy are in the model`);
  return { release, strategy };
}

const candidates = (moves: readonly Move[]) => moves.map(({ to }) => ({ cluster: to.cluster, labels: to.labels }));

const kindOf = (moves: readonly Move[]): RolloutKind => (moves.every(({ kind }) => kind === 'rollback') ? 'rollback' : 'rollout');

function planPhase(
  strategy: Strategy,
  phase: StrategyPhase,
  made: { members: readonly Move[]; why: string; kind: RolloutKind; provenBy: string | undefined },
): PlannedPhase {
  const { members, why, kind, provenBy } = made;
  const back = kind === 'rollback' ? strategy.spec.rollback : undefined;
  const { approval } = phase;
  return {
    name: phase.name,
    canary: phase.canary ?? false,
    provenBy,
    kind,
    members: members.map(({ to }) => to.cluster),
    why,
    maxConcurrent: capacityOf(back?.maxConcurrent ?? phase.maxConcurrent, members.length),
    soakMs: duration(back?.soak ?? phase.soak),
    bakeMs: duration(back?.bake ?? phase.bake ?? '0s'),
    budgets: { ...NO_TOLERANCE, ...budgetsOf(phase.budgets, members.length) },
    approval: approval && {
      when: approval.when,
      count: approval.count,
      teams: approval.teams ?? [],
      users: approval.users ?? [],
      notAuthor: approval.notAuthor ?? true,
      ...(approval.validFor === undefined ? {} : { validForMs: duration(approval.validFor) }),
    },
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

/** Every limit of the rollout as data; those of data planes and of the fleet are shared by all rollouts, and no plan's. */
function limitsOf({ spec }: Strategy, release: string, phases: readonly PlannedPhase[], total: number): readonly PlannedLimit[] {
  const limit = (kind: 'release' | 'rescue', quantity: Quantity): PlannedLimit => ({
    id: kind,
    kind,
    name: release,
    count: capacityOf(quantity, total),
  });
  return [
    ...phases
      .filter(({ members }) => members.length > 0)
      .map(({ name, maxConcurrent }): PlannedLimit => ({ id: `phase:${name}`, kind: 'phase', name, count: maxConcurrent })),
    ...(spec.maxConcurrent === undefined ? [] : [limit('release', spec.maxConcurrent)]),
    limit('rescue', spec.rescue?.maxConcurrent ?? RESCUES),
  ];
}

/** In the order of the phases and their members. */
function targetsOf(
  model: FleetModel,
  phases: readonly PlannedPhase[],
  moves: ReadonlyMap<ClusterId, Move>,
): ReadonlyMap<ClusterId, PlannedTarget> {
  const targets = new Map<ClusterId, PlannedTarget>();
  for (const { name, members } of phases) {
    for (const cluster of members) {
      const move = moves.get(cluster);
      if (move !== undefined) targets.set(cluster, targetOf(model, move, name));
    }
  }
  return targets;
}

function targetOf(model: FleetModel, { to, change, kind, from, differences }: Move, phase: string): PlannedTarget {
  const { cluster, dataPlane, revision, spec } = to;
  const deadlineMs = deadlineOf(model.products.get(spec.product)?.value, spec.replicas);
  return { cluster, phase, dataPlane, change, kind, from, revision, spec, differences, deadlineMs };
}

/** @see schemas/product.schema.json for the defaults */
const DEADLINE = { base: '10m', perReplica: '5m' } as const;

function deadlineOf(product: Product | undefined, replicas: number) {
  const { base = DEADLINE.base, perReplica = DEADLINE.perReplica } = product?.spec.deadline ?? {};
  return durationMs(duration(base) + duration(perReplica) * replicas);
}

const versions = (all: readonly Version[]): readonly Version[] => [...new Set(all)].sort(compareVersions);
