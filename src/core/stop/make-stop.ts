import { canonicalJson, hash16 } from '../model/hash.ts';
import { trusted } from '../model/ids.ts';
import type { Stop } from './stop.ts';

type Needed = Pick<Stop, 'scope' | 'cause' | 'lets' | 'by' | 'reason' | 'at'>;
type Optional = Partial<Pick<Stop, 'until' | 'rollout' | 'phase' | 'failed'>>;

/**
 * Makes a stop. The same cause in the same place for the same identities is the same stop, however often it is found.
 *
 * @param identities - what sets it apart from others like it: the attempts that failed, or the instant at which a person set it.
 */
export function makeStop(fields: Needed & Optional, identities: readonly string[]): Stop {
  const { cause, scope, rollout } = fields;
  const id = trusted.stop(hash16(canonicalJson([cause, scope, rollout, identities])));
  return { until: undefined, rollout: undefined, phase: undefined, failed: [], ...fields, id, lifted: undefined };
}
