import { observedDifferences } from '../desired/normalise.ts';
import { isBroken } from '../evidence/classify.ts';
import type { Observed } from '../evidence/observation.ts';
import { prove, provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, type Instant } from '../model/time.ts';
import { become, isLater } from './advance.ts';
import { isAboutToStop } from './budgets.ts';
import type { Wait } from './decision.ts';
import { freshlyObserved, isProvenThere, patienceEnds, sightingOf } from './follow.ts';
import { judgeStart } from './gates.ts';
import { giveOrder } from './orders.ts';
import { heldWithPhase, heldWithRollout, missingApproval, unprovenBefore } from './phases.ts';
import type { PhaseDraft, RolloutDraft } from './rollout-draft.ts';
import type { TargetState } from './state.ts';

/** Starts the targets of a phase that may start, in their order, skips those that are there already, and says of the rest why they wait. */
export function startTargets(draft: RolloutDraft, phase: PhaseDraft): void {
  if (phase.tally.waiting === 0) {
    draft.phaseWaits.delete(phase.planned.name);
    return;
  }
  const held = heldWithPhase(draft, phase);
  if (held !== undefined) {
    draft.phaseWaits.set(phase.planned.name, held);
    beginAnew(draft, phase);
    startProbes(draft, phase);
    return;
  }
  draft.phaseWaits.delete(phase.planned.name);
  if (isAboutToStop(draft)) return;
  phase.blockedAt = undefined;
  if (!considerBehindFrontier(draft, phase)) return;
  for (; phase.frontier < phase.planned.members.length; phase.frontier += 1) {
    if (!goesOnAfter(draft, consider(draft, phase, phase.frontier))) return;
  }
}

const goesOnAfter = (draft: RolloutDraft, outcome: Outcome): boolean =>
  outcome !== 'no-slot' && !(outcome === 'given-up' && isAboutToStop(draft));

/** Those behind the frontier come first, in their order: their reason may have gone. @returns whether those after it are to be looked at */
function considerBehindFrontier(draft: RolloutDraft, phase: PhaseDraft): boolean {
  takeFreed(draft, phase);
  for (let due = dueBehindFrontier(phase); due.length > 0; due = dueBehindFrontier(phase)) {
    for (const at of due) {
      phase.recheck.delete(at);
      if (!goesOnAfter(draft, consider(draft, phase, at))) return false;
      // It found another reason to wait, and the slot is still free: whoever comes next on that data plane is before the rest.
      if (takeFreed(draft, phase)) break;
    }
  }
  return true;
}

/** Takes up again as many as may find a slot on their data plane; they are parked again where somebody else was quicker. */
function takeFreed(draft: RolloutDraft, phase: PhaseDraft): boolean {
  let taken = false;
  for (const [dataPlane, places] of phase.parkedByDataPlane) {
    const limit = draft.fleet.dataPlaneLimit(dataPlane) ?? places.length;
    const free = limit - (draft.fleet.load.dataPlanes.get(dataPlane) ?? 0);
    if (free <= 0) continue;
    for (const at of places.splice(0, free)) {
      phase.recheck.add(at);
      taken = true;
    }
  }
  return taken;
}

function dueBehindFrontier(phase: PhaseDraft): readonly number[] {
  if (phase.recheck.size === 0) return [];
  // What the frontier has not reached yet is looked at when it does.
  for (const at of phase.recheck) if (at >= phase.frontier) phase.recheck.delete(at);
  return [...phase.recheck].sort((a, b) => a - b);
}

/** While a phase is held as a whole nobody in it has a reason of its own. */
function beginAnew(draft: RolloutDraft, phase: PhaseDraft): void {
  if (phase.frontier === 0 && phase.parked.size === 0 && phase.recheck.size === 0) return;
  for (const cluster of phase.parked.keys()) {
    draft.waits.delete(cluster);
    draft.timers.set(cluster, undefined);
  }
  phase.parked.clear();
  phase.recheck.clear();
  phase.parkedByDataPlane.clear();
  phase.blockedAt = undefined;
  phase.frontier = 0;
}

type Outcome = 'settled' | 'given-up' | 'parked' | 'no-slot';

/** Looks at one member: starts it, skips it, or finds why it waits. */
function consider(draft: RolloutDraft, phase: PhaseDraft, at: number): Outcome {
  const cluster = phase.planned.members[at];
  if (cluster === undefined) return 'settled';
  const target = draft.target(cluster);
  if (target.status !== 'waiting' || target.rescue) return 'settled';
  if (isThere(draft, cluster, target)) {
    skipAsThere(draft, cluster, target);
    return 'settled';
  }
  const { wait, validUntil } = judgeStart(draft, cluster);
  const next = wait?.reason.kind === 'no-evidence' ? unseen(draft, cluster, target, wait.reason.cause) : seenAgain(draft, cluster, target);
  draft.setTarget(cluster, next);
  if (next.status !== 'waiting') return 'given-up';
  const slot = wait === undefined ? noSlot(draft, phase) : undefined;
  if (wait === undefined && slot === undefined) {
    start(draft, cluster, false, `phase ${phase.planned.name} is running`);
    return 'settled';
  }
  draft.timers.set(cluster, wait?.reason.kind === 'no-evidence' ? earliest(validUntil, patienceEnds(draft, next)) : validUntil);
  if (slot !== undefined) {
    draft.phaseWaits.set(phase.planned.name, slot);
    // Nobody after it is looked at before it has its slot: they wait for the same.
    phase.blockedAt = at;
    phase.recheck.add(at);
    phase.parked.set(cluster, at);
    draft.waits.delete(cluster);
    return 'no-slot';
  }
  if (wait !== undefined) park(draft, phase, cluster, at, wait);
  return 'parked';
}

function park(draft: RolloutDraft, phase: PhaseDraft, cluster: ClusterId, at: number, wait: Wait): void {
  phase.parked.set(cluster, at);
  draft.waits.set(cluster, wait);
  const { reason } = wait;
  if (reason.kind !== 'concurrency' || reason.of !== 'data-plane') return;
  const places = phase.parkedByDataPlane.get(reason.name) ?? [];
  phase.parkedByDataPlane.set(reason.name, places);
  if (places.includes(at)) return;
  places.push(at);
  places.sort((a, b) => a - b);
}

/** Slots that all members of a phase share: when there is none, there is none for those after it either. */
function noSlot(draft: RolloutDraft, phase: PhaseDraft): Wait | undefined {
  const { planned, tally } = phase;
  const full = (of: 'phase' | 'release' | 'fleet', name: string, limit: number): Wait => ({
    reason: { kind: 'concurrency', of, name, limit },
    until: undefined,
  });
  if (tally.inFlight >= planned.maxConcurrent.count) return full('phase', planned.name, planned.maxConcurrent.count);
  return noSlotBeyondPhase(draft, full);
}

function noSlotBeyondPhase(draft: RolloutDraft, full: (of: 'release' | 'fleet', name: string, limit: number) => Wait): Wait | undefined {
  const release = draft.limit('release');
  if (release !== undefined && draft.tally.inFlight >= release.count.count)
    return full('release', draft.planned.release, release.count.count);
  const { fleetMaxConcurrent } = draft.fleet.policy;
  return draft.fleet.load.fleet >= fleetMaxConcurrent ? full('fleet', 'fleet', fleetMaxConcurrent) : undefined;
}

function start(draft: RolloutDraft, cluster: ClusterId, rescue: boolean, why: string): void {
  const target = draft.target(cluster);
  const attempt = target.attempt + 1;
  const detail = attempt > 1 ? `attempt ${attempt}` : why;
  const epoch = giveOrder(draft, cluster, 'run', detail);
  const afresh = {
    healthySince: undefined,
    brokenSince: undefined,
    sampledAt: undefined,
    seenAt: undefined,
    unseenSince: undefined,
    progress: undefined,
  };
  draft.setTarget(
    cluster,
    become(target, 'applying', draft.now, { ...afresh, exemptMs: 0, attempt, epoch, startedAt: draft.now, rescue, detail }),
  );
  draft.waits.delete(cluster);
  draft.dirty.add(cluster);
}

/** It cannot be seen: after a time of patience it counts as unreachable, without having been touched. */
function unseen(draft: RolloutDraft, cluster: ClusterId, target: TargetState, cause: string): TargetState {
  const { now } = draft;
  const lost = target.unseenSince === undefined ? become(target, 'waiting', now, { unseenSince: now }) : target;
  if (now < patienceEnds(draft, lost)) return lost;
  draft.timers.set(cluster, undefined);
  return become(lost, 'unreachable', now, { detail: `not started, no evidence: ${cause}` });
}

/** Whatever else it waits for meanwhile: patience begins anew only when it is really seen. */
const seenAgain = (draft: RolloutDraft, cluster: ClusterId, target: TargetState): TargetState =>
  target.unseenSince === undefined || !sightingOf(draft, cluster).seen
    ? target
    : become(target, 'waiting', draft.now, { unseenSince: undefined });

/** Proven at exactly this before its turn came; or never ordered by anybody, and running just that. A person's retry is not argued with. */
function isThere(draft: RolloutDraft, cluster: ClusterId, target: TargetState): boolean {
  if (target.probe) return false;
  if (isProvenThere(draft, cluster)) return true;
  const seen = freshlyObserved(draft, cluster);
  return seen !== undefined && draft.order(cluster) === undefined && seen.accepted === undefined && runs(draft, cluster, seen);
}

function runs(draft: RolloutDraft, cluster: ClusterId, seen: Observed): boolean {
  const { spec } = draft.plannedTarget(cluster);
  return (
    seen.healthy && seen.brokers.every(({ version }) => version === spec.version) && observedDifferences(spec, seen.running).length === 0
  );
}

function skipAsThere(draft: RolloutDraft, cluster: ClusterId, target: TargetState): void {
  const { revision, spec } = draft.plannedTarget(cluster);
  draft.timers.set(cluster, undefined);
  draft.setTarget(cluster, become(target, 'skipped', draft.now, { detail: 'already there' }));
  if (provenAt(draft.fleet.ledger(cluster))?.revision === revision) return;
  draft.fleet.record(cluster, (entry) =>
    prove(entry, { revision, spec, proof: 'adopted', at: draft.now, rollout: draft.id, tookMs: undefined }),
  );
}

/** A person asked for another attempt at a version in quarantine: only that target goes, while the rest stays held by it. */
function startProbes(draft: RolloutDraft, phase: PhaseDraft): void {
  const stops = draft.stopsOverAll();
  if (
    stops.length === 0 ||
    stops.some(({ cause }) => cause !== 'quarantine') ||
    draft.phaseState(phase.planned.name).startedAt === undefined ||
    unprovenBefore(draft, phase) !== undefined
  )
    return;
  for (const [at, cluster] of phase.planned.members.entries()) {
    const target = draft.target(cluster);
    if (!target.probe || target.status !== 'waiting') continue;
    if (consider(draft, phase, at) === 'no-slot') return;
  }
}

/** Targets that their last rollout left failed or half-way go before their turn, under limits of their own, and never under a stop. */
export function startRescues(draft: RolloutDraft): void {
  if (draft.rescues.size === 0) return;
  const held = heldWithRollout(draft);
  for (const cluster of draft.rescues) {
    if (held === undefined) rescue(draft, cluster);
    else {
      draft.waits.delete(cluster);
      draft.timers.set(cluster, undefined);
    }
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
  const looked = seen === undefined ? target : confirm(draft, seenAgain(draft, cluster, target), seen);
  draft.setTarget(cluster, looked);
  const held = wait ?? (unapproved && { reason: unapproved, until: undefined }) ?? unconfirmed(looked, seen, target) ?? noRescueSlot(draft);
  if (held === undefined) {
    start(draft, cluster, true, 'its last rollout left it half-way or failed');
    return;
  }
  draft.waits.set(cluster, held);
  draft.timers.set(cluster, earliest(validUntil, held.until));
}

/** It has the same patience as any other that cannot be seen. */
function waitUnseen(draft: RolloutDraft, cluster: ClusterId, target: TargetState, wait: Wait, validUntil: Instant | undefined): void {
  const cause = wait.reason.kind === 'no-evidence' ? wait.reason.cause : '';
  const next = unseen(draft, cluster, target, cause);
  draft.setTarget(cluster, next);
  if (next.status !== 'waiting') return;
  const until = patienceEnds(draft, next);
  draft.waits.set(cluster, { ...wait, until });
  draft.timers.set(cluster, earliest(validUntil, until));
}

/** At rest and healthy on what it was proven at: it needs no rescue, and waits for its turn like any other. */
function isAtRest(draft: RolloutDraft, cluster: ClusterId, seen: Observed): boolean {
  const proven = provenAt(draft.fleet.ledger(cluster));
  if (proven === undefined || !seen.healthy || isBroken(seen)) return false;
  return (
    seen.brokers.every(({ version }) => version === proven.spec.version) && observedDifferences(proven.spec, seen.running).length === 0
  );
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

function noRescueSlot(draft: RolloutDraft): Wait | undefined {
  const full = (of: 'release' | 'fleet' | 'rescue', name: string, limit: number): Wait => ({
    reason: { kind: 'concurrency', of, name, limit },
    until: undefined,
  });
  const own = draft.limit('rescue');
  if (own !== undefined && draft.rescuing >= own.count.count) return full('rescue', draft.planned.release, own.count.count);
  return noSlotBeyondPhase(draft, full);
}
