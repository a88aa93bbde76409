import type { DesiredCluster, DesiredSpec } from '../../../src/core/desired/desired.ts';
import { differencesOf } from '../../../src/core/desired/normalise.ts';
import { digestOf } from '../../../src/core/model/hash.ts';
import { type ClusterId, type Revision, trusted } from '../../../src/core/model/ids.ts';
import type { Counted } from '../../../src/core/model/quantity.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import type { Plan, PlannedLimit, PlannedPhase, PlannedRollout, PlannedTarget, RolloutKind } from '../../../src/core/plan/plan.ts';

/** From here on a number stands for a setting as well: `2003` is version `1.3.0` with two threads. */
const TUNING = 1_000;

/** A revision, and the version that stands for it: `1.3.0` is revision 3. */
export const revision = (number: number): Revision => trusted.revision(number.toString(16).padStart(16, '0'));
export const version = (number: number): string => `1.${number % TUNING}.0`;
export const numberOf = (of: Revision): number => Number.parseInt(of, 16);
/** The same version with the next setting. */
export const tuned = (number: number): number => number + TUNING;

export const counted = (count: number): Counted => ({ count, words: String(count) });

export const PRODUCT = 'kafka';
export const RELEASE = 'kafka';

export const spec = (number: number, product = PRODUCT): DesiredSpec => ({
  product,
  version: version(number),
  image: undefined,
  replicas: 3,
  config: number < TUNING ? {} : { threads: Math.floor(number / TUNING) },
  featureFlags: {},
});

export const desiredCluster = (cluster: ClusterId, number: number, more: Partial<DesiredCluster> = {}): DesiredCluster => ({
  cluster,
  revision: revision(number),
  spec: spec(number),
  release: RELEASE,
  dataPlane: dataPlaneOf(cluster),
  labels: {},
  pinnedBy: undefined,
  workload: undefined,
  optOut: undefined,
  ...more,
});

/** `east-3` is on data plane `east`. */
export const dataPlaneOf = (cluster: ClusterId): string => cluster.split('-')[0] ?? cluster;

export interface PhaseShape
  extends Partial<Omit<PlannedPhase, 'budgets' | 'maxConcurrent' | 'members' | 'soakMs' | 'bakeMs' | 'maxDurationMs'>> {
  readonly members: readonly string[];
  readonly maxConcurrent?: number;
  readonly soakMs?: number;
  readonly bakeMs?: number;
  readonly maxDurationMs?: number | undefined;
  readonly budgets?: Partial<Record<'failed' | 'unreachable' | 'deferred', number>>;
}

export interface PlanShape {
  readonly kind?: RolloutKind;
  /** What each cluster goes to: the same for all, or by cluster. */
  readonly to: number | ReadonlyMap<string, number>;
  /** What each cluster runs before: the same for all, or by cluster. */
  readonly from: number | ReadonlyMap<string, number>;
  readonly phases: readonly PhaseShape[];
  readonly deadlineMs?: number;
  readonly rollout?: Partial<PlannedRollout>;
  readonly target?: Partial<PlannedTarget>;
  /** Limits besides those of phases. */
  readonly limits?: Partial<Record<'release' | 'rescue', number>>;
  /** Clusters that go back, where not all of them do. */
  readonly back?: ReadonlySet<string>;
}

/** One rollout of a plan by hand: phases one after another, named `p0`, `p1`, ... unless they say otherwise. */
export function plannedOf(shape: PlanShape): PlannedRollout {
  const { product = PRODUCT, release = RELEASE } = shape.rollout ?? {};
  const places = shape.phases.map((phase, i) => ({ phase, name: phase.name ?? `p${i}` }));
  const targets = new Map(
    places.flatMap(({ phase, name }) =>
      phase.members.map((cluster) => [trusted.cluster(cluster), targetOf(shape, cluster, name)] as const),
    ),
  );
  const phases = places.map(({ phase, name }) => phaseOf(phase, name, targets));
  const kind = kindOf([...targets.values()]);
  return {
    release,
    product,
    intent: 'release',
    strategy: 'by-hand',
    urgency: 'routine',
    kind,
    requires: [],
    fromVersions: [],
    toVersions: [],
    selected: targets.size,
    phases,
    targets,
    limits: limitsOf(shape, release, phases),
    budgets: {},
    guardMs: durationMs(0),
    ...shape.rollout,
  };
}

export function planOfRollouts(rollouts: readonly PlannedRollout[]): Plan {
  const digest = digestOf(rollouts.map((rollout) => ({ ...rollout, targets: [...rollout.targets.values()] })));
  return { digest, rollouts, excluded: [], removed: [], risks: [] };
}

const kindOf = (targets: readonly PlannedTarget[]): RolloutKind =>
  targets.length > 0 && targets.every(({ kind }) => kind === 'rollback') ? 'rollback' : 'rollout';

function limitsOf({ limits = {} }: PlanShape, release: string, phases: readonly PlannedPhase[]): readonly PlannedLimit[] {
  const ofPhases = phases.map(
    ({ name, maxConcurrent }): PlannedLimit => ({ id: `phase:${name}`, kind: 'phase', name, count: maxConcurrent }),
  );
  const others = (['release', 'rescue'] as const).flatMap((kind): PlannedLimit[] => {
    const count = limits[kind];
    return count === undefined ? [] : [{ id: kind, kind, name: release, count: counted(count) }];
  });
  return [...ofPhases, ...others];
}

function phaseOf(shape: PhaseShape, name: string, targets: ReadonlyMap<string, PlannedTarget>): PlannedPhase {
  const { members, maxConcurrent, soakMs, bakeMs, maxDurationMs, budgets, ...rest } = shape;
  return {
    name,
    canary: false,
    provenBy: undefined,
    kind: kindOf(members.flatMap((cluster) => targets.get(cluster) ?? [])),
    why: 'by hand',
    approval: undefined,
    onFailure: 'pause',
    ...rest,
    members: members.map(trusted.cluster),
    maxConcurrent: counted(maxConcurrent ?? 1),
    soakMs: durationMs(soakMs ?? 0),
    bakeMs: durationMs(bakeMs ?? 0),
    maxDurationMs: maxDurationMs === undefined ? undefined : durationMs(maxDurationMs),
    budgets: {
      failed: counted(budgets?.failed ?? 0),
      unreachable: counted(budgets?.unreachable ?? 0),
      deferred: counted(budgets?.deferred ?? 0),
    },
  };
}

const DEADLINE_MS = 600_000;

function targetOf(shape: PlanShape, cluster: string, phase: string): PlannedTarget {
  const { product = PRODUCT } = shape.rollout ?? {};
  const of = (numbers: PlanShape['to']) => (typeof numbers === 'number' ? numbers : numbers.get(cluster));
  const [before, wanted = 0] = [of(shape.from), of(shape.to)];
  const id = trusted.cluster(cluster);
  return {
    cluster: id,
    phase,
    dataPlane: dataPlaneOf(id),
    change: before === undefined ? 'create' : 'update',
    kind: shape.back?.has(cluster) === true ? 'rollback' : (shape.kind ?? 'rollout'),
    from: before === undefined ? undefined : { revision: revision(before), version: version(before) },
    revision: revision(wanted),
    spec: spec(wanted, product),
    differences: before === undefined ? [] : differencesOf(spec(before, product), spec(wanted, product)),
    deadlineMs: durationMs(shape.deadlineMs ?? DEADLINE_MS),
    ...shape.target,
  };
}
