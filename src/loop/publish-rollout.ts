import type { CommitSha, FleetId, RolloutId } from '../core/model/ids.ts';
import { isFinished } from '../core/reconcile/state.ts';
import { COMMENT_MARKER, renderMergedComment } from '../core/report/plan-comment.ts';
import { type RolloutView, renderRolloutCheck } from '../core/report/rollout-status.ts';
import type { CheckState } from '../ports/code-host.ts';
import type { Loop } from './loop.ts';
import { projectCheck, projectComment } from './project.ts';
import { commentKey } from './review-pull-request.ts';
import { type RolloutNow, rolloutNow } from './rollout-now.ts';

export const ROLLOUT_CHECK = 'flotilla / rollout';

/**
 * Writes how a rollout stands: the check on the commit that landed, and the comment of its pull request.
 *
 * Two requests, and none when both read as before.
 *
 * @throws PortError
 */
export async function publishRollout(loop: Loop, id: FleetId, rollout: RolloutId): Promise<void> {
  const fleet = await loop.ports.store.fleet(id);
  const now = await rolloutNow(loop, id, rollout);
  if (fleet === undefined || now === undefined) return;
  const view = await viewOf(loop, id, now);
  const check = renderRolloutCheck(view);
  await projectCheck(loop, fleet, rolloutCheckKey(now.state.commit), {
    ...check,
    name: ROLLOUT_CHECK,
    headSha: now.state.commit,
    externalId: now.plan.digest,
    state: checkState(now),
    annotations: [],
    detailsUrl: `${loop.settings.publicUrl}/fleets/${id}/rollouts/${rollout}`,
  });
  const { pull } = now.summary;
  if (pull === undefined) return;
  const shown = (await loop.ports.store.projection(id, `pull:${pull}`))?.memo['digest'];
  const body = renderMergedComment({ ...view, planChanged: shown !== undefined && shown !== now.plan.digest });
  await projectComment(loop, fleet, commentKey(pull), { pull, body, marker: COMMENT_MARKER });
}

export const rolloutCheckKey = (commit: CommitSha): string => `check:${commit}:rollout`;

async function viewOf(loop: Loop, id: FleetId, { plan, state, holds }: RolloutNow): Promise<RolloutView> {
  const newer = [...state.targets.values()].find(({ supersededBy }) => supersededBy !== undefined)?.supersededBy;
  const by = newer === undefined ? undefined : await loop.ports.store.rolloutSummary(id, newer);
  return {
    plan,
    state,
    holds,
    supersededBy: by === undefined ? undefined : { title: by.title, pull: by.pull, commit: by.commit },
    rolloutUrl: `${loop.settings.publicUrl}/fleets/${id}/rollouts/${state.id}`,
    speed: loop.settings.speed,
    now: loop.ports.clock.now(),
  };
}

/** A check that waits for a person is completed with `action_required`: only so does GitHub show that somebody must act. */
function checkState({ state }: RolloutNow): CheckState {
  switch (state.status) {
    case 'running':
      return { kind: 'in-progress' };
    case 'paused':
    case 'awaiting-approval':
      return { kind: 'completed', conclusion: 'action_required' };
    case 'completed':
      return { kind: 'completed', conclusion: 'success' };
    case 'completed-with-deferrals':
      return { kind: 'completed', conclusion: 'neutral' };
    case 'superseded':
      return isFinished(state) ? { kind: 'completed', conclusion: 'neutral' } : { kind: 'in-progress' };
    case 'aborted':
      return { kind: 'completed', conclusion: 'cancelled' };
  }
}
