import { assertNever } from '../model/assert.ts';
import { formatDuration, formatInstant } from '../model/time.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import type { Hold, HoldReason } from '../reconcile/decision.ts';
import type { PhaseState, RolloutState, TargetState, TargetStatus } from '../reconcile/state.ts';
import { code, inert, names, plural, sentence } from './markdown.ts';

/** Each status by a sign and a word, so that colour says nothing that the word does not. */
export const STATUS_WORDS: Readonly<Record<TargetStatus, string>> = {
  waiting: '⚪ waiting',
  applying: '🔵 ordered',
  rolling: '🔵 rolling',
  soaking: '🔵 baking',
  held: '⏸️ held',
  succeeded: '✅ done',
  failed: '❌ failed',
  unreachable: '❌ unreachable',
  deferred: '⚠️ deferred',
  skipped: '⏭️ skipped',
  removed: '➖ removed',
  superseded: '⏭️ superseded',
};

/** The order in which counts are read: what went wrong before what is fine. */
const STATUS_ORDER = Object.keys({
  failed: 0,
  unreachable: 0,
  deferred: 0,
  held: 0,
  applying: 0,
  rolling: 0,
  soaking: 0,
  waiting: 0,
  succeeded: 0,
  skipped: 0,
  removed: 0,
  superseded: 0,
} satisfies Record<TargetStatus, number>) as readonly TargetStatus[];

/** `❌ failed 1, ✅ done 2`. */
export function countWords(targets: readonly TargetState[]): string {
  const counts = new Map<TargetStatus, number>();
  for (const { status } of targets) counts.set(status, (counts.get(status) ?? 0) + 1);
  return STATUS_ORDER.flatMap((status) => (counts.has(status) ? [`${STATUS_WORDS[status]} ${counts.get(status)}`] : [])).join(', ');
}

export function phaseWords(phase: PlannedPhase, state: PhaseState | undefined, rollout: RolloutState): string {
  if (phase.members.length === 0) return '⏭️ skipped: no clusters';
  switch (state?.status ?? 'waiting') {
    case 'waiting':
      return rollout.finishedAt === undefined ? '⚪ waiting' : '➖ not reached';
    case 'awaiting-approval':
      return '✋ waits for approval';
    case 'running':
      if (rollout.status === 'paused') return '⏸️ paused';
      return rollout.finishedAt === undefined ? '🔵 under way' : '➖ not finished';
    case 'done':
      return '✅ done';
    case 'skipped':
      return '⏭️ skipped';
    default:
      return assertNever(state?.status as never, 'phaseWords');
  }
}

/** How far a target is, from its newest evidence. */
export function progressWords({ progress, detail, healthySince, status }: TargetState, bakeMs: number): string {
  const brokers = progress === undefined ? '' : `${progress.done} of ${plural(progress.total, 'broker')} moved`;
  const baked =
    status === 'soaking' && healthySince !== undefined
      ? `healthy since ${formatInstant(healthySince)}, bakes ${formatDuration(bakeMs)}`
      : '';
  return [brokers, baked, detail === undefined ? '' : inert(detail)].filter((words) => words !== '').join('; ') || 'no evidence yet';
}

/** Names in one reason before it only counts. */
const NAMES_MAX = 5;

/** Why clusters do not move, each reason once, with the first instant at which it could change by time alone. */
export function holdLines(holds: readonly Hold[]): readonly string[] {
  const groups = new Map<string, { words: string; clusters: string[]; until: number | undefined }>();
  for (const { cluster, reason, until } of holds) {
    const words = reasonWords(reason);
    const group = groups.get(words) ?? { words, clusters: [], until };
    group.clusters.push(cluster);
    if (until !== undefined && (group.until === undefined || until < group.until)) group.until = until;
    groups.set(words, group);
  }
  return [...groups.values()].map(({ words, clusters, until }) => {
    const earliest = until === undefined ? '' : ` Earliest change: ${formatInstant(until as Hold['until'] & number)}.`;
    return `- ${sentence(words)}: ${names(clusters.sort(), NAMES_MAX)}.${earliest}`;
  });
}

function reasonWords(reason: HoldReason): string {
  switch (reason.kind) {
    case 'earlier-phase':
      return `waits for phase ${code(reason.phase)} to be done`;
    case 'approval':
      return `waits for approval of ${code(reason.phase)}, ${reason.given} of ${reason.needed} given`;
    case 'concurrency':
      return concurrencyReason(reason);
    case 'paused':
      return 'the rollout is paused';
    case 'window':
    case 'freeze':
      return inert(reason.words);
    case 'not-accepted':
      return 'the data plane has not taken the order yet';
    case 'rolling':
      return 'its brokers are being moved';
    case 'soaking':
      return `bakes for ${formatDuration(reason.bakeMs)}`;
    case 'no-evidence':
      return `nothing is known of it, ${inert(reason.cause)}`;
    case 'other-rollout':
      return `another rollout has it in flight, ${code(reason.rollout)}`;
    default:
      return assertNever(reason, 'reasonWords');
  }
}

function concurrencyReason({ of, name, limit }: Extract<HoldReason, { kind: 'concurrency' }>): string {
  switch (of) {
    case 'fleet':
      return `waits its turn, the fleet moves ${limit} at once`;
    case 'data-plane':
      return `waits its turn, data plane ${code(name)} takes ${limit} at once`;
    case 'phase':
    case 'release':
      return `waits its turn, ${of} ${code(name)} moves ${limit} at once`;
    default:
      return assertNever(of, 'concurrencyReason');
  }
}
