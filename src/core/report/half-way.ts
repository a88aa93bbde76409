import type { Observations } from '../evidence/observation.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Plan } from '../plan/plan.ts';
import type { HalfWay } from './plan-view.ts';

/** Targets that were ordered somewhere and are not proven there: what a person must know of before anything else. */
export function halfWayTargets(plan: Plan, ledger: Ledger, orders: StandingOrders, observations: Observations): readonly HalfWay[] {
  return plan.rollouts.flatMap(({ targets }) =>
    [...targets.keys()].flatMap((cluster) => {
      const order = orders.get(cluster);
      if (order === undefined || order.revision === provenAt(ledger.get(cluster))?.revision) return [];
      return [
        {
          cluster,
          words: brokersAt(observations, cluster, order.spec.version) ?? `ordered to ${order.spec.version}, and not proven there`,
        },
      ];
    }),
  );
}

/** `1 of 5 brokers at 4.0.1`; `undefined` where nobody knows. */
export function brokersAt(observations: Observations, cluster: ClusterId, version: string): string | undefined {
  const seen = observations.get(cluster);
  if (seen?.kind !== 'observed' || seen.brokers.length === 0) return undefined;
  const there = seen.brokers.filter((broker) => broker.version === version).length;
  const bad = seen.healthy ? '' : ', and not healthy';
  return `${there} of ${seen.brokers.length} brokers at ${version}${bad}`;
}
