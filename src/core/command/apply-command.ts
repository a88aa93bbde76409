import { err, type Result } from '../model/result.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import { approve } from './approve.ts';
import type { Applied, Handler, RolloutCommand, Verb } from './command.ts';
import { abort, pause, resume } from './stop-and-go.ts';
import { reopen, retry, skip } from './targets.ts';

export { type Applied, type RolloutCommand, VERBS, type Verb } from './command.ts';

/** What a verb does to a rollout in a status: carries it out, or refuses it with what to do instead. */
type Outcome = Handler | string;

const NOT_PAUSED = 'the rollout is not paused; there is nothing to resume';
const COMPLETED = 'the rollout has completed; change the manifests, or revert the merge, to start another';
const SUPERSEDED = 'newer rollouts have taken this one over; command those';
const ABORTED = 'the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind';

/** Every verb in every status. */
const OUTCOMES: Record<Verb, Record<RolloutStatus, Outcome>> = {
  pause: {
    'awaiting-approval': pause,
    running: pause,
    paused: pause,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': COMPLETED,
  },
  resume: {
    'awaiting-approval': 'the rollout is not paused; it waits for an approval',
    running: NOT_PAUSED,
    paused: resume,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: NOT_PAUSED,
    'completed-with-deferrals': 'the rollout is not paused; retry starts what was left behind again',
  },
  abort: {
    'awaiting-approval': abort,
    running: abort,
    paused: abort,
    aborted: 'the rollout is aborted already',
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': COMPLETED,
  },
  retry: {
    'awaiting-approval': retry,
    running: retry,
    paused: retry,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: 'every cluster of the rollout is done; there is nothing to retry',
    'completed-with-deferrals': reopen,
  },
  skip: {
    'awaiting-approval': skip,
    running: skip,
    paused: skip,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': COMPLETED,
  },
  approve: {
    'awaiting-approval': approve,
    running: approve,
    paused: approve,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': COMPLETED,
  },
};

/**
 * Carries a person's command out on a rollout. The next decision gives the orders that follow from it.
 *
 * @returns the error: why not, and what to do instead, for the person to read.
 */
export function applyCommand(rollout: ActiveRollout, command: RolloutCommand, now: Instant): Result<Applied, string> {
  const outcome = OUTCOMES[command.verb][rollout.state.status];
  return typeof outcome === 'string' ? err(outcome) : outcome(rollout, command, now);
}
