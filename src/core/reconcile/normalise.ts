import type { ConfigValue, DesiredSpec, Difference } from '../desired/desired.ts';
import type { Running } from './evidence.ts';

/** What desired and observed have in common, in one form: path to value. */
type Normal = ReadonlyMap<string, ConfigValue>;

/**
 * Brings both sides of a comparison to one form, so that a difference in writing is no drift.
 *
 * Data planes report settings as text, and a feature flag that is off may just as well be absent.
 */
export function normalise(spec: DesiredSpec | Running): Normal {
  const normal = new Map<string, ConfigValue>([
    ['version', spec.version],
    ['replicas', spec.replicas],
  ]);
  if (spec.image !== undefined) normal.set('image', spec.image);
  for (const [name, value] of Object.entries(spec.config)) normal.set(`config.${name}`, String(value));
  for (const [name, on] of Object.entries(spec.featureFlags)) if (on) normal.set(`featureFlags.${name}`, true);
  return normal;
}

/** Where what runs differs from what is desired, in order of path; `from` is desired, `to` is what runs. */
export function observedDifferences(desired: DesiredSpec, running: Running): readonly Difference[] {
  const wanted = normalise(desired);
  const seen = normalise(running);
  const differences: Difference[] = [];
  for (const path of new Set([...wanted.keys(), ...seen.keys()])) {
    const from = wanted.get(path);
    const to = seen.get(path);
    if (from !== to && isComparable(path, from, to)) differences.push({ path, from, to });
  }
  return differences.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * An image or a setting that only one side names is no difference: without a digest in the release, the data
 * plane chooses the image of the version; and a cluster has settings of its own that nobody described.
 */
function isComparable(path: string, from: ConfigValue | undefined, to: ConfigValue | undefined): boolean {
  if (path === 'image') return from !== undefined && to !== undefined;
  return !path.startsWith('config.') || from !== undefined;
}
