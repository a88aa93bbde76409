import { assertNever } from '../model/assert.ts';
import { formatDuration, formatInstant } from '../model/time.ts';
import type { Plan, PlannedLimit, PlannedPhase, PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { Part } from './lay-out.ts';
import { code, inert, names, plural, prose, sentence, table } from './markdown.ts';
import type { HalfWay, PlannedView, UnderWay } from './plan-view.ts';
import {
  approvalWords,
  budgetWords,
  clusterWords,
  concurrencyWords,
  countTargets,
  kindWords,
  memberWords,
  releaseChange,
  timeWords,
} from './plan-words.ts';
import { EXCLUSION_WORDS, ROLLOUT_STATUS_WORDS } from './words.ts';

const SEE_ALL = 'Run `npx flotilla plan` to see all.';
/** Names in a sentence before it only counts. */
const NAMES_MAX = 5;

const filledPhases = ({ phases }: PlannedRollout): readonly PlannedPhase[] => phases.filter(({ members }) => members.length > 0);

/** What changes: one rollout for each release. */
export function releaseTable({ rollouts }: Plan): string {
  return table(
    ['Release', 'Change', 'Clusters', 'Kind', 'Phases', 'Strategy'],
    rollouts.map((rollout) => [
      code(rollout.release),
      releaseChange(rollout),
      clusterWords(rollout),
      kindWords(rollout),
      String(filledPhases(rollout).length),
      code(rollout.strategy),
    ]),
  );
}

/** What a reviewer should look at before anything else, the worst first. */
export function riskList({ risks }: Pick<Plan, 'risks'>, halfWay: readonly HalfWay[] = []): string {
  const shown = halfWay.slice(0, NAMES_MAX).map(({ cluster, words }) => `- ⚠️ ${code(cluster)} is half-way: ${prose(words)}`);
  const more = halfWay.length - shown.length;
  return [
    '**Look at this first**',
    '',
    ...shown,
    ...(more > 0 ? [`- ⚠️ ${plural(more, 'more cluster')} half-way`] : []),
    ...risks.map(({ words }) => `- ⚠️ ${prose(words)}`),
  ].join('\n');
}

/** How each rollout goes: its phases in order, and what bounds it over all of them. */
export const rolloutPlans = (plan: Plan): readonly Part[] => plan.rollouts.flatMap((rollout) => phaseTable(plan, rollout));

/** The phases in order; those without members are named below, because their approval is skipped with them. */
function phaseTable(plan: Plan, rollout: PlannedRollout): readonly Part[] {
  const rows = filledPhases(rollout).map((phase, at) => [
    String(at + 1),
    `${code(phase.name)}${phase.canary ? ' (canary)' : ''}`,
    memberWords(phase),
    inert(phase.why),
    startWords(plan, rollout, phase, at),
    concurrencyWords(phase),
    timeWords(phase.soakMs),
    timeWords(phase.bakeMs),
    budgetWords(phase.budgets),
    phase.approval === undefined ? 'none' : approvalWords(phase.approval),
  ]);
  const heads = ['#', 'Phase', 'Clusters', 'Why these', 'Starts', 'At once', 'Soak', 'Bake', 'Tolerates', 'Approval'];
  const empty = rollout.phases.filter(({ members }) => members.length === 0);
  const proven = empty.flatMap(({ name, provenBy }) =>
    provenBy === undefined ? [] : [`Nothing moves in canary phase ${code(name)}: ${inert(provenBy)}.`],
  );
  const skipped = empty.filter(({ provenBy }) => provenBy === undefined).map(({ name }) => name);
  return [
    plan.rollouts.length > 1 ? `**Phases of ${code(rollout.release)}**` : '**Phases**',
    table(heads, rows),
    ...limits(rollout),
    ...proven,
    ...(skipped.length === 0 ? [] : [`Skipped, because none of these clusters belong to them: ${names(skipped, NAMES_MAX)}.`]),
  ];
}

function startWords({ rollouts }: Plan, { requires }: PlannedRollout, { approval }: PlannedPhase, at: number): string {
  const before = rollouts.filter(({ product }) => requires.includes(product)).map(({ release }) => code(release));
  const first = before.length === 0 ? 'on merge' : `after ${before.join(', ')}`;
  const start = at === 0 ? first : `after ${at}`;
  return approval?.when === 'before' ? `${start}, once approved` : start;
}

/** Limits over all phases of a rollout, and how long it is watched. */
function limits({ release, limits: all, budgets, guardMs, targets }: PlannedRollout): readonly string[] {
  const words = all.map(limitWords).filter((line) => line !== undefined);
  const tolerates = Object.keys(budgets).length === 0 ? [] : [`tolerates ${budgetWords(budgets)}`];
  const guard = guardMs === 0 ? [] : [`watched for ${formatDuration(guardMs)} after the end`];
  const lines = [...words, ...tolerates, deadlineWords([...targets.values()]), ...guard];
  return lines.length === 0 ? [] : [`Over all phases of ${code(release)}: ${lines.join('; ')}.`];
}

/** It grows with the number of replicas. */
function deadlineWords(targets: readonly PlannedTarget[]): string {
  const all = targets.map(({ deadlineMs }) => deadlineMs);
  const [least, most] = all.reduce(([low, high], ms) => [Math.min(low, ms), Math.max(high, ms)], [Number.POSITIVE_INFINITY, 0]);
  return `a cluster counts as failed after ${least === most ? '' : `${formatDuration(least)} to `}${formatDuration(most)}`;
}

function limitWords({ kind, name, count }: PlannedLimit): string | undefined {
  switch (kind) {
    case 'release':
      return `at most ${count.words} at once`;
    case 'label':
      return `at most ${count.words} at once with ${code(name)}`;
    case 'rescue':
      return `at most ${count.words} at once that were left failed or half-way, before their turn`;
    // Phases say their own in the table; those of data planes and fleet are shared by all rollouts.
    case 'phase':
    case 'data-plane':
    case 'fleet':
      return undefined;
    default:
      return assertNever(kind, 'limitWords');
  }
}

/** Changed clusters that stay as they are, and clusters that are gone from the manifests. */
export function leftAlone({ excluded, removed }: Plan, rowsMax: number): readonly Part[] {
  const parts: Part[] = [];
  if (excluded.length > 0) {
    parts.push({
      summary: `Left alone: ${plural(excluded.length, 'cluster')}`,
      heads: ['Cluster', 'Release', 'Why', 'Reason'],
      rows: excluded
        .slice(0, rowsMax)
        .map(({ cluster, release, reason, words }) => [code(cluster), code(release), EXCLUSION_WORDS[reason].label, inert(words)]),
      more: Math.max(0, excluded.length - rowsMax),
      of: ['cluster', 'clusters'],
      rest: SEE_ALL,
    });
  }
  if (removed.length > 0) {
    parts.push({
      summary: `No longer in the manifests, and not deleted: ${plural(removed.length, 'cluster')}`,
      heads: ['Cluster'],
      rows: removed.slice(0, rowsMax).map((cluster) => [code(cluster)]),
      more: Math.max(0, removed.length - rowsMax),
      of: ['cluster', 'clusters'],
      rest: SEE_ALL,
    });
  }
  return parts;
}

/** When it would run: what the calendar holds now, and rollouts that it meets. */
export function whenParts({ plan, calendar, underWay }: PlannedView): readonly Part[] {
  const targets = countTargets(plan);
  if (targets === 0) return [];
  const lines = calendar.map(({ rule, opensAt, clusters }) => {
    const who = clusters.length === targets && targets > NAMES_MAX ? 'all clusters' : names(clusters, NAMES_MAX);
    const what = rule.kind === 'freeze' ? `freeze ${code(rule.name)}` : `outside window ${code(rule.name)}`;
    const until = opensAt === undefined ? 'with no end in sight' : `until ${formatInstant(opensAt)}`;
    return `- ⏸️ ${sentence(what)} holds ${who} ${until}: ${inert(rule.reason)}`;
  });
  const meets = underWay.flatMap((other) => meetingWords(plan, other));
  if (lines.length + meets.length === 0) lines.push('- The first phase starts on merge: no window or freeze holds it now');
  return [['**When**', '', ...lines, ...meets].join('\n')];
}

/** How the rollout of a release meets the one that is under way there. */
function meetingWords({ rollouts }: Plan, { release, title, pull, status }: UnderWay): readonly string[] {
  const own = rollouts.find((rollout) => rollout.release === release);
  if (own === undefined) return [];
  const other = `${pull === undefined ? '' : `#${pull} `}${code(title)}, which is ${ROLLOUT_STATUS_WORDS[status].label}`;
  if (status === 'pending') return [`- ⏳ Release ${code(release)}: replaces ${other}; this takes along all that it would have changed`];
  if (own.urgency !== 'routine')
    return [`- ⏩ Release ${code(release)}: takes over at once from ${other}, because it is marked ${own.urgency}`];
  const goesBack = [...own.targets.values()].some(({ kind }) => kind === 'rollback');
  if (goesBack) return [`- ⏩ Release ${code(release)}: takes over at once from ${other}, where it goes back on what that has begun`];
  return [`- ⏳ Release ${code(release)}: waits for ${other}; \`take-over\` starts it sooner`];
}
