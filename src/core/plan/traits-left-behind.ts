import type { DesiredState } from '../desired/desired.ts';
import { valueAt } from '../desired/normalise.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { Trait } from '../stop/stop.ts';
import { distinctTraits, traitsBetween } from '../stop/traits.ts';
import type { PlannedRollout, PlannedTarget } from './plan.ts';

/**
 * What a rollback goes back from, and nobody wants any more: that is not to come again until a person says so. A trait that some cluster of the
 * product is still to have stays: pinning one cluster back says nothing about the others.
 *
 * @param desired - as of the commit that goes back.
 */
export function traitsLeftBehind(rollout: PlannedRollout, ledger: Ledger, orders: StandingOrders, desired: DesiredState): readonly Trait[] {
  if (rollout.kind !== 'rollback') return [];
  const left: Trait[] = [];
  const seen = new Set<string>();
  for (const target of rollout.targets.values()) {
    for (const from of leftBy(target, ledger, orders)) {
      const way = `${from.revision} ${target.revision}`;
      if (seen.has(way)) continue;
      seen.add(way);
      left.push(...traitsBetween(target.spec, from.spec));
    }
  }
  return notWanted(distinctTraits(left), rollout.product, desired);
}

/** Where the cluster was ordered to last, and what it was proven at. The one of them that it goes to leaves nothing behind. */
const leftBy = ({ cluster }: PlannedTarget, ledger: Ledger, orders: StandingOrders) =>
  [orders.get(cluster), provenAt(ledger.get(cluster))].filter((from) => from !== undefined);

function notWanted(traits: readonly Trait[], product: string, desired: DesiredState): readonly Trait[] {
  let left = traits;
  const asked = new Set<string>();
  for (const { spec, revision } of desired.values()) {
    if (left.length === 0) return left;
    if (spec.product !== product || asked.has(revision)) continue;
    asked.add(revision);
    left = left.filter(({ path, value }) => valueAt(spec, path) !== value);
  }
  return left;
}
