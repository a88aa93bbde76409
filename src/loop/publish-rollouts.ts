import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { rolloutCheckState } from '../core/report/check-state.ts';
import { COMMENT_MARKER, renderMergedComment } from '../core/report/plan-comment.ts';
import { renderRolloutCheck } from '../core/report/rollout-status.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import type { LoopWith } from './loop.ts';
import { projectCheck, projectComment } from './project.ts';
import { commentKey, rolloutCheckKey } from './projection-keys.ts';
import { type CommitReport, commitReport } from './rollouts-now.ts';
import { tellPeople } from './tell-people.ts';

export const ROLLOUT_CHECK = 'flotilla / rollout' as const;

/**
 * Writes how the rollouts of a commit stand: one check on the commit, and the one comment of its pull request; and tells people in a new
 * comment of what waits for them.
 *
 * Two requests, and none when both read as before; two more for each new comment, which is looked for before it is made.
 *
 * @throws PortError
 */
export async function publishRollouts(loop: LoopWith<'store' | 'clock' | 'host'>, id: FleetId, commit: CommitSha): Promise<void> {
  const fleet = await activeFleet(loop.ports.store, id);
  const report = fleet && (await commitReport(loop, fleet, commit));
  if (fleet === undefined || report === undefined) return;
  const { pull } = report;
  // What waits for a person does not wait until the rest is written, nor is it lost where that cannot be.
  const [told] = await Promise.allSettled(pull === undefined ? [] : [tellPeople(loop, fleet, report, pull)]);
  await writeStanding(loop, fleet, report);
  if (told?.status === 'rejected') throw told.reason;
}

async function writeStanding(
  loop: LoopWith<'store' | 'host'>,
  fleet: FleetRecord,
  { view, pull, firstDigest }: CommitReport,
): Promise<void> {
  const { commit } = view;
  await projectCheck(loop, fleet, rolloutCheckKey(commit), {
    ...renderRolloutCheck(view),
    name: ROLLOUT_CHECK,
    headSha: commit,
    externalId: view.digest,
    state: rolloutCheckState(view.rollouts.map(({ active }) => active.state)),
    annotations: [],
    detailsUrl: pageOf(view),
  });
  if (pull === undefined) return;
  const shown = (await loop.ports.store.pull(fleet.id, pull))?.digest;
  const body = renderMergedComment({ ...view, planChanged: shown !== undefined && shown !== firstDigest });
  await projectComment(loop, fleet, commentKey(pull), { pull, body, marker: COMMENT_MARKER });
}

/** Where one rollout can be watched and commanded, or all of them. */
function pageOf({ fleetUrl, rollouts }: Parameters<typeof renderRolloutCheck>[0]): string | undefined {
  const [only, ...others] = rollouts;
  if (fleetUrl === undefined || only === undefined) return undefined;
  return others.length === 0 ? `${fleetUrl}/rollouts/${only.active.state.id}` : fleetUrl;
}
