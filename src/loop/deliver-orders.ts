import type { FleetId } from '../core/model/ids.ts';
import type { Job } from '../ports/state-store.ts';
import { tickJob } from './jobs.ts';
import type { Loop } from './loop.ts';
import { loadSituation } from './situation.ts';

/** One request to a data plane carries at most this many orders; a halt of 2,000 targets is one request. */
const BATCH = 2_000;

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
    const next: Job[] = [tickJob(id, clock.now())];
    await store.enqueue(next);
    if (orders.length < BATCH) return;
  }
}
