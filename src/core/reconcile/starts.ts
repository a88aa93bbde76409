import { runsWell } from '../evidence/classify.ts';
import { prove, provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest } from '../model/time.ts';
import { become } from './advance.ts';
import { isAboutToStop } from './budgets.ts';
import type { Wait } from './decision.ts';
import { judgeStart } from './gates.ts';
import type { PhaseDraft } from './phase-draft.ts';
import { heldWithPhase, unprovenBefore } from './phases.ts';
import { isProvenThere } from './proven.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { endPatience, endPatienceOf, freshlyObserved, loseSight, patienceEnds } from './sight.ts';
import { noPhaseSlot } from './slots.ts';
import { startTarget } from './start-target.ts';
import type { TargetState } from './state.ts';
import { letsProbe } from './stops-over.ts';

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
    endPatienceOf(draft, phase, (cluster) => phase.parked.has(cluster));
    return;
  }
  draft.phaseWaits.delete(phase.planned.name);
  giveUpUnseen(draft, phase);
  if (isAboutToStop(draft)) return;
  phase.blockedAt = undefined;
  considerMembers(draft, phase);
  const { blockedAt } = phase;
  if (blockedAt !== undefined) endPatienceOf(draft, phase, (cluster) => phase.planned.members.indexOf(cluster) < blockedAt);
}

/** Those with whom patience is over are given up before others of the phase start: that may spend a budget. */
function giveUpUnseen(draft: RolloutDraft, phase: PhaseDraft): void {
  if (draft.unseen.size === 0 || noPhaseSlot(draft, phase) !== undefined) return;
  for (const cluster of draft.unseen) {
    const target = draft.target(cluster);
    if (target.rescue || draft.phaseOf(cluster) !== phase || draft.now < patienceEnds(draft, target)) continue;
    const { wait } = judgeStart(draft, cluster);
    if (wait?.reason.kind === 'no-evidence') draft.setTarget(cluster, loseSight(draft, cluster, target, wait.reason.cause));
  }
}

function considerMembers(draft: RolloutDraft, phase: PhaseDraft): void {
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
  const next = wait?.reason.kind === 'no-evidence' ? loseSight(draft, cluster, target, wait.reason.cause) : endPatience(draft, target);
  draft.setTarget(cluster, next);
  if (next.status !== 'waiting') return 'given-up';
  const slot = wait === undefined ? noPhaseSlot(draft, phase) : undefined;
  if (wait === undefined && slot === undefined) {
    startTarget(draft, cluster, false, `phase ${phase.planned.name} is running`);
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

/** Proven at exactly this before its turn came; or never ordered by anybody, and running just that. A person's retry is not argued with. */
function isThere(draft: RolloutDraft, cluster: ClusterId, target: TargetState): boolean {
  if (target.probe) return false;
  if (isProvenThere(draft, cluster)) return true;
  const seen = freshlyObserved(draft, cluster);
  return (
    seen !== undefined &&
    draft.order(cluster) === undefined &&
    seen.accepted === undefined &&
    runsWell(draft.plannedTarget(cluster).spec, seen)
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
    stops.some((stop) => !letsProbe(stop, { phase: phase.planned.name })) ||
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
