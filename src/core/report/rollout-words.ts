import { assertNever } from '../model/assert.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import { earliest, formatDuration, formatInstant, type Instant, instant } from '../model/time.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import { type HoldReason, holdOf } from '../reconcile/decision.ts';
import { IN_FLIGHT, type PhaseState, type TargetState, type TargetStatus } from '../reconcile/state.ts';
import { isAcknowledged } from '../reconcile/tally.ts';
import { code, names, plural, prose, sentence } from './markdown.ts';
import { phaseStanding } from './phase-standing.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { PHASE_STANDING_WORDS, PHASE_STATUS_WORDS, signed, TARGET_STATUS_WORDS } from './words.ts';

/**
 * `❌ failed 1, ✅ done 2`, in the order of the table of words.
 *
 * @param bakes - what has soaked is not done before its phase is.
 */
export function countWords(targets: readonly TargetState[], bakes: boolean): string {
  const counts = new Map<string, number>();
  for (const { status } of targets) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Object.entries(TARGET_STATUS_WORDS)
    .flatMap(([status, words]) =>
      counts.has(status) ? [`${signed(bakes && status === 'succeeded' ? PHASE_STATUS_WORDS.baking : words)} ${counts.get(status)}`] : [],
    )
    .join(', ');
}

export function phaseWords(phase: PlannedPhase, { active, holds }: ShownRollout): string {
  if (phase.members.length === 0) return '⏭️ skipped: no clusters';
  const standing = phaseStanding(active.state, phase.name);
  const words = signed(PHASE_STANDING_WORDS[standing]);
  const until = standing === 'baking' ? bakesUntil(phase, active.state.phases.get(phase.name), holds) : undefined;
  return until === undefined ? words : `${words} until ${formatInstant(until)}`;
}

/** What holds the next phase knows best: an expedited bake is shorter. */
function bakesUntil({ name, bakeMs }: PlannedPhase, state: PhaseState | undefined, holds: ShownRollout['holds']): Instant | undefined {
  for (const { reason, until } of [...holds.phases.values(), ...holds.clusters.values()]) {
    if (reason.kind === 'baking' && reason.phase === name && until !== undefined) return until;
  }
  return state?.bakingSince === undefined ? undefined : instant(state.bakingSince + bakeMs);
}

/** A status, with what a person has said of it. */
export function targetStatusWords(target: TargetState): string {
  const words = signed(TARGET_STATUS_WORDS[target.status]);
  return isAcknowledged(target) && target.status !== 'skipped' ? `${words}, acknowledged` : words;
}

/** How far a target is, from its newest evidence. */
export function progressWords({ progress, detail, healthySince, status }: TargetState, soakMs: number): string {
  const brokers = progress === undefined ? '' : `${progress.done} of ${plural(progress.total, 'broker')} moved`;
  const soaked =
    status === 'soaking' && healthySince !== undefined
      ? `healthy since ${formatInstant(healthySince)}, soaks for ${formatDuration(soakMs)}`
      : '';
  return [brokers, soaked, detail === undefined ? '' : prose(detail)].filter((words) => words !== '').join('; ') || 'no status yet';
}

/** When it was ordered, and what is special about the attempt. */
export function attemptWords({ startedAt, attempt, probe, rescue }: TargetState): string {
  const when = startedAt === undefined ? 'not started' : formatInstant(startedAt);
  const special = [...(attempt > 1 ? [`attempt ${attempt}`] : []), ...(probe ? ['retry'] : []), ...(rescue ? ['before its turn'] : [])];
  return [when, ...special].join(', ');
}

/** How a report names another rollout, by what people know of it. */
export function rolloutName({ rollouts, others }: Pick<RolloutView, 'rollouts' | 'others'>, id: RolloutId): string {
  const here = rollouts.find(({ active }) => active.state.id === id);
  if (here !== undefined) return `the rollout of release ${code(here.active.planned.release)} of this commit`;
  const other = others.get(id);
  if (other === undefined) return `rollout ${code(id)}`;
  const { pull, title, commit } = other;
  return `${pull === undefined ? code(commit.slice(0, 12)) : `#${pull}`} ${code(title)}`;
}

type Context = Pick<RolloutView, 'rollouts' | 'others'>;

/** Names in one reason before it only counts. */
const NAMES_MAX = 5;

/** In flight shows its own progress; what stands still shows why. */
const MOVING: ReadonlySet<TargetStatus> = new Set([...IN_FLIGHT].filter((status) => status !== 'held'));

interface Group {
  readonly words: string;
  readonly clusters: ClusterId[];
  until: Instant | undefined;
}

/** Why clusters do not move, each reason once, with the first instant at which it could change by time alone. */
export function holdLines(context: Context, { active, holds }: ShownRollout): readonly string[] {
  const groups = new Map<string, Group>();
  for (const [cluster, { status }] of active.state.targets) {
    const wait = MOVING.has(status) ? undefined : holdOf(holds, active, cluster);
    if (wait === undefined) continue;
    const words = reasonWords(wait.reason, context);
    const group = groups.get(words) ?? { words, clusters: [], until: undefined };
    groups.set(words, group);
    group.clusters.push(cluster);
    group.until = earliest(group.until, wait.until);
  }
  return [...groups.values()].map(({ words, clusters, until }) => {
    const next = until === undefined ? '' : ` Earliest change: ${formatInstant(until)}.`;
    return `- ${sentence(words)}: ${names([...clusters].sort(), NAMES_MAX)}.${next}`;
  });
}

/** Orders that data planes refuse, each reason once: nobody but a person can help there. */
export function refusedLines({ active, holds }: ShownRollout): readonly string[] {
  const groups = new Map<string, { dataPlane: string; reason: string; clusters: ClusterId[] }>();
  for (const [cluster, { reason }] of holds.clusters) {
    if (reason.kind !== 'refused') continue;
    const dataPlane = active.planned.targets.get(cluster)?.dataPlane ?? 'unknown';
    const key = `${dataPlane}\n${reason.reason}`;
    const group = groups.get(key) ?? { dataPlane, reason: reason.reason, clusters: [] };
    groups.set(key, group);
    group.clusters.push(cluster);
  }
  return [...groups.values()].map(
    ({ dataPlane, reason, clusters }) =>
      `- Data plane ${code(dataPlane)} refuses the order for ${names([...clusters].sort(), NAMES_MAX)}: ${prose(reason)}`,
  );
}

export function reasonWords(reason: HoldReason, context: Context): string {
  switch (reason.kind) {
    case 'pending':
      return `waits for ${rolloutName(context, reason.behind)}, of the same release, to end`;
    case 'required-product':
      return `waits for product ${code(reason.product)}, which it requires: ${rolloutName(context, reason.rollout)}`;
    case 'stopped':
      return `held by ${reason.stops.length === 1 ? 'stop' : 'stops'} ${names(reason.stops, NAMES_MAX)}, ${prose(reason.words)}`;
    case 'winding-down':
      return `the rollout winds down, ${prose(reason.words)}`;
    case 'earlier-phase':
      return `waits for phase ${code(reason.phase)} to be done`;
    case 'baking':
      return `waits for phase ${code(reason.phase)} to bake`;
    case 'approval':
      return `waits for approval of ${code(reason.phase)}, ${reason.given} of ${reason.needed} given`;
    case 'concurrency':
      return limitWords(reason);
    case 'window':
    case 'freeze':
      return prose(reason.words);
    case 'path':
      return `${prose(reason.message)}; ${prose(reason.hint)}`;
    case 'interval':
      return prose(reason.words);
    case 'not-accepted':
      return 'the data plane has not accepted the order yet';
    case 'refused':
      return `the data plane refuses the order, ${prose(reason.reason)}`;
    case 'rolling':
      return 'its brokers are moving';
    case 'soaking':
      return `soaks for ${formatDuration(reason.soakMs)}`;
    case 'no-evidence':
      return `no recent status, ${prose(reason.cause)}`;
    case 'unconfirmed':
      return prose(reason.words);
    case 'other-rollout':
      return `in flight in ${rolloutName(context, reason.rollout)}`;
    default:
      return assertNever(reason, 'reasonWords');
  }
}

function limitWords({ of, name, limit }: Extract<HoldReason, { kind: 'concurrency' }>): string {
  switch (of) {
    case 'fleet':
      return `waits for a slot, the fleet moves at most ${limit} at once`;
    case 'data-plane':
      return `waits for a slot, data plane ${code(name)} moves at most ${limit} at once`;
    case 'label':
      return `waits for a slot, clusters with ${code(name)} move at most ${limit} at once`;
    case 'rescue':
      return `waits for a slot, at most ${limit} at once go before their turn`;
    case 'phase':
    case 'release':
      return `waits for a slot, ${of} ${code(name)} moves at most ${limit} at once`;
    default:
      return assertNever(of, 'limitWords');
  }
}
