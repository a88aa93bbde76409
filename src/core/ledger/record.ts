import type { StandingOrder } from '../evidence/order.ts';
import type { ClusterId, Revision } from '../model/ids.ts';
import { FAILED_MAX, type FailedHere, type LedgerEntry, PROVEN_MAX, type Proven } from './ledger.ts';

export const unknownCluster = (cluster: ClusterId): LedgerEntry => ({ cluster, proven: [], observed: undefined, failed: [] });

/** What the cluster was last proven at. */
export const provenAt = (entry: LedgerEntry | undefined): Proven | undefined => entry?.proven[0];

/** What it was last proven at besides this revision: one that broke after its soak was proven at the very revision that is to blame. */
export const provenBefore = (entry: LedgerEntry | undefined, revision: Revision): Proven | undefined =>
  entry?.proven.find((proven) => proven.revision !== revision);

/** Was this revision proven here, and not gone back from since? */
export const wasProven = (entry: LedgerEntry | undefined, revision: Revision): boolean =>
  entry?.proven.some((proven) => proven.revision === revision) === true;

/** Did it fail at what it was last proven at, after that? A cluster that broke is proven at nothing until it soaks again. */
export const hasBroken = (entry: LedgerEntry | undefined): boolean =>
  entry?.failed.some(({ revision }) => revision === provenAt(entry)?.revision) === true;

/**
 * Was it proven under its newest order, or adopted after that, and is it whole since? One that was ordered later, back to the same
 * spec too, may stand half-way.
 */
export function isProvenUnder(entry: LedgerEntry | undefined, order: StandingOrder | undefined): boolean {
  if (hasBroken(entry)) return false;
  if (order === undefined) return true;
  const proven = provenAt(entry);
  if (proven === undefined || proven.revision !== order.revision) return false;
  return proven.rollout === order.rollout || (proven.proof === 'adopted' && proven.at >= order.orderedAt);
}

/** The cluster has soaked at a spec. Going back to one below takes off what was above it: that is not known to work. */
export function prove(entry: LedgerEntry, proven: Proven): LedgerEntry {
  const below = entry.proven.findIndex(({ revision }) => revision === proven.revision);
  const rest = below < 0 ? entry.proven : entry.proven.slice(below + 1);
  return {
    ...entry,
    proven: [proven, ...rest].slice(0, PROVEN_MAX),
    failed: entry.failed.filter(({ revision }) => revision !== proven.revision),
  };
}

/** A revision has failed on the cluster. */
export function recordFailure(entry: LedgerEntry, failure: FailedHere): LedgerEntry {
  const others = entry.failed.filter(({ revision }) => revision !== failure.revision);
  return { ...entry, failed: [failure, ...others].slice(0, FAILED_MAX) };
}
