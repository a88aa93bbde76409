import { computeDesired, type DesiredBefore } from '../desired/compute-desired.ts';
import type { DesiredChange, DesiredState } from '../desired/desired.ts';
import { diffDesired } from '../desired/diff-desired.ts';
import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import type { ClusterId, Revision } from '../model/ids.ts';
import { makePlan } from './make-plan.ts';
import type { Plan } from './plan.ts';

export interface PlannedChange {
  readonly desired: DesiredState;
  readonly changes: readonly DesiredChange[];
  /** `undefined` when no cluster should be other than it was. */
  readonly plan: Plan | undefined;
  readonly problems: readonly UnlocatedProblem[];
}

/**
 * From the desired state before and a model after to the plan between them, for callers that know the history beforehand.
 *
 * @param reuse - model and desired state of an earlier commit, whose entries are taken over where nothing changed.
 */
export function planChange(input: {
  readonly before: DesiredState;
  readonly model: FleetModel;
  readonly earlier: ReadonlyMap<ClusterId, readonly Revision[]>;
  readonly reuse?: DesiredBefore;
}): PlannedChange {
  const desired = computeDesired(input.model, input.reuse);
  const changes = diffDesired(input.before, desired);
  if (changes.length === 0) return { desired, changes, plan: undefined, problems: [] };
  return { desired, changes, ...makePlan({ model: input.model, changes, earlier: input.earlier }) };
}
