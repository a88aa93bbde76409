/**
 * Plans a pull request: what the loop would do after the merge, without doing it.
 *
 * At most three requests to the code host: the pull request (unless it is known), the check, the comment; and one more for each of
 * the two that is new, which is looked for before it is made. A comment is made only when the pull request touches manifests, and never a second time.
 */
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { renderLatePlanCheck } from '../core/report/late-plan-check.ts';
import { renderPlanCheck } from '../core/report/plan-check.ts';
import { COMMENT_MARKER, renderPlanComment } from '../core/report/plan-comment.ts';
import type { RulesView } from '../core/report/plan-rules.ts';
import { compareRules } from '../core/rules/compare-rules.ts';
import type { Consent } from '../core/rules/consent.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord, PullRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { consentTo } from './consent.ts';
import { loadManifests, loadModelInForce } from './load-manifests.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { type PlanningPort, planManifests } from './plan-manifests.ts';
import { type PullReview, planView } from './plan-view.ts';
import { isProjected, projectCheck, projectComment } from './project.ts';
import { commentKey, planCheckKey } from './projection-keys.ts';
import { closePull, knownPull, recordPlan, wasClosedSince } from './pull-record.ts';
import { loadRecords } from './records.ts';
import { syncFleet } from './sync-fleet.ts';

export const PLAN_CHECK = 'flotilla / plan';

type ReviewLoop = LoopWith<PlanningPort | 'host' | 'app'>;

/** @param isKnown - only the base has moved: what was known of the pull request still holds, and costs no request. */
export async function reviewPullRequest(loop: ReviewLoop, id: FleetId, number: number, isKnown = false): Promise<void> {
  const { store, source, host } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  const known = await store.pull(id, number);
  if (isKnown && known?.isOpen !== true) return;
  const git = source(fleet);
  await git.fetch([number]);
  const base = await git.head();
  const head = await git.pullHead(number);
  if (base === undefined || head === undefined) return;
  const pull = (isKnown ? knownPull(known, head) : undefined) ?? (await host(fleet).pull(number));
  if (pull === undefined || pull.state === 'closed' || pull.baseRef !== fleet.defaultBranch) {
    if (known !== undefined) await closePull(loop, id, number);
    if (pull?.merged === true && pull.baseRef === fleet.defaultBranch) await publishLate(loop, fleet, pull, base);
    return;
  }
  if (!isKnown) memoryOf(loop.memory, id).people.forgetBehind(number);
  // The plan starts from what is on record: a base that was not looked at yet is looked at first.
  if (base !== fleet.seenHead && (await syncFleet(loop, id)) === 'not-ours') return;
  const review = await reviewOf(loop, id, base, pull);
  await publish(loop, fleet, pull, base, review, known);
}

/** "Re-run" on the check: forgets what was written for this commit, so that it is written anew. */
export async function reviewHead(loop: ReviewLoop, id: FleetId, head: CommitSha): Promise<void> {
  const { store } = loop.ports;
  const check = await store.projection(id, planCheckKey(head));
  if (check !== undefined) await store.saveProjection(id, { ...check, hash: undefined });
  for (const { number, planned } of await store.openPulls(id)) {
    if (planned?.info.headSha === head) await reviewPullRequest(loop, id, number);
  }
}

/** It was merged before its plan was made: its check says what came of it, once. */
async function publishLate(loop: ReviewLoop, fleet: FleetRecord, pull: PullInfo, base: CommitSha): Promise<void> {
  const { store } = loop.ports;
  const key = planCheckKey(pull.headSha);
  // Begun is not written.
  if ((await store.projection(fleet.id, key))?.hash !== undefined) return;
  if (base !== fleet.seenHead) await syncFleet(loop, fleet.id);
  const { mergeCommit } = pull;
  const rollouts = mergeCommit === undefined ? [] : await store.rolloutsOfCommit(fleet.id, mergeCommit);
  await projectCheck(loop, fleet, key, {
    ...renderLatePlanCheck({ mergeCommit, rollouts }),
    name: PLAN_CHECK,
    headSha: pull.headSha,
    externalId: rollouts[0]?.digest ?? 'none',
    detailsUrl: undefined,
  });
}

async function reviewOf(loop: ReviewLoop, id: FleetId, base: CommitSha, pull: PullInfo): Promise<PullReview> {
  const fleet = await activeFleet(loop.ports.store, id);
  if (fleet === undefined) return { kind: 'untouched' };
  const source = loop.ports.source(fleet);
  const merged = await source.mergeTree(base, pull.headSha);
  if (merged.kind === 'conflict') return { kind: 'conflict', paths: merged.paths };
  const touched = await source.changed(base, merged.tree);
  if (touched.length === 0) return { kind: 'untouched' };
  const loaded = await loadManifests(loop, fleet, merged.tree);
  const records = await loadRecords(loop, fleet);
  const planned = await planManifests(loop, fleet, records, loaded, records.policy?.dataPlanes ?? []);
  return planned.kind === 'planned' ? { ...planned, rules: await rulesOf(loop, fleet, records.heads.good, planned.model) } : planned;
}

/** Before the first manifests there are no rules to change. */
async function rulesOf(
  loop: ReviewLoop,
  fleet: FleetRecord,
  inForce: CommitSha | undefined,
  model: FleetModel,
): Promise<RulesView | undefined> {
  if (inForce === undefined) return undefined;
  const before = await loadModelInForce(loop, fleet, inForce);
  return before === undefined ? 'not-comparable' : compareRules(before, model, loop.ports.clock.now());
}

/** Of a plan that could not be made nobody knows what it takes away: what people have agreed to is looked at with the next one. */
async function consentOf(loop: ReviewLoop, fleet: FleetRecord, pull: PullInfo, review: PullReview): Promise<Consent | undefined> {
  if (review.kind === 'conflict' || review.kind === 'broken') return undefined;
  if (review.kind === 'planned' && review.rules === 'not-comparable') return undefined;
  return consentTo(loop, fleet, pull, review.kind === 'planned' ? review.rules : undefined);
}

async function publish(
  loop: ReviewLoop,
  fleet: FleetRecord,
  pull: PullInfo,
  base: CommitSha,
  review: PullReview,
  known: PullRecord | undefined,
): Promise<void> {
  const { store } = loop.ports;
  const consent = await consentOf(loop, fleet, pull, review);
  const view = await planView(loop, fleet, pull, base, review, known?.digest, consent);
  await projectCheck(loop, fleet, planCheckKey(pull.headSha), {
    ...renderPlanCheck(view),
    name: PLAN_CHECK,
    headSha: pull.headSha,
    externalId: view.digest ?? 'none',
    detailsUrl: undefined,
  });
  // It may have been merged while it was planned: a plan must not write over what its comment says of the rollouts by now.
  const plan = { number: pull.number, planned: { info: pull, base }, digest: view.digest, asked: consent?.asked };
  if ((await recordPlan(loop, fleet.id, plan, known)) === 'closed-since') return;
  const key = commentKey(pull.number);
  // A pull request that does not concern us gets no comment; one that concerned us before learns that it no longer does.
  if (review.kind === 'untouched' && !(await isProjected(store, fleet, key))) return;
  const isOver = async () => wasClosedSince(known, await store.pull(fleet.id, pull.number));
  await projectComment(loop, fleet, key, { pull: pull.number, body: renderPlanComment(view), marker: COMMENT_MARKER }, isOver);
}
