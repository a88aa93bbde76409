import type { FleetId } from '../core/model/ids.ts';
import { PortError } from '../ports/port-error.ts';
import { tickJob } from './jobs.ts';
import type { Loop } from './loop.ts';
import { loadSituation } from './situation.ts';

/** One request to a data plane carries at most this many orders; a halt of 2,000 targets is one request. */
const BATCH = 2_000;
/** How often a cluster that does not answer is tried again. */
const AGAIN_MS = 5_000;

/**
 * Sends a data plane the orders it has not answered. They are read when they are sent, so what arrives is
 * always the newest order of each cluster; a failure is repeated by the queue and repeats nothing that was answered.
 *
 * @throws PortError when the data plane does not answer.
 */
export async function deliverOrders(loop: Loop, id: FleetId, dataPlane: string): Promise<void> {
  const situation = await loadSituation(loop, id);
  const described = situation?.model.fleet.value.spec.dataPlanes.find(({ name }) => name === dataPlane);
  if (situation === undefined || described === undefined) return;
  const { store, clock, log } = loop.ports;
  const port = loop.ports.dataPlane(situation.fleet, described);
  for (;;) {
    const orders = await store.undelivered(id, dataPlane, BATCH);
    if (orders.length === 0) return;
    const replies = await port.apply(orders);
    await store.recordReplies(id, replies, clock.now());
    for (const reply of replies) {
      if (reply.kind !== 'accepted') log.warn({ fleet: id, dataPlane, reply }, 'data plane refused an order');
    }
    if (replies.length > 0) await store.enqueue([tickJob(id, clock.now())]);
    if (replies.length < orders.length) throw unanswered(dataPlane, orders.length - replies.length);
    if (orders.length < BATCH) return;
  }
}

/** The data plane answers and some of its clusters do not: their orders stay, and are sent again until they do. */
function unanswered(dataPlane: string, count: number): PortError {
  return new PortError({
    port: 'data-plane',
    operation: 'apply',
    retry: { kind: 'retry-after', waitMs: AGAIN_MS },
    message: `${count} clusters of ${dataPlane} do not answer; their orders are sent again`,
  });
}
