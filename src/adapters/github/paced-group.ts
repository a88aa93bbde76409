/**
 * Lets work of one key start at most once in an interval, in the order in which it came. Takes the place of the limits
 * that are built into Octokit's throttling plugin, whose one second is right for GitHub and far too slow for a local forge.
 */
export class PacedGroup {
  readonly #intervalMs: number;
  /** Earliest start of the next work of each key, on the clock of `performance.now()`. */
  readonly #freeAt = new Map<string, number>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** The shape that the plugin expects: a limiter for each key, which is an installation. */
  key(key: string): {
    schedule<T, A extends readonly unknown[]>(options: object, work: (...args: A) => Promise<T>, ...args: A): Promise<T>;
  } {
    return {
      schedule: async (_options, work, ...args) => {
        await this.#turn(key);
        return work(...args);
      },
    };
  }

  async #turn(key: string): Promise<void> {
    if (this.#intervalMs <= 0) return;
    const now = performance.now();
    const startAt = Math.max(now, this.#freeAt.get(key) ?? 0);
    this.#freeAt.set(key, startAt + this.#intervalMs);
    if (startAt > now) await new Promise((resolve) => setTimeout(resolve, startAt - now));
  }
}
