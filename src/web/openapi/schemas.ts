import { AUDIT_KINDS } from '../../core/change/fleet-change.ts';
import { VERBS } from '../../core/command/command.ts';
import { DRIFT_KINDS, LAGGING_REASONS } from '../../core/drift/drift.ts';
import { RETIREMENTS } from '../../core/model/retirement.ts';
import {
  APPROVAL_TIMES,
  BUDGETS,
  INTENTS,
  LIMIT_KINDS,
  ON_FAILURE,
  ROLLOUT_KINDS,
  TARGET_CHANGES,
  URGENCIES,
} from '../../core/plan/plan.ts';
import { FAILURE_STATUSES } from '../../core/reconcile/cluster-failure.ts';
import { CHANGE_SUBJECTS } from '../../core/reconcile/decision.ts';
import { OVERRIDE_KINDS, PHASE_STATUSES, ROLLOUT_STATUSES, TARGET_STATUSES } from '../../core/reconcile/state.ts';
import { HOLD_WORDS } from '../../core/report/words.ts';
import { STOP_CAUSES, STOP_LETS, STOP_SCOPES } from '../../core/stop/stop.ts';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 takes it. */
export type Schema = { readonly [key: string]: unknown };

const text: Schema = { type: 'string' };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const instant: Schema = { type: 'integer', description: 'Milliseconds since 1970-01-01T00:00:00Z.' };
const duration: Schema = { type: 'integer', minimum: 0, description: 'Milliseconds.' };
const value: Schema = { type: ['string', 'number', 'boolean'] };
const oneOf = (words: readonly string[]): Schema => ({ type: 'string', enum: [...words] });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
/** Absent where there is none. */
const optional = Symbol('optional');
const maybe = (schema: Schema): Schema & { readonly [optional]: true } => ({ ...schema, [optional]: true });

/** Exactly these fields. */
function record(fields: Readonly<Record<string, Schema>>): Schema {
  const required = Object.entries(fields).flatMap(([name, schema]) => (optional in schema ? [] : [name]));
  return { type: 'object', properties: fields, required, additionalProperties: false };
}

const counted = record({ count, words: text });
const budgets = record(Object.fromEntries(BUDGETS.map((kind) => [kind, counted])));
const someBudgets = record(Object.fromEntries(BUDGETS.map((kind) => [kind, maybe(counted)])));
const difference = record({ path: text, from: maybe(value), to: maybe(value) });
const spec = record({
  product: text,
  version: text,
  image: maybe(text),
  replicas: count,
  config: mapOf(value),
  featureFlags: mapOf(flag),
});

/** By name, as the document has them. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Message: record({ message: text }),
  Fleet: record({
    id: text,
    repository: maybe(count),
    installation: count,
    owner: text,
    name: text,
    defaultBranch: text,
    cloneUrl: text,
    retired: maybe(record({ why: oneOf(RETIREMENTS), since: instant })),
    seenHead: maybe(text),
    goodHead: maybe(text),
    version: count,
  }),
  RolloutSummary: record({
    id: text,
    digest: text,
    commit: text,
    release: text,
    product: text,
    seq: count,
    pull: maybe(count),
    author: text,
    title: text,
    status: oneOf(ROLLOUT_STATUSES),
    kind: oneOf(ROLLOUT_KINDS),
    intent: oneOf(INTENTS),
    urgency: oneOf(URGENCIES),
    createdAt: instant,
    startedAt: maybe(instant),
    finishedAt: maybe(instant),
    guardUntil: maybe(instant),
    supersededBy: maybe(text),
    counts: record(Object.fromEntries(TARGET_STATUSES.map((status) => [status, maybe(count)]))),
  }),
  Rollout: record({
    summary: ref('RolloutSummary'),
    planned: ref('PlannedRollout'),
    state: ref('RolloutState'),
    phases: mapOf(ref('PhaseState')),
    targets: mapOf(ref('TargetState')),
    holds: mapOf(ref('Hold')),
    stops: listOf(ref('Stop')),
  }),
  PlannedRollout: record({
    release: text,
    product: text,
    intent: oneOf(INTENTS),
    strategy: text,
    urgency: oneOf(URGENCIES),
    kind: oneOf(ROLLOUT_KINDS),
    requires: listOf(text),
    fromVersions: listOf(text),
    toVersions: listOf(text),
    selected: count,
    phases: listOf(ref('PlannedPhase')),
    targets: mapOf(ref('PlannedTarget')),
    limits: listOf(record({ id: text, kind: oneOf(LIMIT_KINDS), name: text, count: counted })),
    budgets: someBudgets,
    guardMs: duration,
  }),
  PlannedPhase: record({
    name: text,
    canary: flag,
    provenBy: maybe(text),
    kind: oneOf(ROLLOUT_KINDS),
    members: listOf(text),
    why: text,
    maxConcurrent: counted,
    soakMs: duration,
    bakeMs: duration,
    budgets,
    approval: maybe(
      record({ when: oneOf(APPROVAL_TIMES), count, teams: listOf(text), users: listOf(text), notAuthor: flag, validForMs: maybe(count) }),
    ),
    maxDurationMs: maybe(duration),
    onFailure: oneOf(ON_FAILURE),
  }),
  PlannedTarget: record({
    cluster: text,
    phase: text,
    dataPlane: text,
    change: oneOf(TARGET_CHANGES),
    kind: oneOf(ROLLOUT_KINDS),
    from: maybe(record({ revision: maybe(text), version: text })),
    revision: text,
    spec,
    differences: listOf(difference),
    deadlineMs: duration,
  }),
  RolloutState: record({
    id: text,
    digest: text,
    commit: text,
    release: text,
    seq: count,
    inLineSince: count,
    status: oneOf(ROLLOUT_STATUSES),
    createdAt: instant,
    startedAt: maybe(instant),
    goingSince: maybe(instant),
    stoppedSince: maybe(instant),
    finishedAt: maybe(instant),
    guardUntil: maybe(instant),
    supersededBy: maybe(text),
    takesOver: flag,
    approvals: listOf(record({ phase: text, by: text, digest: text, at: instant })),
    overrides: listOf(
      record({
        kind: oneOf(OVERRIDE_KINDS),
        phase: maybe(text),
        product: maybe(text),
        by: text,
        reason: text,
        at: instant,
        until: maybe(instant),
      }),
    ),
  }),
  PhaseState: record({
    status: oneOf(PHASE_STATUSES),
    startedAt: maybe(instant),
    bakingSince: maybe(instant),
    finishedAt: maybe(instant),
    stoppedMs: duration,
    heldParts: listOf({ type: 'object', description: 'When stops held a part of the phase.' }),
  }),
  TargetState: record({
    status: oneOf(TARGET_STATUSES),
    since: instant,
    attempt: count,
    epoch: count,
    startedAt: maybe(instant),
    exemptMs: duration,
    rescue: flag,
    probe: flag,
    healthySince: maybe(instant),
    brokenSince: maybe(instant),
    sampledAt: maybe(instant),
    seenAt: maybe(instant),
    unseenSince: maybe(instant),
    progress: maybe(record({ done: count, total: count })),
    detail: maybe(text),
    acknowledged: maybe(record({ attempt: count, status: oneOf(TARGET_STATUSES) })),
    supersededBy: maybe(text),
  }),
  Hold: record({
    reason: {
      type: 'object',
      properties: { kind: oneOf(Object.keys(HOLD_WORDS)) },
      required: ['kind'],
      description: 'Why the cluster does not move. Beside its kind stand the names and numbers that belong to it.',
    },
    until: maybe(instant),
  }),
  Stop: record({
    id: text,
    scope: { type: 'object', properties: { kind: oneOf(STOP_SCOPES) }, required: ['kind'] },
    cause: oneOf(STOP_CAUSES),
    lets: oneOf(STOP_LETS),
    by: text,
    reason: text,
    at: instant,
    until: maybe(instant),
    rollout: maybe(text),
    phase: maybe(text),
    failed: listOf(text),
    lifted: maybe(record({ by: text, at: instant, reason: text })),
  }),
  Drift: record({
    key: text,
    kinds: listOf(oneOf(DRIFT_KINDS)),
    cluster: maybe(text),
    dataPlane: text,
    product: maybe(text),
    differences: listOf(difference),
    lagging: maybe(record({ reason: oneOf(LAGGING_REASONS), words: text })),
    detail: maybe(text),
    since: instant,
    seenAt: instant,
  }),
  AuditEntry: record({
    at: instant,
    actor: text,
    kind: oneOf(AUDIT_KINDS),
    subject: text,
    rollout: maybe(text),
    from: maybe(text),
    to: maybe(text),
    why: text,
    givenAt: maybe(instant),
  }),
  ClusterHistory: record({
    cluster: text,
    since: instant,
    failed: count,
    unreachable: count,
    failures: listOf(
      record({
        cluster: text,
        at: instant,
        status: oneOf(FAILURE_STATUSES),
        rollout: text,
        attempt: count,
        version: maybe(text),
        detail: maybe(text),
      }),
    ),
  }),
  Change: record({ subject: oneOf(CHANGE_SUBJECTS), name: text, from: text, to: text, why: text }),
  CommandDone: record({ changes: listOf(ref('Change')), notes: listOf(text) }),
  CommandAccepted: record({ message: text, command: count, path: text }),
  Command: {
    type: 'object',
    properties: {
      id: count,
      key: text,
      verb: oneOf(VERBS),
      by: text,
      reason: text,
      givenAt: { ...text, description: 'In UTC, for people.' },
      outcome: {
        type: 'object',
        properties: {
          kind: oneOf(['done', 'refused', 'failed']),
          at: text,
          changes: listOf(ref('Change')),
          notes: listOf(text),
          why: text,
        },
        required: ['kind', 'at'],
        additionalProperties: false,
      },
    },
    required: ['id', 'verb', 'by', 'reason', 'givenAt'],
    description: 'What was asked, when, and what became of it. Without an outcome it is not carried out yet.',
  },
  /** What a person asks: who, why, and what the verb takes besides. */
  Asked: {
    type: 'object',
    properties: {
      by: { ...text, description: 'The login that the token names; may be left out.' },
      reason: { ...text, description: 'Why; the audit and the report say it.' },
      phase: text,
      cluster: text,
      digest: { ...text, description: 'approve: of the plan that you saw.' },
      stop: { ...text, description: 'resume: which of several stops to lift.' },
      product: { ...text, description: 'waive: a required product.' },
      until: { ...text, format: 'date-time' },
      for: { ...text, description: 'In place of until: `4h`, `1d`.' },
    },
    required: ['reason'],
  },
  AskedStop: {
    type: 'object',
    properties: {
      by: text,
      reason: text,
      scope: oneOf(['fleet', 'product', 'release', 'data-plane', 'cluster']),
      name: { ...text, description: 'Of the product, release, data plane or cluster.' },
      lets: oneOf(STOP_LETS),
      until: { ...text, format: 'date-time' },
      for: { ...text, description: 'In place of until: `4h`, `1d`.' },
    },
    required: ['reason', 'scope'],
  },
};
