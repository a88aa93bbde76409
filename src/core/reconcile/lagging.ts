import type { DesiredCluster } from '../desired/desired.ts';
import type { RolloutId } from '../model/ids.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import type { LaggingReason } from './drift.ts';
import type { RolloutStatus, TargetState } from './state.ts';

/** How the newest rollout that had a cluster as its target ended for it. */
export interface LastTarget {
  readonly rollout: RolloutId;
  readonly rolloutStatus: RolloutStatus;
  readonly target: TargetState;
}

export interface Lagging {
  readonly reason: LaggingReason;
  readonly words: string;
}

/** Why the fleet has moved on and this cluster has not, in the order in which one reason hides another. */
export function whyLagging({ optOut, heldAt }: DesiredCluster, last: LastTarget | undefined, now: Instant): Lagging {
  if (optOut !== undefined) {
    const end = optOut.expires === undefined ? '' : ` until ${formatInstant(optOut.expires)}`;
    return { reason: 'opted-out', words: `opted out${end}: ${optOut.reason}` };
  }
  if (heldAt !== undefined) return whyHeld(heldAt, now);
  return last === undefined ? { reason: 'never-selected', words: 'no rollout has had it as a target' } : whyLeftBehind(last);
}

export function whyHeld({ by, releaseVersion, reason, expires }: NonNullable<DesiredCluster['heldAt']>, now: Instant): Lagging {
  if (now >= expires) {
    return {
      reason: 'pin-expired',
      words: `its ${by} expired at ${formatInstant(expires)}, and the release wants ${releaseVersion}: ${reason}`,
    };
  }
  return {
    reason: 'pinned',
    words: `held by ${by === 'pin' ? 'a pin' : 'an exception'} until ${formatInstant(expires)}, the release wants ${releaseVersion}: ${reason}`,
  };
}

function whyLeftBehind({ rollout, rolloutStatus, target }: LastTarget): Lagging {
  const words = `rollout ${rollout}: ${target.detail ?? target.status}`;
  if (rolloutStatus === 'aborted' && target.status !== 'failed') return { reason: 'aborted', words };
  switch (target.status) {
    case 'failed':
    case 'deferred':
    case 'skipped':
    case 'unreachable':
      return { reason: target.status, words };
    default:
      return { reason: 'never-selected', words: `no rollout since ${rollout} has had it as a target` };
  }
}
