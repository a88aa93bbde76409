import { applyChange, type FleetRecords } from '../core/change/apply-change.ts';
import { deltaOf, type FleetChange, isEmpty } from '../core/change/fleet-change.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord, StateChange } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { jobOf } from './jobs.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { loadRecords } from './records.ts';
import { inTurn } from './turn.ts';

/** What somebody decided, on the fleet as it was read. */
export interface Decided<T> {
  /** Left out: there is nothing to write. */
  readonly change?: FleetChange | undefined;
  readonly value: T;
}

type Decision<T> = (fleet: FleetRecord, records: FleetRecords, now: Instant) => Decided<T> | Promise<Decided<T>>;
/** Reads, decides and writes. */
export type Decide = <T>(decide: Decision<T>) => Promise<T | undefined>;

/** Others write between our read and our write; more often than this in a row means that something else is wrong. */
const TRIES = 10;

/**
 * Reads, decides and writes, as a compare-and-swap: when somebody else has written meanwhile, it is decided again on what is
 * there then. State, orders, audit and jobs are written in one transaction, or not at all.
 *
 * @param decide - is called again after a conflict, and so must do nothing that cannot be done twice.
 * @returns `undefined` when the fleet is not known.
 * @throws PortError `retry-after` when others were faster each time.
 */
export function decideAndCommit<T>(loop: LoopWith<'store' | 'clock'>, id: FleetId, decide: Decision<T>): Promise<T | undefined> {
  return decideWith(loop, id, decide, (write) => inTurn(loop.memory, id, write));
}

/**
 * The same, in one turn from the reading to the writing: nobody of this process is faster. For what waits for nothing but the store.
 *
 * @param work - decides as often as it likes; nobody comes in between.
 */
export function inOneTurn<T>(loop: LoopWith<'store' | 'clock'>, id: FleetId, work: (decide: Decide) => Promise<T>): Promise<T> {
  return inTurn(loop.memory, id, () => work((decide) => decideWith(loop, id, decide, (write) => write())));
}

async function decideWith<T>(
  loop: LoopWith<'store' | 'clock'>,
  id: FleetId,
  decide: Decision<T>,
  writeInTurn: <W>(write: () => Promise<W>) => Promise<W>,
): Promise<T | undefined> {
  const { store, clock } = loop.ports;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const fleet = await activeFleet(store, id);
    if (fleet === undefined) return undefined;
    const records = await loadRecords(loop, fleet);
    const { change, value } = await decide(fleet, records, clock.now());
    if (change === undefined || (await writeInTurn(() => commit(loop, fleet, records, change))) === 'committed') return value;
  }
  throw conflict();
}

async function commit(
  { ports, memory }: LoopWith<'store' | 'clock'>,
  fleet: FleetRecord,
  records: FleetRecords,
  change: FleetChange,
): Promise<'committed' | 'conflict'> {
  const { store, clock } = ports;
  const at = clock.now();
  if (isEmpty(change)) {
    if (change.followUps.length > 0) await store.enqueue(change.followUps.map((followUp) => jobOf(fleet.id, followUp, at)));
    return 'committed';
  }
  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';
  const own = memoryOf(memory, fleet.id);
  const next = applyChange(records, change);
  if (next !== undefined) own.records = { version: fleet.version + 1, records: next };
  for (const { cluster, receivedAt } of change.observations ?? []) own.storedAt?.set(cluster, receivedAt);
  return 'committed';
}

function stateChange(fleet: FleetRecord, change: FleetChange, at: Instant): StateChange {
  const { desired, rollouts, audit, followUps, ...rest } = change;
  return {
    ...rest,
    fleet: fleet.id,
    expectedVersion: fleet.version,
    at,
    ...(desired === undefined ? {} : { desired: { commit: desired.commit, set: desired.set, remove: desired.remove } }),
    ...(rollouts === undefined ? {} : { rollouts: rollouts.map(deltaOf) }),
    audit: audit.map((line) => ({ ...line, at })),
    jobs: followUps.map((followUp) => jobOf(fleet.id, followUp, at)),
  };
}

function conflict(): PortError {
  return new PortError({
    port: 'state-store',
    operation: 'commit',
    retry: { kind: 'retry-after', waitMs: 100 },
    message: 'other writers were faster; deciding again',
  });
}
