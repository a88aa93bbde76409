import { isFinished, isWindingDown, type RolloutState, type RolloutStatus } from '../reconcile/state.ts';
import { farWords } from './how-far.ts';
import { plural } from './markdown.ts';
import type { RolloutView, ShownRollout } from './rollout-view.ts';
import { ROLLOUT_STATUS_WORDS, TARGET_STATUS_WORDS } from './words.ts';

export interface Verdict {
  readonly icon: string;
  readonly words: string;
}

/** What a reader must know of first. */
const MOST_PRESSING_FIRST: readonly RolloutStatus[] = [
  'paused',
  'awaiting-approval',
  'running',
  'pending',
  'aborted',
  'completed-with-deferrals',
  'superseded',
  'completed',
];

/**
 * One line: what it is, how far it is, and whether somebody must act. Nothing of others is in it, so that it can be a title.
 */
export function viewVerdict({ rollouts }: RolloutView): Verdict {
  const [only] = rollouts;
  if (only !== undefined && rollouts.length === 1) return rolloutVerdict(only);
  const counts = new Map<RolloutStatus, number>();
  for (const { active } of rollouts) counts.set(active.state.status, (counts.get(active.state.status) ?? 0) + 1);
  const statuses = MOST_PRESSING_FIRST.filter((status) => counts.has(status));
  const [first = 'completed'] = statuses;
  const words =
    statuses.length === 1
      ? `${plural(rollouts.length, 'rollout')} ${ROLLOUT_STATUS_WORDS[first].label}`
      : `${plural(rollouts.length, 'rollout')}, ${statuses.map((status) => `${counts.get(status)} ${ROLLOUT_STATUS_WORDS[status].label}`).join(', ')}`;
  return { icon: ROLLOUT_STATUS_WORDS[first].icon, words: `${words}: ${farWords(rollouts.map(({ active }) => active))}` };
}

/** The same for one rollout. */
export function rolloutVerdict({ active, holds }: ShownRollout): Verdict {
  const { planned, state } = active;
  const name = planned.kind === 'rollback' ? 'Rollback' : 'Rollout';
  const winding = isWindingDown(state) ? ', clusters in flight are settling' : '';
  if (state.status === 'running' && holds.all?.reason.kind === 'required-product') {
    return { icon: ROLLOUT_STATUS_WORDS.pending.icon, words: `${name} waits for a required product: ${farWords([active])}` };
  }
  const broke = brokeAfterTheEnd(state);
  const icon = broke ? TARGET_STATUS_WORDS.failed.icon : ROLLOUT_STATUS_WORDS[state.status].icon;
  return {
    icon,
    words: `${name} ${ROLLOUT_STATUS_WORDS[state.status].label}${broke ? ', and something broke since' : ''}: ${farWords([active])}${winding}`,
  };
}

const brokeAfterTheEnd = (state: RolloutState): boolean =>
  isFinished(state) && state.status === 'completed' && [...state.targets.values()].some(({ status }) => status === 'failed');
