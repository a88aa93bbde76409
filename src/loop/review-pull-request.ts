/**
 * Plans a pull request: what the loop would do after the merge, without doing it.
 *
 * At most three requests to the code host: the pull request (unless it is known), the check, the comment. A
 * comment is made only when the pull request touches manifests, and never a second time.
 */
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { renderPlanCheck } from '../core/report/plan-check.ts';
import { COMMENT_MARKER, renderPlanComment } from '../core/report/plan-comment.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord, Projection } from '../ports/state-store.ts';
import { loadManifests } from './load-manifests.ts';
import type { Loop } from './loop.ts';
import { planManifests } from './plan-manifests.ts';
import { type PullReview, planView } from './plan-view.ts';
import { isProjected, projectCheck, projectComment } from './project.ts';
import { closePull, isClosedSince, knownPull, pullRecord, rememberPull } from './pull-record.ts';
import { syncFleet } from './sync-fleet.ts';

export const PLAN_CHECK = 'flotilla / plan';

export const planCheckKey = (head: CommitSha): string => `check:${head}:plan`;

/** One comment for a pull request: plan before the merge, plan and rollout after it. */
export const commentKey = (pull: number): string => `comment:${pull}`;

/** @param isKnown - only the base has moved: what was known of the pull request still holds, and costs no request. */
export async function reviewPullRequest(loop: Loop, id: FleetId, number: number, isKnown = false): Promise<void> {
  const fleet = await loop.ports.store.fleet(id);
  if (fleet === undefined) return;
  const known = await pullRecord(loop, id, number);
  if (isKnown && known?.memo['state'] !== 'open') return;
  const source = loop.ports.source(fleet);
  await source.fetch([number]);
  const base = await source.head();
  const head = await source.pullHead(number);
  if (base === undefined || head === undefined) return;
  const pull = (isKnown ? knownPull(known, head) : undefined) ?? (await loop.ports.host(fleet).pull(number));
  if (pull === undefined || pull.state === 'closed' || pull.baseRef !== fleet.defaultBranch) {
    if (known !== undefined) await closePull(loop, id, number);
    return;
  }
  // The plan starts from the recorded desired state: a base that was not looked at yet is looked at first.
  if (base !== fleet.seenHead) await syncFleet(loop, id);
  const review = await reviewOf(loop, id, base, pull);
  await publish(loop, fleet, pull, base, review, known);
}

/** "Re-run" on the check: forgets what was written for this commit, so that it is written anew. */
export async function reviewHead(loop: Loop, id: FleetId, head: CommitSha): Promise<void> {
  const { store } = loop.ports;
  const pulls = (await store.projections(id, 'pull:')).filter(({ memo }) => memo['head'] === head && memo['state'] === 'open');
  const check = await store.projection(id, planCheckKey(head));
  if (check !== undefined) await store.saveProjection(id, { ...check, hash: undefined });
  for (const { memo } of pulls) await reviewPullRequest(loop, id, Number(memo['pull']));
}

async function reviewOf(loop: Loop, id: FleetId, base: CommitSha, pull: PullInfo): Promise<PullReview> {
  const fleet = await loop.ports.store.fleet(id);
  if (fleet === undefined) return { kind: 'untouched' };
  const source = loop.ports.source(fleet);
  const merged = await source.mergeTree(base, pull.headSha);
  if (merged.kind === 'conflict') return { kind: 'conflict', paths: merged.paths };
  const touched = await source.changed(base, merged.tree);
  if (touched.length === 0) return { kind: 'untouched' };
  const loaded = await loadManifests(loop, fleet, merged.tree);
  return await planManifests(loop, fleet, await loop.ports.store.desired(id), loaded);
}

async function publish(
  loop: Loop,
  fleet: FleetRecord,
  pull: PullInfo,
  base: CommitSha,
  review: PullReview,
  known: Projection | undefined,
): Promise<void> {
  const view = await planView(loop, fleet, pull, base, review, known?.memo['digest']);
  const check = renderPlanCheck(view);
  await projectCheck(loop, fleet, planCheckKey(pull.headSha), {
    ...check,
    name: PLAN_CHECK,
    headSha: pull.headSha,
    externalId: view.digest ?? 'none',
    detailsUrl: undefined,
  });
  // It may have been merged while it was planned: a plan must not write over what its comment says of the rollout by now.
  if (await isClosedSince(loop, fleet.id, pull.number, known)) return;
  await rememberPull(loop, fleet.id, pull, base, view.digest);
  const key = commentKey(pull.number);
  // A pull request that does not concern us gets no comment; one that concerned us before learns that it no longer does.
  if (review.kind === 'untouched' && !(await isProjected(loop, fleet, key))) return;
  await projectComment(loop, fleet, key, { pull: pull.number, body: renderPlanComment(view), marker: COMMENT_MARKER });
}
