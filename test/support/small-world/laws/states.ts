import type { ClusterId, RolloutId } from '../../../../src/core/model/ids.ts';
import { compareVersions } from '../../../../src/core/model/version.ts';
import { BUDGETS, type PlannedBudgets, type PlannedRollout } from '../../../../src/core/plan/plan.ts';
import { holdOf } from '../../../../src/core/reconcile/decision.ts';
import { isActive, SETTLED, type TargetState } from '../../../../src/core/reconcile/state.ts';
import type { SoakWitness } from '../soak-witness.ts';
import { covering } from './covering.ts';
import { type FleetStep, isInFlight, isOpen, law, type RolloutStep, targetOf } from './step.ts';

/** What must be true of every rollout after every decision. */
export function statesAreLawful(fleet: FleetStep, witness: SoakWitness): void {
  for (const step of fleet.rollouts) {
    membersStay(step);
    successIsProven(step, witness);
    skipsAreProven(fleet, step);
    leaversCountForNothing(fleet, step);
    reasonsAreGiven(fleet, step);
    stopsAreObeyed(fleet, step);
    budgetsHold(fleet, step);
    regressionStops(fleet, step);
    endsCleanly(fleet, step);
    ordersAreKept(fleet, step);
  }
  ledgerIsEarned(fleet, witness);
  oneOwner(fleet);
  oneActiveAndOnePending(fleet);
  takeoversAreJustified(fleet);
  ordersAreOne(fleet);
}

/** Law 10: nobody is dropped silently, and nobody is added. */
function membersStay({ before, next }: RolloutStep): void {
  law(before.targets.size === next.targets.size, () => `law 10: ${next.id} has ${next.targets.size} targets, of ${before.targets.size}`);
  for (const cluster of before.targets.keys()) targetOf(next, cluster);
}

/** Laws 1 and 2: a success was seen, at this revision, under its order, for the whole soak. */
function successIsProven({ planned, before, next }: RolloutStep, witness: SoakWitness): void {
  for (const { name, members, soakMs } of planned.phases) {
    for (const cluster of members) {
      const { status, attempt } = targetOf(next, cluster);
      if (status !== 'succeeded' || targetOf(before, cluster).status === 'succeeded') continue;
      const soakedMs = witness.soakedMs(next.id, cluster, attempt);
      law(soakedMs >= soakMs, () => `law 1: ${cluster} in ${name} succeeded after ${soakedMs} of ${soakMs} ms`);
    }
  }
}

/** Law 1: what is there already was proven there, or is seen to run just that. */
function skipsAreProven({ input, ledger }: FleetStep, { planned, before, next }: RolloutStep): void {
  for (const [cluster, { status, detail }] of next.targets) {
    if (status !== 'skipped' || detail !== 'already there' || targetOf(before, cluster).status === 'skipped') continue;
    const revision = planned.targets.get(cluster)?.revision;
    const [proven] = ledger(cluster)?.proven ?? [];
    law(proven?.revision === revision, () => `law 1: ${cluster} is skipped, and was never proven there`);
    const standing = input.orders.get(cluster);
    const isNewest = standing === undefined || standing.rollout === proven?.rollout || proven?.proof === 'adopted';
    law(
      isNewest && (standing?.revision ?? revision) === revision,
      () => `law 1: ${cluster} is skipped, and was ordered since it was proven`,
    );
    const hasFailed = ledger(cluster)?.failed.some((failed) => failed.revision === revision) === true;
    law(!hasFailed, () => `law 5: ${cluster} is skipped, and has broken since it was proven`);
  }
}

/** Law 10: who has left the manifests is removed, unless it was done with well before. */
function leaversCountForNothing({ input }: FleetStep, { next }: RolloutStep): void {
  if (!isOpen(next)) return;
  for (const [cluster, { status }] of next.targets) {
    const isDone = status === 'removed' || status === 'succeeded' || status === 'superseded';
    law(isDone || input.desired.has(cluster), () => `law 10: ${cluster} has left, and is ${status}`);
  }
}

/** Law 13: whoever is neither finished nor acted on has a reason, and a time that has not passed. */
function reasonsAreGiven({ input }: FleetStep, { decision, next, after }: RolloutStep): void {
  const acted = new Set(decision.actions.map((action) => (action.kind === 'order' ? action.order.cluster : action.cluster)));
  for (const [cluster, { status }] of next.targets) {
    const hold = holdOf(decision.holds, after, cluster);
    if (SETTLED.has(status)) law(hold === undefined, () => `law 13: ${cluster} is ${status}, and still has a hold: ${hold?.reason.kind}`);
    else
      law(
        hold !== undefined || acted.has(cluster),
        () => `law 13: ${cluster} is ${status} in ${next.status} ${next.id}, and nobody says why`,
      );
    law(
      hold?.until === undefined || hold.until > input.now,
      () => `law 13: ${cluster} is held by ${hold?.reason.kind} until ${input.now - (hold?.until ?? 0)} ms ago`,
    );
  }
}

/** Stops on all of a rollout, besides those on versions. */
const wholeStops = ({ stops }: FleetStep, planned: PlannedRollout, id: RolloutId): FleetStep['stops'] =>
  stops.filter(
    ({ scope, lets }) =>
      (scope.kind === 'fleet' ||
        (scope.kind === 'product' && scope.product === planned.product) ||
        (scope.kind === 'release' && scope.release === planned.release) ||
        (scope.kind === 'rollout' && scope.rollout === id)) &&
      !(lets === 'rollbacks' && planned.kind === 'rollback'),
  );

/** Laws 6 and 7: what could move under a stop, or for a rollout that winds down, has an order to hold. */
function stopsAreObeyed(fleet: FleetStep, step: RolloutStep): void {
  const { next, decision, planned } = step;
  if (!isOpen(next)) return;
  const winding = next.status === 'aborted' || next.status === 'superseded';
  const runs = new Set(
    decision.actions.flatMap((action) => (action.kind === 'order' && action.order.mode === 'run' ? [action.order.cluster] : [])),
  );
  for (const [cluster, target] of next.targets) {
    const stops = covering(fleet, step, cluster);
    if (stops.length === 0 && !winding) continue;
    const why = winding ? next.status : stops.map(({ cause }) => cause).join();
    law(!runs.has(cluster), () => `law 6: ${cluster} was ordered to run under ${why}`);
    const order = fleet.order(cluster);
    const isAtRest = target.status === 'succeeded' || target.status === 'soaking';
    if (target.attempt === 0 || isAtRest || order?.rollout !== next.id) continue;
    law(order.mode === 'hold', () => `law 6: ${cluster} (${target.status}) may move under ${why}`);
    law(!isInFlight(target) || target.status === 'held', () => `law 6: ${cluster} is ${target.status} under ${why}`);
  }
  const isPaused = wholeStops(fleet, planned, next.id).length > 0;
  if (isPaused && isActive(next)) law(next.status === 'paused', () => `law 6: ${next.id} is ${next.status} under a stop`);
}

const isOver = (targets: readonly TargetState[], budgets: Partial<PlannedBudgets>): boolean =>
  BUDGETS.some((kind) => {
    const isSeen = ({ acknowledged, attempt, status }: TargetState) => acknowledged?.attempt === attempt && acknowledged.status === status;
    const spent = targets.filter((target) => target.status === kind && !isSeen(target)).length;
    return spent > (budgets[kind]?.count ?? Number.POSITIVE_INFINITY);
  });

const FAILURES: ReadonlySet<string> = new Set(['failed-budget', 'unreachable-budget', 'deferred-budget', 'unproven-canary']);

/** Law 5: over a budget a rollout is stopped, and the version that was tried is in quarantine. */
function budgetsHold(fleet: FleetStep, { planned, before, next }: RolloutStep): void {
  if (!isActive(next) || !isActive(before)) return;
  const of = (members: Iterable<ClusterId>) => [...members].map((cluster) => targetOf(next, cluster));
  const over =
    planned.phases.some(({ members, budgets }) => isOver(of(members), budgets)) || isOver(of(next.targets.keys()), planned.budgets);
  const set = (list: FleetStep['stops']) =>
    list.filter(({ scope, cause }) => scope.kind === 'rollout' && scope.rollout === next.id && FAILURES.has(cause));
  const stops = set(fleet.stops);
  law(!over || stops.length > 0, () => `law 5: ${next.id} is over a budget, and goes on`);
  const known = new Set(set(fleet.input.stops).map(({ id }) => id));
  for (const stop of stops) {
    if (known.has(stop.id) || stop.cause === 'deferred-budget') continue;
    for (const cluster of stop.failed) {
      const { attempt } = targetOf(next, cluster);
      const target = planned.targets.get(cluster);
      const proven = fleet.ledger(cluster)?.proven.find(({ revision }) => revision !== target?.revision)?.revision;
      if (attempt === 0 || target === undefined || proven === target.revision || target.kind === 'rollback') continue;
      const isQuarantined = fleet.stops.some(
        ({ cause, scope }) => cause === 'quarantine' && scope.kind === 'version' && scope.product === planned.product,
      );
      law(isQuarantined, () => `law 12: ${cluster} failed at ${target.spec.version}, and that is not in quarantine`);
    }
  }
}

/** Evidence may have been on its way while an order was answered. */
const ON_ITS_WAY_SHARE = 0.25;

/** Orders of one cluster that are refused for good follow one another no faster. */
const GIVE_AGAIN_AFTER_MS = 1_000;

/** Law 16: an order is level-triggered. While the data plane shows another one, or has seen a higher epoch, something is sent. */
function ordersAreKept({ input, decided }: FleetStep, { next, before }: RolloutStep): void {
  if (!isOpen(next)) return;
  const { evidenceMaxAgeMs } = input.policy;
  const actions = decided.decisions.flatMap(({ decision }) => decision.actions);
  const acted = new Set(actions.map((action) => (action.kind === 'order' ? action.order.cluster : action.cluster)));
  for (const [cluster, target] of next.targets) {
    const order = input.orders.get(cluster);
    const seen = input.observations.get(cluster);
    const isOurs = order?.rollout === next.id && order.epoch === targetOf(before, cluster).epoch;
    if (!isOurs || order.reply === undefined || target.status === 'succeeded' || target.status === 'soaking') continue;
    const mayFollow = input.now - order.orderedAt >= GIVE_AGAIN_AFTER_MS;
    law(
      order.reply.kind !== 'stale' || acted.has(cluster) || !mayFollow,
      () => `law 16: the order of ${cluster} is stale for good, and none follows`,
    );
    if (seen?.kind !== 'observed' || seen.receivedAt - order.reply.at <= evidenceMaxAgeMs * ON_ITS_WAY_SHARE) continue;
    // A sample that was overtaken on its way shows nothing of now.
    const newestAt = targetOf(before, cluster).sampledAt;
    if (newestAt !== undefined && seen.sampledAt <= newestAt) continue;
    const isThere = seen.accepted?.epoch === order.epoch;
    law(
      isThere || acted.has(cluster),
      () => `law 16: ${cluster} shows epoch ${seen.accepted?.epoch} and not ${order.epoch}, and nothing is sent`,
    );
  }
}

/** Law 5: what breaks after the end stops its release. */
function regressionStops({ stops, input }: FleetStep, { before, next }: RolloutStep): void {
  if (isOpen(before)) return;
  const broken = [...next.targets].find(([cluster, { status }]) => status === 'failed' && targetOf(before, cluster).status === 'succeeded');
  const isStopped = [...input.stops, ...stops].some(
    ({ cause, scope }) => cause === 'regression' && scope.kind === 'release' && scope.release === next.release,
  );
  law(broken === undefined || isStopped, () => `law 5: ${broken?.[0]} of ${next.id} broke after its end, and its release goes on`);
}

/** Law 14: when a rollout has ended, no order of it is left that could move anything unseen. */
function endsCleanly(fleet: FleetStep, { planned, before, next }: RolloutStep): void {
  if (isOpen(next)) return;
  const hasCompleted = next.status !== 'aborted' && next.status !== 'superseded';
  law(
    !isOpen(before) || !hasCompleted || wholeStops(fleet, planned, next.id).length === 0,
    () => `law 6: ${next.id} is ${next.status} under a stop, which nobody has seen`,
  );
  for (const [cluster, target] of next.targets) {
    law(!isInFlight(target) && target.status !== 'waiting', () => `law 14: ${next.id} has ended, and ${cluster} is ${target.status}`);
    const order = fleet.order(cluster);
    if (target.attempt === 0 || target.status === 'succeeded' || order?.rollout !== next.id) continue;
    law(order.mode === 'hold', () => `law 14: ${next.id} has ended, and ${cluster} (${target.status}) may still move`);
  }
}

/** What was proven on a cluster was seen to soak there, or is adopted as it runs. */
function ledgerIsEarned({ decided, input, rollouts }: FleetStep, witness: SoakWitness): void {
  for (const { cluster, proven } of decided.ledger) {
    const [top] = proven;
    if (top === undefined || top === input.ledger.get(cluster)?.proven[0]) continue;
    const step = rollouts.find(({ next }) => next.id === top.rollout);
    const target = step && targetOf(step.next, cluster);
    if (top.proof === 'adopted') {
      const seen = input.observations.get(cluster);
      const runsIt = seen?.kind === 'observed' && seen.healthy && seen.brokers.every(({ version }) => version === top.spec.version);
      law(target?.status === 'skipped' && runsIt, () => `law 1: ${cluster} is adopted at ${top.spec.version}, and does not run it`);
    } else {
      law(step !== undefined && target !== undefined, () => `law 1: ${cluster} is proven by a rollout that is not there`);
      law(
        witness.soakedMs(step.next.id, cluster, target.attempt) >= 0,
        () => `law 1: ${cluster} is proven at ${top.spec.version}, and never soaked`,
      );
    }
  }
}

/** A cluster is in flight under one rollout at a time. */
function oneOwner({ rollouts }: FleetStep): void {
  const owners = new Map<ClusterId, string>();
  for (const { next } of rollouts) {
    for (const [cluster, target] of next.targets) {
      if (!isInFlight(target)) continue;
      law(!owners.has(cluster), () => `law 8: ${cluster} is in flight under ${owners.get(cluster)} and ${next.id}`);
      owners.set(cluster, next.id);
    }
  }
}

/** Law 8: for each release at most one rollout is active, and one is pending. */
function oneActiveAndOnePending({ rollouts }: FleetStep): void {
  const seen = new Set<string>();
  for (const { next, planned } of rollouts) {
    const place = isActive(next) ? 'active' : isOpen(next) && next.status === 'pending' ? 'pending' : undefined;
    if (place === undefined) continue;
    law(!seen.has(`${next.release} ${place}`), () => `law 8: two rollouts of ${next.release} are ${place}`);
    seen.add(`${next.release} ${place}`);
    const isAlone = place === 'pending' && !rollouts.some((other) => other.next.release === next.release && isActive(other.next));
    law(!isAlone, () => `law 8: ${next.id} is pending, and nothing of its release is under way`);
    const active = rollouts.find((other) => other.next.release === next.release && isActive(other.next));
    const hasOrdered = active !== undefined && [...active.next.targets.values()].some(({ attempt }) => attempt > 0);
    const isUrgent = planned.urgency !== 'routine' || next.takesOver || !hasOrdered;
    law(place !== 'pending' || !isUrgent, () => `law 8: ${next.id} is urgent, and waits behind ${active?.next.id}`);
  }
}

/** Law 8: a routine rollout does not cut off one that goes well; else late phases would never be served. */
function takeoversAreJustified({ rollouts, input, decided }: FleetStep): void {
  for (const { before, next, planned } of rollouts) {
    if (!isActive(before) || next.status !== 'superseded' || next.supersededBy === undefined) continue;
    const newer = rollouts.find((other) => other.next.id === next.supersededBy);
    law(newer !== undefined, () => `law 8: ${next.id} is superseded by nobody`);
    const hasOrdered = [...next.targets.values()].some(({ attempt }) => attempt > 0);
    // Set by this decision, it may have ended with its rollout at once.
    const isStopped = [...input.stops, ...decided.stops].some(
      ({ scope, cause }) => scope.kind === 'rollout' && scope.rollout === next.id && FAILURES.has(cause),
    );
    const goesBack = [...newer.planned.targets.values()].some(({ kind, cluster, revision, spec }) => {
      const old = planned.targets.get(cluster);
      return old !== undefined && old.revision !== revision && (kind === 'rollback' || compareVersions(spec.version, old.spec.version) < 0);
    });
    law(
      !hasOrdered || isStopped || goesBack || newer.planned.urgency !== 'routine' || newer.before.takesOver || newer.next.takesOver,
      () => `law 8: ${next.id} was cut off by the routine ${newer.next.id}`,
    );
  }
}

/** One order for a cluster in a decision, above all before it, at the instant of the decision. */
function ordersAreOne({ decided, input }: FleetStep): void {
  const seen = new Set<ClusterId>();
  for (const action of decided.decisions.flatMap(({ decision }) => decision.actions)) {
    const cluster = action.kind === 'order' ? action.order.cluster : action.cluster;
    law(!seen.has(cluster), () => `law 14: two actions for ${cluster} in one decision`);
    seen.add(cluster);
    const standing = input.orders.get(cluster)?.epoch ?? 0;
    if (action.kind === 'order') {
      law(action.order.epoch > standing, () => `law 16: epoch ${action.order.epoch} of ${cluster} does not grow`);
      law(action.order.orderedAt === input.now, () => 'an order bears the instant of its decision');
    } else law(action.epoch === standing, () => `law 16: ${cluster} is sent an order that does not stand`);
  }
}
