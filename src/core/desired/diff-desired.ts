import { canonicalJson } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { DesiredChange, DesiredCluster, DesiredState, Difference } from './desired.ts';
import { differencesOf } from './normalise.ts';

/**
 * What changed between two desired states, in order of cluster id. A cluster that only moved to another release,
 * or whose labels changed, is not in it: what it should run is the same.
 */
export function diffDesired(before: DesiredState, after: DesiredState): readonly DesiredChange[] {
  const changes: DesiredChange[] = [];
  const known = new Map<string, readonly Difference[]>();
  for (const cluster of clustersToCompare(before, after)) {
    const [from, to] = [before.get(cluster), after.get(cluster)];
    if (from === to) continue;
    const change = to === undefined ? from && { kind: 'removed' as const, from } : changeOf(from, to, known);
    if (change !== undefined) changes.push(change);
  }
  return changes.sort((a, b) => (clusterOf(a) < clusterOf(b) ? -1 : 1));
}

/** All of both, unless one state was made from the other and it is known where they differ. */
function clustersToCompare(before: DesiredState, after: DesiredState): Iterable<ClusterId> {
  return LayeredMap.differing(before, after) ?? new Set([...after.keys(), ...before.keys()]);
}

/** @param known - differences by their two revisions: most clusters change in the same way. */
function changeOf(
  from: DesiredCluster | undefined,
  to: DesiredCluster,
  known: Map<string, readonly Difference[]>,
): DesiredChange | undefined {
  if (from === undefined) return { kind: 'created', to };
  if (from.revision !== to.revision) {
    const way = `${from.revision} ${to.revision}`;
    const differences = known.get(way) ?? differencesOf(from.spec, to.spec);
    known.set(way, differences);
    return { kind: 'updated', from, to, differences };
  }
  if (from.optOut !== undefined && to.optOut === undefined) return { kind: 'rejoined', from, to };
  return undefined;
}

const clusterOf = (change: DesiredChange): string => (change.kind === 'removed' ? change.from.cluster : change.to.cluster);

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
  const rest = ({ release, dataPlane, workload, labels, pinnedBy, optOut }: DesiredCluster) =>
    canonicalJson([release, dataPlane, workload, labels, pinnedBy, optOut]);
  return a.revision === b.revision && rest(a) === rest(b);
}
