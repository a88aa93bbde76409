import { isBroken, runsWell } from '../evidence/classify.ts';
import type { Observed } from '../evidence/observation.ts';
import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, type Instant } from '../model/time.ts';
import { become, isLater } from './advance.ts';
import { isAboutToStop } from './budgets.ts';
import type { Wait } from './decision.ts';
import { judgeStart } from './gates.ts';
import { heldWithRollout, missingApproval } from './phases.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { endPatience, freshlyObserved, loseSight, patienceEnds } from './sight.ts';
import { noRescueSlot } from './slots.ts';
import { startTarget } from './start-target.ts';
import type { TargetState } from './state.ts';

/** Targets that their last rollout left failed or half-way go before their turn, under limits of their own, and never under a stop. */
export function startRescues(draft: RolloutDraft): void {
  if (draft.rescues.size === 0 || isAboutToStop(draft)) return;
  const held = heldWithRollout(draft);
  if (held === undefined) giveUpUnseen(draft);
  if (isAboutToStop(draft)) return;
  for (const cluster of draft.rescues) {
    if (held === undefined) rescue(draft, cluster);
    else {
      draft.setTarget(cluster, endPatience(draft, draft.target(cluster)));
      draft.waits.delete(cluster);
      draft.timers.set(cluster, undefined);
    }
  }
}

/** Those with whom patience is over are given up before others are rescued: that may spend a budget. */
function giveUpUnseen(draft: RolloutDraft): void {
  for (const cluster of draft.unseen) {
    const target = draft.target(cluster);
    if (!target.rescue || draft.now < patienceEnds(draft, target)) continue;
    const { wait, validUntil } = judgeStart(draft, cluster);
    if (wait?.reason.kind === 'no-evidence') waitUnseen(draft, cluster, target, wait, validUntil);
  }
}

function rescue(draft: RolloutDraft, cluster: ClusterId): void {
  const target = draft.target(cluster);
  const phase = draft.phaseOf(cluster);
  const unapproved = missingApproval(draft, phase, 'before');
  const seen = freshlyObserved(draft, cluster);
  if (seen !== undefined && isAtRest(draft, cluster, seen)) {
    draft.setTarget(
      cluster,
      become(target, 'waiting', draft.now, { rescue: false, brokenSince: undefined, sampledAt: undefined, seenAt: undefined }),
    );
    draft.waits.delete(cluster);
    phase.recheck.add(phase.planned.members.indexOf(cluster));
    draft.fleet.again = true;
    return;
  }
  const { wait, validUntil } = judgeStart(draft, cluster);
  if (wait?.reason.kind === 'no-evidence') {
    waitUnseen(draft, cluster, target, wait, validUntil);
    return;
  }
  const sighted = endPatience(draft, target);
  const looked = seen === undefined ? sighted : confirm(draft, sighted, seen);
  draft.setTarget(cluster, looked);
  const held = wait ?? (unapproved && { reason: unapproved, until: undefined }) ?? unconfirmed(looked, seen, target) ?? noRescueSlot(draft);
  if (held === undefined) {
    startTarget(draft, cluster, true, 'its last rollout left it half-way or failed');
    return;
  }
  draft.waits.set(cluster, held);
  draft.timers.set(cluster, earliest(validUntil, held.until));
}

/** It has the same patience as any other that cannot be seen. */
function waitUnseen(draft: RolloutDraft, cluster: ClusterId, target: TargetState, wait: Wait, validUntil: Instant | undefined): void {
  const cause = wait.reason.kind === 'no-evidence' ? wait.reason.cause : '';
  const next = loseSight(draft, cluster, target, cause);
  draft.setTarget(cluster, next);
  if (next.status !== 'waiting') return;
  const until = patienceEnds(draft, next);
  draft.waits.set(cluster, { ...wait, until });
  draft.timers.set(cluster, earliest(validUntil, until));
}

/** At rest and healthy on what it was proven at, or all the way on what it was ordered to since: it needs no rescue, and waits for its turn like any other. */
function isAtRest(draft: RolloutDraft, cluster: ClusterId, seen: Observed): boolean {
  if (isBroken(seen)) return false;
  const proven = provenAt(draft.fleet.ledger(cluster));
  if (proven !== undefined && runsWell(proven.spec, seen)) return true;
  const order = draft.order(cluster);
  return order !== undefined && seen.rolled && seen.accepted?.revision === order.revision && runsWell(order.spec, seen);
}

/** The first look is remembered; a second one, sampled later, confirms it. */
const confirm = (draft: RolloutDraft, target: TargetState, seen: Observed): TargetState =>
  target.brokenSince !== undefined
    ? target
    : become(target, 'waiting', draft.now, { brokenSince: seen.receivedAt, sampledAt: seen.sampledAt, seenAt: seen.receivedAt });

function unconfirmed(looked: TargetState, seen: Observed | undefined, before: TargetState): Wait | undefined {
  if (seen !== undefined && before.brokenSince !== undefined && isLater(seen, looked)) return undefined;
  return { reason: { kind: 'unconfirmed', words: 'left half-way by its last rollout; a second look confirms it' }, until: undefined };
}
