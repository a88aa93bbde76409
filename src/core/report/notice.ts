/**
 * What people are told of in a comment of its own, because nothing goes on without them: a pause that nobody asked for, an approval, an end
 * that left clusters broken or behind. Everything else is an edit of the one comment, which tells nobody.
 */

import type { BroughtChange } from '../command/brought-change.ts';
import type { FleetCommand } from '../command/command.ts';
import { type Allowed, whoCould, whoMay } from '../command/who-may.ts';
import type { DesiredState } from '../desired/desired.ts';
import type { Policy } from '../reconcile/policy.ts';
import { isFinished, type TargetState } from '../reconcile/state.ts';
import type { Stop } from '../stop/stop.ts';
import { layOut, type Part } from './lay-out.ts';
import { code, plural } from './markdown.ts';
import { approvalParts, leftBehind, stopParts, wentWrong } from './rollout-status.ts';
import { stopsOf } from './rollout-stops.ts';
import { rolloutVerdict } from './rollout-verdict.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { isSetByFailure } from './rollout-way-out.ts';

export interface Notice {
  /** The same pause, approval or end has the same key, whenever one looks. */
  readonly key: string;
  /** How the keys of all that could be told in place of it begin: of the same rollout, say. */
  readonly family: string;
  /** Of the same pause, set beside its first cause or after it: whoever was told of one of them has been told. */
  readonly others: readonly string[];
  /** What has gone wrong, by identity. Whoever went on with their eyes open is not told of it again. */
  readonly wrong: readonly string[];
  readonly body: string;
}

export interface NoticeContext {
  /** In force on the default branch: it names who is told. */
  readonly policy: Pick<Policy, 'commands'>;
  readonly desired: DesiredState;
  /** Of the repository, and so of its teams. */
  readonly owner: string;
  /** Who brought the rollouts: of nobody's approval of their own change anything is expected. */
  readonly change: BroughtChange;
  /** The one comment that is kept up to date, where it is there already. */
  readonly report: number | undefined;
}

/** How a comment that tells people of something is found again. */
export const noticeMarker = (key: string): string => `<!-- flotilla:v1 kind=notice of=${key} -->`;

/** Told before: under which key, and what was shown to have gone wrong. */
export interface Told {
  readonly key: string;
  readonly wrong: readonly string[];
}

/**
 * Has it been told, or does it show nothing that was not? A person who resumes knows what had failed: that the rollout then stops for
 * another reason is in the comment that is kept up to date.
 */
export function isTold({ key, others, wrong }: Notice, told: readonly Told[]): boolean {
  const keys = new Set([key, ...others]);
  const seen = new Set(told.flatMap((one) => one.wrong));
  return told.some((one) => keys.has(one.key)) || (told.length > 0 && wrong.every((one) => seen.has(one)));
}

/** What people have to be told of as things stand: empty where nothing waits for anybody, or only for the one who stopped it. */
export function noticesOf(view: RolloutView, context: NoticeContext): readonly Notice[] {
  return view.rollouts.flatMap((shown) => [
    ...pauseNotice(view, context, shown),
    ...approvalNotices(view, context, shown),
    ...endNotice(view, context, shown),
  ]);
}

/** A pause lasts as long as one stop of failures does; what is set meanwhile belongs to it. What a person or a newer rollout has ended waits for nobody. */
function pauseNotice(view: RolloutView, context: NoticeContext, shown: ShownRollout): readonly Notice[] {
  const { state } = shown.active;
  if (state.status === 'aborted' || state.status === 'superseded') return [];
  const [first, ...others] = stopsOf(view, shown)
    .filter((stop) => isSetByFailure(stop) && stop.rollout === state.id)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  if (first === undefined) return [];
  const goOn = { by: '', reason: '' };
  const command: FleetCommand = isFinished(state)
    ? { ...goOn, verb: 'lift', stop: first.id }
    : { ...goOn, verb: 'resume', rollout: state.id };
  const family = `pause:${state.id}:`;
  const keyOf = ({ id }: Stop) => `${family}${id}`;
  return [
    {
      key: keyOf(first),
      family,
      others: others.map(keyOf),
      wrong: wrongIn(shown),
      body: render(
        view,
        context,
        shown,
        { key: keyOf(first), command, asks: 'nothing goes on until somebody decides' },
        stopParts(view, shown),
      ),
    },
  ];
}

function approvalNotices(view: RolloutView, context: NoticeContext, shown: ShownRollout): readonly Notice[] {
  const { planned, state } = shown.active;
  if (state.status === 'paused') return [];
  return planned.phases.flatMap(({ name }): readonly Notice[] => {
    const asked = approvalParts(view, shown, name);
    if (asked.length === 0) return [];
    const key = `approval:${state.id}:${name}`;
    const command: FleetCommand = { verb: 'approve', rollout: state.id, phase: name, by: '', reason: '' };
    return [{ ...alone(key), body: render(view, context, shown, { key, command, asks: 'your approval is asked for' }, asked) }];
  });
}

/** Whoever aborted it, or went on in spite of what had failed, knows. */
function endNotice(view: RolloutView, context: NoticeContext, shown: ShownRollout): readonly Notice[] {
  const { state } = shown.active;
  const isOwnEnd = state.status === 'completed' || state.status === 'completed-with-deferrals';
  const isStopped = stopsOf(view, shown).some((stop) => isSetByFailure(stop) && stop.rollout === state.id);
  const { finishedAt } = state;
  // What broke later is told with the stop that it sets.
  const left = [...state.targets.values()].filter((one) => isLeft(one) && finishedAt !== undefined && one.since <= finishedAt).length;
  if (!isOwnEnd || finishedAt === undefined || isStopped || left === 0) return [];
  const key = `end:${state.id}:${finishedAt}`;
  const command: FleetCommand = { verb: 'retry', rollout: state.id, by: '', reason: '' };
  const asks = `it has ended, and ${plural(left, 'cluster is', 'clusters are')} not where ${left === 1 ? 'it' : 'they'} should be`;
  const parts = [...wentWrong(shown, ROWS), ...leftBehind(shown, ROWS), ...stopParts(view, shown)];
  return [{ ...alone(key), body: render(view, context, shown, { key, command, asks }, parts) }];
}

const alone = (key: string) => ({ key, family: key, others: [], wrong: [key] });

const ROWS = 12;

const isWrong = ({ status }: TargetState): boolean => status === 'failed' || status === 'unreachable' || status === 'deferred';

const isLeft = (target: TargetState): boolean =>
  isWrong(target) && !(target.acknowledged?.attempt === target.attempt && target.acknowledged.status === target.status);

const wrongIn = ({ active }: ShownRollout): readonly string[] =>
  [...active.state.targets]
    .filter(([, target]) => isWrong(target))
    .map(([cluster, { attempt, status }]) => `${cluster}#${attempt}:${status}`);

interface Call {
  readonly key: string;
  /** Whoever may give it can help. */
  readonly command: FleetCommand;
  readonly asks: string;
}

function render(
  view: RolloutView,
  context: NoticeContext,
  shown: ShownRollout,
  { key, command, asks }: Call,
  parts: readonly Part[],
): string {
  const { icon, words } = rolloutVerdict(shown);
  const { policy, desired, change, report } = context;
  const allowed = whoMay(policy, { rollout: shown.active, stops: view.stops, desired, change }, command);
  const where = report === undefined ? 'Posted once' : `Posted once; [the report](#issuecomment-${report}) is kept up to date`;
  return layOut([
    `${noticeMarker(key)}\n### ${icon} ${code(shown.active.planned.release)}: ${words}`,
    `${addressees(allowed, context)}: ${asks}.`,
    ...parts,
    `<sub>${where}.</sub>`,
  ]);
}

/** More are nobody in particular. */
const MENTIONS_MAX = 20;

/** The only mentions that we ever write: names that the rules on the default branch give, and that the schema lets be nothing else. */
function addressees(allowed: Allowed, { owner }: NoticeContext): string {
  const { teams, users, notBehind } = allowed;
  const people = users.filter((user) => user.toLowerCase() !== notBehind?.author?.toLowerCase());
  const all = [...teams.map((team) => `@${owner}/${team.toLowerCase()}`), ...people.map((user) => `@${user}`)];
  if (all.length === 0) return `For ${whoCould(allowed)}`;
  const more = all.length - MENTIONS_MAX;
  return `${all.slice(0, MENTIONS_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
