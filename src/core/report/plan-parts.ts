import { formatDuration, formatInstant } from '../model/time.ts';
import type { Plan, PlannedPhase } from '../plan/plan.ts';
import { type Part, ROWS_MAX } from './lay-out.ts';
import { code, inert, names, plural, sentence, table } from './markdown.ts';
import type { PlannedView } from './plan-view.ts';
import {
  approvalWords,
  bakeWords,
  budgetWords,
  concurrencyWords,
  memberWords,
  phaseSummary,
  releaseChange,
  targetWords,
} from './plan-words.ts';

const SEE_ALL = 'Run `npx flotilla plan` to see all.';
/** Names in a sentence before it only counts. */
const NAMES_MAX = 5;

/** What changes, by release. */
export function releaseTable({ releases, phases }: Plan): string {
  return table(
    ['Release', 'Change', 'Clusters', 'Phases', 'Strategy'],
    releases.map((release) => [
      code(release.release),
      releaseChange(release),
      `${release.members} of ${release.selected}`,
      String(phases.filter((phase) => phase.release === release.release && phase.members.length > 0).length),
      code(release.strategy) + (release.urgency === 'routine' ? '' : ` (${release.urgency})`),
    ]),
  );
}

/** What a reviewer should look at before anything else. */
export const riskList = ({ risks }: Pick<Plan, 'risks'>): string =>
  ['**Look at this first**', '', ...risks.map(({ words }) => `- ⚠️ ${inert(words)}`)].join('\n');

/** The phases in order; those without members are named below, because their approval is skipped with them. */
export function phaseTable(plan: Plan): readonly Part[] {
  const filled = plan.phases.filter(({ members }) => members.length > 0);
  const numbers = new Map(filled.map(({ id }, at) => [id, at + 1]));
  const rows = filled.map((phase, at) => [
    String(at + 1),
    `${code(phase.id)}${phase.canary ? ' (canary)' : ''}`,
    memberWords(phase),
    inert(phase.why),
    startWords(phase, numbers),
    concurrencyWords(phase),
    bakeWords(phase.bakeMs),
    budgetWords(phase.budgets),
    phase.approval === undefined ? 'none' : approvalWords(phase.approval),
  ]);
  const heads = ['#', 'Phase', 'Clusters', 'Why these', 'Starts', 'At once', 'Bake', 'Tolerates', 'Approval'];
  const empty = plan.phases.filter(({ members }) => members.length === 0).map(({ id }) => id);
  const skipped = empty.length === 0 ? [] : [`Skipped, because none of these clusters is in them: ${names(empty, NAMES_MAX)}.`];
  return ['**Phases**', table(heads, rows), ...limits(plan), ...skipped];
}

function startWords({ after, approval }: PlannedPhase, numbers: ReadonlyMap<string, number>): string {
  const first = after.length === 0 ? 'at the merge' : `after ${after.map((id) => numbers.get(id) ?? code(id)).join(', ')}`;
  return approval?.when === 'before' ? `${first}, once approved` : first;
}

/** Limits over all phases of a release, where its strategy gives any. */
function limits({ releases }: Plan): readonly string[] {
  return releases.flatMap(({ release, maxConcurrent, budgets }) => {
    const words = [
      ...(maxConcurrent === undefined ? [] : [`at most ${maxConcurrent.words} at once`]),
      ...(Object.keys(budgets).length === 0 ? [] : [`tolerates: ${budgetWords(budgets)}`]),
    ];
    return words.length === 0 ? [] : [`Over all phases of ${code(release)}: ${words.join('; ')}.`];
  });
}

/** Every cluster of every phase, folded. */
export function memberTables(plan: Plan): readonly Part[] {
  return plan.phases
    .filter(({ members }) => members.length > 0)
    .map((phase, at) => ({
      summary: phaseSummary(at + 1, phase),
      heads: ['Cluster', 'Data plane', 'What changes', 'Counts as failed after'],
      rows: phase.members.slice(0, ROWS_MAX).flatMap((member) => {
        const target = Object.hasOwn(plan.targets, member) ? plan.targets[member] : undefined;
        if (target === undefined) return [];
        return [[code(member), code(target.dataPlane), targetWords(target), formatDuration(target.deadlineMs)]];
      }),
      more: Math.max(0, phase.members.length - ROWS_MAX),
      of: ['cluster', 'clusters'],
      rest: SEE_ALL,
    }));
}

/** Changed clusters that stay as they are, and clusters that are gone from the manifests. */
export function leftAlone({ excluded, removed }: Plan): readonly Part[] {
  const parts: Part[] = [];
  if (excluded.length > 0) {
    parts.push({
      summary: `Left alone: ${plural(excluded.length, 'cluster')} opted out`,
      heads: ['Cluster', 'Release', 'Reason'],
      rows: excluded.map(({ cluster, release, words }) => [code(cluster), code(release), inert(words)]),
      of: ['cluster', 'clusters'],
      rest: SEE_ALL,
    });
  }
  if (removed.length > 0) {
    parts.push({
      summary: `No longer in the manifests, and not deleted: ${plural(removed.length, 'cluster')}`,
      heads: ['Cluster'],
      rows: removed.map((cluster) => [code(cluster)]),
      of: ['cluster', 'clusters'],
      rest: SEE_ALL,
    });
  }
  return parts;
}

/** When it would run: what the calendar holds now, and rollouts that it meets. */
export function whenParts({ plan, calendar, underWay }: PlannedView): readonly Part[] {
  const targets = Object.keys(plan.targets).length;
  if (targets === 0) return [];
  const lines = calendar.map(({ rule, opensAt, clusters }) => {
    const who = clusters.length === targets && targets > NAMES_MAX ? 'all clusters' : names(clusters, NAMES_MAX);
    const what = rule.kind === 'freeze' ? `freeze ${code(rule.name)}` : `outside window ${code(rule.name)}`;
    const until = opensAt === undefined ? 'with no end in sight' : `until ${formatInstant(opensAt)}`;
    return `- ⏸️ ${sentence(what)} holds ${who} ${until}: ${inert(rule.reason)}`;
  });
  const meets = underWay.map(({ title, pull, status, shared }) => {
    const which = `${pull === undefined ? '' : `#${pull} `}${code(title)}`;
    return `- ⏳ Takes over ${names(shared, NAMES_MAX)} from the rollout of ${which}, which is ${status.replaceAll('-', ' ')}: what it has not finished there goes to the new version instead`;
  });
  if (lines.length === 0) lines.push('- The first phase starts at the merge: no window or freeze holds it now');
  return [['**When**', '', ...lines, ...meets].join('\n')];
}
