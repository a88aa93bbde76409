import type { Difference } from '../desired/desired.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** How a cluster, or a data plane, is not as it should be. The gravest first: the first of several gives an issue its title. */
export const DRIFT_KINDS = [
  'version',
  'image',
  'replicas',
  'config',
  /** It was proven at what it runs, and is not healthy any more. */
  'unhealthy',
  /** The fleet has moved on, and this cluster has not. */
  'lagging',
  'unknown-cluster',
  'missing-cluster',
  'silent-data-plane',
] as const;
export type DriftKind = WordOf<typeof DRIFT_KINDS>;

/** Why the fleet has moved on and a cluster has not. */
export const LAGGING_REASONS = [
  'opted-out',
  'opt-out-expired',
  'pin-expired',
  'pinned',
  /** Its last rollout ended so for it. */
  'aborted',
  'failed',
  'unreachable',
  'deferred',
  'skipped',
  /** What it should run is in quarantine, or was put down by a person. */
  'quarantined',
  /** A stop holds it. */
  'stopped',
  /** The rollout that brings it home is behind another one. */
  'pending',
  /** A rollout that is under way has taken it up. */
  'taken-up',
  /** Its last order was not completed. */
  'half-way',
  'never-selected',
] as const;
export type LaggingReason = WordOf<typeof LAGGING_REASONS>;

export interface Lagging {
  readonly reason: LaggingReason;
  readonly words: string;
}

/** One difference between desired and observed outside any rollout, under a key that stays the same while it lasts. */
export interface Drift {
  /** `cluster:NAME` or `data-plane:NAME`: one issue for each. */
  readonly key: string;
  readonly kinds: readonly DriftKind[];
  readonly cluster: ClusterId | undefined;
  readonly dataPlane: string;
  readonly product: string | undefined;
  /** From what is desired to what runs there. */
  readonly differences: readonly Difference[];
  readonly lagging: Lagging | undefined;
  /** More in words, where the kinds do not say it all: why a data plane is silent. */
  readonly detail: string | undefined;
  readonly since: Instant;
  readonly seenAt: Instant;
}

/** Somebody wants it so, and has said until when: that is listed, and opens no issue before its time is over. */
export const isIntended = ({ kinds, lagging }: Drift): boolean =>
  kinds.every((kind) => kind === 'lagging') && (lagging?.reason === 'pinned' || lagging?.reason === 'opted-out');

/** Nothing is known of any cluster there: an outage, which no issue about clusters may hide. */
export const isOutage = ({ kinds }: Drift): boolean => kinds.includes('silent-data-plane');
