import { type Decoded, flag, listOf, maybe, number, object, recordOf, text, word } from '../../../../core/model/decode.ts';
import { at, configValue, desiredSpec, difference, integer } from '../../decoders.ts';

/**
 * Rows as the first schema held them, with the words of that time: they do not change when the words of today do.
 */

const counted = object({ count: integer, words: text });
const budgets = { failed: maybe(counted), unreachable: maybe(counted), deferred: maybe(counted) };

const phase = object({
  id: text,
  release: text,
  name: text,
  canary: flag,
  after: listOf(text),
  members: listOf(text),
  why: text,
  maxConcurrent: counted,
  bakeMs: integer,
  budgets: object(budgets),
  approval: maybe(object({ when: text, count: integer, teams: listOf(text), users: listOf(text), notAuthor: flag })),
  maxDurationMs: maybe(integer),
  onFailure: text,
});

const target = object({
  cluster: text,
  phase: text,
  dataPlane: text,
  change: word(['create', 'update', 'rejoin']),
  from: maybe(object({ revision: text, version: text })),
  revision: text,
  spec: desiredSpec,
  differences: listOf(difference),
  deadlineMs: integer,
});

const release = object({
  release: text,
  product: text,
  strategy: text,
  urgency: text,
  fromVersions: listOf(text),
  toVersions: listOf(text),
  selected: integer,
  maxConcurrent: maybe(counted),
  budgets: object(budgets),
});

export const planBefore = object({
  digest: text,
  kind: word(['rollout', 'rollback']),
  releases: listOf(release),
  phases: listOf(phase),
  targets: recordOf(target),
  excluded: listOf(object({ cluster: text, release: text, reason: text, words: text })),
  removed: listOf(text),
  risks: listOf(object({ code: text, words: text })),
});
export type PlanBefore = Decoded<typeof planBefore>;
export type ReleaseBefore = PlanBefore['releases'][number];
export type PlannedTargetBefore = Decoded<typeof target>;

export const targetBefore = object({
  status: word([
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
  ]),
  since: at,
  attempt: integer,
  epoch: integer,
  startedAt: maybe(at),
  exemptMs: integer,
  rescued: flag,
  healthySince: maybe(at),
  brokenSince: maybe(at),
  seenAt: maybe(at),
  progress: maybe(object({ done: integer, total: integer })),
  detail: maybe(text),
  supersededBy: maybe(text),
});
export type TargetBefore = Decoded<typeof targetBefore>;

export const phaseBefore = object({
  status: word(['waiting', 'awaiting-approval', 'running', 'done', 'skipped']),
  startedAt: maybe(at),
  finishedAt: maybe(at),
  pausedMs: integer,
});
export type PhaseBefore = Decoded<typeof phaseBefore>;

export const rolloutBefore = object({
  id: text,
  seq: integer,
  digest: text,
  commit: text,
  status: word(['awaiting-approval', 'running', 'paused', 'aborted', 'superseded', 'completed', 'completed-with-deferrals']),
  pause: maybe(
    object({
      cause: word(['person', 'failed-budget', 'unreachable-budget', 'deferred-budget', 'unproven-canary']),
      by: text,
      reason: text,
      at,
      phase: maybe(text),
    }),
  ),
  approvals: listOf(object({ phase: text, by: text, digest: text, at })),
  created_at: at,
  finished_at: maybe(at),
  resumed_at: maybe(at),
});
export type RolloutBefore = Decoded<typeof rolloutBefore>;

export const desiredBefore = object({
  cluster: text,
  revision: text,
  spec: desiredSpec,
  opt_out: maybe(object({ reason: text })),
});
export const orderBefore = object({ cluster: text, revision: text, spec: desiredSpec, rollout: maybe(text) });
export const historyBefore = object({ cluster: text, revision: text, at });
export const observationBefore = object({
  kind: word(['observed', 'unknown']),
  dataPlane: text,
  sampledAt: at,
  running: maybe(
    object({ version: text, image: maybe(text), replicas: number, config: recordOf(configValue), featureFlags: recordOf(flag) }),
  ),
});
