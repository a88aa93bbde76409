import { computeDesired, type DesiredBefore } from '../desired/compute-desired.ts';
import type { DesiredState } from '../desired/desired.ts';
import { type PlanInput, type PlannedFleet, planFleet } from './plan-fleet.ts';

export interface PlannedModel extends PlannedFleet {
  readonly desired: DesiredState;
}

/**
 * From a model to its desired state and the plan to get there.
 *
 * @param reuse - model and desired state of an earlier commit, whose entries are taken over where nothing changed.
 */
export function planModel(input: Omit<PlanInput, 'desired'> & { readonly reuse?: DesiredBefore | undefined }): PlannedModel {
  const desired = computeDesired(input.model, input.reuse);
  return { desired, ...planFleet({ ...input, desired }) };
}
