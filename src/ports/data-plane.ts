import type { Observation } from '../core/evidence/observation.ts';
import type { Order, OrderReply } from '../core/evidence/order.ts';
import type { ClusterId } from '../core/model/ids.ts';

/**
 * Where clusters run and how they are reached. One instance for each data plane, so that one that is down delays itself and
 * nobody else. What comes from there is parsed by the core, and stamped with the time at which it was received by our clock.
 */
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
   * One observation for each cluster asked for, in the order of the question; `unknown` for those that cannot be seen, and
   * for those whose evidence is malformed. Never throws: not to know is a value.
   */
  observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]>;
  /** Everything that runs there, for drift; also clusters that nobody asked for. @throws PortError, also when the answer cannot be read. */
  list(): Promise<readonly Observation[]>;
  /** Calls back with each change, at least once, until aborted. Reconnects by itself. A hint: `observe` is the truth. */
  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void;
}
