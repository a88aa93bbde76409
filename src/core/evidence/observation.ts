import type { ConfigValue } from '../desired/desired.ts';
import type { ClusterId, Revision } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { OrderMode } from './order.ts';

/** Evidence from a data plane. Unknown is a value, and holds the rollout. */
export type Observation = Observed | Unknown;

interface Sample {
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  /** By the data plane's clock. It orders the samples of this data plane, and is compared with nothing else. */
  readonly sampledAt: Instant;
  /** By our clock. How fresh a sample is, and how long a cluster has soaked, is judged by this alone. */
  readonly receivedAt: Instant;
}

export interface Observed extends Sample {
  readonly kind: 'observed';
  /** The newest order that the data plane has accepted; `undefined` before the first. */
  readonly accepted: { readonly epoch: number; readonly revision: Revision; readonly mode: OrderMode } | undefined;
  /** Every broker runs the accepted revision, and none is being moved. A claim: it is checked against `running` and `brokers`. */
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

export const BROKER_STATES = ['ready', 'restarting', 'crash-loop', 'stuck', 'waiting'] as const;
export type BrokerState = WordOf<typeof BROKER_STATES>;

/** One broker (or worker) of a cluster. */
export interface Broker {
  readonly ordinal: number;
  readonly version: Version;
  readonly state: BrokerState;
}

export interface Unknown extends Sample {
  readonly kind: 'unknown';
  /** Why nothing is known: `data plane aws-eu-1 does not answer`. */
  readonly cause: string;
  /** The data plane answered, and has no such cluster. */
  readonly missing: boolean;
}

export type Observations = ReadonlyMap<ClusterId, Observation>;
