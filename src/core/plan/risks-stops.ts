import { provenAt } from '../ledger/record.ts';
import { assertNever } from '../model/assert.ts';
import type { Stop, StopCause } from '../stop/stop.ts';
import { movesTo, traitWords } from '../stop/traits.ts';
import type { Move } from './find-moves.ts';
import { nameList } from './name-list.ts';
import type { Risk } from './plan.ts';
import type { ReleasePlan } from './plan-release.ts';

const NAMES_MAX = 5;

/** Stops that stand in the way of this plan, in order of id: what they hold would not start. */
export function stopRisks(stops: readonly Stop[], releases: readonly ReleasePlan[]): readonly Risk[] {
  const standing = stops.filter(({ lifted }) => lifted === undefined).sort((a, b) => (a.id < b.id ? -1 : 1));
  return standing.flatMap((stop) => {
    const held = releases.flatMap(({ rollout, moves }) => moves.filter((move) => holds(stop, rollout, move)));
    return held.length === 0 ? [] : [riskOf(stop, held, held.length === releases.reduce((sum, { moves }) => sum + moves.length, 0))];
  });
}

function holds(stop: Stop, rollout: ReleasePlan['rollout'], { to, kind, entry }: Move): boolean {
  const { scope } = stop;
  if (stop.lets === 'rollbacks' && kind === 'rollback') return false;
  switch (scope.kind) {
    case 'fleet':
      return true;
    case 'product':
      return scope.product === rollout.product;
    case 'release':
      return scope.release === rollout.release;
    case 'data-plane':
      return scope.dataPlane === to.dataPlane;
    case 'cluster':
      return scope.cluster === to.cluster;
    case 'version':
      return scope.product === rollout.product && movesTo(scope.traits, to.spec, provenAt(entry)?.spec);
    case 'rollout':
    case 'phase':
      // Of a rollout that is under way: what this plan brings is another one.
      return false;
    default:
      return assertNever(scope, 'holds');
  }
}

/** What has become of the version, in words. */
const VERSION_WORDS: Readonly<Partial<Record<StopCause, string>>> = {
  quarantine: 'is in quarantine',
  aborted: 'was aborted',
  'rolled-back': 'was rolled back',
};

function riskOf(stop: Stop, held: readonly Move[], isAll: boolean): Risk {
  const { scope, cause, reason, id, by } = stop;
  const who = isAll ? 'nothing' : `none of ${nameList(held.map(({ to }) => to.cluster).sort(), NAMES_MAX)}`;
  const until = `${who} starts until somebody lifts ${id}`;
  if (scope.kind === 'version') {
    const what = VERSION_WORDS[cause] ?? 'is stopped';
    return { code: 'quarantined', words: `${traitWords(scope.product, scope.traits)} ${what}: ${reason}; ${until}` };
  }
  return { code: 'stopped', words: `${placeWords(scope)} is stopped by ${by}: ${reason}; ${until}` };
}

function placeWords(scope: Exclude<Stop['scope'], { kind: 'version' }>): string {
  switch (scope.kind) {
    case 'fleet':
      return 'The fleet';
    case 'product':
      return `Product ${scope.product}`;
    case 'release':
      return `Release ${scope.release}`;
    case 'data-plane':
      return `Data plane ${scope.dataPlane}`;
    case 'cluster':
      return `Cluster ${scope.cluster}`;
    case 'rollout':
      return `Rollout ${scope.rollout}`;
    case 'phase':
      return `Phase ${scope.phase}`;
    default:
      return assertNever(scope, 'placeWords');
  }
}
