import type { DesiredSpec, Difference } from '../desired/desired.ts';
import { differencesOf, valueAt } from '../desired/normalise.ts';
import type { Trait } from './stop.ts';

/** Does the cluster move to one of these traits, from what it was proven at? */
export function movesTo(traits: readonly Trait[], spec: DesiredSpec, proven: DesiredSpec | undefined): boolean {
  return traits.some(({ path, value }) => valueAt(spec, path) === value && (proven === undefined || valueAt(proven, path) !== value));
}

/** Was it planned to move to one of these traits, from what it ran then? */
export function carries(
  { from, spec, differences }: { readonly from: unknown; readonly spec: DesiredSpec; readonly differences: readonly Difference[] },
  traits: readonly Trait[],
): boolean {
  if (from === undefined) return traits.some(({ path, value }) => valueAt(spec, path) === value);
  return traits.some(({ path, value }) => differences.some((difference) => difference.path === path && difference.to === value));
}

/** What one spec has that another does not, gravest first and no further: a version says more than its settings. */
export function traitsBetween(from: DesiredSpec | undefined, to: DesiredSpec): readonly Trait[] {
  if (from === undefined || from.version !== to.version) return [{ path: 'version', value: to.version }];
  const differences = differencesOf(from, to).filter(({ path }) => path !== 'replicas' && path !== 'product');
  const image = differences.filter(({ path }) => path === 'image');
  return (image.length > 0 ? image : differences).map(({ path, to: value }) => ({ path, value }));
}

/** `kafka 4.1.1`, `kafka num.io.threads = 16`. */
export function traitWords(product: string, traits: readonly Trait[]): string {
  const words = traits.map(({ path, value }) =>
    path === 'version' ? String(value) : `${path.replace(/^\w+\./, '')} = ${value ?? 'not set'}`,
  );
  return `${product} ${words.join(', ')}`;
}
