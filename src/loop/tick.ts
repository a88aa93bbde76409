/**
 * THE MAIN LOOP, one page: load, take commands, decide, commit, look.
 *
 * A tick is level-triggered and idempotent. It may run at any moment, twice, or late: it looks at what is, decides what
 * should follow, and writes state, orders, audit and reports-to-be in one transaction. Nothing is sent from here:
 * `deliver-orders` and `publish` carry out what was committed. It waits for no network: policy is stored beside the desired state,
 * and evidence is what `observe-fleet` and watches have gathered. What comes in makes the next tick. It is one turn: nobody writes
 * for the fleet between its look and its commit, so that a halt waits for the tick under way and for no other.
 */
import { recordDecision } from '../core/change/record-decision.ts';
import type { FleetId } from '../core/model/ids.ts';
import { decideFleetInSteps } from '../core/reconcile/decide-fleet.ts';
import { takeCommands } from './carry-out-commands.ts';
import { inOneTurn } from './commit.ts';
import { runInSteps } from './event-loop.ts';
import { fleetInput } from './fleet-input.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { evidenceFor, looksFor } from './observe.ts';

/**
 * @param isNews - something came in: that is decided on, and no further look is asked for.
 * @throws PortError
 */
export async function tick(loop: LoopWith<'store' | 'clock' | 'log'>, id: FleetId, isNews = false): Promise<void> {
  await inOneTurn(loop, id, async (decide) => {
    await takeCommands(loop, id, decide);

    await decide(async (_fleet, records, now) => {
      const { policy } = records;
      if (policy === undefined) return { value: undefined };

      const own = memoryOf(loop.memory, id);
      const observations = evidenceFor(own, records.rollouts, policy, now);
      own.observations = observations;

      const decided = await runInSteps(decideFleetInSteps(fleetInput(loop, records, policy, observations, now)));

      const change = recordDecision(decided, {
        observations,
        storedAt: own.storedAt ?? new Map(),
        reportEveryMs: loop.settings.publishIntervalMs,
        now,
      });
      const looks = isNews ? [] : looksFor(records.rollouts, policy);
      return { change: { ...change, followUps: [...change.followUps, ...looks] }, value: undefined };
    });
  });
}
