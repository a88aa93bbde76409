import { canonicalJson, hash16 } from '../../../../core/model/hash.ts';
import type { RolloutAfter } from './convert-rollout.ts';
import type { PlanBefore, RolloutBefore } from './rows-before.ts';

type Pause = NonNullable<RolloutBefore['pause']>;

/** Whose failures spent the budget, by status. */
const BLAMED: Readonly<Record<Pause['cause'], string | undefined>> = {
  person: undefined,
  'failed-budget': 'failed',
  'unreachable-budget': 'unreachable',
  'deferred-budget': 'deferred',
  'unproven-canary': undefined,
};

/**
 * A pause was a state of the rollout; a stop outlives it. A person's holds the release, one of a spent budget the rollout. A pause
 * held all releases of a plan, so each of its parts is stopped: none goes on because it was taken apart.
 */
export function stopsOf(pause: Pause, plan: PlanBefore, parts: readonly RolloutAfter[]): readonly Record<string, unknown>[] {
  return parts
    .filter(({ status, finishedAt }) => finishedAt === undefined && status !== 'superseded' && status !== 'aborted')
    .map(({ id, release, targets }) => {
      const { cause, by, reason, at } = pause;
      const scope = cause === 'person' ? { kind: 'release', release } : { kind: 'rollout', rollout: id };
      const phase = plan.phases.find((one) => one.id === pause.phase && one.release === release)?.name;
      const failed = [...targets].filter(([, { before }]) => before.status === BLAMED[cause]).map(([cluster]) => cluster);
      return {
        id: hash16(canonicalJson([cause, scope, id, [String(at)]])),
        ...{ scope, cause, lets: cause === 'person' ? 'nothing' : 'rollbacks', by, reason, at, rollout: id, phase, failed },
      };
    });
}
