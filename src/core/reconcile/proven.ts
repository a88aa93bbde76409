import { isProvenUnder, provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import type { RolloutDraft } from './rollout-draft.ts';

/** Was it proven at exactly what it should get, where it should get it, and under its newest order? */
export function isProvenThere(draft: RolloutDraft, cluster: ClusterId): boolean {
  const { revision, dataPlane } = draft.plannedTarget(cluster);
  const order = draft.order(cluster);
  if (order !== undefined && order.dataPlane !== dataPlane) return false;
  return provenAt(draft.fleet.ledger(cluster))?.revision === revision && isProvenUnderOrder(draft, cluster);
}

/** Was it proven under its newest order? One that was ordered since, back to the same spec too, may stand half-way. */
export const isProvenUnderOrder = (draft: RolloutDraft, cluster: ClusterId): boolean =>
  isProvenUnder(draft.fleet.ledger(cluster), draft.order(cluster));
