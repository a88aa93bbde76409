import { assertNever } from '../model/assert.ts';
import { formatInstant } from '../model/time.ts';
import { isFinished, SETTLED, type TargetState } from '../reconcile/state.ts';
import { stopsOverRollout } from '../reconcile/stops-over.ts';
import { inForce, type Stop } from '../stop/stop.ts';
import { scopeName } from '../stop/stop-words.ts';
import { carries } from '../stop/traits.ts';
import { code, prose, sentence } from './markdown.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { STOP_CAUSE_WORDS } from './words.ts';

/** Stops in force that concern a rollout: those that hold something of it, and those that it has set. Those that hold all of it come first. */
export function stopsOf({ stops, now }: Pick<RolloutView, 'stops' | 'now'>, { active, holds }: ShownRollout): readonly Stop[] {
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
    (stop) => !whole.has(stop) && (stop.rollout === active.state.id || named.has(stop.id) || holdsPart(stop, active)),
  );
  return [...whole, ...part];
}

/** Once it has ended, a stop of the rollout alone holds nothing. */
const OF_A_ROLLOUT: ReadonlySet<Stop['scope']['kind']> = new Set(['rollout', 'phase']);

const isOpen = (target: TargetState | undefined): boolean => target !== undefined && !SETTLED.has(target.status);

function holdsPart({ scope, lets }: Stop, { planned, state }: ShownRollout['active']): boolean {
  for (const target of planned.targets.values()) {
    if (!isOpen(state.targets.get(target.cluster)) || (lets === 'rollbacks' && target.kind === 'rollback')) continue;
    switch (scope.kind) {
      case 'phase':
        if (scope.rollout === state.id && scope.phase === target.phase) return true;
        break;
      case 'data-plane':
        if (scope.dataPlane === target.dataPlane) return true;
        break;
      case 'cluster':
        if (scope.cluster === target.cluster) return true;
        break;
      case 'version':
        if (scope.product === planned.product && carries(target, scope.traits)) return true;
        break;
      case 'fleet':
      case 'product':
      case 'release':
      case 'rollout':
        break;
      default:
        return assertNever(scope, 'holdsPart');
    }
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
  return `**⏸️ ${label}${where}**${who}, since ${formatInstant(at)}${why.replace(/\.+$/, '.')} ${passes}${end} Stop ${code(id)}.`;
}
