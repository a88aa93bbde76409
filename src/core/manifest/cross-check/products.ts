import { duration } from '../../model/time.ts';
import type { Product } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { checkDuplicates } from './entries.ts';
import { checkReference, type Known, type Named } from './known.ts';

export function checkProducts(known: Known): readonly UnlocatedProblem[] {
  const problems = [...known.products.values()].flatMap((product) => checkProduct(product, known));
  return [...problems, ...checkCycles(known.products)];
}

function checkProduct(product: Located<Product>, known: Known): readonly UnlocatedProblem[] {
  const { versions, requires, healthChecks, deadline } = product.value.spec;
  return [
    ...checkDuplicates(
      product,
      ['spec', 'versions'],
      'version',
      versions.map(({ version }) => version),
    ),
    ...checkDuplicates(
      product,
      ['spec', 'healthChecks'],
      'name',
      (healthChecks ?? []).map(({ name }) => name),
    ),
    ...(requires ?? []).flatMap((name, at) => checkReference(known, 'Product', name, placeIn(product, 'spec', 'requires', at))),
    ...checkDeadline(product, deadline),
  ];
}

function checkDeadline(product: Located<Product>, deadline: Product['spec']['deadline']): readonly UnlocatedProblem[] {
  const parts = [deadline?.base, deadline?.perReplica];
  if (!parts.every((part) => part !== undefined && duration(part) === 0)) return [];
  return [
    problemOf(
      'zero-duration',
      placeIn(product, 'spec', 'deadline'),
      '0 is no time: every cluster would fail at once',
      'give it a length, such as 10m',
    ),
  ];
}

/** Each circle once, at the product that closes it, spelt out. */
function checkCycles(products: Named<Product>): readonly UnlocatedProblem[] {
  const problems: UnlocatedProblem[] = [];
  const done = new Set<string>();
  const names = [...products.keys()].sort();
  for (const start of names) {
    // A list of what is still to be looked at, and not recursion: a chain may be as long as the fleet has products.
    const trail: { readonly name: string; readonly requires: readonly string[]; next: number }[] = [];
    const enter = (name: string): void => {
      trail.push({ name, requires: products.get(name)?.value.spec.requires ?? [], next: 0 });
    };
    if (!done.has(start)) enter(start);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const at = top.next;
      const required = top.requires[at];
      top.next += 1;
      if (required === undefined) {
        done.add(top.name);
        trail.pop();
        continue;
      }
      const begin = trail.findIndex(({ name }) => name === required);
      if (begin >= 0) problems.push(...cycleProblem(products.get(top.name), at, [...trail.slice(begin).map(({ name }) => name), required]));
      else if (!done.has(required)) enter(required);
    }
  }
  return problems;
}

function cycleProblem(product: Located<Product> | undefined, at: number, names: readonly string[]): readonly UnlocatedProblem[] {
  if (product === undefined) return [];
  const message = `products require each other in a circle: ${names.join(' requires ')}`;
  return [problemOf('requires-cycle', placeIn(product, 'spec', 'requires', at), message, 'remove one of these links')];
}
