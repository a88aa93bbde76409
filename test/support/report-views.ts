import type { ConfigValue, DesiredSpec, Difference } from '../../src/core/desired/desired.ts';
import { hash16 } from '../../src/core/model/hash.ts';
import { type ClusterId, type RolloutId, trusted } from '../../src/core/model/ids.ts';
import type { Problem } from '../../src/core/model/problem.ts';
import { budgetOf, capacityOf, type Quantity } from '../../src/core/model/quantity.ts';
import { duration, instant } from '../../src/core/model/time.ts';
import type { Plan, PlannedApproval, PlannedPhase, PlannedRollout, PlannedTarget } from '../../src/core/plan/plan.ts';
import { type HoldReason, type Holds, NO_HOLDS, type Wait } from '../../src/core/reconcile/decision.ts';
import { PHASE_AHEAD, type PhaseState, type RolloutState, type TargetState, untouched } from '../../src/core/reconcile/state.ts';
import type { ClusterLabels } from '../../src/core/report/plan-changes.ts';
import type { NothingMovesView, PlannedView, PlanView } from '../../src/core/report/plan-view.ts';
import type { RolloutView, ShownRollout } from '../../src/core/report/rollout-view.ts';
import type { Stop } from '../../src/core/stop/stop.ts';

export const at = (time: string) => instant(Date.parse(`2026-11-21T${time}Z`));
export const HEAD = trusted.commit('a'.repeat(40));
export const BASE = trusted.commit('b'.repeat(40));
export const FLEET = trusted.fleet('acme/fleet');

const COMMON = { head: HEAD, base: BASE, author: 'anna', fork: false, draft: false, now: at('09:00:00') };

interface PhaseShape {
  readonly name: string;
  readonly members: readonly string[];
  readonly why: string;
  readonly canary?: boolean;
  readonly atOnce: Quantity;
  readonly soak: string;
  readonly bake?: string;
  readonly failed?: Quantity;
  readonly unreachable?: Quantity;
  readonly approval?: PlannedApproval;
  readonly provenBy?: string;
}

const APPROVAL: PlannedApproval = { when: 'before', count: 2, teams: ['kafka-leads'], users: ['otto'], notAuthor: true };

/** The phases of a fleet of Kafka as a reader would know it: 12 clusters. */
export const KAFKA_PHASES: readonly PhaseShape[] = [
  { name: 'canary', members: ['kafka-canary'], why: 'tier = canary', canary: true, atOnce: 1, soak: '30m' },
  { name: 'internal', members: ['kafka-staging', 'kafka-dev'], why: 'tier = internal', atOnce: 2, soak: '15m', bake: '1h', unreachable: 1 },
  {
    name: 'early',
    members: ['kafka-shop-8', 'kafka-shop-9'],
    why: '25 % of 9 = 2, drawn by hash of seed "kafka-all", spread over cloud',
    atOnce: '50%',
    soak: '1h',
    failed: '10%',
  },
  {
    name: 'rest',
    members: [2, 5, 6, 1, 4, 7, 3].map((n) => `kafka-shop-${n}`),
    why: 'the rest: 7 that no other phase takes',
    atOnce: '25%',
    soak: '15m',
    bake: '30m',
    failed: '5%',
    unreachable: '10%',
    approval: APPROVAL,
  },
];

const CONNECT_PHASES: readonly PhaseShape[] = [
  { name: 'canary', members: ['connect-canary'], why: 'tier = canary', canary: true, atOnce: 1, soak: '30m' },
  { name: 'internal', members: ['connect-internal'], why: 'tier = internal', atOnce: 2, soak: '15m', unreachable: 1 },
  {
    name: 'early',
    members: ['connect-customer'],
    why: '25 % of 1 = 0, at least 1, drawn by hash of seed "connect-all"',
    atOnce: '50%',
    soak: '1h',
  },
  { name: 'rest', members: [], why: 'the rest', atOnce: '25%', soak: '15m' },
];

interface RolloutShape {
  readonly from?: string | undefined;
  readonly to: string;
  readonly phases?: readonly PhaseShape[];
  /** Fields of some targets. */
  readonly targets?: Readonly<Record<string, Partial<PlannedTarget>>>;
  readonly fields?: Partial<PlannedRollout>;
}

/** The rollout of `kafka-all`, or of whatever the fields say. */
export function kafka({ from, to, phases = KAFKA_PHASES, targets = {}, fields = {} }: RolloutShape): PlannedRollout {
  const { product = 'kafka', kind = 'rollout' } = fields;
  const all = phases.flatMap(({ name, members }) =>
    members.map((member, n): PlannedTarget => {
      const target: PlannedTarget = {
        cluster: trusted.cluster(member),
        phase: name,
        dataPlane: ['aws-eu', 'azure-eu', 'gcp-eu'][n % 3] ?? 'aws-eu',
        change: from === undefined ? 'create' : 'update',
        kind,
        from: from === undefined ? undefined : { revision: undefined, version: from },
        revision: trusted.revision(hash16(`${product} ${to}`)),
        spec: specAt(product, to),
        differences: from === undefined ? [] : versionChange(product, from, to),
        deadlineMs: duration('25m'),
      };
      return { ...target, ...targets[member] };
    }),
  );
  return {
    release: `${product}-all`,
    product,
    intent: 'release',
    strategy: 'standard',
    urgency: 'routine',
    kind,
    requires: [],
    fromVersions: from === undefined ? [] : [from],
    toVersions: [to],
    selected: all.length,
    phases: phases.map((phase) => plannedPhase(phase, kind)),
    targets: new Map(all.map((target) => [target.cluster, target])),
    limits: [
      { id: 'release', kind: 'release', name: `${product}-all`, count: capacityOf('40%', all.length) },
      { id: 'rescue', kind: 'rescue', name: `${product}-all`, count: capacityOf('10%', all.length) },
    ],
    budgets: { failed: budgetOf(2, all.length) },
    guardMs: duration('30m'),
    ...fields,
  };
}

export const connect = (from: string, to: string): PlannedRollout =>
  kafka({ from, to, phases: CONNECT_PHASES, fields: { product: 'connect', release: 'connect-all', requires: ['kafka'] } });

export const specAt = (product: string, version: string): DesiredSpec => ({
  product,
  version,
  image: `registry/${product}:${version}`,
  replicas: 3,
  config: {},
  featureFlags: {},
});

export const versionChange = (product: string, from: string, to: string): readonly Difference[] => [
  { path: 'version', from, to },
  { path: 'image', from: `registry/${product}:${from}`, to: `registry/${product}:${to}` },
];

export const setting = (path: string, from: ConfigValue | undefined, to: ConfigValue | undefined): Difference => ({ path, from, to });

function plannedPhase(shape: PhaseShape, kind: PlannedPhase['kind']): PlannedPhase {
  const { name, members, why, canary = false, atOnce, soak, bake = '0s', failed = 0, unreachable = 0, approval, provenBy } = shape;
  const total = members.length;
  return {
    name,
    canary,
    provenBy,
    kind,
    members: members.map(trusted.cluster),
    why,
    maxConcurrent: capacityOf(atOnce, total),
    soakMs: duration(soak),
    bakeMs: duration(bake),
    budgets: { failed: budgetOf(failed, total), unreachable: budgetOf(unreachable, total), deferred: budgetOf(0, total) },
    approval,
    maxDurationMs: undefined,
    onFailure: 'pause',
  };
}

export function planOf(rollouts: readonly PlannedRollout[], fields: Partial<Plan> = {}): Plan {
  const digest = trusted.digest(
    hash16(rollouts.map(({ release, toVersions, targets }) => `${release} ${toVersions} ${targets.size}`).join('\n')),
  );
  return { digest, rollouts, excluded: [], removed: [], risks: [], ...fields };
}

/** Of the clusters of `KAFKA_PHASES` and beyond. */
const LABELS: ClusterLabels = new Map(
  KAFKA_PHASES.flatMap(({ name, members }) =>
    members.map((member, n) => [
      trusted.cluster(member),
      { tier: ['canary', 'internal'].includes(name) ? name : 'customer', region: ['eu-west-1', 'eu-central-1'][n % 2] ?? 'eu-west-1' },
    ]),
  ),
);

export function plannedView(plan: Plan, fields: Partial<PlannedView> & Partial<typeof COMMON> = {}): PlannedView & PlanView {
  return {
    ...COMMON,
    kind: 'planned',
    plan,
    digest: plan.digest,
    rules: undefined,
    halfWay: [],
    labels: LABELS,
    problems: [],
    consent: undefined,
    changedFrom: undefined,
    calendar: [],
    underWay: [],
    ...fields,
  };
}

type Special =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] }
  | Omit<NothingMovesView, 'digest'>;
export const viewOf = (special: Special): PlanView => ({ ...COMMON, digest: undefined, ...special });

export const rolloutId = (release: string): RolloutId => trusted.rollout(`aaaaaaaaaaaa-${hash16(release)}`);

export interface Moved {
  readonly phases?: Readonly<Record<string, PhaseState['status'] | Partial<PhaseState>>>;
  readonly targets?: Readonly<Record<string, Partial<TargetState>>>;
  readonly state?: Partial<RolloutState>;
  readonly holds?: Partial<Holds>;
}

/** A rollout in which some phases and targets have moved on. */
export function shown(planned: PlannedRollout, moved: Moved = {}, digest = planOf([planned]).digest): ShownRollout {
  const phases = new Map<string, PhaseState>(planned.phases.map(({ name }) => [name, PHASE_AHEAD]));
  for (const [name, to] of Object.entries(moved.phases ?? {})) {
    if (!phases.has(name)) throw new Error(`${name} is no phase`);
    phases.set(name, { ...PHASE_AHEAD, startedAt: at('09:00:00'), ...(typeof to === 'string' ? { status: to } : to) });
  }
  const targets = new Map<ClusterId, TargetState>([...planned.targets.keys()].map((cluster) => [cluster, untouched(at('09:00:00'))]));
  for (const [name, fields] of Object.entries(moved.targets ?? {})) {
    const before = targets.get(trusted.cluster(name));
    if (before === undefined) throw new Error(`${name} is no target`);
    targets.set(trusted.cluster(name), { ...before, attempt: 1, startedAt: at('09:01:00'), ...fields });
  }
  const state: RolloutState = {
    id: rolloutId(planned.release),
    digest,
    commit: HEAD,
    release: planned.release,
    seq: 41,
    inLineSince: 41,
    status: 'running',
    createdAt: at('09:00:00'),
    startedAt: at('09:00:00'),
    goingSince: at('09:00:00'),
    stoppedSince: undefined,
    finishedAt: undefined,
    guardUntil: undefined,
    supersededBy: undefined,
    takesOver: false,
    phases,
    targets,
    approvals: [],
    overrides: [],
    ...moved.state,
  };
  return { active: { planned, state }, holds: { ...NO_HOLDS, ...moved.holds } };
}

/** One rollout, or several of one commit. */
export function rolloutView(
  rollouts: ShownRollout | readonly ShownRollout[],
  fields: Partial<RolloutView & { readonly planChanged: boolean }> = {},
): RolloutView & { readonly planChanged: boolean } {
  const all = 'active' in rollouts ? [rollouts] : rollouts;
  return {
    fleet: FLEET,
    commit: HEAD,
    digest: planOf(all.map(({ active }) => active.planned)).digest,
    rollouts: all,
    stops: [],
    ledger: new Map(),
    others: new Map(),
    fleetUrl: 'http://127.0.0.1:3000/fleets/acme/fleet',
    speed: 1,
    now: at('10:00:00'),
    planChanged: false,
    ...fields,
  };
}

export const wait = (reason: HoldReason, until?: Wait['until']): Wait => ({ reason, until });

export const waits = (entries: readonly (readonly [name: string, wait: Wait])[]): ReadonlyMap<ClusterId, Wait> =>
  new Map(entries.map(([name, value]) => [trusted.cluster(name), value]));

export function stopOf(fields: Pick<Stop, 'cause' | 'scope' | 'reason'> & Partial<Stop>): Stop {
  return {
    id: trusted.stop(hash16(`${fields.cause} ${JSON.stringify(fields.scope)}`)),
    lets: 'rollbacks',
    by: 'flotilla',
    at: at('09:20:00'),
    until: undefined,
    rollout: rolloutId('kafka-all'),
    phase: undefined,
    failed: [],
    lifted: undefined,
    ...fields,
  };
}
