/**
 * THE MAIN LOOP, one page: load, decide, commit, look.
 *
 * A tick is level-triggered and idempotent. It may run at any moment, twice, or late: it looks at what is, decides what
 * should follow, and writes state, orders, audit and reports-to-be in one transaction. Nothing is sent from here:
 * `deliver-orders` and `publish` carry out what was committed. It waits for no network: policy is stored beside the desired state,
 * and evidence is what `observe-fleet` and watches have gathered. What comes in makes the next tick.
 */
import { recordDecision } from '../core/change/record-decision.ts';
import type { FleetId } from '../core/model/ids.ts';
import { decideFleetInSteps } from '../core/reconcile/decide-fleet.ts';
import { decideAndCommit } from './commit.ts';
import { runInSteps } from './event-loop.ts';
import { fleetInput } from './fleet-input.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { evidenceFor, looksFor } from './observe.ts';

/**
 * @param isNews - something came in: that is decided on, and no further look is asked for.
 * @throws PortError
 */
export async function tick(loop: LoopWith<'store' | 'clock'>, id: FleetId, isNews = false): Promise<void> {
  await decideAndCommit(loop, id, async (_fleet, records) => {
    const { policy } = records;
    if (policy === undefined) return { value: undefined };

    const now = loop.ports.clock.now();
    const own = memoryOf(loop.memory, id);
    const observations = evidenceFor(own, records.rollouts, policy, now);
    own.observations = observations;

    const decided = await runInSteps(decideFleetInSteps(fleetInput(loop, records, policy, observations, now)));

    const change = recordDecision(decided, { observations, storedAt: own.storedAt, reportEveryMs: loop.settings.publishIntervalMs, now });
    const looks = isNews ? [] : looksFor(records.rollouts, policy);
    return { change: { ...change, followUps: [...change.followUps, ...looks] }, value: undefined };
  });
}
