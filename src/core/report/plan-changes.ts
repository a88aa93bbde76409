import type { ClusterId } from '../model/ids.ts';
import type { Plan, PlannedPhase, PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { NameList, Part } from './lay-out.ts';
import { code, grouped, inert, plural } from './markdown.ts';
import { targetWords } from './plan-words.ts';

/** By cluster id; what a reader knows clusters by. */
export type ClusterLabels = ReadonlyMap<ClusterId, Readonly<Record<string, string>>>;

/** Targets that change in the very same way. */
interface ChangeGroup {
  readonly release: string;
  readonly words: string;
  readonly targets: PlannedTarget[];
}

/** Labels that a reader counts by, where clusters have them. */
const COUNTED_LABELS = ['tier', 'region'] as const;
const COUNTS_MAX = 4;
const NAMED_MAX = 3;

/** Every change once, with how many clusters get it and where; the rare ones first, because there the surprises are. */
export function changeTable(plan: Plan, labels: ClusterLabels, rowsMax: number): readonly Part[] {
  const groups = changeGroups(plan);
  if (groups.length === 0) return [];
  const [severalReleases, counted] = [plan.rollouts.length > 1, COUNTED_LABELS.filter((key) => hasLabel(groups, labels, key))];
  const heads = [
    ...(severalReleases ? ['Release'] : []),
    'What changes',
    'Clusters',
    'Data planes',
    ...counted.map((key) => `${key.charAt(0).toUpperCase()}${key.slice(1)}s`),
  ];
  const rows = groups
    .slice(0, rowsMax)
    .map(({ release, words, targets }) => [
      ...(severalReleases ? [code(release)] : []),
      words,
      targets.length <= NAMED_MAX ? targets.map(({ cluster }) => code(cluster)).join(', ') : grouped(targets.length),
      countsBy(targets, ({ dataPlane }) => dataPlane),
      ...counted.map((key) => countsBy(targets, ({ cluster }) => labels.get(cluster)?.[key])),
    ]);
  const more = groups.length - rows.length;
  return [
    '**What changes**',
    { heads, rows, more, of: ['change', 'changes'], rest: 'The check `flotilla / plan` has them.', summary: undefined },
  ];
}

function changeGroups({ rollouts }: Plan): readonly ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const { release, targets } of rollouts) {
    for (const target of targets.values()) {
      const words = targetWords(target);
      const key = `${release}\n${words}`;
      const group = groups.get(key) ?? { release, words, targets: [] };
      groups.set(key, group);
      group.targets.push(target);
    }
  }
  const several = [...groups.values()];
  return several.sort((a, b) => a.targets.length - b.targets.length);
}

const hasLabel = (groups: readonly ChangeGroup[], labels: ClusterLabels, key: string): boolean =>
  groups.some(({ targets }) => targets.some(({ cluster }) => labels.get(cluster)?.[key] !== undefined));

/** `aws-eu 5, azure-eu 4 and 2 more`: the largest first. */
function countsBy(targets: readonly PlannedTarget[], wordOf: (target: PlannedTarget) => string | undefined): string {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const value = wordOf(target) ?? 'none';
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const more = sorted.length - COUNTS_MAX;
  const shown = sorted
    .slice(0, COUNTS_MAX)
    .map(([value, count]) => (sorted.length === 1 ? inert(value) : `${inert(value)} ${grouped(count)}`));
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Every cluster by name, under one fold. Small phases keep their names where not all have room. */
export function memberLists(rollouts: readonly PlannedRollout[], rest: string): readonly Part[] {
  const lists = rollouts.flatMap((rollout) =>
    rollout.phases
      .filter(({ members }) => members.length > 0)
      .flatMap((phase, at) => phaseLists(rollout, phase, at + 1, rollouts.length > 1 ? `${code(rollout.release)}, ` : '')),
  );
  if (lists.length === 0) return [];
  const all = lists.reduce((sum, { names, more }) => sum + names.length + more, 0);
  return [
    {
      summary: `Every cluster by phase: ${grouped(all)}`,
      lists,
      of: ['cluster', 'clusters'],
      rest,
    },
  ];
}

/** One list for each change of the phase: mostly one. */
function phaseLists({ targets }: PlannedRollout, { name, members }: PlannedPhase, number: number, release: string): readonly NameList[] {
  const byChange = new Map<string, ClusterId[]>();
  for (const member of members) {
    const target = targets.get(member);
    const words = target === undefined ? '' : targetWords(target);
    const known = byChange.get(words);
    if (known === undefined) byChange.set(words, [member]);
    else known.push(member);
  }
  const isOne = byChange.size === 1 || byChange.size > LISTS_MAX;
  const lists = isOne ? [{ words: '', names: members }] : [...byChange].map(([words, names]) => ({ words, names }));
  return lists.map(({ words, names }) => ({
    intro: `${release}**Phase ${number}, ${code(name)}**, ${plural(names.length, 'cluster')}${words === '' ? '' : ` (${words})`}`,
    names: names.slice(0, NAMES_MAX).map(code),
    more: Math.max(0, names.length - NAMES_MAX),
  }));
}

/** More names than this never fit: none is shorter than three bytes with its quotes. */
const NAMES_MAX = 20_000;

/** Where nearly each cluster of a phase changes in its own way, the names alone are listed. */
const LISTS_MAX = 10;
