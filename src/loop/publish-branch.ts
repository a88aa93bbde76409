import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { hasErrors } from '../core/model/problem.ts';
import { BROKEN_MARKER, renderBrokenBranchIssue } from '../core/report/broken-branch-issue.ts';
import { renderBranchCheck } from '../core/report/plan-check.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { loadManifests } from './load-manifests.ts';
import type { Loop } from './loop.ts';
import { planManifests } from './plan-manifests.ts';
import { projectCheck, projectIssue } from './project.ts';
import { PLAN_CHECK, planCheckKey } from './review-pull-request.ts';

const ISSUE_KEY = 'issue:broken-branch';

/**
 * Says on the commit, and in an issue, that the default branch is broken; and closes the issue when it no longer is.
 * A commit that is fine costs no request unless something was open.
 *
 * @throws PortError
 */
export async function publishBranch(loop: Loop, id: FleetId, commit: CommitSha): Promise<void> {
  const fleet = await loop.ports.store.fleet(id);
  // A newer commit has its own job.
  if (fleet === undefined || fleet.seenHead !== commit) return;
  const problems = await problemsOf(loop, fleet, commit);
  const broken = hasErrors(problems);
  const issue = await loop.ports.store.projection(id, ISSUE_KEY);
  if (!broken && (issue === undefined || issue.memo['state'] === 'closed')) return;
  const view = { commit, lastGood: fleet.goodHead, problems, now: loop.ports.clock.now() };
  if (broken) {
    const check = renderBranchCheck(view);
    await projectCheck(loop, fleet, planCheckKey(commit), {
      ...check,
      name: PLAN_CHECK,
      headSha: commit,
      externalId: 'none',
      detailsUrl: undefined,
    });
  }
  await projectIssue(loop, fleet, ISSUE_KEY, {
    ...renderBrokenBranchIssue(view),
    labels: ['flotilla'],
    state: broken ? 'open' : 'closed',
    marker: BROKEN_MARKER,
  });
}

async function problemsOf(loop: Loop, fleet: FleetRecord, commit: CommitSha) {
  const loaded = await loadManifests(loop, fleet, commit);
  if (commit === fleet.goodHead) return loaded.problems;
  return (await planManifests(loop, fleet, await loop.ports.store.desired(fleet.id), loaded)).problems;
}
