import type { FleetModel } from './model.ts';

/** All products that a product requires, directly or through others, by name. Cycles are refused by the cross-checks. */
export function requiredProducts(model: Pick<FleetModel, 'products'>, product: string): readonly string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const required of model.products.get(name)?.value.spec.requires ?? []) {
      if (found.has(required)) continue;
      found.add(required);
      visit(required);
    }
  };
  visit(product);
  return [...found].sort();
}
