import { invariant } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, type Instant } from '../model/time.ts';
import { INTENTS, URGENCIES } from '../plan/plan.ts';
import { stopOnSpentBudget } from './budgets.ts';
import type { Action, ActiveRollout, Decision, FleetDecision, FleetInput } from './decision.ts';
import { endStopsOfEndedRollouts } from './end-stops.ts';
import { finish, markStopped, wakeAtOf } from './finish.ts';
import { FleetDraft } from './fleet-draft.ts';
import { followTargets } from './follow.ts';
import { noteHeldParts } from './held-parts.ts';
import { holdsDueAt, keepHoldsAfterTheEnd } from './holds-after-the-end.ts';
import { keepOrder } from './orders.ts';
import { advancePhase, goOn, heldWithRollout } from './phases.ts';
import { queueRollouts } from './queue.ts';
import { startRescues } from './rescues.ts';
import { RolloutDraft } from './rollout-draft.ts';
import { endPatienceWhereFull } from './sight.ts';
import { startTargets } from './starts.ts';
import type { TargetState } from './state.ts';

/**
 * What all rollouts of a fleet should do now, under the limits that they share.
 *
 * Pure: the same input gives the same decision, and deciding again on the result at the same instant gives no new action. Linear in
 * the number of targets. Every object of the state that did not change is the same object in the result.
 */
export function decideFleet(input: FleetInput): FleetDecision {
  const steps = decideFleetInSteps(input);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Targets that are taken into the books between two rests: a fleet of 100,000 must not keep everything else waiting. */
const TARGETS_PER_STEP = 5_000;

/** The same, with a rest now and then: whoever drives it may let others run in between. */
export function* decideFleetInSteps(input: FleetInput): Generator<void, FleetDecision> {
  const fleet = new FleetDraft(input);
  yield* takeIn(fleet, input.rollouts);
  settleFleet(fleet);
  yield;
  return resultOf(fleet);
}

/** Puts the rollouts into the books, and marks what has to be looked at: everything that evidence, time or people could have moved. */
export function* takeIn(fleet: FleetDraft, rollouts: readonly ActiveRollout[]): Generator<void> {
  fleet.rollouts = rollouts.map((rollout) => new RolloutDraft(rollout, fleet));
  let taken = 0;
  for (const draft of fleet.rollouts) {
    // States are kept in the order of the phases, so both are walked side by side, without a look into a map for each.
    const states = draft.rollout.state.targets.entries();
    for (const phase of draft.phases) {
      for (const cluster of phase.planned.members) {
        const beside = states.next().value;
        const target = beside !== undefined && beside[0] === cluster ? beside[1] : draft.target(cluster);
        draft.countIn(phase, cluster, target);
        if (isToBeFollowed(draft, cluster, target)) draft.dirty.add(cluster);
        taken += 1;
        if (taken % TARGETS_PER_STEP === 0) yield;
      }
    }
  }
}

function isToBeFollowed(draft: RolloutDraft, cluster: ClusterId, target: TargetState): boolean {
  switch (target.status) {
    case 'succeeded': {
      // Watched; but most are fine, and cost no more than this look.
      if (target.brokenSince !== undefined) return true;
      const seen = draft.fleet.observation(cluster);
      return seen?.kind === 'observed' && !seen.healthy;
    }
    case 'waiting': {
      if (draft.isFinished) return false;
      const desired = draft.fleet.desired(cluster);
      const planned = draft.plannedTarget(cluster);
      return (
        desired === undefined ||
        desired.optOut !== undefined ||
        desired.revision !== planned.revision ||
        desired.dataPlane !== planned.dataPlane ||
        desired.release !== draft.planned.release
      );
    }
    case 'unreachable':
      return !draft.isFinished;
    case 'removed':
    case 'superseded':
      return false;
    case 'failed':
    case 'deferred':
    case 'skipped':
      return !draft.isFinished && !draft.fleet.input.desired.has(cluster);
    default:
      return true;
  }
}

/** A rollout that ends lets the next of its line begin, which may end at once, phase after phase, because all is there: the chain is as long as the line. */
const ROUNDS_PER_ROLLOUT = 6;

/** Decides until nothing more follows at this instant. */
export function settleFleet(fleet: FleetDraft): void {
  const phases = fleet.rollouts.reduce((sum, draft) => sum + draft.phases.length, 0);
  const roundsMax = ROUNDS_PER_ROLLOUT * (fleet.rollouts.length + 1) + phases;
  fleet.dropExpiredStops();
  for (let round = 0; ; round += 1) {
    invariant(round < roundsMax, 'deciding for a fleet comes to rest');
    fleet.again = false;
    decideRound(fleet);
    if (!fleet.again && fleet.rollouts.every(({ dirty }) => dirty.size === 0)) break;
  }
  keepHoldsAfterTheEnd(fleet);
}

function decideRound(fleet: FleetDraft): void {
  for (const draft of fleet.rollouts) followTargets(draft);
  for (const draft of fleet.rollouts) stopOnSpentBudget(draft);
  queueRollouts(fleet);
  tellThoseWhoWait(fleet);
  for (const draft of byPriority(fleet.rollouts)) {
    markStopped(draft);
    const held = heldWithRollout(draft);
    draft.waitOfAll = draft.tally.waiting > 0 ? held : undefined;
    // Whoever is late is put off before anybody starts: that may spend a budget.
    for (const phase of draft.phases) {
      goOn(draft, phase);
      if (held === undefined && draft.isGoing) advancePhase(draft, phase);
    }
    startRescues(draft);
    for (const phase of draft.phases) {
      startTargets(draft, phase);
      noteHeldParts(draft, phase);
    }
  }
  for (const draft of fleet.rollouts) {
    endPatienceWhereFull(draft);
    finish(draft);
    draft.checkOrdersAfterChange();
    for (const cluster of draft.orderChecks) {
      draft.orderChecks.delete(cluster);
      keepOrder(draft, cluster);
    }
  }
  endStopsOfEndedRollouts(fleet);
}

/** Clusters have come out of flight: who waited for one of them, in whatever rollout, looks again. */
function tellThoseWhoWait(fleet: FleetDraft): void {
  for (const cluster of fleet.landed.splice(0)) {
    for (const draft of fleet.rollouts) lookAgain(draft, cluster);
  }
}

/** A waiting target that was held for a reason of its own is considered again. */
export function lookAgain(draft: RolloutDraft, cluster: ClusterId): void {
  if (draft.isFinished || !draft.has(cluster) || draft.target(cluster).status !== 'waiting') return;
  const phase = draft.phaseOf(cluster);
  const at = phase.parked.get(cluster);
  if (at !== undefined) phase.recheck.add(at);
}

/** Rollbacks first, newest first; then by urgency, by rank of what they are for, and first come, first served. */
export function byPriority(rollouts: readonly RolloutDraft[]): readonly RolloutDraft[] {
  if (rollouts.length < 2) return rollouts;
  const urgency = ({ planned }: RolloutDraft) => -URGENCIES.indexOf(planned.urgency);
  const rank = ({ planned }: RolloutDraft) => INTENTS.indexOf(planned.intent);
  const isBack = ({ planned }: RolloutDraft) => planned.kind === 'rollback';
  return [...rollouts].sort((a, b) => {
    if (isBack(a) !== isBack(b)) return isBack(a) ? -1 : 1;
    if (isBack(a)) return b.scalars.seq - a.scalars.seq;
    return urgency(a) - urgency(b) || rank(a) - rank(b) || a.scalars.inLineSince - b.scalars.inLineSince || a.scalars.seq - b.scalars.seq;
  });
}

export function resultOf(fleet: FleetDraft): FleetDecision {
  const decisions = fleet.rollouts.map((draft) => ({ rollout: draft.rollout, decision: onlyNewest(fleet, draft.result()) }));
  return {
    decisions,
    stops: [...fleet.changedStops.values()],
    ledger: [...fleet.changedLedger.values()],
    afterTheEnd: { actions: [...fleet.actionsAfterTheEnd.values()], changes: fleet.changesAfterTheEnd.slice() },
    wakeAt: wakeAtOfFleet(fleet),
  };
}

/** An order that another rollout has overtaken within this decision was never sent, and need not be. */
function onlyNewest(fleet: FleetDraft, decision: Decision): Decision {
  const actions = decision.actions.filter((action) => isNewest(fleet, action));
  return actions.length === decision.actions.length ? decision : { ...decision, actions };
}

const isNewest = (fleet: FleetDraft, action: Action): boolean =>
  action.kind === 'order'
    ? fleet.order(action.order.cluster)?.epoch === action.order.epoch
    : fleet.order(action.cluster)?.epoch === action.epoch;

export function wakeAtOfFleet(fleet: FleetDraft): Instant | undefined {
  let wakeAt: Instant | undefined;
  for (const draft of fleet.rollouts) wakeAt = earliest(wakeAt, wakeAtOf(draft));
  for (const { until } of fleet.stops) wakeAt = earliest(wakeAt, until);
  wakeAt = earliest(wakeAt, holdsDueAt(fleet));
  return wakeAt !== undefined && wakeAt <= fleet.now ? undefined : wakeAt;
}
