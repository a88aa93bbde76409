import { type RawBuilder, sql } from 'kysely';
import { invariant } from '../../core/model/assert.ts';
import { type Decoder, flag, listOf, mapped, maybe, object, recordOf, text, word } from '../../core/model/decode.ts';
import type { ClusterId, CommitSha, FleetId, PlanDigest, RolloutId } from '../../core/model/ids.ts';
import { INTENTS, type Plan, ROLLOUT_KINDS, URGENCIES } from '../../core/plan/plan.ts';
import type { ActiveRollout } from '../../core/reconcile/decision.ts';
import {
  OVERRIDE_KINDS,
  PHASE_STATUSES,
  type PhaseState,
  ROLLOUT_STATUSES,
  type RolloutState,
  type RolloutStatus,
  TARGET_STATUSES,
  type TargetState,
} from '../../core/reconcile/state.ts';
import { inPlannedOrder } from '../../ports/planned-order.ts';
import type { RolloutSummary } from '../../ports/state-store.ts';
import { type Database, snapshot, type Tx } from './database.ts';
import { at, clusterId, commitSha, integer, planDigest, rolloutId } from './decoders.ts';
import type { PlanCache } from './plans.ts';
import { inChunks, readRow } from './rows.ts';

/** Those that have not finished, and those under guard. */
export function activeRollouts(db: Database, cache: PlanCache, fleet: FleetId): Promise<readonly ActiveRollout[]> {
  return snapshot(db, (tx) => load(tx, cache, fleet, sql`(finished_at is null or guard_until is not null)`));
}

export async function rollout(db: Database, cache: PlanCache, fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined> {
  return (await snapshot(db, (tx) => load(tx, cache, fleet, sql`id = ${id}`)))[0];
}

export async function plan(db: Database, cache: PlanCache, fleet: FleetId, digest: PlanDigest): Promise<Plan | undefined> {
  return (await cache.of(db, fleet, [digest])).get(digest);
}

async function load(tx: Tx, cache: PlanCache, fleet: FleetId, which: RawBuilder<unknown>): Promise<readonly ActiveRollout[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select id, digest, commit, release, seq, in_line_since, status, created_at, started_at, going_since, stopped_since, finished_at,
      guard_until, superseded_by, takes_over, approvals, overrides
    from rollouts where fleet = ${fleet} and ${which} order by seq`.execute(tx);
  if (rows.length === 0) return [];
  const heads = rows.map((row) => readRow('rollouts', row.id, headRow, row));
  const ids = heads.map((one) => one.id);
  const plans = await cache.of(tx, fleet, [...new Set(heads.map((one) => one.digest))]);
  const phases = await phasesOf(tx, fleet, ids);
  const targets = await targetsOf(tx, fleet, ids);
  return heads.map((head) => {
    const planned = plans.get(head.digest)?.rollouts.find(({ release }) => release === head.release);
    // The rollout's row refers to the plan's, and it was written with a release of the plan.
    invariant(planned !== undefined, `plan ${head.digest} of rollout ${head.id} is stored, with release ${head.release}`);
    const parts = { phases: phases.get(head.id) ?? new Map(), targets: targets.get(head.id) ?? new Map() };
    return { planned, state: { ...head, ...inPlannedOrder(planned, parts) } };
  });
}

async function phasesOf(tx: Tx, fleet: FleetId, ids: readonly RolloutId[]): Promise<ReadonlyMap<string, Map<string, PhaseState>>> {
  const rows = await tx
    .selectFrom('rollout_phases')
    .select(['rollout', 'phase', 'state'])
    .where('fleet', '=', fleet)
    .where('rollout', 'in', ids)
    .orderBy('phase')
    .execute();
  return grouped(rows, (row) => [row.phase, readRow('rollout_phases', `${row.rollout}/${row.phase}`, phaseRow, row).state]);
}

async function targetsOf(tx: Tx, fleet: FleetId, ids: readonly RolloutId[]): Promise<ReadonlyMap<string, Map<ClusterId, TargetState>>> {
  const rows = await tx
    .selectFrom('rollout_targets')
    .select(['rollout', 'cluster', 'state'])
    .where('fleet', '=', fleet)
    .where('rollout', 'in', ids)
    .orderBy('cluster')
    .execute();
  return grouped(rows, (row) => {
    const { cluster, state } = readRow('rollout_targets', `${row.rollout}/${row.cluster}`, targetRow, row);
    return [cluster, state];
  });
}

const targetState: Decoder<TargetState> = object({
  status: word(TARGET_STATUSES),
  since: at,
  attempt: integer,
  epoch: integer,
  startedAt: maybe(at),
  exemptMs: integer,
  rescue: flag,
  probe: flag,
  healthySince: maybe(at),
  brokenSince: maybe(at),
  sampledAt: maybe(at),
  seenAt: maybe(at),
  unseenSince: maybe(at),
  progress: maybe(object({ done: integer, total: integer })),
  detail: maybe(text),
  acknowledged: maybe(object({ attempt: integer, status: word(TARGET_STATUSES) })),
  supersededBy: maybe(rolloutId),
});
const targetRow = object({ cluster: clusterId, state: targetState });

const phaseState: Decoder<PhaseState> = object({
  status: word(PHASE_STATUSES),
  startedAt: maybe(at),
  bakingSince: maybe(at),
  finishedAt: maybe(at),
  stoppedMs: integer,
});
const phaseRow = object({ state: phaseState });

const rolloutStatus = word(ROLLOUT_STATUSES);

const headRow: Decoder<Omit<RolloutState, 'phases' | 'targets'>> = mapped(
  object({
    id: rolloutId,
    digest: planDigest,
    commit: commitSha,
    release: text,
    seq: integer,
    in_line_since: integer,
    status: rolloutStatus,
    created_at: at,
    started_at: maybe(at),
    going_since: maybe(at),
    stopped_since: maybe(at),
    finished_at: maybe(at),
    guard_until: maybe(at),
    superseded_by: maybe(rolloutId),
    takes_over: flag,
    approvals: listOf(object({ phase: text, by: text, digest: planDigest, at })),
    overrides: listOf(object({ kind: word(OVERRIDE_KINDS), phase: maybe(text), by: text, reason: text, at, until: maybe(at) })),
  }),
  ({ id, digest, commit, release, seq, status, approvals, overrides, ...row }) => ({
    ...{ id, digest, commit, release, seq, status, approvals, overrides },
    inLineSince: row.in_line_since,
    createdAt: row.created_at,
    startedAt: row.started_at,
    goingSince: row.going_since,
    stoppedSince: row.stopped_since,
    finishedAt: row.finished_at,
    guardUntil: row.guard_until,
    supersededBy: row.superseded_by,
    takesOver: row.takes_over,
  }),
);

function grouped<R extends { readonly rollout: string }, K, V>(
  rows: readonly R[],
  entry: (row: R) => readonly [K, V],
): ReadonlyMap<string, Map<K, V>> {
  const groups = new Map<string, Map<K, V>>();
  for (const row of rows) {
    const group = groups.get(row.rollout) ?? new Map<K, V>();
    group.set(...entry(row));
    groups.set(row.rollout, group);
  }
  return groups;
}

/** Newest first. */
export function recentRollouts(db: Database, fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]> {
  return summaries(db, sql`fleet = ${fleet} order by seq desc limit ${limit}`);
}

export function rolloutsOfCommit(db: Database, fleet: FleetId, commit: CommitSha): Promise<readonly RolloutSummary[]> {
  return summaries(db, sql`fleet = ${fleet} and commit = ${commit} order by seq`);
}

export async function rolloutSummary(db: Database, fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined> {
  return (await summaries(db, sql`fleet = ${fleet} and id = ${id}`))[0];
}

async function summaries(db: Database, which: RawBuilder<unknown>): Promise<readonly RolloutSummary[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select r.id, digest, commit, release, product, seq, pull, author, title, r.status, kind, intent, urgency, created_at, started_at,
      finished_at, guard_until, superseded_by,
      (select coalesce(jsonb_object_agg(t.status, t.n), '{}') from
        (select status, count(*) as n from rollout_targets where fleet = r.fleet and rollout = r.id group by status) t) as counts
    from rollouts r where ${which}`.execute(db);
  return rows.map((row) => readRow('rollouts', row.id, summaryRow, row));
}

/** Counted by the database, from a column that takes no other words. */
const counts: Decoder<RolloutSummary['counts']> = (value) => {
  for (const status of Object.keys(recordOf(integer)(value))) word(TARGET_STATUSES)(status);
  return recordOf(integer)(value);
};

const summaryRow: Decoder<RolloutSummary> = mapped(
  object({
    id: rolloutId,
    digest: planDigest,
    commit: commitSha,
    release: text,
    product: text,
    seq: integer,
    pull: maybe(integer),
    author: text,
    title: text,
    status: rolloutStatus,
    kind: word(ROLLOUT_KINDS),
    intent: word(INTENTS),
    urgency: word(URGENCIES),
    created_at: at,
    started_at: maybe(at),
    finished_at: maybe(at),
    guard_until: maybe(at),
    superseded_by: maybe(rolloutId),
    counts,
  }),
  ({ created_at: createdAt, started_at: startedAt, finished_at: finishedAt, guard_until: guardUntil, ...row }): RolloutSummary => {
    const { superseded_by: supersededBy, ...same } = row;
    return { ...same, createdAt, startedAt, finishedAt, guardUntil, supersededBy };
  },
);

interface LastTarget {
  readonly rollout: RolloutId;
  readonly rolloutStatus: RolloutStatus;
  readonly target: TargetState;
}

export async function lastTargets(
  db: Database,
  fleet: FleetId,
  clusters: readonly ClusterId[],
): Promise<ReadonlyMap<ClusterId, LastTarget>> {
  const last = new Map<ClusterId, LastTarget>();
  for (const some of inChunks(clusters)) {
    const { rows } = await sql<{ readonly cluster: string }>`
      select c.cluster, t.rollout, r.status, t.state
      from unnest(${[...some]}::text[]) as c(cluster)
      cross join lateral (
        select rollout, state from rollout_targets where fleet = ${fleet} and cluster = c.cluster order by rollout_seq desc limit 1
      ) t
      join rollouts r on r.fleet = ${fleet} and r.id = t.rollout`.execute(db);
    for (const row of rows) {
      const { cluster, rollout: id, status, state } = readRow('rollout_targets', row.cluster, lastTargetRow, row);
      last.set(cluster, { rollout: id, rolloutStatus: status, target: state });
    }
  }
  return last;
}

const lastTargetRow = object({ cluster: clusterId, rollout: rolloutId, status: rolloutStatus, state: targetState });
