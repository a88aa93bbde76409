/**
 * Plans a pull request: what the loop would do after the merge, without doing it.
 *
 * At most three requests to the code host for news of it: its check begun, its check ended, its comment. One more for the pull request where it
 * is not known, and for each of the two that may be there unknown to us. A comment is made only when the pull request touches manifests, and
 * never a second time.
 */
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { renderLatePlanCheck } from '../core/report/late-plan-check.ts';
import { renderPlanCheck } from '../core/report/plan-check.ts';
import { COMMENT_MARKER, renderLeftComment, renderPlanComment } from '../core/report/plan-comment.ts';
import type { RulesView } from '../core/report/plan-rules.ts';
import type { PlanView } from '../core/report/plan-view.ts';
import { compareRules } from '../core/rules/compare-rules.ts';
import type { Consent } from '../core/rules/consent.ts';
import type { PullInfo } from '../ports/code-host.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord, PullRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { endBegun, noteFailure, PLAN_CHECK, writeUnplanned } from './begin-review.ts';
import { consentTo } from './consent.ts';
import { loadManifests, loadModelInForce } from './load-manifests.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { type PlanningPort, planManifests } from './plan-manifests.ts';
import { type PullReview, planView } from './plan-view.ts';
import { isEnded, isProjected, projectCheck, projectComment } from './project.ts';
import { commentKey, planCheckKey, rolloutCheckKey } from './projection-keys.ts';
import { publishBranch } from './publish-branch.ts';
import { publishRollouts, ROLLOUT_CHECK } from './publish-rollouts.ts';
import { isNewPull, type PullNews } from './pull-payload.ts';
import { closePull, knownPull, recordPlan, wasClosedSince } from './pull-record.ts';
import { loadRecords } from './records.ts';
import { syncFleet } from './sync-fleet.ts';

type ReviewLoop = LoopWith<PlanningPort | 'host' | 'app'>;

export interface Asked {
  /** Only the base has moved: what was known of the pull request still holds, and costs no request. */
  readonly isKnown?: boolean;
  /** What the code host has just told of it: where that is of the commit that git has, it need not be asked. */
  readonly news?: PullNews | undefined;
}

/** @throws PortError; after some tries the check says why. */
export async function reviewPullRequest(loop: ReviewLoop, id: FleetId, number: number, asked: Asked = {}): Promise<void> {
  try {
    await review(loop, id, number, asked);
  } catch (error) {
    await noteFailure(loop, id, number, error);
    throw error;
  }
}

async function review(loop: ReviewLoop, id: FleetId, number: number, { isKnown = false, news }: Asked): Promise<void> {
  const { store, source } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  const known = await store.pull(id, number);
  if (isKnown && known?.isOpen !== true) return;
  const git = source(fleet);
  await git.fetch([number]);
  const [base, head] = [await git.head(), await git.pullHead(number)];
  const pull = await infoOf(loop, fleet, number, head, known, { isKnown, news });
  if (pull === undefined || pull.state === 'closed' || pull.baseRef !== fleet.defaultBranch)
    return await leave(loop, fleet, number, pull, base, known);
  if (base === undefined || head === undefined)
    return await endBegun(loop, fleet, number, { kind: 'missing', what: head === undefined ? 'its commit' : 'the default branch' });
  // Whoever has pushed since has a part in it.
  if (!isKnown || head !== known?.planned?.info.headSha) memoryOf(loop.memory, id).people.forgetBehind(number);
  // The plan starts from what is on record: a base that was not looked at yet is looked at first.
  if (base !== fleet.seenHead && (await syncFleet(loop, id)) === 'not-ours') return;
  const reviewed = await reviewOf(loop, id, base, pull);
  await publish(loop, fleet, pull, base, reviewed, known, news !== undefined && isNewPull(news));
}

/** Git says which commit is the newest: what is told of it otherwise may be older. */
async function infoOf(
  { ports }: ReviewLoop,
  fleet: FleetRecord,
  number: number,
  head: CommitSha | undefined,
  known: PullRecord | undefined,
  { isKnown, news }: Asked,
): Promise<PullInfo | undefined> {
  const remembered = isKnown === true && head !== undefined ? knownPull(known, head) : undefined;
  if (remembered !== undefined) return remembered;
  const isCurrent = news?.info.headSha === head && news?.action !== 'reopened' && known?.isOpen !== false;
  const info = isCurrent && news !== undefined ? news.info : await ports.host(fleet).pull(number);
  if (info?.state !== 'open' || head === info.headSha) return info;
  // Two agree on a commit that git does not have: it is behind, and what it has is not what people look at.
  if (news !== undefined && news.info.headSha === info.headSha) throw gitIsBehind(number);
  return head === undefined ? info : { ...info, headSha: head };
}

const gitIsBehind = (number: number): PortError =>
  new PortError({
    port: 'manifest-source',
    operation: 'pullHead',
    retry: { kind: 'retry-later' },
    message: `the git server does not have the newest commit of #${number} yet`,
  });

/** It is closed, gone, or goes somewhere else: its check ends, and its comment says so. */
async function leave(
  loop: ReviewLoop,
  fleet: FleetRecord,
  number: number,
  pull: PullInfo | undefined,
  base: CommitSha | undefined,
  known: PullRecord | undefined,
): Promise<void> {
  if (known !== undefined || pull?.state === 'closed') await closePull(loop, fleet.id, number);
  const isMergedHere = pull?.merged === true && pull.baseRef === fleet.defaultBranch;
  if (isMergedHere && base !== undefined) await publishLate(loop, fleet, pull, base);
  const isElsewhere = pull !== undefined && pull.baseRef !== fleet.defaultBranch;
  const why = isElsewhere ? ({ kind: 'retargeted', base: pull.baseRef } as const) : ({ kind: 'closed' } as const);
  await endBegun(loop, fleet, number, why, isMergedHere ? pull.headSha : undefined);
  const key = commentKey(number);
  if (pull === undefined || isMergedHere || !(await isProjected(loop.ports.store, fleet, key))) return;
  await projectComment(loop, fleet, key, { pull: number, body: renderLeftComment(why), marker: COMMENT_MARKER });
}

/** "Re-run" on a check of ours: what was written for this commit is forgotten, and written anew; where nothing is left to write, it says so. */
export async function reviewHead(loop: ReviewLoop, id: FleetId, head: CommitSha): Promise<void> {
  const { store } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  const keys = [planCheckKey(head), rolloutCheckKey(head)];
  for (const key of keys) {
    const check = await store.projection(id, key);
    if (check !== undefined) await store.saveProjection(id, { ...check, hash: undefined });
  }
  for (const { number, planned } of await store.openPulls(id)) {
    if (planned?.info.headSha === head) await reviewPullRequest(loop, id, number);
  }
  await publishRollouts(loop, id, head);
  if (head === fleet.seenHead) await publishBranch(loop, id, head);
  for (const [nth, key] of keys.entries()) {
    const check = await store.projection(id, key);
    if (check !== undefined && check.hash === undefined)
      await writeUnplanned(loop, fleet, head, { kind: 'over' }, nth === 0 ? PLAN_CHECK : ROLLOUT_CHECK);
  }
}

/** It was merged before its plan was made: its check says what came of it, once. */
async function publishLate(loop: ReviewLoop, fleet: FleetRecord, pull: PullInfo, base: CommitSha): Promise<void> {
  const { store } = loop.ports;
  const key = planCheckKey(pull.headSha);
  if (isEnded(await store.projection(fleet.id, key))) return;
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
  isNew: boolean,
): Promise<void> {
  const { store } = loop.ports;
  const consent = await consentOf(loop, fleet, pull, review);
  const view = await planView(loop, fleet, pull, base, review, known?.digest, consent);
  // Of a hundred open pull requests whose plans stay the same nothing is written because something else was merged; and what a plan was
  // before it changed is said until it changes again.
  const lasting: PlanView = { ...view, base: view.head, ...(view.kind === 'planned' ? { changedFrom: undefined } : {}) };
  await projectCheck(
    loop,
    fleet,
    planCheckKey(pull.headSha),
    { ...renderPlanCheck(view), name: PLAN_CHECK, headSha: pull.headSha, externalId: view.digest ?? 'none', detailsUrl: undefined },
    { readsAs: [renderPlanCheck(lasting), view.digest] },
  );
  // What its comment may yet come to is no news of the check.
  await endBegun(loop, fleet, pull.number, { kind: 'pushed-over' }, pull.headSha);
  // It may have been merged while it was planned: a plan must not write over what its comment says of the rollouts by now.
  const plan = { number: pull.number, planned: { info: pull, base }, digest: view.digest, asked: consent?.asked };
  if ((await recordPlan(loop, fleet.id, plan, known)) === 'closed-since') return;
  const key = commentKey(pull.number);
  // A pull request that does not concern us gets no comment; one that concerned us before learns that it no longer does.
  if (review.kind === 'untouched' && !(await isProjected(store, fleet, key))) return;
  const isOver = async () => wasClosedSince(known, await store.pull(fleet.id, pull.number));
  const comment = { pull: pull.number, body: renderPlanComment(view), marker: COMMENT_MARKER };
  await projectComment(loop, fleet, key, comment, { isNew, isOver, readsAs: renderPlanComment(lasting) });
}
