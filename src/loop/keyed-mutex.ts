/** One at a time for each key, first come first served. What fails lets the next one in. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    this.#tails.set(key, done);
    await before;
    try {
      return await work();
    } finally {
      if (this.#tails.get(key) === done) this.#tails.delete(key);
      release();
    }
  }
}
