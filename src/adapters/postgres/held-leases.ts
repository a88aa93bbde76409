import type { FleetId } from '../../core/model/ids.ts';
import type { JobShare } from './job-share.ts';
import type { Lease } from './lease-rows.ts';

interface Held {
  readonly token: number;
  /** By the steady clock of this process. */
  readonly until: number;
}

/** What this process knows of its leases. It may know less than the database, and never more. */
export class HeldLeases implements JobShare {
  readonly #steadyNow: () => number;
  readonly #held = new Map<string, Held>();
  /** Of which no more jobs are begun, because they are about to be given back. */
  readonly #leaving = new Set<string>();
  /** How many of its jobs run here. */
  readonly #running = new Map<string, number>();

  constructor(steadyNow: () => number) {
    this.#steadyNow = steadyNow;
  }

  get fleets(): readonly FleetId[] {
    return [...this.#held.keys()] as FleetId[];
  }

  /** True while nobody else can hold it, whatever became of the database meanwhile. */
  holds(fleet: string): boolean {
    const held = this.#held.get(fleet);
    return held !== undefined && this.#steadyNow() < held.until;
  }

  /** The token that what is written now carries; `undefined` for a fleet that is not held. */
  tokenOf(fleet: string): number | undefined {
    return this.holds(fleet) ? this.#held.get(fleet)?.token : undefined;
  }

  set({ fleet, token }: Lease, until: number): void {
    this.#held.set(fleet, { token, until });
  }

  drop(fleet: string): void {
    this.#held.delete(fleet);
    this.#leaving.delete(fleet);
  }

  /** No more jobs are begun for it from now on. */
  leave(fleet: string): void {
    this.#leaving.add(fleet);
  }

  isBusy(fleet: string): boolean {
    return this.#running.has(fleet);
  }

  /** Fleets of which jobs run here, though they are not held. */
  get busyElsewhere(): readonly FleetId[] {
    return [...this.#running.keys()].filter((fleet) => !this.#held.has(fleet)) as FleetId[];
  }

  get openFleets(): readonly string[] {
    return this.fleets.filter((fleet) => this.mayRun(fleet));
  }

  mayRun(fleet: string): boolean {
    return this.holds(fleet) && !this.#leaving.has(fleet);
  }

  begin(fleet: string): () => void {
    this.#running.set(fleet, (this.#running.get(fleet) ?? 0) + 1);
    return () => {
      const left = (this.#running.get(fleet) ?? 1) - 1;
      if (left > 0) this.#running.set(fleet, left);
      else this.#running.delete(fleet);
    };
  }
}
