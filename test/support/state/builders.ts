import type { RolloutDelta } from '../../../src/core/change/fleet-change.ts';
import type { DesiredCluster, DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { Drift } from '../../../src/core/drift/drift.ts';
import type { Observed, Unknown } from '../../../src/core/evidence/observation.ts';
import type { Order, StandingOrder } from '../../../src/core/evidence/order.ts';
import type { LedgerEntry, Proven } from '../../../src/core/ledger/ledger.ts';
import { digestOf, hash16, revisionOf } from '../../../src/core/model/hash.ts';
import { type ClusterId, type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { durationMs, instant } from '../../../src/core/model/time.ts';
import type { Plan, PlannedPhase, PlannedRollout } from '../../../src/core/plan/plan.ts';
import type { Policy } from '../../../src/core/reconcile/policy.ts';
import { PHASE_AHEAD, type PhaseState, type RolloutState, type TargetState, untouched } from '../../../src/core/reconcile/state.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import type { PullInfo } from '../../../src/ports/code-host.ts';
import type { AuditEntry, Delivery, FleetRecord, Job, PullRecord, StateChange } from '../../../src/ports/state-store.ts';

/** A fixed moment of 2026; tests count from it in milliseconds. */
export const T0 = 1_790_000_000_000;
export const t = (ms: number) => instant(T0 + ms);

export const FLEET = trusted.fleet('acme/clusters');
export const OTHER_FLEET = trusted.fleet('acme/other');
export const c = (name: string): ClusterId => trusted.cluster(name);
export const sha = (digit: string) => trusted.commit(digit.repeat(40));

export const fleetRecord = (id: FleetId = FLEET, over: Partial<FleetRecord> = {}): FleetRecord => ({
  id,
  repository: id === FLEET ? 1_001 : undefined,
  installation: 7,
  owner: 'Acme',
  name: id.slice(id.indexOf('/') + 1),
  defaultBranch: 'main',
  cloneUrl: 'https://git.example/acme/clusters.git',
  retired: undefined,
  seenHead: undefined,
  goodHead: undefined,
  version: 0,
  ...over,
});

export const spec = (version: string, over: Partial<DesiredSpec> = {}): DesiredSpec => ({
  product: 'kafka',
  version,
  image: undefined,
  replicas: 3,
  config: { 'num.io.threads': 8, 'auto.create.topics.enable': false, 'log.dirs': '/data' },
  featureFlags: { tiered: true },
  ...over,
});

export function desiredCluster(name: string, version: string, over: Partial<DesiredCluster> = {}): DesiredCluster {
  const wanted = spec(version);
  return {
    cluster: c(name),
    revision: revisionOf(wanted),
    spec: wanted,
    release: 'kafka-main',
    dataPlane: 'aws-eu-1',
    labels: { cloud: 'aws', tier: 'canary' },
    pinnedBy: undefined,
    workload: undefined,
    optOut: undefined,
    ...over,
  };
}

/** The part of one release: its canary phase holds all of these clusters. */
export function plannedFor(names: readonly string[], version: string, from = '1.0.0', release = 'kafka-main'): PlannedRollout {
  const before = spec(from);
  const wanted = spec(version);
  const differences = [{ path: 'version', from, to: version }];
  return {
    release,
    product: 'kafka',
    intent: 'release',
    strategy: 'careful',
    urgency: 'routine',
    kind: 'rollout',
    requires: ['zookeeper'],
    fromVersions: [from],
    toVersions: [version],
    selected: names.length,
    phases: [{ ...CANARY, members: names.map(c) }],
    targets: new Map(
      names.map((name) => [
        c(name),
        {
          cluster: c(name),
          phase: CANARY.name,
          dataPlane: 'aws-eu-1',
          change: 'update',
          kind: 'rollout',
          from: { revision: revisionOf(before), version: from },
          revision: revisionOf(wanted),
          spec: wanted,
          differences,
          deadlineMs: durationMs(600_000),
        },
      ]),
    ),
    limits: [{ id: 'phase:canary', kind: 'phase', name: 'canary', count: ONE }],
    budgets: { failed: ONE },
    guardMs: durationMs(1_800_000),
  };
}

const ONE = { count: 1, words: '1' };
const CANARY: PlannedPhase = {
  name: 'canary',
  canary: true,
  provenBy: undefined,
  kind: 'rollout',
  members: [],
  why: 'tier = canary',
  maxConcurrent: ONE,
  soakMs: durationMs(60_000),
  bakeMs: durationMs(0),
  budgets: { failed: ONE, unreachable: ONE, deferred: ONE },
  approval: undefined,
  maxDurationMs: undefined,
  onFailure: 'pause',
};

/** A plan of several releases' parts. */
export function planOf(...rollouts: readonly PlannedRollout[]): Plan {
  const named = rollouts.map(({ targets, ...rest }) => ({ ...rest, targets: [...targets.values()] }));
  return { digest: digestOf(named), rollouts, excluded: [], removed: [], risks: [] };
}

/** A plan of one release. */
export const planFor = (names: readonly string[], version: string, from?: string): Plan => planOf(plannedFor(names, version, from));

export const target = (over: Partial<TargetState> = {}): TargetState => ({ ...untouched(t(0)), ...over });

export const phase = (over: Partial<PhaseState> = {}): PhaseState => ({ ...PHASE_AHEAD, ...over });

type NewRollouts = NonNullable<StateChange['newRollouts']>;

/** What one landing brings, with the state of its first rollout at hand. The letter makes commit and place in line. */
export interface Landed extends NewRollouts {
  readonly state: RolloutState;
}

/** A landing whose plan has this first release's rollout; `over` changes that one. */
export function landed(letter: string, plan: Plan, over: Partial<RolloutState> = {}): Landed {
  const commit = sha(letter);
  const states = plan.rollouts.map((planned, nth) => {
    const createdAt = over.createdAt ?? t(0);
    const state: RolloutState = {
      id: trusted.rollout(`${commit.slice(0, 12)}-${hash16(`${planned.release} ${plan.digest} ${createdAt}`)}`),
      digest: plan.digest,
      commit,
      release: planned.release,
      seq: Number.parseInt(letter, 16) * 10 + nth,
      inLineSince: Number.parseInt(letter, 16) * 10 + nth,
      status: 'running',
      createdAt,
      startedAt: undefined,
      goingSince: undefined,
      stoppedSince: undefined,
      finishedAt: undefined,
      guardUntil: undefined,
      supersededBy: undefined,
      takesOver: false,
      phases: new Map(planned.phases.map(({ name }) => [name, PHASE_AHEAD])),
      targets: new Map([...planned.targets.keys()].map((name) => [name, target()])),
      approvals: [],
      overrides: [],
    };
    return nth === 0 ? { ...state, ...over } : state;
  });
  const [state] = states;
  if (state === undefined) throw new Error('a plan has a rollout');
  return { state, plan, states, pull: 12, author: 'octocat', title: 'Kafka 2.0' };
}

/** What a commit says of a rollout that changed, with only these phases and targets. */
export const changed = (state: RolloutState, over: Partial<RolloutDelta> = {}): RolloutDelta => ({
  ...state,
  phases: new Map(),
  targets: new Map(),
  ...over,
});

export const stop = (id: string, over: Partial<Stop> = {}): Stop => ({
  id: trusted.stop(hash16(id)),
  scope: { kind: 'release', release: 'kafka-main' },
  cause: 'person',
  lets: 'nothing',
  by: 'octocat',
  reason: 'looks odd',
  at: t(1),
  until: undefined,
  rollout: undefined,
  phase: undefined,
  failed: [],
  lifted: undefined,
  ...over,
});

export const proven = (version: string, over: Partial<Proven> = {}): Proven => ({
  revision: revisionOf(spec(version)),
  spec: spec(version),
  proof: 'soaked',
  at: t(1),
  rollout: undefined,
  tookMs: undefined,
  ...over,
});

export const ledgerEntry = (name: string, over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  cluster: c(name),
  proven: [proven('1.0.0')],
  observed: undefined,
  failed: [],
  ...over,
});

export const policy = (over: Partial<Policy> = {}): Policy => ({
  fleetMaxConcurrent: 20,
  dataPlanes: [
    { name: 'aws-eu-1', kind: 'simulated', urlFromEnv: 'FLOTILLA_AWS_EU_1_URL', context: 'aws-eu-1', maxConcurrent: 5 },
    { name: 'gcp-us-1', kind: 'simulated', urlFromEnv: undefined, context: undefined, maxConcurrent: undefined },
  ],
  calendar: {
    rules: [
      {
        kind: 'freeze',
        name: 'year-end',
        select: { matchLabels: { tier: 'gold' } },
        products: ['kafka'],
        when: { kind: 'range', fromMs: 1, toMs: 2 },
        scope: 'all',
        allowRollback: true,
        allowExpedite: false,
        overrun: 'finish',
        reason: 'nobody is there',
      },
    ],
  },
  products: {
    kafka: {
      document: {
        apiVersion: 'flotilla.dev/v1',
        kind: 'Product',
        metadata: { name: 'kafka' },
        spec: { workload: { kind: 'StatefulSet' }, versions: [{ version: '1.0.0' }, { version: '2.0.0', from: ['1.0.0'] }] },
      },
      requires: ['zookeeper'],
      minimumIntervalMs: durationMs(3_600_000),
    },
  },
  evidenceMaxAgeMs: 60_000,
  unreachableAfterMs: 300_000,
  regressionAfterMs: 120_000,
  commands: [
    {
      verbs: ['pause'],
      teams: ['on-call'],
      users: ['ada'],
      role: undefined,
      phases: ['canary'],
      select: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['gold'] }] },
    },
    { verbs: ['lift', 'stop'], teams: [], users: [], role: 'maintain', phases: undefined, select: undefined },
  ],
  schedule: { tick: '*/30 * * * * *', sweep: '*/10 * * * *' },
  drift: { intervalMs: 900_000, maxIssues: 20, action: 'report' },
  ...over,
});

export const order = (name: string, epoch: number, over: Partial<Order> = {}): Order => {
  const wanted = spec('2.0.0');
  return {
    cluster: c(name),
    dataPlane: 'aws-eu-1',
    revision: revisionOf(wanted),
    spec: wanted,
    mode: 'run',
    epoch,
    rollout: undefined,
    orderedAt: t(epoch),
    ...over,
  };
};

/** The order as it stands: not answered yet. */
export const standing = (given: Order, reply?: StandingOrder['reply']): StandingOrder => ({ ...given, reply });

export const observed = (name: string, sampledMs: number, over: Partial<Observed> = {}): Observed => ({
  kind: 'observed',
  cluster: c(name),
  dataPlane: 'aws-eu-1',
  sampledAt: t(sampledMs),
  receivedAt: t(sampledMs),
  accepted: { epoch: 1, revision: revisionOf(spec('2.0.0')), mode: 'run' },
  rolled: true,
  healthy: true,
  held: false,
  running: { version: '2.0.0', image: undefined, replicas: 3, config: {}, featureFlags: {} },
  brokers: [{ ordinal: 0, version: '2.0.0', state: 'ready' }],
  detail: undefined,
  ...over,
});

export const unknown = (name: string, sampledMs: number): Unknown => ({
  kind: 'unknown',
  cluster: c(name),
  dataPlane: 'aws-eu-1',
  sampledAt: t(sampledMs),
  receivedAt: t(sampledMs),
  cause: 'data plane aws-eu-1 does not answer',
  missing: false,
});

export const drift = (name: string, over: Partial<Drift> = {}): Drift => ({
  key: `cluster:${name}`,
  kinds: ['version'],
  cluster: c(name),
  dataPlane: 'aws-eu-1',
  product: 'kafka',
  differences: [{ path: 'version', from: '2.0.0', to: '1.0.0' }],
  lagging: undefined,
  detail: undefined,
  since: t(0),
  seenAt: t(5),
  ...over,
});

export const entry = (subject: string, why: string, over: Partial<AuditEntry> = {}): AuditEntry => ({
  at: t(1),
  actor: 'octocat',
  kind: 'target',
  subject,
  rollout: undefined,
  from: 'waiting',
  to: 'applying',
  why,
  ...over,
});

export const job = (key: string, over: Partial<Job> = {}): Job => ({
  task: 'tick',
  key,
  queue: undefined,
  runAt: undefined,
  payload: { fleet: FLEET },
  ...over,
});

export const delivery = (guid: string, over: Partial<Delivery> = {}): Delivery => ({
  guid,
  event: 'push',
  action: undefined,
  fleet: FLEET,
  payload: { ref: 'refs/heads/main' },
  receivedAt: t(0),
  ...over,
});

export const change = (expectedVersion: number, over: Partial<StateChange> = {}): StateChange => ({
  fleet: FLEET,
  expectedVersion,
  at: t(10),
  ...over,
});

/** A pull request as the code host tells of it. */
export const PULL_INFO: PullInfo = {
  number: 7,
  headSha: sha('a'),
  baseRef: 'main',
  author: 'octocat',
  title: 'Kafka 3.9',
  draft: false,
  state: 'open',
  merged: false,
  fork: true,
  mergeCommit: undefined,
};

export const PLANNED_PULL: PullRecord = {
  number: 7,
  isOpen: true,
  closings: 2,
  planned: { info: PULL_INFO, base: sha('b') },
  digest: trusted.digest('0123456789abcdef'),
  asked: undefined,
};
