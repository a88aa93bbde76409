import type { FleetModel } from '../manifest/model.ts';
import type { LabelValues } from '../manifest/selector.ts';
import { canonicalJson } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';

/** What decides which rules a cluster is subject to. */
export interface Subject {
  readonly product: string;
  readonly dataPlane: string;
  readonly release: string | undefined;
  readonly labels: LabelValues;
}

/** A cluster that is in the manifests before and after: one that comes had nothing to lose, and one that goes is told by the plan. */
export interface SubjectPair {
  readonly cluster: ClusterId;
  readonly was: Subject;
  readonly is: Subject;
  /** Whether it stands elsewhere: by its labels, product, release or data plane. */
  readonly moved: boolean;
}

export function subjectPairs(before: FleetModel, after: FleetModel): readonly SubjectPair[] {
  const pairs: SubjectPair[] = [];
  for (const cluster of after.clusters.keys()) {
    const [was, is] = [subjectOf(before, cluster), subjectOf(after, cluster)];
    if (was !== undefined && is !== undefined) pairs.push({ cluster, was, is, moved: isElsewhere(was, is) });
  }
  return pairs;
}

function subjectOf(model: FleetModel, cluster: ClusterId): Subject | undefined {
  const document = model.clusters.get(cluster)?.value;
  if (document === undefined) return undefined;
  const { product, dataPlane } = document.spec;
  return { product, dataPlane, release: model.releaseOf.get(cluster), labels: document.metadata.labels ?? {} };
}

function isElsewhere(was: Subject, is: Subject): boolean {
  if (was.product !== is.product || was.dataPlane !== is.dataPlane || was.release !== is.release) return true;
  // Manifests that did not change are the very same objects.
  return was.labels !== is.labels && canonicalJson(was.labels) !== canonicalJson(is.labels);
}

export const clustersOf = (pairs: readonly SubjectPair[]): readonly ClusterId[] => pairs.map(({ cluster }) => cluster);

/** The pairs by a key of theirs. */
export function groupPairs(pairs: readonly SubjectPair[], keyOf: (pair: SubjectPair) => string): ReadonlyMap<string, SubjectPair[]> {
  const groups = new Map<string, SubjectPair[]>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pair]);
    else group.push(pair);
  }
  return groups;
}
