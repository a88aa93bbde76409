import type { FleetRecords } from '../core/change/apply-change.ts';
import type { Observations } from '../core/evidence/observation.ts';
import type { Instant } from '../core/model/time.ts';
import { atSpeed } from '../core/plan/at-speed.ts';
import type { PlannedRollout } from '../core/plan/plan.ts';
import type { ActiveRollout, FleetInput } from '../core/reconcile/decision.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import type { Loop } from './loop.ts';

/** All that a decision is made from. */
export function fleetInput(
  { settings }: Pick<Loop, 'settings'>,
  { desired, ledger, orders, rollouts, stops }: FleetRecords,
  policy: Policy,
  observations: Observations,
  now: Instant,
): FleetInput {
  return { desired, ledger, orders, stops, policy, observations, now, rollouts: rollouts.map((one) => paced(one, settings.speed)) };
}

/** By speed, and made once for each plan: a decision tells by identity what is the same as before. */
const pacedPlans = new Map<number, WeakMap<PlannedRollout, PlannedRollout>>();

/** The rollout with its soaks and deadlines as much faster than written as this loop runs. */
export function paced({ planned, state }: ActiveRollout, speed: number): ActiveRollout {
  if (speed === 1) return { planned, state };
  const plans = pacedPlans.get(speed) ?? new WeakMap<PlannedRollout, PlannedRollout>();
  pacedPlans.set(speed, plans);
  const known = plans.get(planned) ?? atSpeed(planned, speed);
  plans.set(planned, known);
  return { planned: known, state };
}
