import { type Instant, instant } from '../core/model/time.ts';
import type { RolloutState } from '../core/reconcile/state.ts';

/** A publishing interval grows with the age of its rollout by this part, so that a long rollout stays within its budget of requests. */
const AGE_PART = 10;

/**
 * When the next report of progress may be written: on a grid, so that ticks in between change nothing.
 *
 * With 15 s at the start and a tenth of the age later, a rollout of a day is written about 75 times: 150
 * requests, the budget of a 2,000-cluster rollout (goal G12).
 */
export function nextPublishAt(rollout: RolloutState, now: Instant, intervalMs: number): Instant {
  const age = now - rollout.createdAt;
  const step = Math.max(intervalMs, 2 ** Math.floor(Math.log2(Math.max(intervalMs, age / AGE_PART))));
  return instant(rollout.createdAt + Math.ceil((age + 1) / step) * step);
}
