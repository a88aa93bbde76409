import { type RawBuilder, sql } from 'kysely';
import { type Decoder, flag, listOf, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { ClusterId, FleetId, RolloutId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import { TARGET_STATUSES, type TargetState } from '../../core/reconcile/state.ts';
import type { Tx } from './database.ts';
import { anything, at, clusterId, integer, rolloutId, shared } from './decoders.ts';
import { inChunks, type Row, recordset } from './rows.ts';

/**
 * A target has a column for each part of its state: an update is logged with what changed of the row, and the times of the newest
 * evidence, which change most, are side by side at its end.
 */
const STATE_COLUMNS = {
  rescue: 'boolean',
  probe: 'boolean',
  superseded_by: 'text',
  acknowledged_attempt: 'integer',
  acknowledged_status: 'text',
  attempt: 'integer',
  status: 'text',
  epoch: 'bigint',
  since: 'bigint',
  started_at: 'bigint',
  detail: 'text',
  progress_done: 'integer',
  progress_total: 'integer',
  exempt_ms: 'bigint',
  broken_since: 'bigint',
  unseen_since: 'bigint',
  healthy_since: 'bigint',
  sampled_at: 'bigint',
  seen_at: 'bigint',
} as const;
const NAMES = Object.keys(STATE_COLUMNS);

/** @param table - what they are columns of: `t`. */
export const stateColumns = (table: string): RawBuilder<unknown> => sql.raw(NAMES.map((name) => `${table}.${name}`).join(', '));

/**
 * The same as one list of JSON. Who reads all targets of a rollout reads it so: most of a large one are alike, and those that are share
 * one value that is made once.
 */
export const stateList = (table: string): RawBuilder<unknown> =>
  sql`json_build_array(${sql.raw(NAMES.map((name) => `${table}.${name}`).join(', '))})::text`;

const columnsOf = (state: TargetState): Row => ({
  rescue: state.rescue,
  probe: state.probe,
  superseded_by: state.supersededBy,
  acknowledged_attempt: state.acknowledged?.attempt,
  acknowledged_status: state.acknowledged?.status,
  attempt: state.attempt,
  status: state.status,
  epoch: state.epoch,
  since: state.since,
  started_at: state.startedAt,
  detail: state.detail,
  progress_done: state.progress?.done,
  progress_total: state.progress?.total,
  exempt_ms: state.exemptMs,
  broken_since: state.brokenSince,
  unseen_since: state.unseenSince,
  healthy_since: state.healthySince,
  sampled_at: state.sampledAt,
  seen_at: state.seenAt,
});

export const targetState: Decoder<TargetState> = mapped(
  object({
    rescue: flag,
    probe: flag,
    superseded_by: maybe(rolloutId),
    acknowledged_attempt: maybe(integer),
    acknowledged_status: maybe(word(TARGET_STATUSES)),
    attempt: integer,
    status: word(TARGET_STATUSES),
    epoch: integer,
    since: at,
    started_at: maybe(at),
    detail: maybe(text),
    progress_done: maybe(integer),
    progress_total: maybe(integer),
    exempt_ms: integer,
    broken_since: maybe(at),
    unseen_since: maybe(at),
    healthy_since: maybe(at),
    sampled_at: maybe(at),
    seen_at: maybe(at),
  }),
  (row): TargetState => ({
    status: row.status,
    since: row.since,
    attempt: row.attempt,
    epoch: row.epoch,
    startedAt: row.started_at,
    exemptMs: row.exempt_ms,
    rescue: row.rescue,
    probe: row.probe,
    healthySince: row.healthy_since,
    brokenSince: row.broken_since,
    sampledAt: row.sampled_at,
    seenAt: row.seen_at,
    unseenSince: row.unseen_since,
    progress: both(row.progress_done, row.progress_total, (done, total) => ({ done, total })),
    detail: row.detail,
    acknowledged: both(row.acknowledged_attempt, row.acknowledged_status, (attempt, status) => ({ attempt, status })),
    supersededBy: row.superseded_by,
  }),
);

const both = <A, B, T>(one: A | undefined, other: B | undefined, pair: (one: A, other: B) => T): T | undefined =>
  one === undefined || other === undefined ? undefined : pair(one, other);

const clusterColumn = object({ cluster: clusterId });
export const targetRow: Decoder<{ readonly cluster: ClusterId; readonly state: TargetState }> = (row) => ({
  ...clusterColumn(row),
  state: targetState(row),
});

/** A row with its state as `stateList` gives it. Made anew for each read. */
export function targetListRow(): Decoder<{ readonly cluster: ClusterId; readonly state: TargetState }> {
  const states = shared(mapped(listOf(anything), namedColumns));
  return (row) => {
    const { cluster, state } = listColumns(row);
    // Not inside of its column: what is wrong is told by the name that it has in the table.
    return { cluster, state: states(state) };
  };
}

const listColumns = object({ cluster: clusterId, state: text });
const namedColumns = (list: readonly unknown[]): TargetState => targetState(Object.fromEntries(NAMES.map((name, at) => [name, list[at]])));

/** The rollout of some targets, and what of it never changes. */
export interface TargetsOf {
  readonly fleet: FleetId;
  readonly rollout: RolloutId;
  readonly seq: number;
  readonly createdAt: Instant;
}

export async function insertTargets(tx: Tx, of: TargetsOf, targets: ReadonlyMap<ClusterId, TargetState>): Promise<void> {
  const { fleet, rollout, seq, createdAt } = of;
  for (const some of inChunks([...targets])) {
    await sql`
      insert into rollout_targets (fleet, rollout, rollout_seq, created_at, cluster, ${sql.raw(NAMES.join(', '))})
      select ${fleet}, ${rollout}, ${seq}, ${createdAt}, x.cluster, ${stateColumns('x')} from ${targetSet(some)}
      on conflict do nothing`.execute(tx);
  }
}

export async function updateTargets(tx: Tx, of: TargetsOf, targets: ReadonlyMap<ClusterId, TargetState>): Promise<void> {
  const { fleet, rollout, createdAt } = of;
  for (const some of inChunks([...targets])) {
    const { numAffectedRows } = await sql`
      update rollout_targets t set ${sql.raw(NAMES.map((name) => `${name} = x.${name}`).join(', '))} from ${targetSet(some)}
      where t.fleet = ${fleet} and t.rollout = ${rollout} and t.created_at = ${createdAt} and t.cluster = x.cluster`.execute(tx);
    if (numAffectedRows !== BigInt(some.length)) await insertTargets(tx, of, new Map(some));
  }
}

const targetSet = (targets: readonly (readonly [ClusterId, TargetState])[]): RawBuilder<unknown> =>
  recordset(
    targets.map(([cluster, state]) => ({ cluster, ...columnsOf(state) })),
    { cluster: 'text', ...STATE_COLUMNS },
  );
