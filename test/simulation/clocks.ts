import { type Instant, instant } from '../../src/core/model/time.ts';
import { InMemoryClock } from '../../src/ports/in-memory/clock.ts';

/** A Monday morning. */
export const START = Date.parse('2026-03-02T08:00:00Z');

/** The true time, and what each party takes it for. */
export class Clocks {
  /** Of data planes: true. What they say of it is skewed by themselves. */
  readonly world = new InMemoryClock(instant(START));
  botSkewMs = 0;
  /** Only ever ahead by more: a database whose clock goes back keeps what it has stamped in the future. */
  databaseSkewMs = 0;

  get trueMs(): number {
    return this.world.now();
  }

  readonly bot = { now: (): Instant => instant(this.trueMs + this.botSkewMs) };
  readonly database = { now: (): Instant => instant(this.trueMs + this.databaseSkewMs) };
}
