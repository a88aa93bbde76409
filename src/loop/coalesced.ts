/** One piece of work that many ask for: whoever asks while it runs shares the one run after it, which sees what all of them have done. */
export class Coalesced {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param work - must not fail. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#running === undefined) {
      this.#running = work().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.run(work);
    });
    return this.#next;
  }
}
