import { type Drift, type DriftKind, isOutage } from './drift.ts';

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

interface Grouping {
  readonly byDataPlane: boolean;
  readonly byKind: boolean;
}

/** From fine to coarse; the last puts all into one. */
const GROUPINGS: readonly Grouping[] = [
  { byDataPlane: true, byKind: true },
  { byDataPlane: false, byKind: true },
  { byDataPlane: false, byKind: false },
];

/**
 * One issue for each drift as long as there are at most `issuesMax`. Above that, those that have an issue keep it, and the others share
 * issues, in the finest grouping for which there is room: a fleet of thousands that drifts at once is one event, and a thousand issues
 * would hide it. Drifts that share an issue go on doing so until half of the room is free, so that a fleet at its limit does not open
 * and close issues with every look. An outage of a data plane always has an issue of its own.
 *
 * @param open - keys of the issues that are open now.
 */
export function groupDrifts(drifts: readonly Drift[], issuesMax: number, open: ReadonlySet<string> = new Set()): readonly DriftGroup[] {
  const sorted = [...drifts].sort((a, b) => (a.key < b.key ? -1 : 1));
  const [outages, others] = [sorted.filter(isOutage), sorted.filter((drift) => !isOutage(drift))];
  return [...outages.map(single), ...within(others, issuesMax, open)];
}

const single = (drift: Drift): DriftGroup => ({ kind: 'single', key: drift.key, drift });

function within(drifts: readonly Drift[], issuesMax: number, open: ReadonlySet<string>): readonly DriftGroup[] {
  const coarsest = coarsestOpen(open);
  if (drifts.length <= (coarsest === undefined ? issuesMax : Math.floor(issuesMax / 2))) return drifts.map(single);
  const kept = drifts.filter(({ key }) => open.has(key)).slice(0, issuesMax);
  const rest = drifts.filter((drift) => !kept.includes(drift));
  let groups: readonly DriftGroup[] = [];
  for (const grouping of GROUPINGS.slice(coarsest ?? 0)) {
    groups = grouped(rest, grouping);
    if (groups.length <= Math.max(1, issuesMax - kept.length)) break;
  }
  return [...kept.map(single), ...groups];
}

/** The coarsest grouping of which an issue is open: a finer one would move what is told there. */
function coarsestOpen(open: ReadonlySet<string>): number | undefined {
  const stars = [...open].filter((key) => key.startsWith('group:')).map((key) => key.split(':').filter((part) => part === '*').length);
  return stars.length === 0 ? undefined : Math.max(...stars);
}

function grouped(drifts: readonly Drift[], grouping: Grouping): readonly DriftGroup[] {
  const groups = new Map<string, { dataPlane: string | undefined; of: DriftKind | undefined; drifts: Drift[] }>();
  for (const drift of drifts) {
    const key = groupKey(drift, grouping);
    const { byDataPlane, byKind } = grouping;
    const group = groups.get(key) ?? {
      dataPlane: byDataPlane ? drift.dataPlane : undefined,
      of: byKind ? drift.kinds[0] : undefined,
      drifts: [],
    };
    groups.set(key, group);
    group.drifts.push(drift);
  }
  return [...groups].map(([key, group]) => ({ kind: 'many', key, ...group }));
}

const groupKey = ({ dataPlane, kinds }: Drift, { byDataPlane, byKind }: Grouping): string =>
  `group:${byDataPlane ? dataPlane : '*'}:${byKind ? kinds[0] : '*'}`;

/** Is anything left of what an issue was about? Then it is not settled, wherever it is told now. */
export const isAbout = (key: string, drift: Drift): boolean =>
  drift.key === key || (!isOutage(drift) && GROUPINGS.some((grouping) => groupKey(drift, grouping) === key));
