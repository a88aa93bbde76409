import type { Instant } from '../core/model/time.ts';

/** What time it is, for those who decide and record by it. */
export interface Clock {
  now(): Instant;
}
