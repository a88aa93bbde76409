import type { Drift, DriftKind } from './drift.ts';

/** What one issue is about: one drift, or many that have something in common. */
export type DriftGroup =
  | { readonly kind: 'single'; readonly key: string; readonly drift: Drift }
  | {
      readonly kind: 'many';
      /** `group:DATA-PLANE:KIND`, with `*` for any. */
      readonly key: string;
      readonly dataPlane: string | undefined;
      readonly of: DriftKind | undefined;
      readonly drifts: readonly Drift[];
    };

/** From fine to coarse; the last puts all into one. */
const GROUPINGS: readonly { readonly byDataPlane: boolean; readonly byKind: boolean }[] = [
  { byDataPlane: true, byKind: true },
  { byDataPlane: false, byKind: true },
  { byDataPlane: false, byKind: false },
];

/**
 * One issue for each drift as long as there are at most `issuesMax`; above that, the finest grouping that stays within
 * it. A fleet of thousands that drifts at once is one event, and a thousand issues would hide it.
 */
export function groupDrifts(drifts: readonly Drift[], issuesMax: number): readonly DriftGroup[] {
  const sorted = [...drifts].sort((a, b) => (a.key < b.key ? -1 : 1));
  if (sorted.length <= issuesMax) return sorted.map((drift) => ({ kind: 'single', key: drift.key, drift }));
  let groups: readonly DriftGroup[] = [];
  for (const grouping of GROUPINGS) {
    groups = grouped(sorted, grouping);
    if (groups.length <= issuesMax) break;
  }
  return groups;
}

function grouped(drifts: readonly Drift[], { byDataPlane, byKind }: (typeof GROUPINGS)[number]): readonly DriftGroup[] {
  const groups = new Map<string, { dataPlane: string | undefined; of: DriftKind | undefined; drifts: Drift[] }>();
  for (const drift of drifts) {
    const dataPlane = byDataPlane ? drift.dataPlane : undefined;
    const of = byKind ? drift.kinds[0] : undefined;
    const key = `group:${dataPlane ?? '*'}:${of ?? '*'}`;
    const group = groups.get(key) ?? { dataPlane, of, drifts: [] };
    groups.set(key, group);
    group.drifts.push(drift);
  }
  return [...groups].map(([key, group]) => ({ kind: 'many', key, ...group }));
}
