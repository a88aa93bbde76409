import type { StandingOrder } from '../evidence/order.ts';
import { earliest, type Instant, instant } from '../model/time.ts';
import type { FleetDraft } from './fleet-draft.ts';

/** Sends holds again whose rollout has ended, and that were answered with anything but yes. One without an answer is still being delivered. */
export function keepHoldsAfterTheEnd(fleet: FleetDraft): void {
  for (const order of ownerless(fleet)) {
    const { cluster, dataPlane, epoch, reply } = order;
    const due = dueAt(order);
    // Where our clock was set back behind the answer, there is no telling how long ago it came.
    if (due === undefined || reply === undefined || (fleet.now < due && fleet.now >= reply.at)) continue;
    if (reply.kind === 'stale') holdAbove(fleet, order, reply.seen ?? epoch);
    else {
      fleet.setOrder({ ...order, reply: undefined });
      fleet.actAfterTheEnd(cluster, {
        kind: 'send-again',
        cluster,
        dataPlane,
        epoch,
        why: 'its rollout has ended, and it is not held yet',
      });
    }
  }
}

/** When the next of them is due. */
export const holdsDueAt = (fleet: FleetDraft): Instant | undefined =>
  ownerless(fleet).reduce<Instant | undefined>((soonest, order) => earliest(soonest, dueAt(order)), undefined);

/** Those that no rollout looks after any more. */
function ownerless(fleet: FleetDraft): readonly StandingOrder[] {
  if (fleet.unacknowledgedHolds.size === 0) return [];
  const orders = [...fleet.unacknowledgedHolds].flatMap((cluster) => fleet.order(cluster) ?? []);
  return orders.filter(({ rollout, reply }) => {
    const draft = fleet.rollouts.find(({ id }) => id === rollout);
    // While it is guarded its targets remember the epochs of their orders, and give the newer ones themselves.
    return draft === undefined || (draft.isFinished && reply?.kind !== 'stale');
  });
}

const AGAIN_AFTER_MIN_MS = 10_000;
const AGAIN_AFTER_MAX_MS = 5 * 60_000;

/** Backs off: it waits for as long as it was refused so far, between these two. */
function dueAt({ orderedAt, reply }: StandingOrder): Instant | undefined {
  if (reply === undefined) return undefined;
  return instant(reply.at + Math.min(AGAIN_AFTER_MAX_MS, Math.max(AGAIN_AFTER_MIN_MS, reply.at - orderedAt)));
}

/** The data plane has seen a newer order, of records that were lost or of somebody else: it is told once more, above that. */
function holdAbove(fleet: FleetDraft, { reply: _, ...order }: StandingOrder, seen: number): void {
  const next = { ...order, epoch: Math.max(order.epoch, seen) + 1, orderedAt: fleet.now };
  fleet.setOrder({ ...next, reply: undefined });
  fleet.actAfterTheEnd(order.cluster, {
    kind: 'order',
    order: next,
    why: 'its rollout has ended, and the data plane has seen a newer order',
  });
}
