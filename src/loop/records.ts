import { applyReplies, type FleetRecords } from '../core/change/apply-change.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { type FleetMemory, type Memory, memoryOf, type RecordedReplies } from './memory.ts';

type Read = Pick<
  StateStore,
  'desired' | 'policy' | 'ledger' | 'stops' | 'activeRollouts' | 'orders' | 'recentRollouts' | 'observationTimes'
>;

/**
 * All that decisions are made from. The store is read again only when the fleet has moved on since: every write grows its version.
 * Of several who ask at once, after a start say, one reads for all.
 *
 * @throws PortError
 */
export async function loadRecords({ ports, memory }: LoopWith<'store'>, fleet: FleetRecord): Promise<FleetRecords> {
  const own = memoryOf(memory, fleet.id);
  const { version } = fleet;
  // What is read already may need only the answers that came in meanwhile.
  if (own.reading !== undefined && own.reading.version < version) await own.reading.records.catch(() => undefined);
  const known = caughtUp(own, version);
  if (known !== undefined) {
    own.records = known;
    return known.records;
  }
  if (own.reading?.version !== version) own.reading = { version, records: read(own, ports.store, fleet) };
  return own.reading.records;
}

/** Reads, and keeps what was read; also when the evidence was received that is stored, the first time. */
async function read(own: FleetMemory, store: Read, fleet: FleetRecord): Promise<FleetRecords> {
  const { id, version } = fleet;
  try {
    const [records, times] = await Promise.all([readRecords(store, fleet), own.storedAt ?? store.observationTimes(id)]);
    own.storedAt ??= new Map(times);
    if (version >= (own.records?.version ?? 0)) own.records = { version, records };
    return records;
  } finally {
    if (own.reading?.version === version) own.reading = undefined;
  }
}

/** Answers come in from every data plane, and each makes a version: the records need not be read again for them. */
export function noteReplies(memory: Memory, fleet: FleetId, recorded: RecordedReplies): void {
  memoryOf(memory, fleet).replies.set(recorded.version, recorded);
}

/** What is remembered, brought to this version by the answers that are known; `undefined` when something else has changed. */
function caughtUp({ records: remembered, replies }: FleetMemory, version: number): FleetMemory['records'] {
  let known = remembered;
  while (known !== undefined && known.version < version) {
    const next = replies.get(known.version + 1);
    known = next && {
      version: next.version,
      records: { ...known.records, orders: applyReplies(known.records.orders, next.replies, next.at) },
    };
  }
  for (const old of replies.keys()) if (old <= version) replies.delete(old);
  return known?.version === version ? known : undefined;
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
