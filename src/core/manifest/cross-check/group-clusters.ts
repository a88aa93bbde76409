import { nameList } from '../../model/name-list.ts';
import { MAX_CLUSTERS_NAMED, MAX_NAMES_IN_MESSAGE } from '../limits.ts';
import type { UnlocatedProblem } from '../model.ts';
import type { ClusterProblem } from './placement.ts';

/**
 * Clusters with the same kind of problem: one problem each up to a limit, and one more that counts the
 * others. A wrong selector in a fleet of thousands must stay readable, and nothing be dropped in silence.
 */
export function groupClusters(problems: readonly ClusterProblem[]): readonly UnlocatedProblem[] {
  const byCode = new Map<string, ClusterProblem[]>();
  for (const found of problems) {
    const list = byCode.get(found.problem.code);
    if (list === undefined) byCode.set(found.problem.code, [found]);
    else list.push(found);
  }
  return [...byCode.values()].flatMap((list) => {
    const sorted = list.sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
    const others = sorted.slice(MAX_CLUSTERS_NAMED);
    const first = others[0]?.problem;
    const told = sorted.slice(0, MAX_CLUSTERS_NAMED).map(({ problem }) => problem);
    if (first === undefined) return told;
    const names = nameList(
      others.map(({ cluster }) => cluster),
      MAX_NAMES_IN_MESSAGE,
    );
    return [...told, { ...first, message: `${others.length} more clusters with the same problem (${first.code}): ${names}` }];
  });
}
