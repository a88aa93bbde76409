import type { Observation, Observations } from '../evidence/observation.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { Instant } from '../model/time.ts';

/**
 * Data planes may take long to list what they have. What a rollout has proven meanwhile is newer than the list, which then says
 * nothing of that cluster. A proof from the future is none of these: the clock was set back since.
 *
 * @param askedAt - by our clock, before a data plane was asked.
 */
export function withoutOvertaken(observations: Observations, ledger: Ledger, askedAt: Instant, now: Instant): Observations {
  const current = new Map(observations);
  for (const [cluster, observation] of observations) {
    const provenLast = provenAt(ledger.get(cluster))?.at;
    if (provenLast !== undefined && provenLast > askedAt && provenLast <= now) current.set(cluster, unknown(observation));
  }
  return current;
}

const unknown = ({ cluster, dataPlane, sampledAt, receivedAt }: Observation): Observation => ({
  kind: 'unknown',
  cluster,
  dataPlane,
  sampledAt,
  receivedAt,
  cause: 'it was proven while the data planes were listed',
  missing: false,
});
