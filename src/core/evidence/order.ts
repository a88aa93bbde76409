import type { DesiredSpec } from '../desired/desired.ts';
import type { ClusterId, Revision, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** `hold`: let the broker in restart finish, and touch no other. */
export const ORDER_MODES = ['run', 'hold'] as const;
export type OrderMode = WordOf<typeof ORDER_MODES>;

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
  readonly mode: OrderMode;
  /** Grows by one with each new order for the cluster. */
  readonly epoch: number;
  readonly rollout: RolloutId | undefined;
  readonly orderedAt: Instant;
}

export const REPLY_KINDS = ['accepted', 'stale', 'refused'] as const;

/** What a receiver answers to one order. */
export type OrderReply =
  | { readonly kind: 'accepted'; readonly cluster: ClusterId; readonly epoch: number }
  /** The receiver has seen a higher epoch for the cluster: this order will never be taken, only a higher one. */
  | { readonly kind: 'stale'; readonly cluster: ClusterId; readonly epoch: number; readonly seen: number }
  /** The receiver understood the order and cannot carry it out now; the reason is for a person. */
  | { readonly kind: 'refused'; readonly cluster: ClusterId; readonly epoch: number; readonly reason: string };

/** The newest order of a cluster, and what the data plane answered to it so far. */
export interface StandingOrder extends Order {
  readonly reply: { readonly kind: OrderReply['kind']; readonly at: Instant; readonly seen?: number; readonly reason?: string } | undefined;
}

/**
 * An order to hold that no data plane has accepted. The order before it stands there, and may have been one to run: should the data
 * plane come back, the cluster would move with nobody watching.
 */
export const isUnacknowledgedHold = ({ mode, reply }: StandingOrder): boolean => mode === 'hold' && reply?.kind !== 'accepted';

export type StandingOrders = ReadonlyMap<ClusterId, StandingOrder>;
