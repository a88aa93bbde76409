import type { FleetRecords } from '../core/change/apply-change.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';

type Read = Pick<StateStore, 'desired' | 'policy' | 'ledger' | 'stops' | 'activeRollouts' | 'orders' | 'recentRollouts'>;

/**
 * All that decisions are made from. The store is read again only when the fleet has moved on since: every write grows its version.
 *
 * @throws PortError
 */
export async function loadRecords({ ports, memory }: LoopWith<'store'>, fleet: FleetRecord): Promise<FleetRecords> {
  const own = memoryOf(memory, fleet.id);
  if (own.records?.version === fleet.version) return own.records.records;
  const records = await readRecords(ports.store, fleet);
  own.records = { version: fleet.version, records };
  return records;
}

async function readRecords(store: Read, { id, seenHead, goodHead }: FleetRecord): Promise<FleetRecords> {
  const [desired, policy, ledger, stops, rollouts, orders, newest] = await Promise.all([
    store.desired(id),
    store.policy(id),
    store.ledger(id),
    store.stops(id),
    store.activeRollouts(id),
    store.orders(id),
    store.recentRollouts(id, 1),
  ]);
  return { heads: { seen: seenHead, good: goodHead }, desired, policy, ledger, stops, rollouts, orders, lastSeq: newest[0]?.seq ?? 0 };
}
