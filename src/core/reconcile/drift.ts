import type { Difference } from '../desired/desired.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';

export type DriftKind =
  | 'version'
  | 'config'
  | 'replicas'
  | 'image'
  | 'lagging'
  | 'unknown-cluster'
  | 'missing-cluster'
  | 'silent-data-plane';

/** Why the fleet has moved on and a cluster has not. */
export type LaggingReason =
  | 'aborted'
  | 'failed'
  | 'deferred'
  | 'skipped'
  | 'pinned'
  | 'pin-expired'
  | 'opted-out'
  | 'never-selected'
  | 'unreachable';

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
  readonly lagging: { readonly reason: LaggingReason; readonly words: string } | undefined;
  /** More in words, where the kinds do not say it all: why a data plane is silent. */
  readonly detail: string | undefined;
  readonly since: Instant;
  readonly seenAt: Instant;
}
