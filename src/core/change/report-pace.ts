import { type Instant, instant } from '../model/time.ts';

/** The least time between two reports doubles whenever it is less than this part of the rollout's age. */
const AGE_PART = 12;

/**
 * When the next report of progress may be written: on a grid, so that ticks in between change nothing.
 *
 * With 15 s at the start, a rollout of a day is written about 65 times: with two requests each that stays below 150,
 * which leaves room for what is written at once.
 */
export function nextReportAt(createdAt: Instant, now: Instant, everyMs: number): Instant {
  const age = Math.max(0, now - createdAt);
  const step = everyMs * 2 ** Math.max(0, 1 + Math.floor(Math.log2(age / AGE_PART / everyMs)));
  return instant(createdAt + (Math.floor(age / step) + 1) * step);
}
