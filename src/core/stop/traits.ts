import type { DesiredSpec, Difference } from '../desired/desired.ts';
import { differencesOf, valueAt } from '../desired/normalise.ts';
import { canonicalJson } from '../model/hash.ts';
import type { Trait } from './stop.ts';

/** Does the cluster move to one of these traits, from what it was proven at? */
export function movesTo(traits: readonly Trait[], spec: DesiredSpec, proven: DesiredSpec | undefined): boolean {
  return traits.some(({ path, value }) => valueAt(spec, path) === value && (proven === undefined || valueAt(proven, path) !== value));
}

/** What a plan says of one target: what it ran then, and what it is to run. */
interface Planned {
  readonly from: unknown;
  readonly spec: DesiredSpec;
  readonly differences: readonly Difference[];
}

/** What a target was planned to move to. */
export const traitsOf = ({ from, spec, differences }: Planned): readonly Trait[] =>
  from === undefined ? [versionOf(spec)] : gravest(differences);

/** What one spec has that another does not. */
export const traitsBetween = (from: DesiredSpec | undefined, to: DesiredSpec): readonly Trait[] =>
  from === undefined ? [versionOf(to)] : gravest(differencesOf(from, to));

const versionOf = ({ version }: DesiredSpec): Trait => ({ path: 'version', value: version });

/** The version where that differs, else the image, else the settings: a version says more than its settings. */
function gravest(differences: readonly Difference[]): readonly Trait[] {
  const at = (wanted: string) => differences.filter(({ path }) => path === wanted);
  const found = [at('version'), at('image'), differences.filter(({ path }) => path !== 'replicas' && path !== 'product')];
  return (found.find((some) => some.length > 0) ?? []).map(({ path, to }) => ({ path, value: to }));
}

/** Each trait once, in one order, whichever cluster it was found at. */
export function distinctTraits(traits: readonly Trait[]): readonly Trait[] {
  const byKey = new Map(traits.map((trait) => [keyOfTrait(trait), trait]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, trait]) => trait);
}

const keyOfTrait = ({ path, value }: Trait): string => canonicalJson([path, value]);
