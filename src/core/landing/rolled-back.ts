import type { DesiredState } from '../desired/desired.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Instant } from '../model/time.ts';
import type { Plan, PlannedRollout } from '../plan/plan.ts';
import { traitsLeftBehind } from '../plan/traits-left-behind.ts';
import type { RolloutState } from '../reconcile/state.ts';
import { makeStop } from '../stop/make-stop.ts';
import type { Stop } from '../stop/stop.ts';

interface Context {
  readonly by: string;
  readonly reason: string;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
  /** As of the commit that lands. */
  readonly desired: DesiredState;
  readonly now: Instant;
}

/** Who goes back from a version has put it down: no later plan moves anything to it until a person lifts that. */
export function stopsOfRollback(plan: Plan, states: readonly RolloutState[], context: Context): readonly Stop[] {
  return plan.rollouts.flatMap((planned) => {
    const state = states.find(({ release }) => release === planned.release);
    return state === undefined || planned.kind !== 'rollback' ? [] : stopOf(planned, state, context);
  });
}

function stopOf(planned: PlannedRollout, { id }: RolloutState, { by, reason, ledger, orders, desired, now }: Context): readonly Stop[] {
  const { product } = planned;
  const traits = traitsLeftBehind(planned, ledger, orders, desired);
  if (traits.length === 0) return [];
  const stop = makeStop(
    {
      scope: { kind: 'version', product, traits },
      cause: 'rolled-back',
      lets: 'rollbacks',
      by,
      reason,
      at: now,
      rollout: id,
    },
    [],
  );
  return [stop];
}
