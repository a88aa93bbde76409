import type { FleetId, RolloutId } from '../core/model/ids.ts';
import type { Plan } from '../core/plan/plan.ts';
import { decideFleet } from '../core/reconcile/decide-fleet.ts';
import type { Hold } from '../core/reconcile/decision.ts';
import { isFinished, type RolloutState } from '../core/reconcile/state.ts';
import type { RolloutSummary } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';
import { loadSituation } from './situation.ts';

/** A rollout as it stands, with the reason why each of its waiting clusters waits. */
export interface RolloutNow {
  readonly plan: Plan;
  readonly state: RolloutState;
  readonly summary: RolloutSummary;
  readonly holds: readonly Hold[];
}

/**
 * Reads a rollout for a report. Its holds are decided anew on what was last observed: they are never stored,
 * so they cannot be out of date.
 *
 * @throws PortError
 */
export async function rolloutNow(loop: Loop, id: FleetId, rollout: RolloutId): Promise<RolloutNow | undefined> {
  const { store, clock } = loop.ports;
  const active = await store.rollout(id, rollout);
  const summary = await store.rolloutSummary(id, rollout);
  if (active === undefined || summary === undefined) return undefined;
  if (isFinished(active.state)) return { ...active, summary, holds: [] };
  const situation = await loadSituation(loop, id);
  if (situation === undefined) return { ...active, summary, holds: [] };
  const decided = decideFleet({ ...situation, observations: await store.observations(id), now: clock.now() });
  const own = decided.decisions.find((one) => one.rollout.state.id === rollout);
  return { ...active, summary, holds: own?.decision.holds ?? [] };
}
