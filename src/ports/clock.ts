import type { Instant } from '../core/model/time.ts';

/** The only source of time. In local mode it may run faster than the wall. */
export interface Clock {
  now(): Instant;
  /** Wall milliseconds that pass while the clock moves by `ms`; for timers. */
  wallMs(ms: number): number;
}
