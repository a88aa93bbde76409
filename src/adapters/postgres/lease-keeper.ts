import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { FleetId } from '../../core/model/ids.ts';
import type { Log } from '../../ports/log.ts';
import type { Connection } from './connection.ts';
import { toPortError } from './errors.ts';
import { HeldLeases } from './held-leases.ts';
import { inTransaction } from './in-transaction.ts';
import { type Beat, beat, leave, NEWS, type Replica, release } from './lease-rows.ts';
import { createListeningPool } from './listening-pool.ts';

export interface LeaseTimes {
  /** How long a lease lasts that is not renewed. */
  readonly leaseMs: number;
  readonly renewMs: number;
  /** So much sooner than the database this process takes a lease for lost: what it sends has arrived by then. */
  readonly marginMs: number;
  /** How long a fleet that is given back waits for jobs of its own that run. */
  readonly graceMs: number;
}

/** After a kill, others look for the fleets as soon as the leases have run out, and then each `renewMs`. */
export const LEASE_TIMES: LeaseTimes = { leaseMs: 6_000, renewMs: 2_000, marginMs: 1_000, graceMs: 500 };

/** A fleet that is free and was not taken is locked, or the share of one that lives: it is looked at again soon. */
const untilFree = ({ nextFreeMs = Number.POSITIVE_INFINITY }: Beat): number => (nextFreeMs > 0 ? nextFreeMs + LOOK_EVERY_MS : RETRY_MS);

/** Told of each fleet that comes and goes. */
export interface LeaseFollower {
  /** Called before anything is done for the fleet. */
  gained(fleet: FleetId): void;
  lost(fleet: FleetId): void;
}

const RETRY_MS = 500;
const LOOK_EVERY_MS = 20;

/**
 * Holds leases on this replica's share of the fleets, for as long as the process can renew them. Whatever is done for a fleet is
 * done by whoever holds its lease.
 */
export class LeaseKeeper {
  readonly replica: Replica = { id: randomUUID(), name: `pid ${process.pid} on ${hostname()}` };
  readonly held: HeldLeases;
  readonly #pool: pg.Pool;
  readonly #times: LeaseTimes;
  readonly #log: Log;
  readonly #steadyNow: () => number;
  readonly #stopping = new AbortController();
  #follower: LeaseFollower = { gained: () => undefined, lost: () => undefined };
  #wake = new AbortController();
  #outdated = false;
  #nextBeatMs: number;
  #failing = false;
  #beaten: Promise<void> = Promise.resolve();
  #kept: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** @param steadyNow - milliseconds of a clock that is never set. */
  constructor(connection: Connection, times: LeaseTimes, log: Log, steadyNow: () => number = () => performance.now()) {
    this.#times = times;
    this.#nextBeatMs = times.renewMs;
    this.#log = log;
    this.#steadyNow = steadyNow;
    this.held = new HeldLeases(steadyNow);
    const onNews = (from: string): void => {
      if (from !== this.replica.id) this.beatSoon();
    };
    const answerMs = times.leaseMs / 2;
    const bounds = { statementMs: times.leaseMs / 3, answerMs, idleInTransactionMs: answerMs };
    this.#pool = createListeningPool(connection, { ...bounds, channel: NEWS, onNews }, log);
  }

  /** A newer program has updated the database. This one does nothing more. */
  get outdated(): boolean {
    return this.#outdated;
  }

  /** Takes its share, and keeps it until it is stopped. Once. @throws PortError when the database does not answer. */
  async start(follower: LeaseFollower): Promise<void> {
    this.#follower = follower;
    try {
      await this.beat();
    } catch (error) {
      throw toPortError('start', error);
    }
    this.#kept = this.#keep();
  }

  /** Something has changed: looks at once who should hold what. */
  beatSoon(): void {
    this.#wake.abort();
  }

  /** One beat, after those that were asked for before. @throws what the database throws. */
  beat(): Promise<void> {
    const next = this.#beaten.then(() => this.#beat());
    this.#beaten = next.catch(() => undefined);
    return next;
  }

  async #beat(): Promise<void> {
    const askedAt = this.#steadyNow();
    const { busyElsewhere } = this.held;
    const found = await inTransaction(this.#pool, (tx) => beat(tx, this.replica, this.#times, busyElsewhere));
    this.#take(found, askedAt + this.#times.leaseMs - this.#times.marginMs);
    this.#nextBeatMs = Math.min(this.#times.renewMs, untilFree(found));
    if (found.surplus > 0) await this.#giveBack(this.#leastBusy(found.surplus));
  }

  /** Gives everything back at once, and is no replica any more. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#kept;
    const all = this.held.fleets;
    await this.#letGo(all);
    // What cannot be given back runs out by itself.
    await inTransaction(this.#pool, (tx) => leave(tx, this.replica.id)).catch((error: unknown) =>
      this.#log.warn({ err: error, fleets: all.length }, 'leases could not be given back; they run out in some seconds'),
    );
    await this.#pool.end();
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.#pause(this.#failing ? RETRY_MS : this.#nextBeatMs);
      if (signal.aborted) return;
      try {
        await this.beat();
        if (this.#failing) this.#log.info({}, 'leases are renewed again');
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#log.warn({ err: error }, 'leases could not be renewed; it is tried again until they run out, and after');
        this.#failing = true;
      }
    }
  }

  /** Until it is time, or something has changed. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: AbortSignal.any([this.#wake.signal, this.#stopping.signal]) }).catch(() => undefined);
    this.#wake = new AbortController();
  }

  #take({ held, outdated }: Beat, until: number): void {
    const before = new Set(this.held.fleets);
    const now = new Set(held.map(({ fleet }) => fleet));
    for (const fleet of before) if (!now.has(fleet)) this.#lose(fleet);
    for (const lease of held) {
      if (!before.has(lease.fleet)) {
        this.#log.info({ ...lease }, 'this replica works on a fleet from now on');
        this.#follower.gained(lease.fleet);
      }
      this.held.set(lease, until);
    }
    if (outdated && !this.#outdated) this.#log.error({}, 'a newer Flotilla has updated the database; this one does nothing more, stop it');
    this.#outdated = outdated;
  }

  #lose(fleet: FleetId): void {
    this.held.drop(fleet);
    this.#log.info({ fleet }, 'this replica no longer works on a fleet');
    this.#follower.lost(fleet);
  }

  #leastBusy(count: number): readonly FleetId[] {
    const byWork = this.held.fleets.toSorted((a, b) => Number(this.held.isBusy(a)) - Number(this.held.isBusy(b)));
    return byWork.slice(0, count);
  }

  async #giveBack(fleets: readonly FleetId[]): Promise<void> {
    await this.#letGo(fleets);
    await inTransaction(this.#pool, (tx) => release(tx, this.replica.id, fleets));
  }

  /** What runs for them may end first, if it is quick; what does not is refused its writes, and run again by the next holder. */
  async #letGo(fleets: readonly FleetId[]): Promise<void> {
    for (const fleet of fleets) this.held.leave(fleet);
    for (let waited = 0; waited < this.#times.graceMs && fleets.some((fleet) => this.held.isBusy(fleet)); waited += LOOK_EVERY_MS)
      await sleep(LOOK_EVERY_MS);
    for (const fleet of fleets) this.#lose(fleet);
  }
}
