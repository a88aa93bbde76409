import { sql } from 'kysely';
import {
  ORDER_MODES,
  type Order,
  type OrderReply,
  REPLY_KINDS,
  type StandingOrder,
  type StandingOrders,
} from '../../core/evidence/order.ts';
import { type Decoder, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, desiredSpec, integer, revision, rolloutId, shared } from './decoders.ts';
import { inChunks, readRow, recordset } from './rows.ts';
import type { WriteFence } from './write-fence.ts';

interface Row {
  readonly cluster: string;
}

const COLUMNS = sql.raw('cluster, data_plane, revision, spec::text as spec, mode, epoch, rollout, ordered_at');

export async function orders(db: Database, fleet: FleetId): Promise<StandingOrders> {
  const { rows } = await sql<Row>`select ${COLUMNS}, reply from orders where fleet = ${fleet} order by cluster`.execute(db);
  const decoder = standingRow();
  const standing = rows.map((row) => readRow('orders', row.cluster, decoder, row));
  return new Map(standing.map((order) => [order.cluster, order]));
}

export async function undelivered(db: Database, fleet: FleetId, dataPlane: string, limit: number): Promise<readonly Order[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from orders where fleet = ${fleet} and data_plane = ${dataPlane} and reply is null order by seq limit ${limit}`.execute(
    db,
  );
  const decoder = orderRow();
  return rows.map((row) => readRow('orders', row.cluster, decoder, row));
}

const orderRow = (): Decoder<Order> =>
  mapped(
    object({
      cluster: clusterId,
      data_plane: text,
      revision,
      spec: shared(desiredSpec),
      mode: word(ORDER_MODES),
      epoch: integer,
      rollout: maybe(rolloutId),
      ordered_at: at,
    }),
    ({ data_plane: dataPlane, ordered_at: orderedAt, ...same }): Order => ({ ...same, dataPlane, orderedAt }),
  );

const reply: Decoder<NonNullable<StandingOrder['reply']>> = mapped(
  object({ kind: word(REPLY_KINDS), at, seen: maybe(integer), reason: maybe(text) }),
  ({ kind, at: repliedAt, seen, reason }) => ({
    kind,
    at: repliedAt,
    ...(seen === undefined ? {} : { seen }),
    ...(reason === undefined ? {} : { reason }),
  }),
);
const replyColumn = object({ reply: maybe(reply) });
const standingRow = (): Decoder<StandingOrder> => {
  const order = orderRow();
  return (row) => ({ ...order(row), ...replyColumn(row) });
};

/** @returns `false` when a cluster has an order of the same or a higher epoch: somebody else has ordered meanwhile. */
export async function writeOrders(tx: Tx, fleet: FleetId, change: readonly Order[]): Promise<boolean> {
  for (const some of inChunks(change)) {
    const rows = some.map((order) => ({ ...order, data_plane: order.dataPlane, ordered_at: order.orderedAt }));
    const set = recordset(rows, {
      cluster: 'text',
      data_plane: 'text',
      revision: 'text',
      spec: 'jsonb',
      mode: 'text',
      epoch: 'bigint',
      rollout: 'text',
      ordered_at: 'bigint',
    });
    const { numAffectedRows } = await sql`
      insert into orders (fleet, cluster, data_plane, revision, spec, mode, epoch, rollout, ordered_at, seq)
      select ${fleet}, x.cluster, x.data_plane, x.revision, x.spec, x.mode, x.epoch, x.rollout, x.ordered_at, nextval('order_seq') from ${set}
      on conflict (fleet, cluster) do update set
        data_plane = excluded.data_plane, revision = excluded.revision, spec = excluded.spec, mode = excluded.mode, epoch = excluded.epoch,
        rollout = excluded.rollout, ordered_at = excluded.ordered_at, seq = excluded.seq, reply = null
      where excluded.epoch > orders.epoch`.execute(tx);
    if (numAffectedRows !== BigInt(some.length)) return false;
  }
  return true;
}

/** Forgets the answers to these orders, so that they are sent again; one that was replaced is sent anyway. */
export async function sendAgain(tx: Tx, fleet: FleetId, change: NonNullable<StateChange['sendAgain']>): Promise<void> {
  for (const some of inChunks(change)) {
    await sql`
      update orders set reply = null from ${recordset([...some], { cluster: 'text', epoch: 'bigint' })}
      where orders.fleet = ${fleet} and orders.cluster = x.cluster and orders.epoch = x.epoch and reply is not null`.execute(tx);
  }
}

/**
 * An answer belongs to the epoch it names: an order that was replaced meanwhile has not been answered. The version of the fleet
 * grows with it, because a decision made from what was read before would not know of a refusal.
 */
export async function recordReplies(
  db: Database,
  fence: WriteFence,
  fleet: FleetId,
  replies: readonly OrderReply[],
  repliedAt: number,
): Promise<number | undefined> {
  if (replies.length === 0) return undefined;
  return db.transaction().execute(async (tx) => {
    await fence(tx, fleet, 'recordReplies');
    // Before anything of the fleet, as a commit does, so that the two never wait for each other.
    await sql`select from fleets where id = ${fleet} for update`.execute(tx);
    let recorded = 0n;
    for (const some of inChunks(replies)) {
      const rows = some.map(({ cluster, epoch, ...answer }) => ({ cluster, epoch, reply: { ...answer, at: repliedAt } }));
      const { numAffectedRows } = await sql`
        update orders set reply = x.reply from ${recordset(rows, { cluster: 'text', epoch: 'bigint', reply: 'jsonb' })}
        where orders.fleet = ${fleet} and orders.cluster = x.cluster and orders.epoch = x.epoch and orders.reply is null`.execute(tx);
      recorded += numAffectedRows ?? 0n;
    }
    if (recorded === 0n) return undefined;
    const { rows } = await sql<{ readonly version: number }>`
      update fleets set version = version + 1 where id = ${fleet} returning version`.execute(tx);
    return rows[0]?.version;
  });
}
