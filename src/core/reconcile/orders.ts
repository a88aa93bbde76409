import type { Observation } from '../evidence/observation.ts';
import type { Order, OrderMode, StandingOrder } from '../evidence/order.ts';
import { assertNever } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { instant } from '../model/time.ts';
import { become } from './advance.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { TargetState, TargetStatus } from './state.ts';
import { stoppedWait } from './stopped-wait.ts';

/** The order that a target is under, if it is still this rollout's to command. */
export function ownOrder(draft: RolloutDraft, cluster: ClusterId, target: TargetState): StandingOrder | undefined {
  const order = draft.order(cluster);
  return order !== undefined && order.rollout === draft.id && order.epoch === target.epoch ? order : undefined;
}

/** The newer order of somebody else, who has taken the cluster over. */
export function takenOver(draft: RolloutDraft, cluster: ClusterId, target: TargetState): StandingOrder | undefined {
  const order = draft.order(cluster);
  return order !== undefined && order.rollout !== draft.id && order.epoch > target.epoch ? order : undefined;
}

/**
 * Gives a new order.
 *
 * @returns its epoch: above every one that we or the data plane have seen, so that it is not refused after
 *   records were lost.
 */
export function giveOrder(draft: RolloutDraft, cluster: ClusterId, mode: OrderMode, why: string): number {
  const { dataPlane, revision, spec } = draft.plannedTarget(cluster);
  const seen = draft.fleet.observation(cluster);
  const accepted = seen?.kind === 'observed' ? (seen.accepted?.epoch ?? 0) : 0;
  const standing = draft.order(cluster);
  const epoch = Math.max(standing?.epoch ?? 0, standing?.reply?.seen ?? 0, draft.target(cluster).epoch, accepted) + 1;
  const order: Order = { cluster, dataPlane, revision, spec, mode, epoch, rollout: draft.id, orderedAt: draft.now };
  draft.act(cluster, { kind: 'order', order, why });
  draft.fleet.setOrder({ ...order, reply: undefined });
  return epoch;
}

/** Brings the order of a target to the mode that it should be in. Level-triggered: pause, resume and abort need no code of their own. */
export function keepOrder(draft: RolloutDraft, cluster: ClusterId): void {
  const target = draft.target(cluster);
  if (target.attempt === 0 || takenOver(draft, cluster, target) !== undefined) return;
  const order = ownOrder(draft, cluster, target);
  const wanted = wantedMode(draft, cluster, target);
  if (wanted === undefined) return;
  const refusedForGood = order?.reply?.kind === 'stale';
  if (order?.mode === wanted && refusedForGood && !mayGiveAgain(draft, order, target)) {
    draft.timers.set(cluster, instant(order.orderedAt + GIVE_AGAIN_AFTER_MS));
    return;
  }
  if (order?.mode !== wanted || refusedForGood) {
    const epoch = giveOrder(
      draft,
      cluster,
      wanted,
      refusedForGood ? 'the data plane has seen a newer order' : whyMode(draft, target, wanted),
    );
    const status = underMode(target.status, wanted);
    // Where it stands is judged under the new order from here on; so is its soak, whatever was seen of it in between.
    draft.setTarget(cluster, become(draft.target(cluster), status, draft.now, { epoch, healthySince: undefined }));
    draft.dirty.add(cluster);
    return;
  }
  if (target.status === 'held') sayWhyHeld(draft, cluster);
  if (order !== undefined && isLost(draft, order, draft.fleet.observation(cluster))) {
    const { dataPlane, epoch } = order;
    draft.fleet.setOrder({ ...order, reply: undefined });
    draft.act(cluster, { kind: 'send-again', cluster, dataPlane, epoch, why: 'the evidence shows another order than the newest' });
  }
}

/** A data plane that calls order after order stale (somebody else orders it too) is not answered as fast as it answers. */
const GIVE_AGAIN_AFTER_MS = 1_000;

/** The first order of an attempt may well be behind what the data plane has seen; one that follows knows that. */
const mayGiveAgain = ({ now }: RolloutDraft, { orderedAt }: StandingOrder, { startedAt }: TargetState): boolean =>
  orderedAt === startedAt || now >= orderedAt + GIVE_AGAIN_AFTER_MS || now < orderedAt;

/** Stops come and go while it is held; which of them hold it now is what its reader wants to know. */
function sayWhyHeld(draft: RolloutDraft, cluster: ClusterId): void {
  const stopped = stoppedWait(draft.stopsOver(cluster));
  if (stopped !== undefined) draft.waits.set(cluster, stopped);
  else if (draft.waits.get(cluster)?.reason.kind === 'stopped') draft.dirty.add(cluster);
}

/** Evidence may have been on its way while the order was answered; it must be later by this share of its longest age. */
const SEND_AGAIN_AFTER_SHARE = 0.25;

/**
 * Answered, and evidence that came well after the answer shows that the data plane has another: a restored backup, there or here, or a
 * refusal that may have passed.
 */
function isLost(draft: RolloutDraft, { epoch, reply }: StandingOrder, seen: Observation | undefined): boolean {
  if (reply === undefined || seen === undefined) return false;
  if (seen.receivedAt - reply.at <= draft.fleet.policy.evidenceMaxAgeMs * SEND_AGAIN_AFTER_SHARE) return false;
  if (seen.kind === 'unknown') return seen.missing;
  return seen.accepted?.epoch !== epoch;
}

function wantedMode(draft: RolloutDraft, cluster: ClusterId, target: TargetState): OrderMode | undefined {
  switch (target.status) {
    case 'applying':
    case 'rolling':
    case 'held':
      return mayMove(draft, cluster) ? 'run' : 'hold';
    // Should it come back after the end, nobody would watch it move.
    case 'unreachable':
      return target.startedAt !== undefined && mayMove(draft, cluster) ? 'run' : 'hold';
    // Nobody watches over it any more: its next broker must not be touched should the one in restart recover.
    case 'failed':
    case 'deferred':
    case 'skipped':
    case 'removed':
    case 'superseded':
    // For another attempt; until that begins, nobody watches what is left of the one before.
    case 'waiting':
      return 'hold';
    // Rolled and healthy: there is nothing to hold.
    case 'soaking':
    case 'succeeded':
      return undefined;
    default:
      return assertNever(target.status, 'wantedMode');
  }
}

/** May its next broker be touched? */
export function mayMove(draft: RolloutDraft, cluster: ClusterId): boolean {
  return !draft.isWindingDown && !draft.isFinished && draft.stopsOver(cluster).length === 0;
}

/** One that cannot be seen stays unreachable, and a settled one settled, whatever it is ordered. */
function underMode(status: TargetStatus, mode: OrderMode): TargetStatus {
  if (status !== 'applying' && status !== 'rolling' && status !== 'held') return status;
  return mode === 'hold' ? 'held' : 'applying';
}

function whyMode(draft: RolloutDraft, target: TargetState, mode: OrderMode): string {
  if (mode === 'run') return 'goes on from where it stands';
  if (draft.isWindingDown || draft.isFinished) return `${draft.status}: a broker in restart finishes, no other is touched`;
  if (target.status === 'waiting') return 'waits for another attempt: no broker is touched before it';
  if (target.status === 'failed' || target.status === 'deferred' || target.status === 'skipped')
    return `${target.status}: no further broker is touched`;
  return 'stopped: a broker in restart finishes, no other is touched';
}
