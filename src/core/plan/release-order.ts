import type { FleetModel } from '../manifest/model.ts';

/** A release with changed clusters, and the releases of this plan whose last phase must be done before its first. */
export interface OrderedRelease {
  readonly release: string;
  readonly product: string;
  readonly waitsFor: readonly string[];
}

/**
 * Puts releases in the order in which they may start: those of required products first, then by name.
 * A requirement reaches through products that do not change: when Connect requires Schema Registry, which
 * requires Kafka, then a plan with Connect and Kafka alone still moves Kafka first.
 */
export function orderReleases(model: FleetModel, names: readonly string[]): readonly OrderedRelease[] {
  const productOf = (release: string): string => model.releases.get(release)?.value.spec.product ?? '';
  const byProduct = new Map<string, string[]>();
  for (const release of [...names].sort()) {
    const product = productOf(release);
    byProduct.set(product, [...(byProduct.get(product) ?? []), release]);
  }
  const changing = (product: string): readonly string[] => nearestChanging(model, product, byProduct);
  const depths = new Map<string, number>();
  const depthOf = (product: string): number => {
    const known = depths.get(product);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...changing(product).map((required) => depthOf(required) + 1));
    depths.set(product, depth);
    return depth;
  };
  return [...names]
    .sort((a, b) => depthOf(productOf(a)) - depthOf(productOf(b)) || (a < b ? -1 : 1))
    .map((release) => {
      const product = productOf(release);
      return { release, product, waitsFor: changing(product).flatMap((required) => byProduct.get(required) ?? []) };
    });
}

/** The products that this one requires and that change, going on through those that do not. Cycles are refused by the cross-checks. */
function nearestChanging(model: FleetModel, product: string, byProduct: ReadonlyMap<string, unknown>): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    for (const required of model.products.get(name)?.value.spec.requires ?? []) {
      if (seen.has(required)) continue;
      seen.add(required);
      if (byProduct.has(required)) found.add(required);
      else visit(required);
    }
  };
  visit(product);
  return [...found].sort();
}
