import type { DesiredState } from '../core/desired/desired.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import { atSpeed } from '../core/plan/at-speed.ts';
import type { ActiveRollout, Policy } from '../core/reconcile/decision.ts';
import type { Order } from '../core/reconcile/evidence.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { loadModelInForce } from './load-manifests.ts';
import type { Loop } from './loop.ts';
import { memoryOf, type StoredSituation } from './memory.ts';
import { policyOf } from './policy.ts';

/** All that a decision is made from, but the evidence. */
export interface Situation {
  readonly fleet: FleetRecord;
  readonly model: FleetModel;
  readonly desired: DesiredState;
  readonly rollouts: readonly ActiveRollout[];
  readonly orders: ReadonlyMap<ClusterId, Order>;
  readonly policy: Policy;
}

/** @returns `undefined` while the fleet has no commit with valid manifests: then there is nothing to decide. */
export async function loadSituation(loop: Loop, id: FleetId): Promise<Situation | undefined> {
  const fleet = await loop.ports.store.fleet(id);
  if (fleet?.goodHead === undefined) return undefined;
  const stored = await loadStored(loop, fleet);
  const model = await loadModelInForce(loop, fleet, fleet.goodHead);
  // The commit was valid when it was recorded; only limits that time moves could make it otherwise.
  if (model === undefined) return undefined;
  return {
    fleet,
    model,
    desired: stored.desired,
    rollouts: stored.rollouts,
    orders: stored.orders,
    policy: policyOf(model, loop.settings.speed),
  };
}

/** Reads the store again only when the fleet has moved on since: every write grows its version. */
export async function loadStored(loop: Loop, fleet: FleetRecord): Promise<StoredSituation> {
  const memory = memoryOf(loop.memory, fleet.id);
  if (memory.situation?.version === fleet.version) return memory.situation;
  const { store } = loop.ports;
  const [desired, rollouts, orders] = await Promise.all([store.desired(fleet.id), store.activeRollouts(fleet.id), store.orders(fleet.id)]);
  const situation: StoredSituation = {
    version: fleet.version,
    desired,
    rollouts: rollouts.map(({ plan, state }) => ({ plan: atSpeed(plan, loop.settings.speed), state })),
    orders,
  };
  memory.situation = situation;
  return situation;
}
