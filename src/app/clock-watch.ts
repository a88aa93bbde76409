import type { Log } from '../ports/log.ts';
import type { Metrics } from './metrics.ts';

/** Clocks that are kept in step differ by milliseconds; by this much, times in reports and in the database's log no longer match. */
const DISTANCE_MS_MAX = 5_000;
const MEASURE_EVERY_MS = 60_000;

/** Measures how far the database's clock is from ours. What is due is judged by the database's, so that nothing waits for the two to meet. */
export class ClockWatch {
  readonly #measure: () => Promise<number>;
  readonly #gauge: Pick<Metrics['databaseClockAhead'], 'set'>;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #isApart = false;

  /** @param measure - milliseconds by which the database's clock is ahead; negative when it is behind. */
  constructor(measure: () => Promise<number>, gauge: Pick<Metrics['databaseClockAhead'], 'set'>, log: Log) {
    this.#measure = measure;
    this.#gauge = gauge;
    this.#log = log;
  }

  /** Measures now, and then on a timer. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#look(), MEASURE_EVERY_MS);
    this.#timer.unref();
    await this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    let aheadMs: number;
    try {
      aheadMs = await this.#measure();
    } catch (error) {
      this.#log.debug({ err: error }, 'the clock of the database could not be read; it is tried again');
      return;
    }
    this.#gauge.set(aheadMs / 1_000);
    const isApart = Math.abs(aheadMs) > DISTANCE_MS_MAX;
    if (isApart === this.#isApart) return;
    this.#isApart = isApart;
    const fields = { databaseAheadSeconds: Math.round(aheadMs / 1_000) };
    if (isApart) this.#log.warn(fields, 'the clocks of the bot and of the database differ; keep both in step with a time server');
    else this.#log.info(fields, 'the clocks of the bot and of the database agree again');
  }
}
