import { canonicalJson } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { ConfigValue, DesiredChange, DesiredCluster, DesiredSpec, DesiredState, Difference } from './desired.ts';

/**
 * What changed between two desired states, in order of cluster id. A cluster that only moved to another release,
 * or whose labels changed, is not in it: what it should run is the same.
 */
export function diffDesired(before: DesiredState, after: DesiredState): readonly DesiredChange[] {
  const changes: DesiredChange[] = [];
  for (const cluster of clustersToCompare(before, after)) {
    const [from, to] = [before.get(cluster), after.get(cluster)];
    if (from === to) continue;
    const change = to === undefined ? from && { kind: 'removed' as const, from } : changeOf(from, to);
    if (change !== undefined) changes.push(change);
  }
  return changes.sort((a, b) => (clusterOf(a) < clusterOf(b) ? -1 : 1));
}

/** All of both, unless one state was made from the other and it is known where they differ. */
function clustersToCompare(before: DesiredState, after: DesiredState): Iterable<ClusterId> {
  return LayeredMap.differing(before, after) ?? new Set([...after.keys(), ...before.keys()]);
}

function changeOf(from: DesiredCluster | undefined, to: DesiredCluster): DesiredChange | undefined {
  if (from === undefined) return { kind: 'created', to };
  if (from.revision !== to.revision) return { kind: 'updated', from, to, differences: differencesOf(from.spec, to.spec) };
  if (from.optOut !== undefined && to.optOut === undefined) return { kind: 'rejoined', from, to };
  return undefined;
}

const clusterOf = (change: DesiredChange): string => (change.kind === 'removed' ? change.from.cluster : change.to.cluster);

/** Every field that differs: version first, then image, replicas, config and feature flags by name. */
export function differencesOf(from: DesiredSpec, to: DesiredSpec): readonly Difference[] {
  const differences: Difference[] = [];
  const compare = (path: string, a: ConfigValue | undefined, b: ConfigValue | undefined) => {
    if (a !== b) differences.push({ path, from: a, to: b });
  };
  compare('product', from.product, to.product);
  compare('version', from.version, to.version);
  compare('image', from.image, to.image);
  compare('replicas', from.replicas, to.replicas);
  differences.push(...recordDifferences('config', from.config, to.config));
  differences.push(...recordDifferences('featureFlags', from.featureFlags, to.featureFlags));
  return differences;
}

type Values = Readonly<Record<string, ConfigValue>>;

function recordDifferences(prefix: string, from: Values, to: Values): readonly Difference[] {
  if (from === to) return [];
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  const differences: Difference[] = [];
  for (const name of [...names].sort()) {
    const [a, b] = [own(from, name), own(to, name)];
    if (a !== b) differences.push({ path: `${prefix}.${name}`, from: a, to: b });
  }
  return differences;
}

/** A setting may be called `constructor`: what every object inherits is not a value. */
const own = (values: Values, name: string): ConfigValue | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);

/** Entries to write so that a stored desired state becomes `after`: also those in which only labels, a pin or an opt-out differ. */
export function entriesToStore(
  before: DesiredState,
  after: DesiredState,
): { readonly set: readonly DesiredCluster[]; readonly remove: readonly ClusterId[] } {
  const set: DesiredCluster[] = [];
  const remove: ClusterId[] = [];
  for (const cluster of clustersToCompare(before, after)) {
    const to = after.get(cluster);
    if (to === undefined) remove.push(cluster);
    else if (!sameEntry(before.get(cluster), to)) set.push(to);
  }
  return { set, remove };
}

/** The revision stands for the spec, which is most of an entry: only the small rest is compared word for word. */
function sameEntry(a: DesiredCluster | undefined, b: DesiredCluster): boolean {
  if (a === undefined || a === b) return a === b;
  const rest = ({ release, dataPlane, labels, heldAt, optOut }: DesiredCluster) =>
    canonicalJson([release, dataPlane, labels, heldAt, optOut]);
  return a.revision === b.revision && rest(a) === rest(b);
}
