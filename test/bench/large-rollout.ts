import type { DesiredCluster, DesiredSpec } from '../../src/core/desired/desired.ts';
import type { Observation } from '../../src/core/evidence/observation.ts';
import type { StandingOrder } from '../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../src/core/ledger/ledger.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import { durationMs, type Instant, instant } from '../../src/core/model/time.ts';
import type { PlannedPhase, PlannedRollout, PlannedTarget } from '../../src/core/plan/plan.ts';
import type { ActiveRollout, FleetInput } from '../../src/core/reconcile/decision.ts';
import { DEFAULT_SCHEDULE, type Policy } from '../../src/core/reconcile/policy.ts';
import { PHASE_AHEAD, type PhaseState, type RolloutState, type TargetState, untouched } from '../../src/core/reconcile/state.ts';

export const NOW: Instant = instant(1_700_000_000_000);
const PHASES = 20;
const IN_FLIGHT_MAX = 25;
const DATA_PLANES = 40;
const NEW = trusted.revision('00000000000000ff');
const OLD = trusted.revision('00000000000000aa');

const spec = (version: string): DesiredSpec => ({ product: 'kafka', version, image: undefined, replicas: 3, config: {}, featureFlags: {} });
export const NEW_SPEC = spec('4.1.0');
const OLD_SPEC = spec('4.0.0');

/** A fleet with one rollout (or two that overlap) of 20 phases, of which a share is done: what a decision at this size has to look at. */
export function largeFleet(clusters: number, doneShare: number, rollouts: 1 | 2 = 1, phases = PHASES): FleetInput {
  const ids = Array.from({ length: clusters }, (_, at) => trusted.cluster(`kafka-${String(at).padStart(6, '0')}`));
  const done = Math.floor(clusters * doneShare);
  const halves = rollouts === 1 ? [ids] : [ids.slice(0, clusters / 2), ids.slice(clusters / 2)];
  const active = halves.map((members, at) => rolloutOf(members, Math.floor(done / rollouts), at + 1, phases));
  const isDone = (at: number) => (rollouts === 1 ? at < done : at % (clusters / 2) < done / 2);
  return {
    desired: new Map(ids.map((cluster) => [cluster, desiredCluster(cluster)])),
    ledger: new Map(ids.map((cluster, at) => [cluster, ledgerEntry(cluster, isDone(at))])),
    rollouts: active,
    stops: [],
    orders: new Map(ids.flatMap((cluster, at) => (isDone(at) ? [[cluster, order(cluster, active[0])] as const] : []))),
    observations: new Map(ids.map((cluster, at) => [cluster, observation(cluster, isDone(at), NOW)])),
    policy: POLICY,
    now: NOW,
  };
}

const POLICY: Policy = {
  fleetMaxConcurrent: 2_000,
  dataPlanes: Array.from({ length: DATA_PLANES }, (_, at) => ({
    name: `plane-${at}`,
    kind: 'simulated',
    urlFromEnv: undefined,
    context: undefined,
    maxConcurrent: 500,
  })),
  calendar: { rules: [] },
  commands: [],
  products: {
    kafka: {
      document: {
        apiVersion: 'flotilla.dev/v1',
        kind: 'Product',
        metadata: { name: 'kafka' },
        spec: { workload: { kind: 'StatefulSet' }, versions: [{ version: '4.0.0' }, { version: '4.1.0' }] },
      } as never,
      requires: [],
      minimumIntervalMs: undefined,
    },
  },
  // Waiting clusters are not observed again while the benchmark runs.
  evidenceMaxAgeMs: 86_400_000,
  unreachableAfterMs: 300_000,
  regressionAfterMs: 60_000,
  schedule: DEFAULT_SCHEDULE,
  drift: { intervalMs: 300_000, maxIssues: 10, action: 'report' },
};

export const planeOf = (cluster: ClusterId): string => `plane-${Number(cluster.slice(6)) % DATA_PLANES}`;

function desiredCluster(cluster: ClusterId): DesiredCluster {
  const release = 'kafka';
  return {
    cluster,
    revision: NEW,
    spec: NEW_SPEC,
    release,
    dataPlane: planeOf(cluster),
    labels: {},
    pinnedBy: undefined,
    workload: undefined,
    optOut: undefined,
  };
}

function ledgerEntry(cluster: ClusterId, done: boolean): LedgerEntry {
  const old = { revision: OLD, spec: OLD_SPEC, proof: 'soaked' as const, at: NOW, rollout: undefined, tookMs: undefined };
  return { cluster, proven: done ? [{ ...old, revision: NEW, spec: NEW_SPEC }, old] : [old], observed: undefined, failed: [] };
}

function order(cluster: ClusterId, active: ActiveRollout | undefined): StandingOrder {
  const reply = { kind: 'accepted' as const, at: NOW };
  const rollout = active?.state.id;
  return {
    cluster,
    dataPlane: planeOf(cluster),
    revision: NEW,
    spec: NEW_SPEC,
    mode: 'run',
    epoch: 1,
    rollout,
    orderedAt: instant(NOW - 60_000),
    reply,
  };
}

/** Healthy, at the new version when its order was carried out. */
export function observation(cluster: ClusterId, done: boolean, at: Instant, epoch = 1): Observation {
  const { version } = done ? NEW_SPEC : OLD_SPEC;
  return {
    kind: 'observed',
    cluster,
    dataPlane: planeOf(cluster),
    sampledAt: at,
    receivedAt: at,
    accepted: done ? { epoch, revision: NEW, mode: 'run' } : undefined,
    rolled: true,
    healthy: true,
    held: false,
    running: { version, image: undefined, replicas: 3, config: {}, featureFlags: {} },
    brokers: [0, 1, 2].map((ordinal) => ({ ordinal, version, state: 'ready' as const })),
    detail: undefined,
  };
}

function rolloutOf(members: readonly ClusterId[], done: number, seq: number, count: number): ActiveRollout {
  const size = Math.ceil(members.length / count);
  const phases = Array.from({ length: count }, (_, at) => plannedPhase(at, members.slice(at * size, (at + 1) * size)));
  const targets = new Map(
    phases.flatMap((phase) => phase.members.map((cluster) => [cluster, plannedTarget(cluster, phase.name)] as const)),
  );
  const planned: PlannedRollout = {
    release: 'kafka',
    product: 'kafka',
    intent: 'release',
    strategy: 'standard',
    urgency: 'routine',
    kind: 'rollout',
    requires: [],
    fromVersions: ['4.0.0'],
    toVersions: ['4.1.0'],
    selected: members.length,
    phases,
    targets,
    limits: [],
    budgets: {},
    guardMs: durationMs(1_800_000),
  };
  const state: RolloutState = {
    id: trusted.rollout(`${'0'.repeat(11)}${seq}-${'0'.repeat(16)}`),
    digest: trusted.digest('0'.repeat(16)),
    commit: trusted.commit('0'.repeat(40)),
    release: 'kafka',
    seq,
    inLineSince: seq,
    status: 'running',
    createdAt: instant(NOW - 3_600_000),
    startedAt: instant(NOW - 3_600_000),
    goingSince: instant(NOW - 3_600_000),
    stoppedSince: undefined,
    finishedAt: undefined,
    guardUntil: undefined,
    supersededBy: undefined,
    takesOver: false,
    phases: new Map(phases.map(({ name }, at) => [name, phaseState(at * size + size <= done)])),
    targets: new Map(members.map((cluster, at) => [cluster, at < done ? succeeded() : untouched(NOW)])),
    approvals: [],
    overrides: [],
  };
  return { planned, state };
}

function plannedPhase(at: number, members: readonly ClusterId[]): PlannedPhase {
  const none = { count: 0, words: '0' };
  return {
    name: `phase-${at}`,
    canary: at === 0,
    provenBy: undefined,
    kind: 'rollout',
    members,
    why: 'drawn by hash',
    maxConcurrent: { count: IN_FLIGHT_MAX, words: String(IN_FLIGHT_MAX) },
    soakMs: durationMs(60_000),
    bakeMs: durationMs(0),
    budgets: { failed: none, unreachable: none, deferred: none },
    approval: undefined,
    maxDurationMs: undefined,
    onFailure: 'pause',
  };
}

const plannedTarget = (cluster: ClusterId, phase: string): PlannedTarget => ({
  cluster,
  phase,
  dataPlane: planeOf(cluster),
  change: 'update',
  kind: 'rollout',
  from: { revision: OLD, version: OLD_SPEC.version },
  revision: NEW,
  spec: NEW_SPEC,
  differences: [{ path: 'version', from: OLD_SPEC.version, to: NEW_SPEC.version }],
  deadlineMs: durationMs(1_500_000),
});

const phaseState = (done: boolean): PhaseState =>
  done ? { ...PHASE_AHEAD, status: 'done', startedAt: NOW, finishedAt: NOW } : PHASE_AHEAD;

const succeeded = (): TargetState => ({
  ...untouched(NOW),
  status: 'succeeded',
  attempt: 1,
  epoch: 1,
  startedAt: NOW,
  healthySince: NOW,
  sampledAt: NOW,
  seenAt: NOW,
});
