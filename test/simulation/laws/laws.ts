import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../../src/core/evidence/order.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import { Mirror } from '../mirror.ts';
import type { Schedule } from '../schedule.ts';
import type { PlanesWatcher } from '../watched-planes.ts';
import type { StoreWatcher } from '../watched-store.ts';

export interface Violation {
  readonly law: string;
  readonly words: string;
}

/** Watches everything that is written, told and seen, and remembers the first law that was broken. */
export class Laws implements StoreWatcher, PlanesWatcher {
  readonly mirror = new Mirror();
  readonly #schedule: Schedule;
  violation: Violation | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  get isBroken(): boolean {
    return this.violation !== undefined;
  }

  /** @param find - says what is wrong, if anything is. */
  judge(law: string, find: () => string | undefined): void {
    if (this.violation !== undefined) return;
    const words = find();
    if (words === undefined) return;
    this.violation = { law, words };
    this.#schedule.story.tell(() => `VIOLATED ${law}: ${words}`);
  }

  /** Only ports may fail: anything else that is thrown is a fault of ours. */
  threw(what: string, error: unknown): void {
    if (error instanceof PortError) return;
    this.judge('throws-nothing', () => `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  committing(_change: StateChange): void {}
  committed(change: StateChange): void {
    this.mirror.apply(change);
  }
  told(_order: Order, _reply: OrderReply): void {}
  seen(_samples: readonly Observation[]): void {}
  restored(_cluster: ClusterId): void {}
  async rest(): Promise<void> {}
}
