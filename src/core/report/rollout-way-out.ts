import type { RolloutVerb, Verb } from '../command/command.ts';
import { quoted } from '../command/split-words.ts';
import { VERB_FORMS } from '../command/verb-forms.ts';
import { isFinished, isWindingDown } from '../reconcile/state.ts';
import type { Stop, StopCause } from '../stop/stop.ts';
import { scopeName } from '../stop/stop-words.ts';
import { code, plural } from './markdown.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { rolloutName } from './rollout-words.ts';

/** A command that a person can copy into a comment. */
interface CopiedCommand {
  readonly verb: Verb;
  /** As they are written behind the verb. */
  readonly words: readonly string[];
}

/** Something that a person can do, with what then happens. */
interface Way {
  readonly words: string;
  readonly commands: readonly CopiedCommand[];
}

/** What a stop is to whoever looks for a way out: set by failures, on a version (only `lift` ends that), or a matter for a person alone. */
const SORT_OF_STOP: Readonly<Record<StopCause, 'failure' | 'version' | 'person'>> = {
  'failed-budget': 'failure',
  'unreachable-budget': 'failure',
  'deferred-budget': 'failure',
  'unproven-canary': 'failure',
  regression: 'failure',
  quarantine: 'version',
  aborted: 'version',
  'rolled-back': 'version',
  person: 'person',
  'unrelated-history': 'person',
};

const stopsOfSort = (stops: readonly Stop[], sort: 'failure' | 'version' | 'person'): readonly Stop[] =>
  stops.filter(({ cause }) => SORT_OF_STOP[cause] === sort);

/** Set because too much went wrong, by nobody. */
export const isSetByFailure = ({ cause }: Pick<Stop, 'cause'>): boolean => SORT_OF_STOP[cause] === 'failure';

/** What a person can do about the stops of a rollout, or about what it left behind: the safest first. Empty when nothing is to be done. */
export function wayOut(view: RolloutView, shown: ShownRollout, stops: readonly Stop[]): readonly string[] {
  const { state } = shown.active;
  const ways = isFinished(state) || isWindingDown(state) ? waysAfterTheEnd(view, shown, stops) : waysNow(view, shown, stops);
  return ways.length === 0 ? [] : [renderWays('What to do now', view, shown, ways)];
}

/** A pending rollout starts by itself; a person may not want to wait. */
export function takeOverWay(view: RolloutView, shown: ShownRollout): string {
  const way = {
    words: '**Start it at once:** `take-over`. The one before it winds down.',
    commands: [rolloutCommand(view, shown, 'take-over')],
  };
  return renderWays('If it cannot wait', view, shown, [way]);
}

/** The order of products is there for a reason; a person may know that it does not matter here. */
export function requirementWay(view: RolloutView, shown: ShownRollout, product: string): string {
  const way = {
    words: `**Start it anyway:** \`waive\` for product ${code(product)}. It no longer waits for that product.`,
    commands: [rolloutCommand(view, shown, 'waive', [`product:${quoted(product)}`])],
  };
  return renderWays('If it cannot wait', view, shown, [way]);
}

export function approvalWay(view: RolloutView, shown: ShownRollout, phase: string): string {
  // A release that was reconciled since has a plan of its own.
  const { digest } = shown.active.state;
  const way = {
    words: `**Approve** plan ${code(digest)} after a look at it.`,
    commands: [rolloutCommand(view, shown, 'approve', [digest, `phase:${quoted(phase)}`])],
  };
  return renderWays('What to do now', view, shown, [way]);
}

function waysNow(view: RolloutView, shown: ShownRollout, stops: readonly Stop[]): readonly Way[] {
  const failures = stopsOfSort(stops, 'failure');
  const versions = stopsOfSort(stops, 'version');
  const others = stopsOfSort(stops, 'person');
  if (stops.length === 0) return [];
  const end = shown.active.planned.kind === 'rollback' ? '' : ', and its version stays stopped';
  const abort: Way = {
    words: `**Give up:** \`abort\`. Nothing more starts${end}.`,
    commands: [rolloutCommand(view, shown, 'abort')],
  };
  // No failure has set them: whoever knows the reason decides.
  if (failures.length + versions.length === 0) return [...others.map((stop) => goOn(view, shown, stop, stops)), abort];
  const lifts = [...failures, ...others, ...versions].map((stop) => liftCommand(view, shown, stop, stops));
  const resumes = failures.map((stop) => liftCommand(view, shown, stop, stops));
  const retryable = countRetryable(shown);
  return [
    goBack(shown),
    ...(retryable === 0 ? [] : [retryWay(view, shown, retryable, stops, resumes)]),
    ...versions.filter(({ rollout }) => rollout !== shown.active.state.id).flatMap((stop) => elsewhere(view, stop)),
    {
      words: `**Go on anyway:** ${verbsOf(lifts)}${lifts.length > 1 ? ` (${lifts.length} stops)` : ''}.${risksOf(failures)}`,
      commands: lifts,
    },
    abort,
  ];
}

/** `resume`, or `resume` and `lift`. */
const verbsOf = (commands: readonly CopiedCommand[]): string => [...new Set(commands.map(({ verb }) => `\`${verb}\``))].join(' and ');

/** What goes with lifting stops that failures have set. */
function risksOf(failures: readonly Stop[]): string {
  if (failures.length === 0) return '';
  const waives = failures.some(({ cause }) => cause === 'unproven-canary') ? ' That waives the canary.' : '';
  return `${waives} What went wrong so far no longer counts.`;
}

/** By an ordinary merge: that is reviewed like any other. */
function goBack({ active: { planned, state } }: ShownRollout): Way {
  if (planned.kind === 'rollback')
    return { words: '**Merge a fix.** It takes over the clusters that are not done, broken ones first.', commands: [] };
  const isTouched = [...state.targets.values()].some(({ attempt }) => attempt > 0);
  if (!isTouched)
    return { words: '**Merge a version that works,** or revert the merge. No cluster of this rollout was touched.', commands: [] };
  return { words: '**Roll back:** revert the merge. Every cluster that was touched goes back, broken ones first.', commands: [] };
}

function retryWay(view: RolloutView, shown: ShownRollout, count: number, stops: readonly Stop[], resumes: readonly CopiedCommand[]): Way {
  const isQuarantined = stops.some(({ cause }) => cause === 'quarantine');
  const quarantine = isQuarantined ? ' The first one that soaks ends the quarantine, and the others go on.' : '';
  const people = stopsOfSort(stops, 'person');
  const besides =
    people.length === 0
      ? ''
      : ` Nothing starts before ${people.map(({ id, by }) => `stop ${code(id)} by ${code(by)}`).join(', ')} is lifted too.`;
  const verbs = resumes.length === 0 ? '`retry`' : '`retry` and `resume`';
  return {
    words: `**Fix the cause, then ${verbs}:** ${plural(count, 'cluster is', 'clusters are')} tried again.${quarantine}${besides}`,
    commands: [rolloutCommand(view, shown, 'retry'), ...resumes],
  };
}

/** The version failed in another rollout: it is there that it can be shown to work. */
function elsewhere(view: RolloutView, { cause, rollout }: Stop): readonly Way[] {
  if (cause !== 'quarantine' || rollout === undefined) return [];
  const words = `**Fix the cause, then \`retry\` in ${rolloutName(view, rollout)}**, where it failed: the first cluster that soaks ends the quarantine.`;
  return [{ words, commands: [{ verb: 'retry', words: [`rollout:${rollout}`] }] }];
}

function goOn(view: RolloutView, shown: ShownRollout, stop: Stop, stops: readonly Stop[]): Way {
  const command = liftCommand(view, shown, stop, stops);
  // A pending rollout is behind another one, which the stop of the release holds as well.
  const own = stop.scope.kind === 'rollout' || (stop.scope.kind === 'release' && shown.active.state.status !== 'pending');
  const which = stops.length > 1 ? ` stop ${code(stop.id)}` : '';
  const then = own ? 'It goes on from where it stands.' : `That lets all of ${scopeName(stop.scope, code)} go on.`;
  return { words: `**Go on** once the reason is gone: ${verbsOf([command])}${which}. ${then}`, commands: [command] };
}

/** Also while the last of it comes to rest: only a retry has to wait for that. */
function waysAfterTheEnd(view: RolloutView, shown: ShownRollout, stops: readonly Stop[]): readonly Way[] {
  const { state } = shown.active;
  const retryable = state.status === 'superseded' ? 0 : countRetryable(shown);
  if (retryable === 0 && stops.length === 0) return [];
  const lifts = stops.map((stop) => liftCommand(view, shown, stop, stops));
  // A retry passes a quarantine, and ends it; what else is stopped must be lifted first.
  const inTheWay = stops.filter(({ cause }) => cause !== 'quarantine');
  const first = inTheWay.map((stop) => liftCommand(view, shown, stop, stops));
  const which = stops.length === 1 ? 'the stop' : `stop ${inTheWay.map(({ id }) => code(id)).join(', ')}`;
  const when = isFinished(state) ? '' : ' once its clusters in flight have settled';
  const retry: Way = {
    words: `**Try again:** ${first.length === 0 ? '' : `\`lift\` ${which}, then `}\`retry\`${when}. ${plural(retryable, 'cluster is', 'clusters are')} tried again.`,
    commands: [...first, rolloutCommand(view, shown, 'retry')],
  };
  const again = retryable === 0 ? [] : [retry];
  if (stops.length === 0) return [...again, goBack(shown)];
  const isVersion = stops.every(({ scope }) => scope.kind === 'version');
  const what = isVersion
    ? `merges move to ${[...new Set(stops.map(({ scope }) => scopeName(scope, code)))].join(', ')} again`
    : 'later merges go on';
  const lift: Way = {
    words: `**Let ${what}:** \`lift\` ${lifts.length === 1 ? 'the stop' : `the ${lifts.length} stops`}.`,
    commands: lifts,
  };
  // A rollback that has come home has nothing to fix.
  return [...(isHome(shown) && shown.active.planned.kind === 'rollback' ? [] : [goBack(shown)]), ...again, lift];
}

const isHome = ({ active }: ShownRollout): boolean => active.state.status === 'completed';

const countRetryable = ({ active }: ShownRollout): number =>
  [...active.state.targets.values()].filter(({ status }) => status === 'failed' || status === 'unreachable' || status === 'deferred')
    .length;

function rolloutCommand(view: RolloutView, { active }: ShownRollout, verb: RolloutVerb, words: readonly string[] = []): CopiedCommand {
  return { verb, words: [...words, ...whichOf(view, active)] };
}

/** Said only where a conversation is about several rollouts. */
function whichOf({ rollouts }: RolloutView, { planned, state }: ShownRollout['active']): readonly string[] {
  if (rollouts.length < 2) return [];
  const isOnly = rollouts.filter(({ active }) => active.planned.release === planned.release).length === 1;
  return [isOnly ? `release:${quoted(planned.release)}` : `rollout:${state.id}`];
}

/** `resume` for the stops of the rollout and its release; wider ones, and those on a version, are lifted by their id. */
function liftCommand(view: RolloutView, shown: ShownRollout, stop: Stop, stops: readonly Stop[]): CopiedCommand {
  const resumable = stop.scope.kind === 'rollout' || stop.scope.kind === 'release';
  if (!resumable || isFinished(shown.active.state)) return { verb: 'lift', words: [stop.id] };
  const several = stops.filter(({ scope }) => ['fleet', 'product', 'release', 'rollout'].includes(scope.kind)).length > 1;
  return rolloutCommand(view, shown, 'resume', several ? [stop.id] : []);
}

function renderWays(title: string, { fleetUrl }: RolloutView, { active }: ShownRollout, ways: readonly Way[]): string {
  const lines = [...new Set(ways.flatMap(({ commands }) => commands.map(commandLine)))];
  const page = fleetUrl === undefined ? '' : `On [the page of the rollout](${fleetUrl}/rollouts/${active.state.id}), or`;
  const where = `${page === '' ? 'In' : `${page} in`} a comment, on a line of its own (\`/fleet help\` says who may):`;
  const commands = lines.length === 0 ? '' : `\n\n${where}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``;
  return `**${title}**\n\n${ways.map(({ words }) => `- ${words}`).join('\n')}${commands}`;
}

function commandLine({ verb, words }: CopiedCommand): string {
  const reason = VERB_FORMS[verb].needsReason ? ['--reason', '"WHY"'] : [];
  return ['/fleet', verb, ...words, ...reason].join(' ');
}
