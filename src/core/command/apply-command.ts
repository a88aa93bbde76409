import { err, ok, type Result } from '../model/result.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import { abort } from './abort.ts';
import { approve } from './approve.ts';
import { approveRules } from './approve-rules.ts';
import {
  type Applied,
  type CommandInput,
  type FleetCommand,
  type Handler,
  NOTHING_APPLIED,
  type RolloutCommand,
  type RolloutVerb,
  whyOf,
} from './command.ts';
import { lift, reconcile, stop } from './fleet-commands.ts';
import { expedite, waive } from './overrides.ts';
import { pause, resume, resumeEnded } from './stop-and-go.ts';
import { reopen, retry, skip } from './targets.ts';

/** What a verb does to a rollout in a status: carries it out, or refuses it with what to do instead. */
type Outcome = Handler | string;

/** It was decided that the rollout need not wait for its turn. */
const takeOver: Handler = ({ rollout: { state } }, command) => {
  if (state.takesOver) return err('it takes over already: the next decision starts it, unless something is stopped');
  const next = { ...state, takesOver: true };
  const change = { subject: 'rollout', name: state.id, from: 'waits its turn', to: 'takes over', why: whyOf(command) } as const;
  return ok({ ...NOTHING_APPLIED, rollouts: [{ before: state, next }], changes: [change] });
};

const COMPLETED = 'the rollout has completed; change the manifests, or revert the merge, to start another';
const LEFT_BEHIND = 'the rollout has ended, and left clusters behind: retry them, or change the manifests to start another';
const SUPERSEDED = 'a newer rollout of the release has taken this one over; command that one';
const ABORTED =
  'the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change';
const STARTED = 'the rollout has started; nothing of its release is before it';

/** Every verb in every status. */
export const OUTCOMES: Record<RolloutVerb, Record<RolloutStatus, Outcome>> = {
  pause: {
    pending: pause,
    'awaiting-approval': pause,
    running: pause,
    paused: pause,
    aborted: 'the rollout was aborted: nothing more of it starts. To hold what is merged next, stop the release',
    superseded: SUPERSEDED,
    completed: 'the rollout has completed: nothing of it moves. To hold what is merged next, stop the release',
    'completed-with-deferrals': 'the rollout has ended: nothing of it moves. To hold what is merged next, stop the release',
  },
  resume: {
    pending: resume,
    'awaiting-approval': resume,
    running: resume,
    paused: resume,
    aborted: resumeEnded(ABORTED),
    superseded: resumeEnded(SUPERSEDED),
    completed: resumeEnded('the rollout has completed; it is not paused'),
    'completed-with-deferrals': resumeEnded('the rollout has ended; retry starts what was left behind'),
  },
  abort: {
    pending: abort,
    'awaiting-approval': abort,
    running: abort,
    paused: abort,
    aborted: 'the rollout is aborted already; clusters that were in flight are settling',
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
  retry: {
    pending: 'the rollout has not begun, so nothing of it went wrong; take-over starts it at once',
    'awaiting-approval': retry,
    running: retry,
    paused: retry,
    aborted: reopen,
    superseded: `${SUPERSEDED}, or reconcile the release`,
    completed: reopen,
    'completed-with-deferrals': reopen,
  },
  skip: {
    pending: skip,
    'awaiting-approval': skip,
    running: skip,
    paused: skip,
    aborted: 'the rollout was aborted: nothing more of it starts, so there is nothing to skip',
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
  approve: {
    pending: approve,
    'awaiting-approval': approve,
    running: approve,
    paused: approve,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
  expedite: {
    pending: expedite,
    'awaiting-approval': expedite,
    running: expedite,
    paused: expedite,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
  waive: {
    pending: waive,
    'awaiting-approval': waive,
    running: waive,
    paused: waive,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
  'take-over': {
    pending: takeOver,
    'awaiting-approval': `${STARTED}: it waits for an approval`,
    running: STARTED,
    paused: `${STARTED}: it is paused, resume it`,
    aborted: ABORTED,
    superseded: SUPERSEDED,
    completed: COMPLETED,
    'completed-with-deferrals': LEFT_BEHIND,
  },
};

/**
 * Carries a person's command out. The next decision gives the orders that follow from it.
 *
 * @param because - why the person may.
 * @returns the error: why not, and what to do instead, for the person to read.
 */
export function applyCommand(input: CommandInput, command: FleetCommand, because = ''): Result<Applied, string> {
  switch (command.verb) {
    case 'lift':
      return lift(input, command);
    case 'stop':
      return stop(input, command);
    case 'reconcile':
      return reconcile(input, command);
    case 'approve-rules':
      return approveRules(input, command, because);
    default:
      return applyToRollout(input, command);
  }
}

function applyToRollout(input: CommandInput, command: RolloutCommand): Result<Applied, string> {
  const { rollout } = input;
  if (rollout === undefined) return err(`no rollout ${command.rollout}`);
  const outcome = OUTCOMES[command.verb][rollout.state.status];
  if (typeof outcome === 'string') return err(outcome);
  // The rollout itself may be finished, and missing among those that are not.
  const rollouts = input.rollouts.some(({ state }) => state.id === rollout.state.id) ? input.rollouts : [...input.rollouts, rollout];
  return outcome({ ...input, rollouts, rollout }, command);
}
