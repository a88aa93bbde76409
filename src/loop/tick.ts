/**
 * THE MAIN LOOP, one page: load, observe, decide, commit.
 *
 * A tick is level-triggered and idempotent. It may run at any moment, twice, or late: it looks at what
 * is, decides what should follow, and writes state, orders, audit and reports-to-be in one transaction.
 * Nothing is sent from here: `deliver-orders` and `publish` carry out what was committed.
 */
import type { FleetId } from '../core/model/ids.ts';
import { decideFleet } from '../core/reconcile/decide-fleet.ts';
import { commitDecisions } from './commit-decisions.ts';
import type { Loop } from './loop.ts';
import { observe } from './observe.ts';
import { loadSituation } from './situation.ts';

export async function tick(loop: Loop, fleet: FleetId): Promise<void> {
  const situation = await loadSituation(loop, fleet);
  if (situation === undefined || situation.rollouts.length === 0) return;

  const observations = await observe(loop, situation);

  const decided = decideFleet({ ...situation, observations, now: loop.ports.clock.now() });

  await commitDecisions(loop, situation, observations, decided);
}
