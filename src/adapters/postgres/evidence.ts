import { sql } from 'kysely';
import type { ClusterId, FleetId } from '../../core/model/ids.ts';
import type { Drift } from '../../core/reconcile/drift.ts';
import type { Observation } from '../../core/reconcile/evidence.ts';
import type { Database, Tx } from './database.ts';
import { inChunks, readRow, recordset } from './rows.ts';
import { drift, observation } from './shapes.ts';

export async function observations(db: Database, fleet: FleetId): Promise<ReadonlyMap<ClusterId, Observation>> {
  const rows = await db
    .selectFrom('observations')
    .select(['cluster', 'observation'])
    .where('fleet', '=', fleet)
    .orderBy('cluster')
    .execute();
  return new Map(rows.map((row) => readRow('observations', row.cluster, observation, row.observation)).map((seen) => [seen.cluster, seen]));
}

/** Evidence that is older than what is stored, late on its way, changes nothing. */
export async function writeObservations(tx: Tx, fleet: FleetId, change: readonly Observation[]): Promise<void> {
  for (const some of inChunks(change)) {
    const rows = some.map((seen) => ({ cluster: seen.cluster, sampled_at: seen.sampledAt, observation: seen }));
    await sql`
      insert into observations (fleet, cluster, sampled_at, observation)
      select ${fleet}, x.cluster, x.sampled_at, x.observation
      from ${recordset(rows, { cluster: 'text', sampled_at: 'bigint', observation: 'jsonb' })}
      on conflict (fleet, cluster) do update set sampled_at = excluded.sampled_at, observation = excluded.observation
      where excluded.sampled_at >= observations.sampled_at`.execute(tx);
  }
}

export async function drifts(db: Database, fleet: FleetId): Promise<readonly Drift[]> {
  const rows = await db.selectFrom('drifts').select(['key', 'drift']).where('fleet', '=', fleet).orderBy('key').execute();
  return rows.map((row) => readRow('drifts', row.key, drift, row.drift));
}

export async function replaceDrifts(tx: Tx, fleet: FleetId, change: readonly Drift[]): Promise<void> {
  await sql`delete from drifts where fleet = ${fleet} and key <> all(${change.map((one) => one.key)}::text[])`.execute(tx);
  for (const some of inChunks(change)) {
    const rows = some.map((one) => ({ key: one.key, drift: one }));
    await sql`
      insert into drifts (fleet, key, drift) select ${fleet}, x.key, x.drift from ${recordset(rows, { key: 'text', drift: 'jsonb' })}
      on conflict (fleet, key) do update set drift = excluded.drift where drifts.drift is distinct from excluded.drift`.execute(tx);
  }
}
