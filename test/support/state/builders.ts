import type { DesiredCluster, DesiredSpec } from '../../../src/core/desired/desired.ts';
import { digestOf, revisionOf, rolloutIdOf } from '../../../src/core/model/hash.ts';
import { type ClusterId, type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { durationMs, instant } from '../../../src/core/model/time.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import type { Drift } from '../../../src/core/reconcile/drift.ts';
import type { Observed, Order, Unknown } from '../../../src/core/reconcile/evidence.ts';
import { PHASE_AHEAD, type RolloutState, type TargetState, untouched } from '../../../src/core/reconcile/state.ts';
import type { AuditEntry, Delivery, FleetRecord, Job, StateChange } from '../../../src/ports/state-store.ts';

/** A fixed moment of 2026; tests count from it in milliseconds. */
export const T0 = 1_790_000_000_000;
export const t = (ms: number) => instant(T0 + ms);

export const FLEET = trusted.fleet('acme/clusters');
export const OTHER_FLEET = trusted.fleet('acme/other');
export const c = (name: string): ClusterId => trusted.cluster(name);
export const sha = (digit: string) => trusted.commit(digit.repeat(40));

export const fleetRecord = (id: FleetId = FLEET, over: Partial<FleetRecord> = {}): FleetRecord => ({
  id,
  installation: 7,
  owner: 'Acme',
  name: id.slice(id.indexOf('/') + 1),
  defaultBranch: 'main',
  cloneUrl: 'https://git.example/acme/clusters.git',
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
    heldAt: undefined,
    optOut: undefined,
    ...over,
  };
}

export function planFor(names: readonly string[], version: string, from = '1.0.0'): Plan {
  const before = spec(from);
  const wanted = spec(version);
  const revision = revisionOf(wanted);
  const counted = { count: 1, words: '1' };
  const body: Omit<Plan, 'digest'> = {
    kind: 'rollout',
    releases: [],
    phases: [
      {
        id: 'kafka-main/canary',
        release: 'kafka-main',
        name: 'canary',
        canary: true,
        after: [],
        members: names.map(c),
        why: 'tier = canary',
        maxConcurrent: counted,
        bakeMs: durationMs(60_000),
        budgets: { failed: counted, unreachable: counted, deferred: counted },
        approval: undefined,
        maxDurationMs: undefined,
        onFailure: 'pause',
      },
    ],
    targets: Object.fromEntries(
      names.map((name) => [
        name,
        {
          cluster: c(name),
          phase: 'kafka-main/canary',
          dataPlane: 'aws-eu-1',
          change: 'update' as const,
          from: { revision: revisionOf(before), version: from },
          revision,
          spec: wanted,
          differences: [{ path: 'version', from, to: version }],
          deadlineMs: durationMs(600_000),
        },
      ]),
    ),
    excluded: [],
    removed: [],
    risks: [],
  };
  return { ...body, digest: digestOf(body) };
}

export const target = (over: Partial<TargetState> = {}): TargetState => ({ ...untouched(t(0)), ...over });

export function newRollout(
  commitDigit: string,
  plan: Plan,
  over: Partial<RolloutState> = {},
): NonNullable<StateChange['newRollouts']>[number] {
  const commit = sha(commitDigit);
  const state: RolloutState = {
    id: rolloutIdOf(commit, plan.digest, over.createdAt ?? t(0)),
    digest: plan.digest,
    commit,
    status: 'running',
    createdAt: t(0),
    finishedAt: undefined,
    resumedAt: undefined,
    pause: undefined,
    phases: new Map(plan.phases.map((phase) => [phase.id, PHASE_AHEAD])),
    targets: new Map(Object.keys(plan.targets).map((name) => [c(name), target()])),
    approvals: [],
    ...over,
  };
  return { plan, state, pull: 12, author: 'octocat', title: 'Kafka 2.0' };
}

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

export const observed = (name: string, sampledMs: number, over: Partial<Observed> = {}): Observed => ({
  kind: 'observed',
  cluster: c(name),
  dataPlane: 'aws-eu-1',
  sampledAt: t(sampledMs),
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
