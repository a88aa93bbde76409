/** The same inputs in every run, so that a red run means a change; `FC_SEED` makes others, and makes failing ones again. */
export const SEED = Number(process.env['FC_SEED'] ?? 1);

/** Time of the processor that calls took. A busy machine makes it no longer; it is told, and judged by nobody. */
export class Effort {
  #slowestMs = 0;
  #slowest = '';
  #calls = 0;
  #totalMs = 0;

  /** @param what - told when this call is the slowest, and when it throws: nothing that comes from outside may make it. */
  async spent<T>(what: () => string, work: () => T | Promise<T>): Promise<T> {
    const before = process.cpuUsage();
    let result: T;
    try {
      result = await work();
    } catch (error) {
      throw new Error(`${what()}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1_000;
    this.#calls += 1;
    this.#totalMs += ms;
    if (ms > this.#slowestMs) [this.#slowestMs, this.#slowest] = [ms, what()];
    return result;
  }

  get words(): string {
    const each = (this.#totalMs / Math.max(1, this.#calls)).toFixed(2);
    return `${this.#calls} calls, ${each} ms each, the slowest ${this.#slowestMs.toFixed(0)} ms: ${this.#slowest}`;
  }
}
