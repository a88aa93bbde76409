import type { ClusterId } from '../core/model/ids.ts';
import type { Observation, Order } from '../core/reconcile/evidence.ts';

/** What a receiver answers to one order. */
export type OrderReply =
  | { readonly kind: 'accepted'; readonly cluster: ClusterId; readonly epoch: number }
  /** The receiver has seen a higher epoch for the cluster; the order must not be sent again. */
  | { readonly kind: 'stale'; readonly cluster: ClusterId; readonly epoch: number; readonly seen: number }
  /** The receiver understood the order and cannot carry it out; the reason is for a person. */
  | { readonly kind: 'refused'; readonly cluster: ClusterId; readonly epoch: number; readonly reason: string };

/** Where clusters run and how they are reached. One instance for each data plane, so that one that is down delays itself and nobody else. */
export interface DataPlane {
  readonly name: string;
  /**
   * Level-triggered and idempotent: an order that was accepted before is accepted again.
   *
   * @returns a reply for each order that was answered, in their order. A cluster that does not answer while its
   *   data plane does has no reply: nothing is known of its order, which stays to be sent again.
   * @throws PortError when nobody answers; then nothing is known of any of the orders.
   */
  apply(orders: readonly Order[]): Promise<readonly OrderReply[]>;
  /**
   * One observation for each cluster asked for; `unknown` for those that cannot be seen. Never throws:
   * not to know is a value.
   */
  observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]>;
  /** Everything that runs there, for drift; also clusters that nobody asked for. @throws PortError */
  list(): Promise<readonly Observation[]>;
  /** Calls back with each change, at least once, until aborted. Reconnects by itself. A hint: `observe` is the truth. */
  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void;
}
