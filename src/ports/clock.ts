import type { Instant } from '../core/model/time.ts';

/** The only source of time. */
export interface Clock {
  now(): Instant;
}
