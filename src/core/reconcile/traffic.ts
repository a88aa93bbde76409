import type { ClusterId } from '../model/ids.ts';
import type { ActiveRollout, Decision, Elsewhere } from './decision.ts';
import type { Order } from './evidence.ts';
import { isInFlight } from './tally.ts';

/** What a decision on one rollout means for the others. */
export interface News {
  /** Clusters that it gave orders to, or whose status changed. */
  readonly moved: ReadonlySet<ClusterId>;
  /** A cluster is no longer in flight, or stands still: others may have been waiting for that. */
  readonly eased: boolean;
}

/** What the rollouts of one fleet decision share, kept up to date between them: clusters in flight, and the newest orders. */
export class Traffic {
  readonly #recorded: ReadonlyMap<ClusterId, Order>;
  readonly #flights = new Map<ClusterId, NonNullable<ReturnType<Elsewhere['get']>>>();
  #orders: Map<ClusterId, Order> | undefined;

  constructor(orders: ReadonlyMap<ClusterId, Order>) {
    this.#recorded = orders;
  }

  get orders(): ReadonlyMap<ClusterId, Order> {
    return this.#orders ?? this.#recorded;
  }

  add({ plan, state }: ActiveRollout): void {
    for (const [cluster, target] of state.targets) {
      const dataPlane = isInFlight(target) ? plan.targets[cluster]?.dataPlane : undefined;
      if (dataPlane !== undefined) this.#flights.set(cluster, { rollout: state.id, dataPlane, held: target.status === 'held' });
    }
  }

  /** Decides for one rollout, with what all others have in flight, and takes its outcome into account. */
  decide(rollout: ActiveRollout, decideWith: (elsewhere: Elsewhere, orders: ReadonlyMap<ClusterId, Order>) => Decision): [Decision, News] {
    const own = [...this.#flights].filter(([, flight]) => flight.rollout === rollout.state.id);
    for (const [cluster] of own) this.#flights.delete(cluster);
    const decision = decideWith(this.#flights, this.orders);
    for (const { order } of decision.actions) {
      this.#orders ??= new Map(this.#recorded);
      this.#orders.set(order.cluster, order);
    }
    this.add({ plan: rollout.plan, state: decision.next });
    const eased = own.some(([cluster, before]) => {
      const after = this.#flights.get(cluster);
      return after?.rollout !== before.rollout || after.held !== before.held;
    });
    return [decision, { moved: movedBy(rollout, decision), eased }];
  }
}

function movedBy({ state }: ActiveRollout, { next, actions }: Decision): ReadonlySet<ClusterId> {
  const moved = new Set(actions.map(({ order }) => order.cluster));
  if (next.targets === state.targets) return moved;
  for (const [cluster, target] of next.targets) if (state.targets.get(cluster)?.status !== target.status) moved.add(cluster);
  return moved;
}
