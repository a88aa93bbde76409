import type { ConfigValue, DesiredCluster, DesiredSpec, Difference } from '../../core/desired/desired.ts';
import { parseCommitSha, parseFleetId, parsePlanDigest, parseRevision, parseRolloutId, trusted } from '../../core/model/ids.ts';
import type { Result } from '../../core/model/result.ts';
import { instant } from '../../core/model/time.ts';
import type { Drift } from '../../core/reconcile/drift.ts';
import type { Broker, Observation, Observed, Order, Running, Unknown } from '../../core/reconcile/evidence.ts';
import type { Approval, Pause, PhaseState, TargetState } from '../../core/reconcile/state.ts';
import { dictionary, flag, integer, list, Mismatch, mapped, object, oneOf, optional, type Read, record, text } from './read-json.ts';

/** What is read back is checked against the same types that were written: the other half of a pair of assertions. */
const parsed =
  <T>(parse: (text: string) => Result<T, string>): Read<T> =>
  (value) => {
    const result = parse(text(value));
    if (!result.ok) throw new Mismatch(result.error);
    return result.value;
  };

export const at = mapped(integer, instant);
export const commitSha = parsed(parseCommitSha);
export const fleetId = parsed(parseFleetId);
export const revision = parsed(parseRevision);
export const planDigest = parsed(parsePlanDigest);
export const rolloutId = parsed(parseRolloutId);
/** A key of a row whose form was checked when it was written; 100,000 of them are read at once. */
export const clusterKey = mapped(text, trusted.cluster);

const configValue: Read<ConfigValue> = (value) => {
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new Mismatch('expected a text, a number, true or false');
};

export const desiredSpec: Read<DesiredSpec> = record<DesiredSpec>({
  product: text,
  version: text,
  image: optional(text),
  replicas: integer,
  config: dictionary(configValue),
  featureFlags: dictionary(flag),
});

export const heldAt: Read<DesiredCluster['heldAt']> = optional(
  record<NonNullable<DesiredCluster['heldAt']>>({ by: oneOf('pin', 'exception'), releaseVersion: text, reason: text, expires: at }),
);

export const optOut: Read<DesiredCluster['optOut']> = optional(
  record<NonNullable<DesiredCluster['optOut']>>({ reason: text, expires: optional(at) }),
);

export const labels = dictionary(text);

export const targetState: Read<TargetState> = record<TargetState>({
  status: oneOf(
    'waiting',
    'applying',
    'rolling',
    'soaking',
    'held',
    'succeeded',
    'failed',
    'unreachable',
    'deferred',
    'skipped',
    'removed',
    'superseded',
  ),
  since: at,
  attempt: integer,
  epoch: integer,
  startedAt: optional(at),
  exemptMs: integer,
  rescued: flag,
  healthySince: optional(at),
  brokenSince: optional(at),
  seenAt: optional(at),
  progress: optional(record<NonNullable<TargetState['progress']>>({ done: integer, total: integer })),
  detail: optional(text),
  supersededBy: optional(rolloutId),
});

export const phaseState: Read<PhaseState> = record<PhaseState>({
  status: oneOf('waiting', 'awaiting-approval', 'running', 'done', 'skipped'),
  startedAt: optional(at),
  finishedAt: optional(at),
  pausedMs: integer,
});

export const rolloutStatus = oneOf(
  'awaiting-approval',
  'running',
  'paused',
  'aborted',
  'superseded',
  'completed',
  'completed-with-deferrals',
);

export const pause: Read<Pause | undefined> = optional(
  record<Pause>({
    cause: oneOf('person', 'failed-budget', 'unreachable-budget', 'deferred-budget', 'unproven-canary'),
    by: text,
    reason: text,
    at,
    phase: optional(text),
  }),
);

export const approvals: Read<readonly Approval[]> = list(record<Approval>({ phase: text, by: text, digest: planDigest, at }));

const mode = oneOf('run', 'hold');

/** A row of `orders`, under the names of its columns. */
export const orderRow = (row: unknown): Order => {
  const { data_plane: dataPlane, ordered_at: orderedAt, ...same } = object(row);
  return order({ ...same, dataPlane, orderedAt });
};

const order: Read<Order> = record<Order>({
  cluster: clusterKey,
  dataPlane: text,
  revision,
  spec: desiredSpec,
  mode,
  epoch: integer,
  rollout: optional(rolloutId),
  orderedAt: at,
});

const running: Read<Running> = record<Running>({
  version: text,
  image: optional(text),
  replicas: integer,
  config: dictionary(configValue),
  featureFlags: dictionary(flag),
});

const broker: Read<Broker> = record<Broker>({
  ordinal: integer,
  version: text,
  state: oneOf('ready', 'restarting', 'crash-loop', 'stuck', 'waiting'),
});

const observed: Read<Observed> = record<Observed>({
  kind: oneOf('observed'),
  cluster: clusterKey,
  dataPlane: text,
  sampledAt: at,
  accepted: optional(record<NonNullable<Observed['accepted']>>({ epoch: integer, revision, mode })),
  rolled: flag,
  healthy: flag,
  held: flag,
  running,
  brokers: list(broker),
  detail: optional(text),
});

const unknown: Read<Unknown> = record<Unknown>({
  kind: oneOf('unknown'),
  cluster: clusterKey,
  dataPlane: text,
  sampledAt: at,
  cause: text,
  missing: flag,
});

export const observation: Read<Observation> = (value) => (object(value)['kind'] === 'unknown' ? unknown(value) : observed(value));

export const difference: Read<Difference> = record<Difference>({ path: text, from: optional(configValue), to: optional(configValue) });

export const drift: Read<Drift> = record<Drift>({
  key: text,
  kinds: list(oneOf('version', 'config', 'replicas', 'image', 'lagging', 'unknown-cluster', 'missing-cluster', 'silent-data-plane')),
  cluster: optional(clusterKey),
  dataPlane: text,
  product: optional(text),
  differences: list(difference),
  lagging: optional(
    record<NonNullable<Drift['lagging']>>({
      reason: oneOf('aborted', 'failed', 'deferred', 'skipped', 'pinned', 'pin-expired', 'opted-out', 'never-selected', 'unreachable'),
      words: text,
    }),
  ),
  detail: optional(text),
  since: at,
  seenAt: at,
});
