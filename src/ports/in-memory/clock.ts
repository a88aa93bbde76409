import { type Instant, instant } from '../../core/model/time.ts';
import type { Clock } from '../clock.ts';

/** A clock that goes only when it is told to, forward or back. */
export class InMemoryClock implements Clock {
  #now: Instant;

  constructor(start: Instant) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  /** @param ms - negative: the clock is set back. */
  advance(ms: number): void {
    this.#now = instant(this.#now + ms);
  }

  set(now: Instant): void {
    this.#now = now;
  }
}
