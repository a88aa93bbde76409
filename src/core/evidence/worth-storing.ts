import type { ClusterId } from '../model/ids.ts';
import { durationMs, type Instant } from '../model/time.ts';
import type { Observation, Observations } from './observation.ts';

/**
 * So far behind may the stored evidence of a cluster be to which nothing happens: only what a restarted bot shows before its first
 * look depends on it. At 2,000 clusters this is one row in 300 ms, where each tick would write them all.
 */
export const STORED_BEHIND_MAX_MS = durationMs(10 * 60_000);

/** By cluster: when the evidence was received that was stored last. */
export type StoredAt = ReadonlyMap<ClusterId, Instant>;

/** What is to be stored of the evidence that a decision was made from: all about whom it moved, and of the others what has grown old. */
export function worthStoring(seen: Observations, storedAt: StoredAt, moved: ReadonlySet<string>): readonly Observation[] {
  return [...seen.values()].filter(({ cluster, receivedAt }) => {
    const before = storedAt.get(cluster);
    // Where our clock was set back, what is stored would look new for long.
    return before === undefined || moved.has(cluster) || Math.abs(receivedAt - before) >= STORED_BEHIND_MAX_MS;
  });
}
