import type { DesiredSpec } from '../desired/desired.ts';
import type { Running } from '../evidence/observation.ts';
import type { ClusterId, Revision, RolloutId } from '../model/ids.ts';
import type { DurationMs, Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** `soaked`: under a rollout of ours. `adopted`: it ran that when it was first described, and nobody has seen it soak. */
export const PROOFS = ['soaked', 'adopted'] as const;
export type Proof = WordOf<typeof PROOFS>;

/** A spec that a cluster was proven at. */
export interface Proven {
  readonly revision: Revision;
  readonly spec: DesiredSpec;
  readonly proof: Proof;
  readonly at: Instant;
  readonly rollout: RolloutId | undefined;
  /** From the order to healthy; `undefined` when nobody saw it move. */
  readonly tookMs: DurationMs | undefined;
}

/** A revision that failed on a cluster. */
export interface FailedHere {
  readonly revision: Revision;
  readonly version: Version;
  readonly rollout: RolloutId;
  readonly at: Instant;
}

/** Specs that one cluster keeps of its proven ones; older ones are history, and nothing goes back to them by itself. */
export const PROVEN_MAX = 10;
export const FAILED_MAX = 10;

/**
 * What is known of one cluster besides what is wanted. Kept for ever, whatever becomes of rollouts.
 *
 * `proven` is a stack, newest first: proving a new spec puts it on top; going back to one below takes off what was above
 * it, so that what was rolled back from is not taken for known to work.
 */
export interface LedgerEntry {
  readonly cluster: ClusterId;
  readonly proven: readonly Proven[];
  /** What it was last observed to run, and when we received that; written when it changes in meaning. */
  readonly observed: { readonly dataPlane: string; readonly running: Running; readonly receivedAt: Instant } | undefined;
  /** Newest first. A revision that soaks here later is taken off. */
  readonly failed: readonly FailedHere[];
}

export type Ledger = ReadonlyMap<ClusterId, LedgerEntry>;
