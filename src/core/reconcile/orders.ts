import { assertNever } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { instant } from '../model/time.ts';
import { become } from './advance.ts';
import type { Wait } from './decision.ts';
import type { Draft, PhaseDraft } from './draft.ts';
import type { Order } from './evidence.ts';
import type { TargetState } from './state.ts';

/** The order that a target is under, if it is still this rollout's to command. */
export function ownOrder(draft: Draft, cluster: ClusterId, target: TargetState): Order | undefined {
  const order = draft.order(cluster);
  return order !== undefined && order.rollout === draft.input.state.id && order.epoch === target.epoch ? order : undefined;
}

/** The newer order of somebody else, who has taken the cluster over. */
export function takenOver(draft: Draft, cluster: ClusterId, target: TargetState): Order | undefined {
  const order = draft.order(cluster);
  return order !== undefined && order.rollout !== draft.input.state.id && order.epoch > target.epoch ? order : undefined;
}

/**
 * Gives a new order.
 *
 * @returns its epoch: above every one that we or the data plane have seen, so that it is not refused after
 *   records were lost.
 */
export function giveOrder(draft: Draft, cluster: ClusterId, mode: Order['mode'], why: string): number {
  const { dataPlane, revision, spec } = draft.planned(cluster);
  const seen = draft.input.observations.get(cluster);
  const accepted = seen?.kind === 'observed' ? (seen.accepted?.epoch ?? 0) : 0;
  const epoch = Math.max(draft.order(cluster)?.epoch ?? 0, draft.target(cluster).epoch, accepted) + 1;
  const order: Order = { cluster, dataPlane, revision, spec, mode, epoch, rollout: draft.input.state.id, orderedAt: draft.now };
  draft.act({ kind: 'order', order, why });
  draft.wakeUpAt(instant(draft.now + draft.input.policy.unreachableAfterMs));
  return epoch;
}

/** Brings the orders of a phase's targets to the mode that they should be in. Level-triggered: pause, resume and abort need no code of their own. */
export function keepOrders(draft: Draft, phase: PhaseDraft): void {
  for (const cluster of phase.open) {
    const target = draft.target(cluster);
    const mode = target.startedAt === undefined ? undefined : wantedMode(draft, target);
    if (mode === undefined || ownOrder(draft, cluster, target)?.mode === mode || takenOver(draft, cluster, target) !== undefined) continue;
    const epoch = giveOrder(draft, cluster, mode, whyMode(draft, target, mode));
    draft.setTarget(phase, cluster, become(target, underMode(target, mode), draft.now, { epoch }));
  }
}

/** Under a pause that a budget made, a rescued target goes on: to hold it would keep it broken. */
export function mayMove(draft: Draft, rescued: boolean): boolean {
  if (draft.isGoing) return true;
  return draft.status === 'paused' && rescued && draft.pause?.cause !== 'person';
}

/** The pause that holds targets back, if there is one. */
export function pausedWait({ status, pause }: Draft): Wait | undefined {
  return status === 'paused' && pause !== undefined
    ? { reason: { kind: 'paused', cause: pause.cause, reason: pause.reason }, until: undefined }
    : undefined;
}

function wantedMode(draft: Draft, target: TargetState): Order['mode'] | undefined {
  switch (target.status) {
    case 'applying':
    case 'rolling':
    case 'held':
    case 'unreachable':
      return mayMove(draft, target.rescued) ? 'run' : 'hold';
    // Nobody watches over it any more: its next broker must not be touched should the one in restart recover.
    case 'failed':
    case 'deferred':
    case 'skipped':
      return 'hold';
    // Rolled and healthy, not started, or no longer ours: there is nothing to hold.
    case 'soaking':
    case 'succeeded':
    case 'waiting':
    case 'removed':
    case 'superseded':
      return undefined;
    default:
      return assertNever(target.status, 'wantedMode');
  }
}

/** One that cannot be seen stays unreachable, and a settled one settled, whatever it is ordered. */
function underMode(target: TargetState, mode: Order['mode']): TargetState['status'] {
  if (target.status !== 'applying' && target.status !== 'rolling' && target.status !== 'held') return target.status;
  return mode === 'hold' ? 'held' : 'applying';
}

function whyMode(draft: Draft, target: TargetState, mode: Order['mode']): string {
  if (mode === 'run') return 'resumed: goes on from where it stands';
  if (draft.status === 'paused' && target.status !== 'failed') return `paused: ${draft.pause?.reason ?? 'no reason given'}`;
  if (draft.status === 'aborted') return 'aborted: a broker in restart finishes, no other is touched';
  return `${target.status}: no further broker is touched`;
}
