import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import type { DesiredState } from '../../../src/core/desired/desired.ts';
import { invariant } from '../../../src/core/model/assert.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { assumedLedger } from '../../../src/core/plan/assumed-ledger.ts';
import type { Plan, PlannedRollout, PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { PlanInput, PlannedFleet } from '../../../src/core/plan/plan-fleet.ts';
import { type PlannedModel, planModel } from '../../../src/core/plan/plan-model.ts';
import { FleetLedger } from '../../support/fleet-ledger.ts';
import { type Documents, fleetModel } from '../../support/fleet-model.ts';

export const desiredAt = (documents: Documents): DesiredState => computeDesired(fleetModel(documents));

/** A fleet to which one commit after another was rolled out to the end: what its ledger says of it. */
export const historyOf = (...line: readonly Documents[]): FleetLedger => new FleetLedger(assumedLedger(line.map(desiredAt)));

/** The plan of a change, in a fleet that runs what it was before, unless another history is given. */
export function change(
  before: Documents,
  after: Documents,
  known: FleetLedger = historyOf(before),
  more: Partial<Pick<PlanInput, 'stops' | 'touched'>> = {},
): PlannedModel {
  const { entries: ledger, orders } = known;
  return planModel({ model: fleetModel(after), before: desiredAt(before), ledger, orders, stops: [], ...more });
}

export function planned(...args: Parameters<typeof change>): Plan {
  const { plan, problems } = change(...args);
  invariant(plan !== undefined && problems.length === 0, `there is a plan: ${JSON.stringify(problems)}`);
  return plan;
}

/** The only rollout of a plan. */
export function rolloutOf({ plan }: Pick<PlannedFleet, 'plan'>): PlannedRollout {
  const [only, second] = plan?.rollouts ?? [];
  invariant(only !== undefined && second === undefined, `one rollout, not ${plan?.rollouts.length}`);
  return only;
}

export const rolled = (...args: Parameters<typeof change>): PlannedRollout => rolloutOf({ plan: planned(...args) });

export function targetOf(rollout: PlannedRollout, cluster: string): PlannedTarget {
  const target = rollout.targets.get(trusted.cluster(cluster));
  invariant(target !== undefined, `${cluster} is a target`);
  return target;
}
