import { isFinished, type RolloutState, type RolloutStatus } from '../reconcile/state.ts';

/** What the code host shows for a check. */
export type RolloutCheckState =
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'completed'; readonly conclusion: 'success' | 'neutral' | 'cancelled' | 'action_required' };

type Standing = 'needs-a-person' | 'in-progress' | 'cancelled' | 'neutral' | 'success';

/** Of several rollouts, the one that matters most to a reader speaks for all. */
const MOST_PRESSING_FIRST: readonly Standing[] = ['needs-a-person', 'in-progress', 'cancelled', 'neutral', 'success'];

/**
 * The state of the one check over all rollouts of a commit. A check that waits for a person is completed with
 * `action_required`: only so does GitHub show that somebody must act.
 */
export function rolloutCheckState(rollouts: readonly Pick<RolloutState, 'status' | 'finishedAt'>[]): RolloutCheckState {
  const standings = new Set(rollouts.map(standingOf));
  const standing = MOST_PRESSING_FIRST.find((one) => standings.has(one)) ?? 'success';
  switch (standing) {
    case 'in-progress':
      return { kind: 'in-progress' };
    case 'needs-a-person':
      return { kind: 'completed', conclusion: 'action_required' };
    case 'cancelled':
    case 'neutral':
    case 'success':
      return { kind: 'completed', conclusion: standing };
  }
}

const STANDINGS: Readonly<Record<RolloutStatus, Standing>> = {
  pending: 'in-progress',
  'awaiting-approval': 'needs-a-person',
  running: 'in-progress',
  paused: 'needs-a-person',
  aborted: 'cancelled',
  superseded: 'neutral',
  completed: 'success',
  'completed-with-deferrals': 'neutral',
};

/** An aborted or superseded one whose clusters in flight still come to rest is not over. */
function standingOf(state: Pick<RolloutState, 'status' | 'finishedAt'>): Standing {
  const standing = STANDINGS[state.status];
  return standing === 'needs-a-person' || isFinished(state) ? standing : 'in-progress';
}
