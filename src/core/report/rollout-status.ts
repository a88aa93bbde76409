import { assertNever } from '../model/assert.ts';
import type { RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import { formatDuration, formatInstant } from '../model/time.ts';
import { atSpeed } from '../plan/at-speed.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import { approvalEnds, countedApprovals } from '../reconcile/approvals.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import {
  IN_FLIGHT,
  isFinished,
  type Override,
  type RolloutState,
  SETTLED,
  type TargetState,
  type TargetStatus,
} from '../reconcile/state.ts';
import { halfWayIn, howFar } from './how-far.ts';
import { cut, layOut, type Part, ROWS_MAX } from './lay-out.ts';
import { code, details, inert, plural, prose, sentence, table } from './markdown.ts';
import { memberLists } from './plan-changes.ts';
import { approvalTime, approverWords, releaseChange } from './plan-words.ts';
import { stopParagraph, stopsOf } from './rollout-stops.ts';
import { rolloutVerdict, viewVerdict } from './rollout-verdict.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { approvalWay, requirementWay, takeOverWay, wayOut } from './rollout-way-out.ts';
import {
  attemptWords,
  countWords,
  holdLines,
  phaseWords,
  progressWords,
  reasonWords,
  refusedLines,
  rolloutName,
  targetStatusWords,
} from './rollout-words.ts';
import { TARGET_STATUS_WORDS } from './words.ts';

/** Title, summary and text of the check `flotilla / rollout`: one for all rollouts of the commit. */
export function renderRolloutCheck(view: RolloutView): { readonly title: string; readonly summary: string; readonly text: string } {
  const { icon, words } = viewVerdict(view);
  const [, ...parts] = rolloutParts(view, 'check');
  const urgent = view.rollouts.flatMap((shown) => {
    const asks = [...stopParts(view, shown), ...approvalParts(view, shown)];
    return asks.length === 0 ? [] : [...sectionHead(view, shown), ...asks];
  });
  return { title: words, summary: cut([`${icon} ${words}`, ...urgent].join('\n\n'), SUMMARY_BYTES_MAX), text: layOut(parts) };
}

const SUMMARY_BYTES_MAX = 10_000;

/** The verdict line first; then, for each rollout, what a person must act on, how far it is, and why the rest waits; the plan itself last, folded. */
export function rolloutParts(view: RolloutView, place: 'comment' | 'check'): readonly Part[] {
  const { icon, words } = viewVerdict(view);
  return [
    `### ${icon} ${words}`,
    ...view.rollouts.flatMap((shown) => [
      ...sectionHead(view, shown),
      ...sectionParts(view, shown, place === 'check' ? ROWS_MAX : ROWS_IN_COMMENT_MAX),
    ]),
    ...(view.speed === 1 ? [] : [`_Local mode: soaks, bakes and clusters run ${view.speed} times faster than the plan says._`]),
    ...planParts(view, place),
  ];
}

/** A commit with one rollout needs no heading for it. */
function sectionHead({ rollouts }: RolloutView, shown: ShownRollout): readonly string[] {
  if (rollouts.length === 1) return [];
  const { icon, words } = rolloutVerdict(shown);
  const { planned, state } = shown.active;
  const isOnly = rollouts.filter(({ active }) => active.planned.release === planned.release).length === 1;
  return [`#### ${code(planned.release)}${isOnly ? '' : `, begun ${formatInstant(state.createdAt)}`}\n\n${icon} ${words}`];
}

/** Clusters of one kind that a comment shows: two screens are for reading, the page and the check for looking up. */
const ROWS_IN_COMMENT_MAX = 12;

function sectionParts(view: RolloutView, shown: ShownRollout, rowsMax: number): readonly Part[] {
  const lines = holdLines(view, shown);
  const refused = refusedLines(shown);
  const { fleetUrl } = view;
  const asks = [...stopParts(view, shown), ...approvalParts(view, shown), ...waitParts(view, shown)];
  return [
    ...halfWayParts(shown, rowsMax),
    ...asks,
    ...outcomeParts(view, shown),
    phaseProgress(shown),
    ...(refused.length === 0 ? [] : [['**Refused by data planes**', '', ...refused, '', REFUSED_NEXT].join('\n')]),
    ...wentWrong(shown, rowsMax),
    ...targetTable(shown, 'In flight', IN_FLIGHT, rowsMax),
    ...leftBehind(shown, rowsMax),
    ...(lines.length === 0 || isFinished(shown.active.state) ? [] : [details('Why clusters wait', lines.join('\n'))]),
    // What asks for something names the page already.
    ...(fleetUrl === undefined || asks.length > 0
      ? []
      : [`[Watch or control this rollout](${fleetUrl}/rollouts/${shown.active.state.id})`]),
  ];
}

/** Named before anything else: such a cluster runs two versions at once, and nobody wants it to stay so. */
function halfWayParts({ active }: ShownRollout, most: number): readonly string[] {
  const all = halfWayIn(active);
  if (all.length === 0) return [];
  const lines = all
    .slice(0, most)
    .map(({ cluster, status, words }) => `- ⚠️ ${code(cluster)} is half-way: ${inert(words)}, ${TARGET_STATUS_WORDS[status].label}`);
  const more = all.length - lines.length;
  return [['**Between two versions**', '', ...lines, ...(more > 0 ? [`- and ${plural(more, 'more cluster')}`] : [])].join('\n')];
}

const REFUSED_NEXT =
  '**Next:** fix the cause there, or merge a change that can be carried out. At its deadline such a cluster counts as failed.';

/** Why it stands still, how far it has gone, and the way out. */
export function stopParts(view: RolloutView, shown: ShownRollout): readonly string[] {
  const stops = stopsOf(view, shown);
  const way = wayOut(view, shown, stops);
  if (stops.length === 0) return way;
  return [...stops.map((stop) => stopParagraph(stop, shown)), ...(isFinished(shown.active.state) ? [] : [untouchedWords(shown)]), ...way];
}

/** How far the damage can have gone: always said, because it is the first thing asked. */
function untouchedWords({ active }: ShownRollout): string {
  const targets = [...active.state.targets.values()];
  const untouched = targets.filter(({ attempt }) => attempt === 0).length;
  const nothing = active.state.status === 'paused' ? ' Nothing new starts while it is paused.' : '';
  return `**Not touched:** ${untouched === 0 ? 'none; every cluster of this rollout was started' : `${untouched} of ${plural(targets.length, 'cluster')}`}.${nothing}${riskWords(active)}`;
}

/** What runs the new version and is not proven: it is what can still break. */
function riskWords(active: ActiveRollout): string {
  const { inFlight, baking } = howFar([active]);
  const parts = [...(inFlight === 0 ? [] : [`${inFlight} in flight`]), ...(baking === 0 ? [] : [`${baking} baking`])];
  return parts.length === 0 ? '' : ` **At risk:** ${plural(inFlight + baking, 'cluster')}, ${parts.join(', ')}.`;
}

/**
 * Phases that stand still until people agree: how many have, who may, and how.
 *
 * @param only - of this phase alone.
 */
export function approvalParts(view: RolloutView, shown: ShownRollout, only?: string): readonly string[] {
  const { planned, state } = shown.active;
  if (isFinished(state)) return [];
  return atSpeed(planned, view.speed).phases.flatMap((phase) => {
    const { name, approval } = phase;
    if (approval === undefined || state.phases.get(name)?.status !== 'awaiting-approval' || (only ?? name) !== name) return [];
    const given = countedApprovals(phase, state, view.now);
    const by = given.length === 0 ? '' : ` (${given.map((one) => `${code(one.by)}${untilWords(approvalEnds(phase, one))}`).join(', ')})`;
    const asked = `**✋ ${code(name)} waits for approval ${approvalTime(approval)}:** ${given.length} of ${approval.count} given${by}`;
    return [`${asked}. Who may: ${approverWords(approval)}.`, approvalWay(view, shown, name)];
  });
}

const untilWords = (ends: Instant | undefined): string => (ends === undefined ? '' : ` until ${formatInstant(ends)}`);

/** What all of it waits for, where that is another rollout. */
function waitParts(view: RolloutView, shown: ShownRollout): readonly string[] {
  const { all } = shown.holds;
  if (all?.reason.kind === 'required-product')
    return [
      `**⏳ ${sentence(reasonWords(all.reason, view))}.** It starts by itself when that has ended.${stuckWords(view, all.reason.rollout)}`,
      requirementWay(view, shown, all.reason.product),
    ];
  const { status } = shown.active.state;
  if (status !== 'pending') return [];
  const before = all?.reason.kind === 'pending' ? rolloutName(view, all.reason.behind) : 'another rollout';
  return [
    `**⏳ Waits for ${before}**, of the same release. It takes over when that has ended; at once when that is stopped by a failure and this leaves the version that failed.${all?.reason.kind === 'pending' ? stuckWords(view, all.reason.behind) : ''}`,
    // Taking over helps only where nothing else holds it.
    ...(stopsOf(view, shown).length > 0 ? [] : [takeOverWay(view, shown)]),
  ];
}

/** What it waits for does not end by itself. */
function stuckWords({ others, rollouts }: RolloutView, id: RolloutId): string {
  const status = others.get(id)?.status ?? rollouts.find(({ active }) => active.state.id === id)?.active.state.status;
  if (status === 'paused') return ' That one is paused: a person has to resume or abort it.';
  return status === 'awaiting-approval' ? ' That one waits for approval: a person has to give it, or abort it.' : '';
}

function outcomeParts(view: RolloutView, { active }: ShownRollout): readonly string[] {
  const { state } = active;
  const parts: string[] = [];
  if (state.status === 'superseded') {
    const by = state.supersededBy === undefined ? 'a newer rollout' : rolloutName(view, state.supersededBy);
    parts.push(`Superseded by ${by}: it takes over what is not done here.`);
  }
  const left = [...state.targets.values()].filter(
    ({ status }) => status === 'waiting' || status === 'deferred' || status === 'held',
  ).length;
  if (state.status === 'aborted' && left > 0)
    parts.push(`${plural(left, 'cluster')} did not get the new version; ${left === 1 ? 'it is' : 'they are'} reported as lagging.`);
  for (const override of isFinished(state) ? [] : state.overrides) {
    const { by, reason, until } = override;
    parts.push(`${overrideWords(override)} by ${code(by)}${until === undefined ? '' : ` until ${formatInstant(until)}`}: ${inert(reason)}`);
  }
  if (state.finishedAt !== undefined) {
    const guard =
      state.guardUntil === undefined
        ? ''
        : ` Its clusters are watched until ${formatInstant(state.guardUntil)}: if one breaks before then, the release is stopped.`;
    parts.push(`Finished ${formatInstant(state.finishedAt)}, after ${formatDuration(state.finishedAt - state.createdAt)}.${guard}`);
  }
  return parts;
}

function overrideWords({ kind, phase, product }: Override): string {
  switch (kind) {
    case 'expedite':
      return `Expedited${phase === undefined ? '' : `, phase ${code(phase)}`}`;
    case 'waiver':
      return `Canary phase ${phase === undefined ? '' : `${code(phase)} `}waived`;
    case 'requirement':
      return `Need not wait for product ${code(product ?? 'any')}, waived`;
    default:
      return assertNever(kind, 'overrideWords');
  }
}

function phaseProgress(shown: ShownRollout): string {
  const { planned, state } = shown.active;
  const rows = planned.phases
    .filter(({ members }) => members.length > 0)
    .map((phase, at) => [
      String(at + 1),
      `${code(phase.name)}${phase.canary ? ' (canary)' : ''}`,
      phaseWords(phase, shown),
      countWords(
        membersOf(phase, state).map(({ target }) => target),
        state.phases.get(phase.name)?.status === 'baking',
      ),
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

/** Clusters that are broken, or that nobody can see. */
export const wentWrong = (shown: ShownRollout, rowsMax: number): readonly Part[] =>
  targetTable(shown, 'Went wrong', new Set(['failed', 'unreachable']), rowsMax);

const PAGE_SHOWS_ALL = 'The page of the rollout shows all.';

/** Clusters that are settled and did not get there, besides what went wrong: many of them after an abort, so they are folded. */
export function leftBehind({ active: { planned, state } }: ShownRollout, rowsMax: number): readonly Part[] {
  const left = new Set<TargetStatus>(['deferred', 'skipped', 'removed']);
  const rows = planned.phases.flatMap((phase) =>
    membersOf(phase, state)
      .filter(({ target }) => left.has(target.status) && SETTLED.has(target.status))
      .map(({ cluster, target }) => [
        code(cluster),
        code(phase.name),
        targetStatusWords(target),
        prose(target.detail ?? 'no reason is on record'),
      ]),
  );
  if (rows.length === 0) return [];
  const summary = `Not done: ${plural(rows.length, 'cluster')}`;
  return [
    { heads: ['Cluster', 'Phase', 'Status', 'Why'], ...firstOf(rows, rowsMax), of: ['cluster', 'clusters'], rest: PAGE_SHOWS_ALL, summary },
  ];
}

/** Clusters in one of these statuses, in the order of the phases. */
const firstOf = <T>(rows: readonly T[], most: number) => ({ rows: rows.slice(0, most), more: Math.max(0, rows.length - most) });

function targetTable(
  { active: { planned, state } }: ShownRollout,
  title: string,
  statuses: ReadonlySet<TargetStatus>,
  rowsMax: number,
): readonly Part[] {
  const rows = planned.phases.flatMap((phase) =>
    membersOf(phase, state)
      .filter(({ target }) => statuses.has(target.status))
      .map(({ cluster, target }) => [code(cluster), targetStatusWords(target), progressWords(target, phase.soakMs), attemptWords(target)]),
  );
  if (rows.length === 0) return [];
  const heads = ['Cluster', 'Status', 'Evidence', 'Ordered'];
  return [`**${title}**`, { heads, ...firstOf(rows, rowsMax), of: ['cluster', 'clusters'], rest: PAGE_SHOWS_ALL, summary: undefined }];
}

/** Clusters by name that a comment has room for. */
const LISTED_MAX = 60;

/** What was planned, for whoever wants to compare. */
function planParts({ rollouts }: RolloutView, place: 'comment' | 'check'): readonly Part[] {
  const lines = rollouts.map(
    ({ active: { planned } }) => `- ${code(planned.release)}: ${releaseChange(planned)}, strategy ${code(planned.strategy)}`,
  );
  const all = rollouts.map(({ active }) => active.planned);
  const isShort = all.reduce((sum, { targets }) => sum + targets.size, 0) <= LISTED_MAX;
  return [details('Plan', lines.join('\n')), ...(place === 'check' || isShort ? memberLists(all, PAGE_SHOWS_ALL) : [])];
}
