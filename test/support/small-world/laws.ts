import type { ClusterId } from '../../../src/core/model/ids.ts';
import type { PlannedBudgets, PlannedPhase } from '../../../src/core/plan/plan.ts';
import type { FleetDecision, FleetInput } from '../../../src/core/reconcile/decide-fleet.ts';
import type { ActiveRollout, Decision } from '../../../src/core/reconcile/decision.ts';
import { IN_FLIGHT, type RolloutState, SETTLED, type TargetState } from '../../../src/core/reconcile/state.ts';
import type { SoakWitness } from './soak-witness.ts';

/** One rollout before and after one decision. */
interface Step {
  readonly before: ActiveRollout;
  readonly decision: Decision;
  readonly input: FleetInput;
}

function law(holds: boolean, words: () => string): asserts holds {
  if (!holds) throw new Error(words());
}

/** Checks everything that must be true of every decision whatever. @throws Error naming the law that is broken */
export function checkLaws(input: FleetInput, fleet: FleetDecision, witness: SoakWitness): void {
  law(fleet.decisions.length === input.rollouts.length, () => 'I16: every rollout is decided');
  for (const { rollout, decision } of fleet.decisions) {
    const step = { before: rollout, decision, input };
    membersStay(step);
    limitsHold(step);
    phasesInOrder(step);
    budgetsHold(step);
    pausesHold(step);
    successIsProven(step, witness);
    nothingIsDoneBlind(step);
    leaversCountForNothing(step);
    reasonsAreGiven(step);
  }
  oneOwner(fleet);
  fleetLimitHolds(input, fleet);
  epochsGrow(input, fleet);
}

const inFlight = (target: TargetState): boolean => IN_FLIGHT.has(target.status);
const targetOf = (state: RolloutState, cluster: ClusterId): TargetState => {
  const target = state.targets.get(cluster);
  law(target !== undefined, () => `I16: ${cluster} has been lost`);
  return target;
};

/** Ordered in its turn by this decision; rescues are outside of turns. */
const startedInTurn = ({ before, decision }: Step, cluster: ClusterId): boolean => {
  const next = targetOf(decision.next, cluster);
  return next.attempt > targetOf(before.state, cluster).attempt && !next.rescued;
};

/** I16: nobody is dropped silently, and nobody is added. */
function membersStay({ before, decision }: Step): void {
  const members = before.plan.phases.flatMap((phase) => phase.members);
  law(decision.next.targets.size === members.length, () => 'I16: targets are the members of the phases');
  for (const cluster of members) targetOf(decision.next, cluster);
}

/** Law 3, I1: after a start, no more in flight than the limit says. */
function limitsHold(step: Step): void {
  const { before, decision } = step;
  for (const { id, members, maxConcurrent } of before.plan.phases) {
    if (!members.some((cluster) => startedInTurn(step, cluster))) continue;
    const flying = members.filter((cluster) => inFlight(targetOf(decision.next, cluster)) && !targetOf(decision.next, cluster).rescued);
    law(flying.length <= maxConcurrent.count, () => `I1: ${flying.length} in flight in phase ${id}, at most ${maxConcurrent.words}`);
  }
}

/** Law 4, I4: what is started in its turn has every earlier phase behind it, settled, proven and approved. */
function phasesInOrder(step: Step): void {
  const { before, decision } = step;
  const byId = new Map(before.plan.phases.map((phase) => [phase.id, phase]));
  for (const phase of before.plan.phases) {
    if (!phase.members.some((cluster) => startedInTurn(step, cluster))) continue;
    law(isApproved(phase, 'before', decision.next), () => `I4: phase ${phase.id} started unapproved`);
    // A target of a phase that had begun may be started again, or late, while a later phase runs.
    if (before.state.phases.get(phase.id)?.startedAt !== undefined) continue;
    for (const id of phase.after) {
      const earlier = byId.get(id);
      law(earlier !== undefined, () => `no phase ${id}`);
      law(
        earlier.members.every((cluster) => SETTLED.has(targetOf(decision.next, cluster).status)),
        () => `I4: phase ${phase.id} started before ${id} was settled`,
      );
      law(
        earlier.members.length === 0 || allOut(earlier, decision.next) || isApproved(earlier, 'after', decision.next),
        () => `I4: ${id} was not approved`,
      );
    }
  }
}

const allOut = (phase: PlannedPhase, state: RolloutState): boolean =>
  phase.members.every((cluster) => ['removed', 'superseded', 'skipped'].includes(targetOf(state, cluster).status));

function isApproved({ id, approval }: PlannedPhase, when: 'before' | 'after', { approvals, digest }: RolloutState): boolean {
  if (approval?.when !== when) return true;
  return new Set(approvals.filter((given) => given.phase === id && given.digest === digest).map(({ by }) => by)).size >= approval.count;
}

/** Law 5, I6: over a budget, nothing starts in its turn, and the rollout is not running. */
function budgetsHold(step: Step): void {
  const { before, decision } = step;
  const { next } = decision;
  const over = before.plan.phases.find(({ members, budgets }) =>
    (['failed', 'unreachable', 'deferred'] as const).some((kind) => isOver(step, members, kind, budgets)),
  );
  if (over === undefined) return;
  law(
    !before.plan.phases.some(({ members }) => members.some((cluster) => startedInTurn(step, cluster))),
    () => `I6: a start although ${over.id} is over its budget`,
  );
  law(
    next.status !== 'running' && next.status !== 'awaiting-approval' && !next.status.startsWith('completed'),
    () => `I6: ${next.status} although ${over.id} is over its budget`,
  );
}

function isOver({ decision: { next } }: Step, members: readonly ClusterId[], kind: keyof PlannedBudgets, budgets: PlannedBudgets): boolean {
  const counting = members.filter((cluster) => {
    const { status, since } = targetOf(next, cluster);
    return status === kind && (next.resumedAt === undefined || since >= next.resumedAt);
  });
  return counting.length > budgets[kind].count;
}

/** Laws 6 and 7, I7, I9: under a pause or an abort nothing is ordered to run, and what is in flight is ordered to hold. */
function pausesHold({ before, decision, input }: Step): void {
  const { next, actions } = decision;
  law(
    before.state.status !== 'paused' || next.status === 'paused' || next.status === 'superseded',
    () => `I9: a pause ended by itself, in ${next.status}`,
  );
  law(before.state.status !== 'aborted' || next.status === 'aborted', () => 'I9: an abort ended by itself');
  if (next.status !== 'paused' && next.status !== 'aborted') return;
  const mayRescue = next.status === 'paused' && next.pause?.cause !== 'person';
  const orders = new Map(actions.map(({ order }) => [order.cluster, order]));
  for (const [cluster, target] of next.targets) {
    const exempt = mayRescue && target.rescued;
    const order = orders.get(cluster) ?? input.orders.get(cluster);
    law(exempt || orders.get(cluster)?.mode !== 'run', () => `I7: ${cluster} ordered to run while ${next.status}`);
    if (exempt || !inFlight(target)) continue;
    law(target.status === 'held', () => `I7: ${cluster} is ${target.status} while ${next.status}`);
    law(order?.mode === 'hold', () => `I7: ${cluster} in flight without a hold order while ${next.status}`);
  }
}

/** Laws 1 and 2, I5, I19: a success was seen, at this revision, under its order, for the whole bake. */
function successIsProven({ before, decision }: Step, witness: SoakWitness): void {
  for (const { id, members, bakeMs } of before.plan.phases) {
    for (const cluster of members) {
      const next = targetOf(decision.next, cluster);
      if (next.status !== 'succeeded' || targetOf(before.state, cluster).status === 'succeeded') continue;
      const soakedMs = witness.soakedMs(before.state.id, cluster, next.attempt);
      law(soakedMs >= bakeMs, () => `I5: ${cluster} in ${id} succeeded after ${soakedMs} of ${bakeMs} ms`);
    }
  }
}

/** Law 2: what is started in its turn, or skipped because it is there, was seen so lately. */
function nothingIsDoneBlind(step: Step): void {
  const { before, decision, input } = step;
  for (const [cluster, next] of decision.next.targets) {
    const skipped =
      next.status === 'skipped' && targetOf(before.state, cluster).status === 'waiting' && input.desired.get(cluster)?.optOut === undefined;
    if (!skipped && !startedInTurn(step, cluster)) continue;
    const seen = input.observations.get(cluster);
    const fresh = seen?.kind === 'observed' && input.now - seen.sampledAt <= input.policy.evidenceMaxAgeMs;
    law(fresh, () => `law 2: ${cluster} is ${next.status}, and was not seen`);
    law(!skipped || seen.healthy, () => `law 1: ${cluster} was skipped, and is not healthy`);
  }
}

/** Law 10: who has left the manifests is removed, unless it was done with well before. */
function leaversCountForNothing({ decision: { next }, input }: Step): void {
  for (const [cluster, { status }] of next.targets) {
    const done = status === 'removed' || status === 'succeeded' || status === 'superseded';
    law(done || input.desired.has(cluster), () => `law 10: ${cluster} has left, and is ${status}`);
  }
}

/** Law 13: whoever is neither finished nor acted on has a reason. */
function reasonsAreGiven({ decision: { next, holds, actions } }: Step): void {
  const held = new Set(holds.map(({ cluster }) => cluster));
  const acted = new Set(actions.map(({ order }) => order.cluster));
  for (const [cluster, { status }] of next.targets) {
    if (SETTLED.has(status)) law(!held.has(cluster), () => `law 13: ${cluster} is ${status}, and still has a hold`);
    else law(held.has(cluster) || acted.has(cluster), () => `law 13: ${cluster} is ${status}, and nobody says why`);
  }
}

/** I3: a cluster is in flight under one rollout at a time. */
function oneOwner({ decisions }: FleetDecision): void {
  const owners = new Map<ClusterId, string>();
  for (const { decision } of decisions) {
    for (const [cluster, target] of decision.next.targets) {
      if (!inFlight(target)) continue;
      law(!owners.has(cluster), () => `I3: ${cluster} is in flight under ${owners.get(cluster)} and ${decision.next.id}`);
      owners.set(cluster, decision.next.id);
    }
  }
}

/**
 * I2: after a start, no more in flight than the limits say. What comes back into sight may exceed them, rescues are
 * outside, and a cluster that is taken over from another rollout is no addition.
 */
function fleetLimitHolds({ policy }: FleetInput, { decisions }: FleetDecision): void {
  const started = new Set<ClusterId>();
  const flying = new Set<ClusterId>();
  for (const { rollout, decision } of decisions) {
    for (const [cluster, next] of decision.next.targets) {
      if (inFlight(next) && !next.rescued) flying.add(cluster);
      const began = next.attempt > (rollout.state.targets.get(cluster)?.attempt ?? 0) && inFlight(next) && !next.rescued;
      if (began && !underWayBefore(decisions, cluster)) started.add(cluster);
    }
  }
  const limits = [
    ['', policy.fleetMaxConcurrent] as const,
    ...[...policy.dataPlaneMaxConcurrent].map(([name, limit]) => [`${name}-`, limit] as const),
  ];
  for (const [prefix, limit] of limits) {
    if (![...started].some((cluster) => cluster.startsWith(prefix))) continue;
    const there = [...flying].filter((cluster) => cluster.startsWith(prefix)).length;
    law(there <= limit, () => `I2: ${there} in flight on ${prefix === '' ? 'the fleet' : prefix}, at most ${limit}`);
  }
}

const underWayBefore = (decisions: FleetDecision['decisions'], cluster: ClusterId): boolean =>
  decisions.some(({ rollout }) => {
    const target = rollout.state.targets.get(cluster);
    return target?.startedAt !== undefined && (target.status === 'unreachable' || !SETTLED.has(target.status));
  });

/** I12: each order outranks all before it, and there is one for a cluster in a decision. */
function epochsGrow({ orders, now }: FleetInput, { decisions }: FleetDecision): void {
  const seen = new Set<ClusterId>();
  for (const { order } of decisions.flatMap(({ decision }) => decision.actions)) {
    law(!seen.has(order.cluster), () => `I12: two orders for ${order.cluster} in one decision`);
    seen.add(order.cluster);
    law(order.epoch > (orders.get(order.cluster)?.epoch ?? 0), () => `I12: epoch ${order.epoch} of ${order.cluster} does not grow`);
    law(order.orderedAt === now, () => 'an order bears the instant of its decision');
  }
}
