import { provenAt } from '../ledger/record.ts';
import { formatInstant } from '../model/time.ts';
import { isFinished, SETTLED, type TargetStatus } from '../reconcile/state.ts';
import { stopsOverRollout, stopsOverTarget } from '../reconcile/stops-over.ts';
import { inForce, type Stop } from '../stop/stop.ts';
import { scopeName } from '../stop/stop-words.ts';
import { code, names, prose, sentence } from './markdown.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { STOP_CAUSE_WORDS, TARGET_STATUS_WORDS } from './words.ts';

/** Stops in force that concern a rollout: those that hold something of it, and those that it has set. Those that hold all of it come first. */
export function stopsOf(
  { stops, ledger, now }: Pick<RolloutView, 'stops' | 'ledger' | 'now'>,
  { active, holds }: ShownRollout,
): readonly Stop[] {
  const standing = inForce(stops, now);
  if (isFinished(active.state))
    return standing.filter(({ rollout, scope }) => rollout === active.state.id && !OF_A_ROLLOUT.has(scope.kind));
  const whole = new Set(stopsOverRollout(standing, active));
  const named = new Set(
    [holds.all, ...holds.phases.values(), ...holds.clusters.values()].flatMap((wait) =>
      wait?.reason.kind === 'stopped' ? wait.reason.stops : [],
    ),
  );
  const part = standing.filter(
    (stop) => !whole.has(stop) && (stop.rollout === active.state.id || named.has(stop.id) || holdsPart(stop, active, ledger)),
  );
  return [...whole, ...part];
}

/** Once it has ended, a stop of the rollout alone holds nothing. */
const OF_A_ROLLOUT: ReadonlySet<Stop['scope']['kind']> = new Set(['rollout', 'phase']);

/** Some target that is not settled is held by it. */
function holdsPart(stop: Stop, active: ShownRollout['active'], ledger: RolloutView['ledger']): boolean {
  for (const target of active.planned.targets.values()) {
    const state = active.state.targets.get(target.cluster);
    if (state === undefined || SETTLED.has(state.status)) continue;
    if (stopsOverTarget([stop], active, target, state, provenAt(ledger.get(target.cluster))?.spec).length > 0) return true;
  }
  return false;
}

/** Who, what, why, since when, what passes, and the id by which it is lifted. */
export function stopParagraph(stop: Stop, { active }: ShownRollout): string {
  const { id, cause, scope, by, at, until, lets, phase } = stop;
  const label = cause === 'person' ? `Stopped by ${code(by)}` : sentence(STOP_CAUSE_WORDS[cause].label);
  const where = scope.kind === 'rollout' ? (phase === undefined ? '' : ` in phase ${code(phase)}`) : `: ${scopeName(scope, code)}`;
  const who = cause === 'aborted' || cause === 'rolled-back' ? ` by ${code(by)}` : '';
  const end = until === undefined ? '' : ` It ends by itself at ${formatInstant(until)}.`;
  const passes = lets === 'nothing' ? 'Rollbacks are stopped too.' : 'Rollbacks still run.';
  // The stop beside it has said why already.
  const why =
    cause === 'quarantine' && stop.rollout === active.state.id ? `. ${STOP_CAUSE_WORDS.quarantine.meaning}` : `: ${prose(stop.reason)}.`;
  return `**⏸️ ${label}${where}**${who}, since ${formatInstant(at)}${why.replace(/\.+$/, '.')}${newsOf(stop, active)} ${passes}${end} Stop ${code(id)}.`;
}

const STATUS_OF: Partial<Readonly<Record<Stop['cause'], TargetStatus>>> = {
  'failed-budget': 'failed',
  'unreachable-budget': 'unreachable',
  'deferred-budget': 'deferred',
};
const NAMES_MAX = 5;

/** The reason is of the moment at which it stopped; what was in flight then may have gone wrong as well since. */
function newsOf({ cause, phase, at }: Stop, { planned, state }: ShownRollout['active']): string {
  const status = STATUS_OF[cause];
  if (status === undefined) return '';
  const members = phase === undefined ? [...planned.targets.keys()] : (planned.phases.find(({ name }) => name === phase)?.members ?? []);
  const now = members.filter((member) => state.targets.get(member)?.status === status);
  if (!now.some((member) => (state.targets.get(member)?.since ?? at) > at)) return '';
  return ` By now: ${now.length} ${TARGET_STATUS_WORDS[status].label} (${names(now, NAMES_MAX)}).`;
}
