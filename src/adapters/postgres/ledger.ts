import { sql } from 'kysely';
import { type Ledger, type LedgerEntry, PROOFS } from '../../core/ledger/ledger.ts';
import { type Decoder, listOf, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, desiredSpec, milliseconds, revision, rolloutId, runningState } from './decoders.ts';
import { inChunks, lastOfEach, readRow, recordset } from './rows.ts';

export async function ledger(db: Database, fleet: FleetId): Promise<Ledger> {
  const { rows } = await sql<{ readonly cluster: string }>`
    select cluster, proven, observed, failed from ledger where fleet = ${fleet} order by cluster`.execute(db);
  const entries = rows.map((row) => readRow('ledger', row.cluster, ledgerRow, row));
  return new Map(entries.map((entry) => [entry.cluster, entry]));
}

const ledgerRow: Decoder<LedgerEntry> = object({
  cluster: clusterId,
  proven: listOf(object({ revision, spec: desiredSpec, proof: word(PROOFS), at, rollout: maybe(rolloutId), tookMs: maybe(milliseconds) })),
  observed: maybe(object({ dataPlane: text, running: runningState, receivedAt: at })),
  failed: listOf(object({ revision, version: text, rollout: rolloutId, at })),
});

/** Whole entries. None is ever removed: a cluster may come back. */
export async function writeLedger(tx: Tx, fleet: FleetId, change: readonly LedgerEntry[]): Promise<void> {
  for (const some of inChunks(lastOfEach(change, ({ cluster }) => cluster))) {
    const rows = some.map(({ cluster, proven, observed, failed }) => ({ cluster, proven, observed, failed }));
    await sql`
      insert into ledger (fleet, cluster, proven, observed, failed)
      select ${fleet}, x.cluster, x.proven, x.observed, x.failed
      from ${recordset(rows, { cluster: 'text', proven: 'jsonb', observed: 'jsonb', failed: 'jsonb' })}
      on conflict (fleet, cluster) do update set proven = excluded.proven, observed = excluded.observed, failed = excluded.failed`.execute(
      tx,
    );
  }
}
