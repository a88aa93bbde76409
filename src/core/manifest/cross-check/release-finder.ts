import type { Release } from '../generated.ts';
import { compileSelector, type LabelMatcher, type LabelValues, labelOf } from '../selector.ts';

interface Candidate {
  readonly name: string;
  readonly matches: LabelMatcher;
}

/** Releases of one product, found by one label they demand; the others are tried each time. */
interface ProductIndex {
  readonly byLabel: Map<string, Map<string, Candidate[]>>;
  readonly others: Candidate[];
}

/** Names of the releases that select a cluster of a product with these labels. */
export type ReleaseFinder = (product: string, labels: LabelValues) => readonly string[];

/**
 * Prepares releases so that a cluster is compared only with those it could belong to: with a release for each of
 * 1,000 tenants, comparing each of 100,000 clusters with all of them would take minutes.
 */
export function releaseFinder(releases: Iterable<Release>): ReleaseFinder {
  const products = new Map<string, ProductIndex>();
  for (const { metadata, spec } of releases) {
    const index: ProductIndex = products.get(spec.product) ?? { byLabel: new Map(), others: [] };
    products.set(spec.product, index);
    const candidate = { name: metadata.name, matches: compileSelector(spec.select) };
    const [demanded] = Object.entries(spec.select.matchLabels ?? {});
    if (demanded === undefined) index.others.push(candidate);
    else addTo(index.byLabel, demanded, candidate);
  }
  return (product, labels) => {
    const index = products.get(product);
    if (index === undefined) return [];
    const found: string[] = [];
    for (const candidate of index.others) if (candidate.matches(labels)) found.push(candidate.name);
    for (const [label, byValue] of index.byLabel) {
      const value = labelOf(labels, label);
      if (value === undefined) continue;
      for (const candidate of byValue.get(value) ?? []) if (candidate.matches(labels)) found.push(candidate.name);
    }
    return found;
  };
}

function addTo(byLabel: ProductIndex['byLabel'], [label, value]: readonly [string, string], candidate: Candidate): void {
  const byValue = byLabel.get(label) ?? new Map<string, Candidate[]>();
  byLabel.set(label, byValue);
  const list = byValue.get(value) ?? [];
  byValue.set(value, list);
  list.push(candidate);
}
