import { classify } from '../evidence/classify.ts';
import type { ClusterId } from '../model/ids.ts';
import { advance, become } from './advance.ts';
import { watchSucceeded } from './guard.ts';
import { ownOrder, takenOver } from './orders.ts';
import { recordFailed, recordSuccess } from './record-outcome.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { sightingOf } from './sight.ts';
import { isUnstarted, SETTLED, type TargetState } from './state.ts';
import { stoppedWait } from './stopped-wait.ts';

/** Brings every target about which there is news to where desired state, time and evidence say it is. Starts nothing. */
export function followTargets(draft: RolloutDraft): void {
  for (const cluster of draft.dirty) {
    draft.dirty.delete(cluster);
    followTarget(draft, cluster);
    draft.orderChecks.add(cluster);
  }
}

function followTarget(draft: RolloutDraft, cluster: ClusterId): void {
  const target = draft.target(cluster);
  if (target.status === 'succeeded') {
    // Whoever has left counts for nothing any more, not even as a failure.
    if (draft.fleet.desired(cluster) !== undefined) watchSucceeded(draft, cluster, target);
    return;
  }
  if (!draft.isFinished) followUnproven(draft, cluster, target);
}

function followUnproven(draft: RolloutDraft, cluster: ClusterId, target: TargetState): void {
  const next = isUnstarted(target) ? followUnstarted(draft, cluster, target) : followStarted(draft, cluster, target);
  draft.setTarget(cluster, next);
  if (next.status === 'succeeded') recordSuccess(draft, cluster, next);
  if (next.status === 'failed' && target.status !== 'failed') recordFailed(draft, cluster);
}

/** People change the manifests while a rollout runs: nobody has to keep their hands off the fleet. */
function followUnstarted(draft: RolloutDraft, cluster: ClusterId, target: TargetState): TargetState {
  const { now } = draft;
  const desired = draft.fleet.desired(cluster);
  if (desired === undefined) return become(target, 'removed', now, { detail: 'no longer in the manifests' });
  if (desired.optOut !== undefined) return become(target, 'skipped', now, { detail: `opted out: ${desired.optOut.reason}` });
  if (desired.release !== draft.planned.release) return become(target, 'superseded', now, { detail: `now in release ${desired.release}` });
  const planned = draft.plannedTarget(cluster);
  if (desired.dataPlane !== planned.dataPlane)
    return become(target, 'superseded', now, { detail: `now on data plane ${desired.dataPlane}` });
  if (desired.revision !== planned.revision) {
    const { pinnedBy } = desired;
    if (pinnedBy !== undefined && desired.spec.version !== planned.spec.version) {
      return become(target, 'skipped', now, {
        detail: `held at ${desired.spec.version} by ${pinnedBy.by === 'pin' ? 'a pin' : 'an exception'}: ${pinnedBy.reason}`,
      });
    }
    // A newer rollout of the release brings it to what is wanted now, once this one has; where none will, nobody wants this spec.
    if (!draft.fleet.isTargetOfNewer(draft, cluster))
      return become(target, 'superseded', now, { detail: 'the manifests now want a different revision' });
  }
  // Whoever comes back into sight waits for its turn again, where turns are still to come.
  if (target.status !== 'unreachable' || draft.isWindingDown) return target;
  return sightingOf(draft, cluster).seen ? become(target, 'waiting', now, { unseenSince: undefined, detail: undefined }) : target;
}

function followStarted(draft: RolloutDraft, cluster: ClusterId, target: TargetState): TargetState {
  const { fleet, now } = draft;
  const desired = fleet.desired(cluster);
  // A leaver counts for nothing any more, not even as a failure.
  if (desired === undefined && target.status !== 'removed' && target.status !== 'superseded') {
    return become(target, 'removed', now, { detail: 'no longer in the manifests' });
  }
  if (SETTLED.has(target.status) && target.status !== 'unreachable') return target;
  const newer = takenOver(draft, cluster, target);
  if (newer !== undefined) {
    const detail = newer.rollout === undefined ? 'ordered outside of rollouts' : `taken over by rollout ${newer.rollout}`;
    return become(target, 'superseded', now, { detail, supersededBy: newer.rollout });
  }
  const { policy } = fleet;
  const planned = draft.plannedTarget(cluster);
  const order = ownOrder(draft, cluster, target);
  const evidence = classify(planned, order, fleet.observation(cluster), target, { now, evidenceMaxAgeMs: policy.evidenceMaxAgeMs });
  const advanced = advance(target, evidence, {
    planned,
    soakMs: draft.phaseOf(cluster).planned.soakMs,
    policy,
    order,
    restsAs: draft.status === 'aborted' ? 'deferred' : draft.status === 'superseded' ? 'superseded' : undefined,
    now,
  });
  const wait =
    advanced.wait === undefined || advanced.target.status !== 'held'
      ? advanced.wait
      : (stoppedWait(draft.stopsOver(cluster)) ?? advanced.wait);
  if (wait === undefined) draft.waits.delete(cluster);
  else draft.waits.set(cluster, wait);
  const nothingMoreCanBeSeen = evidence.kind === 'none' && advanced.target.status === 'unreachable';
  draft.timers.set(cluster, nothingMoreCanBeSeen ? undefined : advanced.wakeAt);
  return advanced.target;
}
