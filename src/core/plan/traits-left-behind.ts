import type { DesiredState } from '../desired/desired.ts';
import { valueAt } from '../desired/normalise.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import { canonicalJson } from '../model/hash.ts';
import type { Trait } from '../stop/stop.ts';
import { traitsBetween } from '../stop/traits.ts';
import type { PlannedRollout, PlannedTarget } from './plan.ts';

/**
 * What a rollback goes back from, and nobody wants any more: that is not to come again until a person says so. A trait that some cluster of the
 * product is still to have stays: pinning one cluster back says nothing about the others.
 *
 * @param desired - as of the commit that goes back.
 */
export function traitsLeftBehind(rollout: PlannedRollout, ledger: Ledger, orders: StandingOrders, desired: DesiredState): readonly Trait[] {
  if (rollout.kind !== 'rollback') return [];
  const left = new Map<string, Trait>();
  const seen = new Set<string>();
  for (const target of rollout.targets.values()) {
    for (const from of leftBy(target, ledger, orders)) {
      const way = `${from.revision} ${target.revision}`;
      if (seen.has(way)) continue;
      seen.add(way);
      for (const trait of traitsBetween(target.spec, from.spec)) left.set(canonicalJson([trait.path, trait.value]), trait);
    }
  }
  if (left.size === 0) return [];
  dropWanted(left, rollout.product, desired);
  return [...left].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, trait]) => trait);
}

/** Where the cluster was ordered to last, and what it was proven at: the one it goes back from is not the one it goes to. */
function leftBy({ cluster, revision }: PlannedTarget, ledger: Ledger, orders: StandingOrders) {
  return [orders.get(cluster), provenAt(ledger.get(cluster))]
    .filter((from) => from !== undefined && from.revision !== revision)
    .filter((from) => from !== undefined);
}

function dropWanted(left: Map<string, Trait>, product: string, desired: DesiredState): void {
  const asked = new Set<string>();
  for (const { spec, revision } of desired.values()) {
    if (spec.product !== product || asked.has(revision)) continue;
    asked.add(revision);
    for (const [key, { path, value }] of left) if (valueAt(spec, path) === value) left.delete(key);
  }
}
