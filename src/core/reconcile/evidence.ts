import type { ConfigValue, DesiredSpec } from '../desired/desired.ts';
import type { ClusterId, Revision, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';

/**
 * The level-triggered instruction to a data plane: this cluster should be at this revision.
 *
 * Sending it twice is harmless. A receiver refuses an order whose epoch is lower than the highest it has seen
 * for the cluster, so that an old leader that wakes up late can do no harm.
 */
export interface Order {
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly revision: Revision;
  readonly spec: DesiredSpec;
  /** `hold`: let the broker in restart finish, and touch no other. */
  readonly mode: 'run' | 'hold';
  /** Grows by one with each new order for the cluster. */
  readonly epoch: number;
  readonly rollout: RolloutId | undefined;
  readonly orderedAt: Instant;
}

/** Evidence from a data plane. Unknown is a value, and holds the rollout. */
export type Observation = Observed | Unknown;

export interface Observed {
  readonly kind: 'observed';
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly sampledAt: Instant;
  /** The newest order that the data plane has accepted; `undefined` before the first. */
  readonly accepted: { readonly epoch: number; readonly revision: Revision; readonly mode: 'run' | 'hold' } | undefined;
  /** Every broker runs the accepted revision, and none is being moved. */
  readonly rolled: boolean;
  readonly healthy: boolean;
  /** Held in the middle at a safe boundary: the accepted order says hold, and no broker is in restart. */
  readonly held: boolean;
  /** What it really runs, as a person would see it there; the worst broker where they differ. */
  readonly running: Running;
  readonly brokers: readonly Broker[];
  /** Why it is not healthy, or what it is doing: `broker 2: crash loop, 5 restarts`. */
  readonly detail: string | undefined;
}

export interface Running {
  readonly version: Version;
  readonly image: string | undefined;
  readonly replicas: number;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly featureFlags: Readonly<Record<string, boolean>>;
}

/** One broker (or worker) of a cluster. */
export interface Broker {
  readonly ordinal: number;
  readonly version: Version;
  readonly state: 'ready' | 'restarting' | 'crash-loop' | 'stuck' | 'waiting';
}

export interface Unknown {
  readonly kind: 'unknown';
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly sampledAt: Instant;
  /** Why nothing is known: `data plane aws-eu-1 does not answer`. */
  readonly cause: string;
  /** The data plane answered, and has no such cluster. */
  readonly missing: boolean;
}

export type Observations = ReadonlyMap<ClusterId, Observation>;
