import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { BROKEN_MARKER, renderBrokenBranchIssue } from '../core/report/broken-branch-issue.ts';
import { renderBranchCheck } from '../core/report/plan-check.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { PLAN_CHECK } from './begin-review.ts';
import { loadManifests } from './load-manifests.ts';
import type { LoopWith } from './loop.ts';
import { type PlanningPort, planManifests } from './plan-manifests.ts';
import { isOpenIssue, projectCheck, projectIssue } from './project.ts';
import { BROKEN_BRANCH_KEY, planCheckKey } from './projection-keys.ts';
import { loadRecords } from './records.ts';

type BranchLoop = LoopWith<PlanningPort | 'host'>;

/**
 * Says on the commit, and in an issue, that the default branch is broken; and closes the issue when it no longer is.
 * A commit that is fine costs no request unless something was open.
 *
 * @throws PortError
 */
export async function publishBranch(loop: BranchLoop, id: FleetId, commit: CommitSha): Promise<void> {
  const { store, clock, source } = loop.ports;
  const fleet = await activeFleet(store, id);
  // A newer commit has its own job; so will the one that took the place of a commit that is gone for good.
  if (fleet === undefined || fleet.seenHead !== commit || !(await source(fleet).has(commit))) return;
  const problems = await problemsOf(loop, fleet, commit);
  const broken = hasErrors(problems);
  if (!broken && !(await isOpenIssue(store, fleet, BROKEN_BRANCH_KEY))) return;
  const view = { commit, lastGood: fleet.goodHead, problems, now: clock.now() };
  if (broken) {
    await projectCheck(loop, fleet, planCheckKey(commit), {
      ...renderBranchCheck(view),
      name: PLAN_CHECK,
      headSha: commit,
      externalId: 'none',
      detailsUrl: undefined,
    });
  }
  await projectIssue(loop, fleet, BROKEN_BRANCH_KEY, {
    ...renderBrokenBranchIssue(view),
    labels: ['flotilla'],
    state: broken ? 'open' : 'closed',
    marker: BROKEN_MARKER,
  });
}

async function problemsOf(loop: BranchLoop, fleet: FleetRecord, commit: CommitSha): Promise<readonly Problem[]> {
  const loaded = await loadManifests(loop, fleet, commit);
  if (commit === fleet.goodHead) return loaded.problems;
  const records = await loadRecords(loop, fleet);
  const planned = await planManifests(loop, fleet, records, loaded, records.policy?.dataPlanes ?? []);
  return planned.problems;
}
