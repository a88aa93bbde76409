import type { FleetModel } from '../manifest/model.ts';
import { requiredProducts } from '../manifest/requires.ts';

/** Puts releases in the order in which they may start: those of required products first, then by name. */
export function orderReleases(model: FleetModel, names: readonly string[]): readonly string[] {
  const depths = new Map<string, number>();
  // Whoever requires a product requires all that it requires, and more: the count of them is an order that respects the edges.
  const depthOf = (release: string): number => {
    const product = model.releases.get(release)?.value.spec.product ?? '';
    const known = depths.get(product) ?? requiredProducts(model, product).length;
    depths.set(product, known);
    return known;
  };
  return [...names].sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
}
