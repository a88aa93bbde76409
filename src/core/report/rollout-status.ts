import { assertNever } from '../model/assert.ts';
import type { CommitSha } from '../model/ids.ts';
import { formatDuration, formatInstant, type Instant } from '../model/time.ts';
import type { Plan, PlannedPhase } from '../plan/plan.ts';
import type { Hold } from '../reconcile/decision.ts';
import { IN_FLIGHT, type RolloutState, type TargetState, type TargetStatus } from '../reconcile/state.ts';
import { cut, layOut, type Part } from './lay-out.ts';
import { code, details, inert, plural, table } from './markdown.ts';
import { memberTables } from './plan-parts.ts';
import { approvalTime, approverWords, releaseChange } from './plan-words.ts';
import { wayOut } from './rollout-way-out.ts';
import { countWords, holdLines, phaseWords, progressWords, STATUS_WORDS } from './rollout-words.ts';

/** Everything that the comment and the check say about a rollout. */
export interface RolloutView {
  readonly plan: Plan;
  readonly state: RolloutState;
  readonly holds: readonly Hold[];
  /** The rollout that took over, where one did. */
  readonly supersededBy: { readonly title: string; readonly pull: number | undefined; readonly commit: CommitSha } | undefined;
  /** Page of the rollout, where it can be watched and commanded. */
  readonly rolloutUrl: string | undefined;
  /** How much faster than the wall clock bakes run; 1 outside of local mode. */
  readonly speed: number;
  readonly now: Instant;
}

/** Title, summary and text of the check `flotilla / rollout`. Its state is up to the caller, who knows what the code host makes of each. */
export function renderRolloutCheck(view: RolloutView): { readonly title: string; readonly summary: string; readonly text: string } {
  const { icon, words } = rolloutVerdict(view);
  const [, ...parts] = rolloutParts(view);
  const summary = [`${icon} ${words}`, ...pauseParts(view), ...approvalParts(view)].join('\n\n');
  return { title: words, summary: cut(summary, SUMMARY_CHARS_MAX), text: layOut(parts) };
}

const SUMMARY_CHARS_MAX = 10_000;

/** The verdict line first, then phases, failures, what is in flight, why the others wait, and the plan itself, folded. */
export function rolloutParts(view: RolloutView): readonly Part[] {
  const { icon, words } = rolloutVerdict(view);
  const { plan, holds } = view;
  return [
    `### ${icon} ${words}`,
    ...pauseParts(view),
    ...approvalParts(view),
    ...outcomeParts(view),
    phaseProgress(view),
    ...targetTable(view, 'Went wrong', ['failed', 'unreachable']),
    ...targetTable(view, 'In flight', [...IN_FLIGHT, 'soaking']),
    ...putOff(view),
    ...(holds.length === 0 ? [] : [details('Why the others wait', holdLines(holds.filter(isIdle(view))).join('\n') || 'None waits.')]),
    ...(view.speed === 1 ? [] : [`_Local mode: bakes and clusters run ${view.speed} times faster than the plan says._`]),
    details(
      'Plan',
      plan.releases
        .map((release) => `- ${code(release.release)}: ${releaseChange(release)}, strategy ${code(release.strategy)}`)
        .join('\n'),
    ),
    ...memberTables(plan),
    ...(view.rolloutUrl === undefined ? [] : [`[Watch or command this rollout](${view.rolloutUrl})`]),
  ];
}

/** In flight shows its own progress; the reasons are for those that stand still. */
const isIdle =
  ({ state }: RolloutView) =>
  ({ cluster }: Hold): boolean =>
    !['applying', 'rolling', 'soaking'].includes(state.targets.get(cluster)?.status ?? '');

/** One line: what it is, how far it is, and whether somebody must act. Nothing of others is in it, so that it can be a title. */
export function rolloutVerdict({ plan, state }: RolloutView): { readonly icon: string; readonly words: string } {
  const targets = [...state.targets.values()];
  const total = targets.length;
  const done = targets.filter(({ status }) => status === 'succeeded' || status === 'skipped').length;
  const wrong = targets.filter(({ status }) => status === 'failed' || status === 'unreachable').length;
  const name = plan.kind === 'rollback' ? 'Rollback' : 'Rollout';
  const far = `${done} of ${plural(total, 'cluster')} done`;
  const bad = wrong === 0 ? '' : `, ${wrong} went wrong`;
  switch (state.status) {
    case 'awaiting-approval':
      return { icon: '✋', words: `${name} waits for approval: ${far}${bad}` };
    case 'running':
      return { icon: '🔵', words: `${name} under way: ${far}${bad}` };
    case 'paused':
      return { icon: '⏸️', words: `${name} paused: ${far}${bad}` };
    case 'aborted': {
      const winding = state.finishedAt === undefined ? ', clusters in flight come to rest' : '';
      return { icon: '⛔', words: `${name} aborted: ${far}${bad}${winding}` };
    }
    case 'superseded':
      return { icon: '⏭️', words: `${name} superseded by a newer one: ${far}${bad}` };
    case 'completed':
      return { icon: '✅', words: `${name} completed: ${far}` };
    case 'completed-with-deferrals':
      return { icon: '⚠️', words: `${name} completed, but not everywhere: ${far}${bad}` };
    default:
      return assertNever(state.status, 'rolloutVerdict');
  }
}

/** Why it stands still, and the way out. */
function pauseParts(view: RolloutView): readonly string[] {
  const { pause } = view.state;
  if (pause === undefined) return [];
  const where = pause.phase === undefined ? '' : ` in phase ${code(pause.phase)}`;
  const who = pause.cause === 'person' ? ` by ${code(pause.by)}` : '';
  return [
    `**Paused${who} at ${formatInstant(pause.at)}${where}:** ${inert(pause.reason)}`,
    untouchedWords(view),
    wayOut(view.plan, view.state, view.rolloutUrl),
  ];
}

/** How far the damage can have gone: always said, because it is the first thing asked. */
function untouchedWords({ state }: RolloutView): string {
  const targets = [...state.targets.values()];
  const untouched = targets.filter(({ attempt }) => attempt === 0).length;
  return `**Not touched:** ${untouched === 0 ? 'none; every cluster of this rollout was started' : `${untouched} of ${plural(targets.length, 'cluster')}`}. Nothing new starts while it is paused.`;
}

/** Phases that stand still until people agree: how many have, who may, and how. */
function approvalParts({ plan, state, rolloutUrl }: RolloutView): readonly string[] {
  return plan.phases.flatMap(({ id, approval }) => {
    if (approval === undefined || state.phases.get(id)?.status !== 'awaiting-approval') return [];
    const given = state.approvals.filter(({ phase, digest }) => phase === id && digest === state.digest);
    const by = given.length === 0 ? '' : ` (${given.map((one) => code(one.by)).join(', ')})`;
    const where = rolloutUrl === undefined ? `rollout ${code(state.id)}` : `[the page of the rollout](${rolloutUrl})`;
    const asked = `**${code(id)} waits for approval ${approvalTime(approval)}:** ${given.length} of ${approval.count} given${by}`;
    return [`${asked}. Who may: ${approverWords(approval)}. **Next:** look at the plan, and approve ${code(state.digest)} on ${where}.`];
  });
}

function outcomeParts({ state, supersededBy }: RolloutView): readonly string[] {
  const parts: string[] = [];
  if (state.status === 'superseded' && supersededBy !== undefined) {
    const { pull, title, commit } = supersededBy;
    parts.push(
      `Superseded by ${pull === undefined ? code(commit.slice(0, 12)) : `#${pull}`}, ${code(title)}: it takes over what is not done here.`,
    );
  }
  if (state.status === 'aborted') {
    const left = [...state.targets.values()].filter(
      ({ status }) => status === 'waiting' || status === 'deferred' || status === 'held',
    ).length;
    if (left > 0)
      parts.push(
        `${plural(left, 'cluster')} did not get the new version and will be reported as lagging. Revert the merge, or merge a newer change, to settle this.`,
      );
  }
  if (state.finishedAt !== undefined) {
    parts.push(`Finished ${formatInstant(state.finishedAt)}, after ${formatDuration(state.finishedAt - state.createdAt)}.`);
  }
  return parts;
}

function phaseProgress({ plan, state }: RolloutView): string {
  const rows = plan.phases
    .filter(({ members }) => members.length > 0)
    .map((phase, at) => [
      String(at + 1),
      `${code(phase.id)}${phase.canary ? ' (canary)' : ''}`,
      phaseWords(phase, state.phases.get(phase.id), state),
      countWords(membersOf(phase, state).map(({ target }) => target)),
    ]);
  return table(['#', 'Phase', 'Status', 'Clusters'], rows);
}

interface Member {
  readonly cluster: string;
  readonly target: TargetState;
}

function membersOf({ members }: PlannedPhase, { targets }: RolloutState): readonly Member[] {
  return members.flatMap((cluster) => {
    const target = targets.get(cluster);
    return target === undefined ? [] : [{ cluster, target }];
  });
}

/** Clusters that were never started and will not be: many of them after an abort, so they are folded. */
function putOff({ plan, state }: RolloutView): readonly Part[] {
  const rows = plan.phases.flatMap((phase) =>
    membersOf(phase, state)
      .filter(({ target }) => target.status === 'deferred')
      .map(({ cluster, target }) => [code(cluster), code(phase.id), inert(target.detail ?? 'no reason is on record')]),
  );
  if (rows.length === 0) return [];
  return [
    {
      heads: ['Cluster', 'Phase', 'Why'],
      rows,
      of: ['cluster', 'clusters'],
      rest: 'The page of the rollout shows all.',
      summary: `Put off: ${plural(rows.length, 'cluster')}`,
    },
  ];
}

/** Clusters in one of these statuses, in the order of the phases. */
function targetTable({ plan, state }: RolloutView, title: string, statuses: readonly TargetStatus[]): readonly Part[] {
  const rows = plan.phases.flatMap((phase) =>
    membersOf(phase, state)
      .filter(({ target }) => statuses.includes(target.status))
      .map(({ cluster, target }) => [
        code(cluster),
        STATUS_WORDS[target.status],
        progressWords(target, phase.bakeMs),
        `${target.startedAt === undefined ? 'not started' : formatInstant(target.startedAt)}${target.attempt > 1 ? `, attempt ${target.attempt}` : ''}`,
      ]),
  );
  if (rows.length === 0) return [];
  return [
    `**${title}**`,
    {
      heads: ['Cluster', 'Status', 'Evidence', 'Ordered'],
      rows,
      of: ['cluster', 'clusters'],
      rest: 'The page of the rollout shows all.',
      summary: undefined,
    },
  ];
}
