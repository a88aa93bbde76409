import type { Observation } from '../../core/evidence/observation.ts';
import type { Order, OrderReply } from '../../core/evidence/order.ts';
import { parseListing, parseObservations, parseOrder, parseReplies, type Receipt, unknownOf } from '../../core/evidence/parse.ts';
import type { ClusterId } from '../../core/model/ids.ts';
import type { Clock } from '../clock.ts';
import type { DataPlane } from '../data-plane.ts';
import { PortError, type Retry } from '../port-error.ts';
import { called, type OnCall } from './on-call.ts';

/** The other side, as a network would show it: what it says is `unknown` until it is parsed. */
export interface OtherSide {
  isSilent(): boolean;
  order(order: Order): readonly OrderReply[];
  refusal(cluster: ClusterId): string | undefined;
  observe(clusters: readonly ClusterId[]): readonly unknown[];
  list(): readonly unknown[];
  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void;
}

/** One data plane of a simulation. Parsing makes new objects on both ways, so nothing is shared with the caller. */
export class InMemoryDataPlane implements DataPlane {
  readonly name: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onCall: OnCall | undefined;
  readonly #other: OtherSide;

  constructor(name: string, clock: Pick<Clock, 'now'>, onCall: OnCall | undefined, other: OtherSide) {
    this.name = name;
    this.#clock = clock;
    this.#onCall = onCall;
    this.#other = other;
  }

  apply(orders: readonly Order[]): Promise<readonly OrderReply[]> {
    return called(this.#onCall, 'data-plane.apply', () => {
      this.#expectAnswer('apply');
      // All or none, as with a request that is refused as a whole.
      const read = orders.map((order) => this.#received(order));
      return parseReplies(
        read.flatMap((order) => this.#take(order)),
        orders,
      );
    });
  }

  async observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    try {
      return await called(this.#onCall, 'data-plane.observe', () => {
        this.#expectAnswer('observe');
        return parseObservations(this.#other.observe(clusters), clusters, this.#receipt());
      });
    } catch (error) {
      // Not to know is a value; the crash of a process is not.
      if (!(error instanceof PortError)) throw error;
      const receipt = this.#receipt();
      return clusters.map((cluster) => unknownOf({ ...receipt, cluster }, receipt.receivedAt, error.message));
    }
  }

  list(): Promise<readonly Observation[]> {
    return called(this.#onCall, 'data-plane.list', () => {
      this.#expectAnswer('list');
      const listed = parseListing(this.#other.list(), this.#receipt());
      if (listed.ok) return listed.value;
      throw this.#error('list', { kind: 'retry-later' }, `the answer of data plane ${this.name} cannot be read: ${listed.error}`);
    });
  }

  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void {
    this.#other.watch(onChange, signal);
  }

  #take(order: Order): readonly OrderReply[] {
    const reason = this.#other.refusal(order.cluster);
    if (reason === undefined) return this.#other.order(order);
    return [{ kind: 'refused', cluster: order.cluster, epoch: order.epoch, reason }];
  }

  #received(order: Order): Order {
    const read = parseOrder(order);
    if (!read.ok) throw this.#error('apply', { kind: 'needs-human' }, `data plane ${this.name} did not understand us: ${read.error}`);
    if (read.value.dataPlane === this.name) return read.value;
    throw this.#error('apply', { kind: 'needs-human' }, `an order for ${read.value.dataPlane} was sent to data plane ${this.name}`);
  }

  #expectAnswer(operation: string): void {
    if (this.#other.isSilent()) throw this.#error(operation, { kind: 'retry-later' }, `data plane ${this.name} does not answer`);
  }

  #receipt(): Receipt {
    return { dataPlane: this.name, receivedAt: this.#clock.now() };
  }

  #error(operation: string, retry: Retry, message: string): PortError {
    return new PortError({ port: 'data-plane', operation, retry, message });
  }
}
