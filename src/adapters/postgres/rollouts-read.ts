import { type RawBuilder, sql } from 'kysely';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, FleetId, PlanDigest, RolloutId } from '../../core/model/ids.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { ActiveRollout } from '../../core/reconcile/decision.ts';
import type { PhaseState, TargetState } from '../../core/reconcile/state.ts';
import { inPlannedOrder } from '../../ports/planned-order.ts';
import { type Database, snapshot, type Tx } from './database.ts';
import type { PlanCache } from './plans.ts';
import { headRow, phaseRow } from './rollout-rows.ts';
import { readRow } from './rows.ts';
import { stateList, targetListRow } from './target-rows.ts';

/** Those that have not finished, and those under guard. */
export function activeRollouts(db: Database, cache: PlanCache, fleet: FleetId): Promise<readonly ActiveRollout[]> {
  return snapshot(db, (tx) => load(tx, cache, fleet, sql`(finished_at is null or guard_until is not null)`));
}

/** Of one whose detail is no longer kept there is only a summary. */
export async function rollout(db: Database, cache: PlanCache, fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined> {
  return (await snapshot(db, (tx) => load(tx, cache, fleet, sql`id = ${id} and counts is null`)))[0];
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
  const targets = await targetsOf(tx, fleet, heads);
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

async function targetsOf(
  tx: Tx,
  fleet: FleetId,
  heads: readonly { readonly id: RolloutId; readonly createdAt: number }[],
): Promise<ReadonlyMap<string, Map<ClusterId, TargetState>>> {
  const { rows } = await sql<{ readonly rollout: string; readonly cluster: string }>`
    select t.rollout, t.cluster, ${stateList('t')} as state from rollout_targets t
    where t.fleet = ${fleet} and t.rollout = any(${heads.map(({ id }) => id)}::text[])
      and t.created_at = any(${heads.map(({ createdAt }) => createdAt)}::bigint[])
    order by t.cluster`.execute(tx);
  const decoder = targetListRow();
  return grouped(rows, (row) => {
    const { cluster, state } = readRow('rollout_targets', `${row.rollout}/${row.cluster}`, decoder, row);
    return [cluster, state];
  });
}

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
