import type { StandingOrder } from '../../../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../../../src/core/ledger/ledger.ts';
import type { ClusterId } from '../../../../src/core/model/ids.ts';
import type { PlannedPhase, PlannedRollout, PlannedTarget } from '../../../../src/core/plan/plan.ts';
import type { ActiveRollout, Decision, FleetDecision, FleetInput } from '../../../../src/core/reconcile/decision.ts';
import { IN_FLIGHT, type RolloutState, type TargetState } from '../../../../src/core/reconcile/state.ts';
import { isLifted, type Stop } from '../../../../src/core/stop/stop.ts';

/** A law is broken: says which, and by what. */
export function law(holds: boolean, words: () => string): asserts holds {
  if (!holds) throw new Error(words());
}

/** One rollout before and after one decision. */
export interface RolloutStep {
  readonly planned: PlannedRollout;
  readonly before: RolloutState;
  readonly next: RolloutState;
  readonly decision: Decision;
  readonly after: ActiveRollout;
}

/** One decision on a fleet, and the state that it leaves. */
export interface FleetStep {
  readonly input: FleetInput;
  readonly decided: FleetDecision;
  readonly rollouts: readonly RolloutStep[];
  /** Not lifted after the decision. */
  readonly stops: readonly Stop[];
  order(cluster: ClusterId): StandingOrder | undefined;
  ledger(cluster: ClusterId): LedgerEntry | undefined;
}

export function stepOf(input: FleetInput, decided: FleetDecision): FleetStep {
  const changed = new Map(decided.stops.map((stop) => [stop.id, stop]));
  const stops = new Map([...input.stops.map((stop) => [stop.id, stop] as const), ...changed]);
  const orders = new Map<ClusterId, StandingOrder>();
  for (const { decision } of decided.decisions) {
    for (const action of decision.actions) {
      if (action.kind === 'order') orders.set(action.order.cluster, { ...action.order, reply: undefined });
    }
  }
  const ledger = new Map(decided.ledger.map((entry) => [entry.cluster, entry]));
  return {
    input,
    decided,
    rollouts: decided.decisions.map(({ rollout, decision }) => ({
      planned: rollout.planned,
      before: rollout.state,
      next: decision.next,
      decision,
      after: { planned: rollout.planned, state: decision.next },
    })),
    stops: [...stops.values()].filter((stop) => !isLifted(stop, input.now)),
    order: (cluster) => orders.get(cluster) ?? input.orders.get(cluster),
    ledger: (cluster) => ledger.get(cluster) ?? input.ledger.get(cluster),
  };
}

export const isInFlight = ({ status }: TargetState): boolean => IN_FLIGHT.has(status);
export const isOpen = ({ finishedAt }: RolloutState): boolean => finishedAt === undefined;

export function targetOf({ targets, id }: RolloutState, cluster: ClusterId): TargetState {
  const target = targets.get(cluster);
  law(target !== undefined, () => `law 10: ${cluster} has been lost from ${id}`);
  return target;
}

/** A target that was ordered to run, for the first time or once more. */
export interface Start {
  readonly step: RolloutStep;
  readonly cluster: ClusterId;
  readonly planned: PlannedTarget;
  readonly phase: PlannedPhase;
  readonly target: TargetState;
}

export function startsOf(step: RolloutStep): readonly Start[] {
  return [...step.next.targets].flatMap(([cluster, target]): Start[] => {
    if (target.attempt <= targetOf(step.before, cluster).attempt) return [];
    const planned = step.planned.targets.get(cluster);
    const phase = step.planned.phases.find(({ name }) => name === planned?.phase);
    law(planned !== undefined && phase !== undefined, () => `${cluster} is planned`);
    return [{ step, cluster, planned, phase, target }];
  });
}

export const inForce = ({ overrides }: RolloutState, kind: 'expedite' | 'waiver', phase: string, now: number): boolean =>
  overrides.some((one) => one.kind === kind && (one.phase ?? phase) === phase && (one.until === undefined || now < one.until));
