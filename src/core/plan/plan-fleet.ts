import type { DesiredChange, DesiredState } from '../desired/desired.ts';
import { diffDesired } from '../desired/diff-desired.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import type { Stop } from '../stop/stop.ts';
import { canaryProblems, checkProducts, unplacedProblem } from './check-changes.ts';
import { checkJumps } from './check-jumps.ts';
import { findMoves, touchedReleases } from './find-moves.ts';
import type { Plan } from './plan.ts';
import { planRelease } from './plan-release.ts';
import { orderReleases } from './release-order.ts';
import { risksOf } from './risks.ts';
import { sealPlan } from './seal-plan.ts';

export interface PlanInput {
  /** At the commit whose desired state is to come. */
  readonly model: FleetModel;
  /** Desired at the commit before: shows which releases the change touches. */
  readonly before: DesiredState;
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
  /** Those that are not lifted. */
  readonly stops: readonly Stop[];
  /** Releases to plan although nothing changed in them: a person asked to bring home what was left behind. */
  readonly touched?: ReadonlySet<string>;
}

export interface PlannedFleet {
  readonly changes: readonly DesiredChange[];
  /** `undefined` when there is nothing to do, and nothing to say. */
  readonly plan: Plan | undefined;
  /** With an error among them, the plan must be run by nobody. */
  readonly problems: readonly UnlocatedProblem[];
}

/**
 * Makes the plan of one change of the fleet: desired minus ledger, for the releases that the change touches. The same for a pull request,
 * its merge, the command line and a simulation: it knows neither commit nor clock, and the order of its input does not matter,
 * so that equal digests mean equal plans.
 */
export function planFleet(input: PlanInput): PlannedFleet {
  const { model, before, desired, ledger, stops } = input;
  const changes = diffDesired(before, desired);
  const touched = new Set([...touchedReleases(changes), ...(input.touched ?? [])]);
  if (changes.length === 0 && touched.size === 0) return { changes, plan: undefined, problems: [] };
  const found = new Map(findMoves(input, changes, touched).map((release) => [release.release, release]));
  const moving = [...found.values()].filter(({ moves }) => moves.length > 0).map(({ release }) => release);
  const planned = orderReleases(model, moving).flatMap((release) => {
    const moves = found.get(release);
    return moves === undefined ? [] : [planRelease(model, moves, ledger)];
  });
  const releases = planned.filter(({ rollout }) => rollout.targets.size > 0);
  const moves = [...found.values()].flatMap((release) => release.moves);
  const jumps = checkJumps(model, moves);
  const problems = [
    ...checkProducts(model, moves),
    ...jumps.problems,
    ...planned.flatMap(({ rollout, unplaced, gaps }) => [
      ...unplacedProblem(model, rollout.release, unplaced),
      ...canaryProblems(model, rollout.release, gaps),
    ]),
  ];
  const excluded = [...found.values()].flatMap((release) => release.excluded);
  const removed = changes.flatMap((change) => (change.kind === 'removed' ? [change.from.cluster] : []));
  if (releases.length === 0 && excluded.length === 0 && removed.length === 0) return { changes, plan: undefined, problems };
  const risks = risksOf({ model, releases, excluded, removed, stops, held: jumps.held });
  return { changes, plan: sealPlan({ rollouts: releases.map(({ rollout }) => rollout), excluded, removed, risks }), problems };
}
