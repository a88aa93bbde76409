import { sql } from 'kysely';
import { DRIFT_KINDS, type Drift, LAGGING_REASONS } from '../../core/drift/drift.ts';
import type { Observation } from '../../core/evidence/observation.ts';
import { parseStoredObservation } from '../../core/evidence/parse.ts';
import { type Decoder, listOf, maybe, object, parsed, text, word } from '../../core/model/decode.ts';
import type { ClusterId, FleetId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, difference } from './decoders.ts';
import { inChunks, lastOfEach, readRow, recordset } from './rows.ts';

export async function observations(db: Database, fleet: FleetId): Promise<ReadonlyMap<ClusterId, Observation>> {
  const rows = await db
    .selectFrom('observations')
    .select(['cluster', 'observation'])
    .where('fleet', '=', fleet)
    .orderBy('cluster')
    .execute();
  const seen = rows.map((row) => readRow('observations', row.cluster, observationRow, row).observation);
  return new Map(seen.map((one) => [one.cluster, one]));
}

/** Of the narrow columns alone: a fleet has as many rows as clusters. */
export async function observationTimes(db: Database, fleet: FleetId): Promise<ReadonlyMap<ClusterId, Instant>> {
  const rows = await db.selectFrom('observations').select(['cluster', 'received_at']).where('fleet', '=', fleet).execute();
  return new Map(
    rows.map((row) => {
      const { cluster, received_at: receivedAt } = readRow('observations', row.cluster, timeRow, row);
      return [cluster, receivedAt];
    }),
  );
}

const timeRow = object({ cluster: clusterId, received_at: at });

const observationRow = object({ observation: parsed((value: unknown) => value, parseStoredObservation) });

/** Evidence that we received before what is stored changes nothing. */
export async function writeObservations(tx: Tx, fleet: FleetId, change: readonly Observation[]): Promise<void> {
  for (const some of inChunks(lastOfEach(change, ({ cluster }) => cluster))) {
    const rows = some.map((seen) => ({ cluster: seen.cluster, received_at: seen.receivedAt, observation: seen }));
    await sql`
      insert into observations (fleet, cluster, received_at, observation)
      select ${fleet}, x.cluster, x.received_at, x.observation
      from ${recordset(rows, { cluster: 'text', received_at: 'bigint', observation: 'jsonb' })}
      on conflict (fleet, cluster) do update set received_at = excluded.received_at, observation = excluded.observation
      where excluded.received_at >= observations.received_at`.execute(tx);
  }
}

export async function drifts(db: Database, fleet: FleetId): Promise<readonly Drift[]> {
  const rows = await db.selectFrom('drifts').select(['key', 'drift']).where('fleet', '=', fleet).orderBy('key').execute();
  return rows.map((row) => readRow('drifts', row.key, driftRow, row).drift);
}

const drift: Decoder<Drift> = object({
  key: text,
  kinds: listOf(word(DRIFT_KINDS)),
  cluster: maybe(clusterId),
  dataPlane: text,
  product: maybe(text),
  differences: listOf(difference),
  lagging: maybe(object({ reason: word(LAGGING_REASONS), words: text })),
  detail: maybe(text),
  since: at,
  seenAt: at,
});
const driftRow = object({ drift });

export async function replaceDrifts(tx: Tx, fleet: FleetId, change: readonly Drift[]): Promise<void> {
  await sql`delete from drifts where fleet = ${fleet} and key <> all(${change.map((one) => one.key)}::text[])`.execute(tx);
  for (const some of inChunks(lastOfEach(change, ({ key }) => key))) {
    const rows = some.map((one) => ({ key: one.key, drift: one }));
    await sql`
      insert into drifts (fleet, key, drift) select ${fleet}, x.key, x.drift from ${recordset(rows, { key: 'text', drift: 'jsonb' })}
      on conflict (fleet, key) do update set drift = excluded.drift where drifts.drift is distinct from excluded.drift`.execute(tx);
  }
}
