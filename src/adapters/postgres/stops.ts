import { type RawBuilder, sql } from 'kysely';
import { type Decoder, listOf, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId, StopId } from '../../core/model/ids.ts';
import { STOP_CAUSES, STOP_LETS, STOP_SCOPES, type Stop, type StopScope } from '../../core/stop/stop.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, configValue, oneOf, rolloutId, stopId } from './decoders.ts';
import { inChunks, lastOfEach, readRow, recordset } from './rows.ts';

/** Those that are not lifted, oldest first. */
export function stops(db: Database, fleet: FleetId): Promise<readonly Stop[]> {
  return select(db, sql`fleet = ${fleet} and lifted is null order by at, id`);
}

export async function stop(db: Database, fleet: FleetId, id: StopId): Promise<Stop | undefined> {
  return (await select(db, sql`fleet = ${fleet} and id = ${id}`))[0];
}

async function select(db: Database, which: RawBuilder<unknown>): Promise<readonly Stop[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select id, scope, cause, lets, "by", reason, at, "until", rollout, phase, failed, lifted from stops where ${which}`.execute(db);
  return rows.map((row) => readRow('stops', row.id, stopRow, row));
}

const SCOPES: { readonly [Kind in StopScope['kind']]: Decoder<Extract<StopScope, { readonly kind: Kind }>> } = {
  fleet: object({ kind: oneOf({ fleet: true }) }),
  product: object({ kind: oneOf({ product: true }), product: text }),
  release: object({ kind: oneOf({ release: true }), release: text }),
  rollout: object({ kind: oneOf({ rollout: true }), rollout: rolloutId }),
  phase: object({ kind: oneOf({ phase: true }), rollout: rolloutId, phase: text }),
  'data-plane': object({ kind: oneOf({ 'data-plane': true }), dataPlane: text }),
  cluster: object({ kind: oneOf({ cluster: true }), cluster: clusterId }),
  version: object({
    kind: oneOf({ version: true }),
    product: text,
    traits: listOf(object({ path: text, value: maybe(configValue) })),
  }),
};
const anyScope = object({ kind: word(STOP_SCOPES) });
/** Also kept by phases, which remember what stopped a part of them. */
export const scope: Decoder<StopScope> = (value) => SCOPES[anyScope(value).kind](value);

const stopRow: Decoder<Stop> = object({
  id: stopId,
  scope,
  cause: word(STOP_CAUSES),
  lets: word(STOP_LETS),
  by: text,
  reason: text,
  at,
  until: maybe(at),
  rollout: maybe(rolloutId),
  phase: maybe(text),
  failed: listOf(clusterId),
  lifted: maybe(object({ by: text, at, reason: text })),
});

/** Set or changed: whole. */
export async function writeStops(tx: Tx, fleet: FleetId, change: readonly Stop[]): Promise<void> {
  for (const some of inChunks(lastOfEach(change, ({ id }) => id))) {
    const set = recordset(
      some.map((one) => ({ ...one })),
      {
        id: 'text',
        scope: 'jsonb',
        cause: 'text',
        lets: 'text',
        '"by"': 'text',
        reason: 'text',
        at: 'bigint',
        '"until"': 'bigint',
        rollout: 'text',
        phase: 'text',
        failed: 'jsonb',
        lifted: 'jsonb',
      },
    );
    await sql`
      insert into stops (fleet, id, scope, cause, lets, "by", reason, at, "until", rollout, phase, failed, lifted)
      select ${fleet}, x.id, x.scope, x.cause, x.lets, x."by", x.reason, x.at, x."until", x.rollout, x.phase, x.failed, x.lifted from ${set}
      on conflict (fleet, id) do update set
        scope = excluded.scope, cause = excluded.cause, lets = excluded.lets, "by" = excluded."by", reason = excluded.reason,
        at = excluded.at, "until" = excluded."until", rollout = excluded.rollout, phase = excluded.phase, failed = excluded.failed,
        lifted = excluded.lifted`.execute(tx);
  }
}
