import { type RawBuilder, sql } from 'kysely';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, FleetId, PlanDigest, RolloutId } from '../../core/model/ids.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { ActiveRollout } from '../../core/reconcile/decision.ts';
import type { PhaseState, RolloutState, RolloutStatus, TargetState } from '../../core/reconcile/state.ts';
import type { RolloutSummary } from '../../ports/state-store.ts';
import { type Database, snapshot, type Tx } from './database.ts';
import { dictionary, integer, Mismatch, object, oneOf, optional, type Read, record, text } from './read-json.ts';
import { inChunks, readRow } from './rows.ts';
import { approvals, at, clusterKey, commitSha, pause, phaseState, planDigest, rolloutId, rolloutStatus, targetState } from './shapes.ts';

/** Plans never change, and every tick reads those of the active rollouts: one of 2,000 targets is 2 MB of JSON. */
export class PlanCache {
  static readonly #PLANS_MAX = 32;
  readonly #plans = new Map<string, Plan>();

  async of(tx: Tx, fleet: FleetId, digests: readonly PlanDigest[]): Promise<ReadonlyMap<PlanDigest, Plan>> {
    const missing = digests.filter((digest) => !this.#plans.has(`${fleet}@${digest}`));
    const found = new Map<PlanDigest, Plan>();
    if (missing.length > 0) {
      const rows = await tx
        .selectFrom('plans')
        .select(['digest', 'plan'])
        .where('fleet', '=', fleet)
        .where('digest', 'in', missing)
        .execute();
      for (const row of rows) found.set(readRow('plans', row.digest, planDigest, row.digest), readPlan(row.digest, row.plan));
    }
    for (const digest of digests) {
      const plan = this.#plans.get(`${fleet}@${digest}`) ?? found.get(digest);
      if (plan !== undefined) found.set(digest, plan);
    }
    for (const [digest, plan] of found) this.#keep(`${fleet}@${digest}`, plan);
    return found;
  }

  #keep(key: string, plan: Plan): void {
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const oldest = this.#plans.keys().next().value;
    if (this.#plans.size > PlanCache.#PLANS_MAX && oldest !== undefined) this.#plans.delete(oldest);
  }
}

export function activeRollouts(db: Database, cache: PlanCache, fleet: FleetId): Promise<readonly ActiveRollout[]> {
  return snapshot(db, (tx) => load(tx, cache, fleet, undefined));
}

export async function rollout(db: Database, cache: PlanCache, fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined> {
  return (await snapshot(db, (tx) => load(tx, cache, fleet, id)))[0];
}

/** The rollout with this id, or all that are active. */
async function load(tx: Tx, cache: PlanCache, fleet: FleetId, id: RolloutId | undefined): Promise<readonly ActiveRollout[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select id, digest, commit, status, pause, approvals, created_at as "createdAt", finished_at as "finishedAt", resumed_at as "resumedAt"
    from rollouts where fleet = ${fleet} and ${id === undefined ? sql`finished_at is null` : sql`id = ${id}`} order by seq`.execute(tx);
  if (rows.length === 0) return [];
  const heads = rows.map((row) => readRow('rollouts', row.id, head, row));
  const ids = heads.map((one) => one.id);
  const plans = await cache.of(tx, fleet, [...new Set(heads.map((one) => one.digest))]);
  const phases = await tx
    .selectFrom('rollout_phases')
    .select(['rollout', 'phase', 'state'])
    .where('fleet', '=', fleet)
    .where('rollout', 'in', ids)
    .execute();
  const targets = await tx
    .selectFrom('rollout_targets')
    .select(['rollout', 'cluster', 'state'])
    .where('fleet', '=', fleet)
    .where('rollout', 'in', ids)
    .orderBy('cluster')
    .execute();
  const phasesOf = grouped(phases, (row): [string, PhaseState] => [row.phase, readRow('rollout_phases', row.phase, phaseState, row.state)]);
  const targetsOf = grouped(targets, (row): [ClusterId, TargetState] => [
    readRow('rollout_targets', row.cluster, clusterKey, row.cluster),
    readRow('rollout_targets', row.cluster, targetState, row.state),
  ]);
  return heads.map((one) => {
    const plan = plans.get(one.digest);
    // The rollout's row refers to the plan's, so the database itself keeps this promise.
    invariant(plan !== undefined, `plan ${one.digest} of rollout ${one.id} is stored`);
    return { plan, state: { ...one, phases: phasesOf.get(one.id) ?? new Map(), targets: targetsOf.get(one.id) ?? new Map() } };
  });
}

const head: Read<Omit<RolloutState, 'phases' | 'targets'>> = record<Omit<RolloutState, 'phases' | 'targets'>>({
  id: rolloutId,
  digest: planDigest,
  commit: commitSha,
  status: rolloutStatus,
  createdAt: at,
  finishedAt: optional(at),
  resumedAt: optional(at),
  pause,
  approvals,
});

function grouped<R extends { readonly rollout: string }, K, V>(
  rows: readonly R[],
  entry: (row: R) => [K, V],
): ReadonlyMap<string, Map<K, V>> {
  const groups = new Map<string, Map<K, V>>();
  for (const row of rows) {
    const group = groups.get(row.rollout) ?? new Map<K, V>();
    group.set(...entry(row));
    groups.set(row.rollout, group);
  }
  return groups;
}

/** A plan is checked for what decisions lean on: it is the plan of its digest, and its phases and targets agree. */
function readPlan(digest: string, value: unknown): Plan {
  return readRow(
    'plans',
    digest,
    (found) => {
      const { digest: own, phases, targets } = object(found);
      if (own !== digest) throw new Mismatch(`expected the plan of digest ${digest}, found that of ${JSON.stringify(own)}`);
      if (!Array.isArray(phases)) throw new Mismatch('expected a list of phases');
      const members = phases.flatMap((phase: unknown) => {
        const { members: some } = object(phase);
        return Array.isArray(some) ? some : [];
      });
      const planned = object(targets);
      if (members.length !== Object.keys(planned).length || !members.every((member: unknown) => Object.hasOwn(planned, String(member)))) {
        throw new Mismatch('the members of the phases are not the targets of the plan');
      }
      return found as Plan;
    },
    value,
  );
}

export function recentRollouts(db: Database, fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]> {
  return summaries(db, sql`fleet = ${fleet} order by seq desc limit ${limit}`);
}

export async function rolloutSummary(db: Database, fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined> {
  return (await summaries(db, sql`fleet = ${fleet} and id = ${id}`))[0];
}

async function summaries(db: Database, which: RawBuilder<unknown>): Promise<readonly RolloutSummary[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select r.id, digest, commit, pull, author, title, r.status, kind, created_at as "createdAt", finished_at as "finishedAt", pause,
      (select coalesce(jsonb_object_agg(t.status, t.n), '{}') from
        (select status, count(*) as n from rollout_targets where fleet = r.fleet and rollout = r.id group by status) t) as counts
    from rollouts r where ${which}`.execute(db);
  return rows.map((row) => readRow('rollouts', row.id, summary, row));
}

const summary: Read<RolloutSummary> = record<RolloutSummary>({
  id: rolloutId,
  digest: planDigest,
  commit: commitSha,
  pull: optional(integer),
  author: text,
  title: text,
  status: rolloutStatus,
  kind: oneOf('rollout', 'rollback'),
  createdAt: at,
  finishedAt: optional(at),
  pause,
  counts: dictionary(integer),
});

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
      select c.cluster, t.rollout, r.status as "rolloutStatus", t.state as target
      from unnest(${[...some]}::text[]) as c(cluster)
      cross join lateral (
        select rollout, state from rollout_targets where fleet = ${fleet} and cluster = c.cluster order by rollout_seq desc limit 1
      ) t
      join rollouts r on r.fleet = ${fleet} and r.id = t.rollout`.execute(db);
    for (const row of rows)
      last.set(readRow('rollout_targets', row.cluster, clusterKey, row.cluster), readRow('rollout_targets', row.cluster, lastTarget, row));
  }
  return last;
}

const lastTarget: Read<LastTarget> = record<LastTarget>({ rollout: rolloutId, rolloutStatus, target: targetState });
