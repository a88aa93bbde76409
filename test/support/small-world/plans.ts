import type { DesiredCluster, DesiredSpec } from '../../../src/core/desired/desired.ts';
import { digestOf } from '../../../src/core/model/hash.ts';
import { type ClusterId, type Revision, trusted } from '../../../src/core/model/ids.ts';
import type { Counted } from '../../../src/core/model/quantity.ts';
import { type DurationMs, durationMs } from '../../../src/core/model/time.ts';
import type { Plan, PlannedPhase, PlannedRelease, PlannedTarget } from '../../../src/core/plan/plan.ts';

/** A revision, and the version that stands for it: `1.3.0` is revision 3. */
export const revision = (number: number): Revision => trusted.revision(number.toString(16).padStart(16, '0'));
export const version = (number: number): string => `1.${number}.0`;

export const counted = (count: number): Counted => ({ count, words: String(count) });

export const spec = (number: number): DesiredSpec => ({
  product: 'kafka',
  version: version(number),
  image: undefined,
  replicas: 3,
  config: {},
  featureFlags: {},
});

export const desiredCluster = (cluster: ClusterId, number: number, more: Partial<DesiredCluster> = {}): DesiredCluster => ({
  cluster,
  revision: revision(number),
  spec: spec(number),
  release: 'kafka',
  dataPlane: dataPlaneOf(cluster),
  labels: {},
  heldAt: undefined,
  optOut: undefined,
  ...more,
});

/** `east-3` is on data plane `east`. */
export const dataPlaneOf = (cluster: ClusterId): string => cluster.split('-')[0] ?? cluster;

export interface PhaseShape extends Partial<Omit<PlannedPhase, 'budgets' | 'maxConcurrent' | 'members' | 'bakeMs' | 'maxDurationMs'>> {
  readonly members: readonly string[];
  readonly maxConcurrent?: number;
  readonly bakeMs?: number;
  readonly maxDurationMs?: number | undefined;
  readonly budgets?: Partial<Record<'failed' | 'unreachable' | 'deferred', number>>;
}

export interface PlanShape {
  readonly kind?: Plan['kind'];
  readonly to: number;
  /** The revision that each cluster is desired to be at before; the same for all, or by cluster. */
  readonly from: number | ReadonlyMap<string, number>;
  readonly phases: readonly PhaseShape[];
  readonly deadlineMs?: number;
  readonly release?: Partial<PlannedRelease>;
  readonly target?: Partial<PlannedTarget>;
  /** Where every cluster has its own revision to go to: a revert. */
  readonly toOf?: ReadonlyMap<string, number>;
}

export const RELEASE = 'kafka';

/** A plan by hand: phases one after another, named `p0`, `p1`, ... unless they say otherwise. */
export function planOf(shape: PlanShape): Plan {
  const phases = shape.phases.map((phase, i) => phaseOf(phase, i));
  const targets = Object.fromEntries(
    phases.flatMap((phase) => phase.members.map((cluster) => [cluster, targetOf(shape, cluster, phase.id)])),
  );
  const release: PlannedRelease = {
    release: RELEASE,
    product: 'kafka',
    strategy: 'by-hand',
    urgency: 'routine',
    fromVersions: [],
    toVersions: [],
    members: Object.keys(targets).length,
    selected: Object.keys(targets).length,
    maxConcurrent: undefined,
    budgets: {},
    ...shape.release,
  };
  const plan = { kind: shape.kind ?? 'rollout', releases: [release], phases, targets, excluded: [], removed: [], risks: [] };
  return { digest: digestOf(plan), ...plan };
}

export const phaseId = (name: string): string => `${RELEASE}/${name}`;

function phaseOf({ members, maxConcurrent, bakeMs, maxDurationMs, budgets, ...rest }: PhaseShape, i: number): PlannedPhase {
  return {
    id: phaseId(rest.name ?? `p${i}`),
    release: RELEASE,
    name: `p${i}`,
    canary: false,
    after: i === 0 ? [] : [phaseId(`p${i - 1}`)],
    why: 'by hand',
    approval: undefined,
    onFailure: 'pause',
    ...rest,
    members: members.map(trusted.cluster),
    maxConcurrent: counted(maxConcurrent ?? 1),
    bakeMs: durationMs(bakeMs ?? 0),
    maxDurationMs: maxDurationMs === undefined ? undefined : durationMs(maxDurationMs),
    budgets: {
      failed: counted(budgets?.failed ?? 0),
      unreachable: counted(budgets?.unreachable ?? 0),
      deferred: counted(budgets?.deferred ?? 0),
    },
  };
}

const DEADLINE_MS: DurationMs = durationMs(600_000);

function targetOf({ to, toOf, from, deadlineMs, target }: PlanShape, cluster: ClusterId, phase: string): PlannedTarget {
  const before = typeof from === 'number' ? from : from.get(cluster);
  const wanted = toOf?.get(cluster) ?? to;
  return {
    cluster,
    phase,
    dataPlane: dataPlaneOf(cluster),
    change: 'update',
    from: before === undefined ? undefined : { revision: revision(before), version: version(before) },
    revision: revision(wanted),
    spec: spec(wanted),
    differences: [],
    deadlineMs: deadlineMs === undefined ? DEADLINE_MS : durationMs(deadlineMs),
    ...target,
  };
}
