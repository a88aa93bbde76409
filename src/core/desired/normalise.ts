import type { ConfigValue, DesiredSpec, Difference } from './desired.ts';

/** What one cluster runs, or should run: the part of a spec that both sides know. */
export type Comparable = Pick<DesiredSpec, 'version' | 'image' | 'replicas' | 'config' | 'featureFlags'> & {
  readonly product?: string | undefined;
};

/**
 * Brings a setting to one form, so that a difference in writing is none: `"2"` reads as `2`, `"true"` as `true`. A text that reads
 * otherwise once it is a number (`"0640"`, `"3.10"`) is a text. Plainly written values stay as they are, and so does their revision.
 */
export function normaliseValue(value: ConfigValue): ConfigValue {
  if (typeof value !== 'string') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  const number = Number(value);
  return value !== '' && Number.isFinite(number) && String(number) === value ? number : value;
}

/** One form of a spec: two specs differ exactly when their normal forms do, and the revision is the hash of it. */
export function normaliseSpec<Spec extends Comparable>(spec: Spec): Spec {
  return { ...spec, config: normaliseConfig(spec.config), featureFlags: flagsThatAreOn(spec.featureFlags) };
}

function normaliseConfig(config: Comparable['config']): Comparable['config'] {
  const entries = Object.entries(config);
  if (entries.every(([, value]) => normaliseValue(value) === value)) return config;
  return Object.fromEntries(entries.map(([name, value]) => [name, normaliseValue(value)]));
}

/** A feature flag that is off may just as well be absent. */
function flagsThatAreOn(flags: Comparable['featureFlags']): Comparable['featureFlags'] {
  const entries = Object.entries(flags);
  return entries.every(([, on]) => on) ? flags : Object.fromEntries(entries.filter(([, on]) => on));
}

/** The value at a path of the normal form: `version`, `image`, `replicas`, `config.NAME`, `featureFlags.NAME`. */
export function valueAt(spec: Comparable, path: string): ConfigValue | undefined {
  const dot = path.indexOf('.');
  const name = path.slice(dot + 1);
  switch (dot < 0 ? path : path.slice(0, dot)) {
    case 'product':
      return spec.product;
    case 'version':
      return spec.version;
    case 'image':
      return spec.image;
    case 'replicas':
      return spec.replicas;
    case 'config': {
      const value = own(spec.config, name);
      return value === undefined ? undefined : normaliseValue(value);
    }
    case 'featureFlags':
      return own(spec.featureFlags, name) === true ? true : undefined;
    default:
      return undefined;
  }
}

/** A setting may be called `constructor`: what every object inherits is not a value. */
const own = <V>(values: Readonly<Record<string, V>>, name: string): V | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** Every field that differs, by the normal form: version first, then image, replicas, config and feature flags by name. */
export function differencesOf(from: Comparable, to: Comparable): readonly Difference[] {
  return pathsOf(from, to).flatMap((path) => differenceAt(from, to, path));
}

/**
 * Where what runs differs from what is desired; `from` is desired, `to` is what runs.
 *
 * An image or a setting that only one side names is no difference: without a digest in the release, the data
 * plane chooses the image of the version; and a cluster has settings of its own that nobody described.
 */
export function observedDifferences(desired: DesiredSpec, running: Comparable): readonly Difference[] {
  return pathsOf({ ...desired, product: undefined }, running).flatMap((path) => {
    const found = differenceAt(desired, running, path);
    return found.filter(({ from, to }) => {
      if (path === 'image') return from !== undefined && to !== undefined;
      return !path.startsWith('config.') || from !== undefined;
    });
  });
}

function differenceAt(from: Comparable, to: Comparable, path: string): readonly Difference[] {
  const [a, b] = [valueAt(from, path), valueAt(to, path)];
  return a === b ? [] : [{ path, from: a, to: b }];
}

function pathsOf(a: Comparable, b: Comparable): readonly string[] {
  const paths = a.product === undefined || b.product === undefined ? [] : ['product'];
  paths.push('version', 'image', 'replicas');
  if (a.config !== b.config) paths.push(...namesOf(a.config, b.config).map((name) => `config.${name}`));
  if (a.featureFlags !== b.featureFlags) paths.push(...namesOf(a.featureFlags, b.featureFlags).map((name) => `featureFlags.${name}`));
  return paths;
}

const namesOf = (a: object, b: object): readonly string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
