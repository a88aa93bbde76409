import type { AcceptedCommand, GivenCommand } from '../../src/core/command/accepted.ts';
import type { OrderReply } from '../../src/core/evidence/order.ts';
import type { FleetId } from '../../src/core/model/ids.ts';
import { type Instant, instant } from '../../src/core/model/time.ts';
import { called, type OnCall } from '../../src/ports/in-memory/on-call.ts';
import { InMemoryStateStore } from '../../src/ports/in-memory/state-store.ts';
import type { Job, StateChange, StateStore } from '../../src/ports/state-store.ts';
import type { Clocks } from './clocks.ts';

/** Who is told of every change before and after it is written, whatever the bot then learns of it. */
export interface StoreWatcher {
  committing(change: StateChange): void;
  committed(change: StateChange): void;
  accepted(command: AcceptedCommand, jobs: readonly Job[]): void;
}

/** The store of a simulation. */
export class WatchedStore extends InMemoryStateStore {
  readonly #watcher: StoreWatcher;
  /** How often anything was written that decisions are made from. */
  commits = 0;

  constructor(watcher: StoreWatcher, { bot, database }: Pick<Clocks, 'bot' | 'database'>) {
    // The bot says how long to wait; what is due the database's clock says.
    super((asked) => instant(database.now() + (asked - bot.now())));
    this.#watcher = watcher;
  }

  override async commit(change: StateChange): Promise<'committed' | 'conflict'> {
    const outcome = await super.commit(change);
    if (outcome === 'committed') {
      this.commits += 1;
      this.#watcher.committing(change);
      this.#watcher.committed(change);
    }
    return outcome;
  }

  override async accept(fleet: FleetId, given: GivenCommand, jobs: readonly Job[]): Promise<AcceptedCommand> {
    const accepted = await super.accept(fleet, given, jobs);
    this.#watcher.accepted(accepted, jobs);
    return accepted;
  }

  override async recordReplies(fleet: FleetId, replies: readonly OrderReply[], at: Instant): Promise<number | undefined> {
    this.commits += 1;
    return super.recordReplies(fleet, replies, at);
  }
}

/** The same store as one process of the bot reaches it: every call may fail, take long, or be its last. */
export function hooked(store: StateStore, onCall: OnCall): StateStore {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(store, {
    get(target, name) {
      const known = methods.get(name);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const label = `state-store.${String(name)}`;
      const method = (...given: readonly unknown[]) => called(onCall, label, () => Reflect.apply(value, target, given));
      methods.set(name, method);
      return method;
    },
  });
}
