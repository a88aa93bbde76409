import { sql } from 'kysely';
import type { ClusterId, FleetId } from '../../core/model/ids.ts';
import type { Order } from '../../core/reconcile/evidence.ts';
import type { OrderReply } from '../../ports/data-plane.ts';
import type { Database, Tx } from './database.ts';
import { inChunks, readRow, recordset } from './rows.ts';
import { orderRow } from './shapes.ts';

interface Row {
  readonly cluster: string;
}

const COLUMNS = sql.raw('cluster, data_plane, revision, spec, mode, epoch, rollout, ordered_at');

export async function orders(db: Database, fleet: FleetId): Promise<ReadonlyMap<ClusterId, Order>> {
  const { rows } = await sql<Row>`select ${COLUMNS} from orders where fleet = ${fleet} order by cluster`.execute(db);
  return new Map(rows.map(orderOf).map((order) => [order.cluster, order]));
}

export async function undelivered(db: Database, fleet: FleetId, dataPlane: string, limit: number): Promise<readonly Order[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from orders where fleet = ${fleet} and data_plane = ${dataPlane} and reply is null order by seq limit ${limit}`.execute(
    db,
  );
  return rows.map(orderOf);
}

const orderOf = (row: Row): Order => readRow('orders', row.cluster, orderRow, row);

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
        rollout = excluded.rollout, ordered_at = excluded.ordered_at, seq = excluded.seq, reply = null, replied_at = null
      where excluded.epoch > orders.epoch`.execute(tx);
    if (numAffectedRows !== BigInt(some.length)) return false;
  }
  return true;
}

/** An answer belongs to the epoch it names: an order that was replaced meanwhile has not been answered. */
export async function recordReplies(db: Database, fleet: FleetId, replies: readonly OrderReply[], at: number): Promise<void> {
  for (const some of inChunks(replies)) {
    const set = recordset(
      some.map((reply) => ({ cluster: reply.cluster, epoch: reply.epoch, reply })),
      { cluster: 'text', epoch: 'bigint', reply: 'jsonb' },
    );
    await sql`
      update orders set reply = x.reply, replied_at = ${at} from ${set}
      where orders.fleet = ${fleet} and orders.cluster = x.cluster and orders.epoch = x.epoch and orders.reply is null`.execute(db);
  }
}
