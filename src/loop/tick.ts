/**
 * THE MAIN LOOP, one page: load, observe, decide, commit.
 *
 * A tick is level-triggered and idempotent. It may run at any moment, twice, or late: it looks at what is, decides what
 * should follow, and writes state, orders, audit and reports-to-be in one transaction. Nothing is sent from here:
 * `deliver-orders` and `publish` carry out what was committed. It reads no git: policy is stored beside the desired state.
 */
import { recordDecision } from '../core/change/record-decision.ts';
import type { FleetId } from '../core/model/ids.ts';
import { decideFleetInSteps } from '../core/reconcile/decide-fleet.ts';
import { decideAndCommit } from './commit.ts';
import { runInSteps } from './event-loop.ts';
import { fleetInput } from './fleet-input.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { observeRollouts } from './observe.ts';

/** @throws PortError */
export async function tick(loop: LoopWith<'store' | 'clock' | 'log' | 'dataPlane'>, id: FleetId): Promise<void> {
  await decideAndCommit(loop, id, async (fleet, records) => {
    const { policy } = records;
    if (policy === undefined) return { value: undefined };

    const observations = await observeRollouts(loop, fleet, records.rollouts, policy.dataPlanes);
    const own = memoryOf(loop.memory, id);
    own.observations = observations;

    const now = loop.ports.clock.now();
    const decided = await runInSteps(decideFleetInSteps(fleetInput(loop, records, policy, observations, now)));

    const change = recordDecision(decided, { observations, storedAt: own.storedAt, reportEveryMs: loop.settings.publishIntervalMs, now });
    return { change, value: undefined };
  });
}
