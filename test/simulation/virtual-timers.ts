/** The few timers that the loop sets: they fire when the schedule says so, and the stopwatch goes with them. */
export class VirtualTimers {
  readonly #waiting = new Map<number, { readonly ms: number; readonly fire: () => void }>();
  #lastId = 0;
  #nowMs = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** Fires the one that was set first. */
  fireOldest(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    const [id, { ms, fire }] = oldest;
    this.#waiting.delete(id);
    this.#nowMs += ms + 1;
    fire();
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Takes the place of the real ones until `restore`. */
  install(): () => void {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: performance.now };
    Reflect.set(globalThis, 'setTimeout', (fire: () => void, ms = 0): number => {
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { ms, fire });
      return this.#lastId;
    });
    Reflect.set(globalThis, 'clearTimeout', (id: number | undefined): void => {
      if (id !== undefined) this.#waiting.delete(id);
    });
    performance.now = () => this.#nowMs;
    return () => {
      globalThis.setTimeout = real.setTimeout;
      globalThis.clearTimeout = real.clearTimeout;
      performance.now = real.now;
    };
  }
}

const realSetImmediate = globalThis.setImmediate;

/** Until everything that can go on has come to a stop: nothing here waits for anything outside of this thread. */
export const settled = (): Promise<void> =>
  new Promise((resolve) => {
    realSetImmediate(resolve);
  });
