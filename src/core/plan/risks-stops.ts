import { provenAt } from '../ledger/record.ts';
import { nameList } from '../model/name-list.ts';
import { covers } from '../stop/scope.ts';
import type { Stop, StopCause } from '../stop/stop.ts';
import { scopeName } from '../stop/stop-words.ts';
import type { Move } from './find-moves.ts';
import type { Risk } from './plan.ts';
import type { ReleasePlan } from './plan-release.ts';

/** Stops that stand in the way of this plan, in order of id: what they hold would not start. */
export function stopRisks(stops: readonly Stop[], releases: readonly ReleasePlan[]): readonly Risk[] {
  const standing = stops.filter(({ lifted }) => lifted === undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
  return standing.flatMap((stop) => {
    const held = releases.flatMap(({ rollout, moves }) => moves.filter((move) => holds(stop, rollout, move)));
    return held.length === 0 ? [] : [riskOf(stop, held, held.length === releases.reduce((sum, { moves }) => sum + moves.length, 0))];
  });
}

/** A stop on a rollout or a phase is on one that is under way: what this plan brings is another. */
function holds(stop: Stop, { product, release }: ReleasePlan['rollout'], { to, kind, entry }: Move): boolean {
  if (stop.lets === 'rollbacks' && kind === 'rollback') return false;
  const { cluster, dataPlane, spec } = to;
  return covers(stop.scope, { cluster, product, release, dataPlane, spec, proven: provenAt(entry)?.spec, under: undefined });
}

/** What has become of the version, in words. */
const VERSION_WORDS: Readonly<Record<StopCause, string>> = {
  quarantine: 'is in quarantine',
  aborted: 'was aborted',
  'rolled-back': 'was rolled back',
  regression: 'broke clusters after their rollout',
  'failed-budget': 'failed on too many clusters',
  'unreachable-budget': 'left too many clusters unreachable',
  'deferred-budget': 'was put off on too many clusters',
  'unproven-canary': 'has soaked on no canary',
  person: 'is stopped',
  'unrelated-history': 'is stopped',
};

function riskOf(stop: Stop, held: readonly Move[], isAll: boolean): Risk {
  const { scope, cause, reason, id, by } = stop;
  const who = isAll ? 'nothing' : `none of ${nameList(held.map(({ to }) => to.cluster).sort())}`;
  const until = `${who} starts until somebody lifts ${id}`;
  if (scope.kind === 'version') {
    return { code: 'quarantined', words: `${scopeName(scope)} ${VERSION_WORDS[cause]}: ${reason}; ${until}` };
  }
  const place = scopeName(scope);
  return { code: 'stopped', words: `${place.charAt(0).toUpperCase()}${place.slice(1)} is stopped by ${by}: ${reason}; ${until}` };
}
