import type { ClusterId } from '../model/ids.ts';
import { durationMs, type Instant } from '../model/time.ts';
import type { Observation, Observations } from './observation.ts';

/**
 * So far behind may the stored evidence of a cluster be to which nothing happens: only what a restarted bot shows before its first
 * look depends on it. At 2,000 clusters this is one row in 300 ms, where each tick would write them all.
 */
export const STORED_BEHIND_MAX_MS = durationMs(10 * 60_000);

/**
 * So many of them at once: after a long absence all of them have grown old, and nothing that has happened waits until a whole fleet is
 * written. The others come with the decisions after it.
 */
export const REFRESHED_AT_ONCE_MAX = 1_000;

/** By cluster: when the evidence was received that was stored last. */
export type StoredAt = ReadonlyMap<ClusterId, Instant>;

/** What is to be stored of the evidence that a decision was made from: all about whom it moved, and of the others what has grown old. */
export function worthStoring(seen: Observations, storedAt: StoredAt, moved: ReadonlySet<string>): readonly Observation[] {
  let refreshed = 0;
  return [...seen.values()].filter(({ cluster, receivedAt }) => {
    if (moved.has(cluster)) return true;
    const before = storedAt.get(cluster);
    // Where our clock was set back, what is stored would look new for long.
    if (before !== undefined && Math.abs(receivedAt - before) < STORED_BEHIND_MAX_MS) return false;
    refreshed += 1;
    return refreshed <= REFRESHED_AT_ONCE_MAX;
  });
}
