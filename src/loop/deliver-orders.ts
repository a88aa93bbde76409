import type { Order, OrderReply } from '../core/evidence/order.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { claimedBy, placeOf } from './claim-clusters.ts';
import { tickJob } from './jobs.ts';
import type { LoopWith } from './loop.ts';
import { noteReplies } from './records.ts';
import { inTurn } from './turn.ts';

type DeliveringLoop = LoopWith<'store' | 'clock' | 'dataPlane'>;

/** One request to a data plane carries at most this many orders; a halt of 2,000 targets is one request. */
const BATCH = 2_000;
/** How often a cluster that does not answer is tried again. */
const AGAIN_MS = 5_000;

/**
 * Sends a data plane the orders it has not answered. They are read when they are sent, so what arrives is always the newest
 * order of each cluster; a failure is repeated by the queue and repeats nothing that was answered. Every answer is recorded,
 * a refusal with its reason: the next decision makes it the hold of its cluster.
 *
 * @throws PortError when the data plane does not answer.
 */
export async function deliverOrders(loop: DeliveringLoop, id: FleetId, dataPlane: string): Promise<void> {
  const { store, clock } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  const receiver = await receiverOf(loop, fleet, dataPlane);
  for (;;) {
    const orders = await store.undelivered(id, dataPlane, BATCH);
    if (orders.length === 0) return;
    const replies = typeof receiver === 'string' ? orders.map((order) => refusal(order, receiver)) : await send(loop, id, receiver, orders);
    if (replies.length > 0) {
      const at = clock.now();
      await inTurn(loop.memory, id, async () => {
        const version = await store.recordReplies(id, replies, at);
        if (version !== undefined) noteReplies(loop.memory, id, { version, replies, at });
      });
      await store.enqueue([tickJob(id, clock.now())]);
    }
    if (replies.length < orders.length) throw unanswered(dataPlane, orders.length - replies.length);
    if (orders.length < BATCH) return;
  }
}

interface Receiver {
  readonly place: string;
  readonly dataPlane: DataPlane;
}

/** What is another fleet's is not sent: two that order one cluster would move it to and fro for ever. */
async function send(
  { ports }: DeliveringLoop,
  fleet: FleetId,
  { place, dataPlane }: Receiver,
  orders: readonly Order[],
): Promise<readonly OrderReply[]> {
  const clusters = orders.map(({ cluster }) => cluster);
  const others = await ports.store.claim(fleet, place, clusters);
  if (others.size === 0) return await dataPlane.apply(orders);
  const refused = orders.flatMap((order) => {
    const holder = others.get(order.cluster);
    return holder === undefined ? [] : [refusal(order, claimedBy(order.cluster, holder))];
  });
  const ours = orders.filter(({ cluster }) => !others.has(cluster));
  return [...refused, ...(ours.length === 0 ? [] : await dataPlane.apply(ours))];
}

/** @returns the data plane as the stored policy describes it, or why nothing can be sent there until somebody changes that. */
async function receiverOf({ ports }: DeliveringLoop, fleet: FleetRecord, name: string): Promise<Receiver | string> {
  const policy = await ports.store.policy(fleet.id);
  const described = policy?.dataPlanes.find((one) => one.name === name);
  if (described === undefined) return `the Fleet manifest names no data plane ${name}`;
  try {
    return { place: placeOf(described), dataPlane: ports.dataPlane(fleet, described) };
  } catch (error) {
    if (error instanceof PortError && error.retry.kind === 'needs-human') return error.message;
    throw error;
  }
}

const refusal = ({ cluster, epoch }: Order, reason: string): OrderReply => ({ kind: 'refused', cluster, epoch, reason });

/** The data plane answers and some of its clusters do not: their orders stay, and are sent again until they do. */
function unanswered(dataPlane: string, count: number): PortError {
  return new PortError({
    port: 'data-plane',
    operation: 'apply',
    retry: { kind: 'retry-after', waitMs: AGAIN_MS },
    message: `${count} clusters of ${dataPlane} do not answer; their orders are sent again`,
  });
}
