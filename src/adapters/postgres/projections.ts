import { sql } from 'kysely';
import { type Decoder, mapped, maybe, object, recordOf, text } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import type { Projection } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { integer } from './decoders.ts';
import { jsonb, plainText, readRow } from './rows.ts';
import type { WriteFence } from './write-fence.ts';

export async function projection(db: Database, fleet: FleetId, key: string): Promise<Projection | undefined> {
  return (await select(db, fleet, sql`key = ${plainText(key)}`))[0];
}

/** In order of key. */
export function projections(db: Database, fleet: FleetId, prefix: string): Promise<readonly Projection[]> {
  return select(db, fleet, sql`starts_with(key, ${plainText(prefix)})`);
}

async function select(db: Database, fleet: FleetId, condition: ReturnType<typeof sql>): Promise<readonly Projection[]> {
  const { rows } = await sql<{ readonly key: string }>`
    select key, remote_id, hash, memo from projections where fleet = ${fleet} and ${condition} order by key`.execute(db);
  return rows.map((row) => readRow('projections', row.key, projectionRow, row));
}

const projectionRow: Decoder<Projection> = mapped(
  object({ key: text, remote_id: maybe(integer), hash: maybe(text), memo: recordOf(text) }),
  ({ remote_id: remoteId, ...same }): Projection => ({ ...same, remoteId }),
);

export async function saveProjection(db: Database, fence: WriteFence, fleet: FleetId, saved: Projection): Promise<void> {
  const { key, remoteId, hash, memo } = saved;
  await db.transaction().execute(async (tx) => {
    await fence(tx, fleet, 'saveProjection');
    await sql`
      insert into projections (fleet, key, remote_id, hash, memo)
      values (${fleet}, ${plainText(key)}, ${remoteId ?? null}, ${hash ?? null}, ${jsonb(memo)})
      on conflict (fleet, key) do update set remote_id = excluded.remote_id, hash = excluded.hash, memo = excluded.memo`.execute(tx);
  });
}
