import { openMsBetween } from '../calendar/open-time.ts';
import { provenAt } from '../ledger/record.ts';
import { assertNever } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, formatDuration, type Instant, instant } from '../model/time.ts';
import { become } from './advance.ts';
import { approvalEnds, countedApprovals } from './approvals.ts';
import type { HoldReason, Wait } from './decision.ts';
import { unheldStretches } from './held-parts.ts';
import { isExpedited, isRequirementWaived, isWaived } from './overrides.ts';
import type { PhaseDraft } from './phase-draft.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { type HeldPart, isPhaseOver, type PhaseState } from './state.ts';
import { stoppedWait } from './stopped-wait.ts';
import { versionsToTry } from './versions-to-try.ts';

/** What holds all of a rollout: said once for all that wait. */
export function heldWithRollout(draft: RolloutDraft): Wait | undefined {
  const hold = (reason: HoldReason, until?: Instant): Wait => ({ reason, until });
  if (draft.status === 'pending') {
    const active = draft.fleet.rollouts.find(
      (other) => other !== draft && other.planned.release === draft.planned.release && isAhead(other),
    );
    return hold({ kind: 'pending', behind: active?.id ?? draft.id });
  }
  if (draft.isWindingDown || draft.isFinished) return hold({ kind: 'winding-down', words: `the rollout is ${draft.status}` });
  const stopped = stoppedWait(draft.stopsOverAll());
  if (stopped !== undefined) return stopped;
  const required = requiredFirst(draft);
  return required && hold({ kind: 'required-product', product: required.planned.product, rollout: required.id });
}

const isAhead = (other: RolloutDraft): boolean => !other.isFinished && other.status !== 'pending';

/**
 * A rollout of a product that this one requires, which stood in line before it or came with the same commit. To go back waits for nobody, and
 * a person may have said that this one need not.
 */
function requiredFirst(draft: RolloutDraft): RolloutDraft | undefined {
  const { requires, kind } = draft.planned;
  if (kind === 'rollback' || requires.length === 0) return undefined;
  return draft.fleet.rollouts.find(
    (other) =>
      other !== draft &&
      !other.isFinished &&
      requires.includes(other.planned.product) &&
      !isRequirementWaived(draft, other.planned.product) &&
      (other.scalars.inLineSince <= draft.scalars.inLineSince || isOfSameLanding(other, draft)),
  );
}

const isOfSameLanding = (a: RolloutDraft, b: RolloutDraft): boolean =>
  a.scalars.commit === b.scalars.commit && a.scalars.createdAt === b.scalars.createdAt;

/** What holds a whole phase, besides what holds its rollout; rescues go before it. */
export function heldWithPhase(draft: RolloutDraft, phase: PhaseDraft): Wait | undefined {
  if (draft.waitOfAll !== undefined) return draft.waitOfAll;
  const reason = notBegun(draft, phase);
  return reason && { reason, until: reason.kind === 'baking' ? bakedAt(draft, phaseBefore(draft, phase)) : undefined };
}

/** Why a phase has not begun, or must wait again: an earlier one, or an approval. `undefined`: it goes on. */
function notBegun(draft: RolloutDraft, phase: PhaseDraft): HoldReason | undefined {
  const state = draft.phaseState(phase.planned.name);
  const canary = unprovenBefore(draft, phase);
  if (canary !== undefined) return { kind: 'earlier-phase', phase: canary.planned.name };
  if (state.startedAt !== undefined || isPhaseOver(state)) return undefined;
  const earlier = phaseBefore(draft, phase);
  if (earlier !== undefined) {
    const { name } = earlier.planned;
    return draft.phaseState(name).status === 'baking' ? { kind: 'baking', phase: name } : { kind: 'earlier-phase', phase: name };
  }
  return missingApproval(draft, phase, 'before');
}

/** A canary phase before this one that proves nothing, or nothing any more: all that soaked in it have broken. */
export const unprovenBefore = (draft: RolloutDraft, phase: PhaseDraft): PhaseDraft | undefined =>
  draft.canaries.find((earlier) => earlier.index < phase.index && isProofMissing(draft, earlier));

/** The first phase before this one that is not behind it: not over, or with a member on the move again after it was. */
function phaseBefore(draft: RolloutDraft, phase: PhaseDraft): PhaseDraft | undefined {
  for (const earlier of draft.phases) {
    if (earlier === phase) return undefined;
    if (earlier.tally.unsettled > 0 || !isPhaseOver(earlier.state)) return earlier;
  }
  return undefined;
}

/** The approval that a phase still lacks; each person counts once, and only for exactly this plan. */
export function missingApproval(draft: RolloutDraft, { planned }: PhaseDraft, when: 'before' | 'after'): HoldReason | undefined {
  const { name, approval } = planned;
  if (approval?.when !== when) return undefined;
  const given = countedApprovals(planned, draft.scalars, draft.now);
  return given.length >= approval.count ? undefined : { kind: 'approval', phase: name, given: given.length, needed: approval.count };
}

/** Those that have agreed so far are fewer when the first of them expires: that is told then. */
function watchApprovals(draft: RolloutDraft, { planned }: PhaseDraft): void {
  const ends = countedApprovals(planned, draft.scalars, draft.now).map((given) => approvalEnds(planned, given));
  draft.timers.set(`phase:${planned.name}/approval`, ends.reduce(earliest, undefined));
}

/** Brings a phase to where its members, its approvals and time say it is. */
export function advancePhase(draft: RolloutDraft, phase: PhaseDraft): void {
  begin(draft, phase);
  if (draft.phaseState(phase.planned.name).startedAt === undefined) return;
  deferLate(draft, phase);
  end(draft, phase);
}

/** Begins a phase whose turn has come. One with nobody left to roll is skipped, with its approval. */
function begin(draft: RolloutDraft, phase: PhaseDraft): void {
  const { name } = phase.planned;
  const state = draft.phaseState(name);
  if (state.startedAt !== undefined || isPhaseOver(state) || (phaseBefore(draft, phase) ?? unprovenBefore(draft, phase)) !== undefined)
    return;
  if (phase.tally.members === phase.tally.excluded) {
    // Canaries that are all gone have proven nothing: what follows would be the canary.
    if (isProofMissing(draft, phase)) return;
    const why = phase.tally.members === 0 ? (phase.planned.provenBy ?? 'no members') : 'no members are left';
    draft.setPhase(name, { ...state, status: 'skipped', finishedAt: draft.now }, why);
    return;
  }
  if (missingApproval(draft, phase, 'before') === undefined) {
    const why = state.status === 'awaiting-approval' ? 'approved' : 'earlier phases are done';
    draft.setPhase(name, { ...state, status: 'running', startedAt: draft.now }, why);
    return;
  }
  watchApprovals(draft, phase);
  if (state.status !== 'awaiting-approval') draft.setPhase(name, { ...state, status: 'awaiting-approval' }, 'earlier phases are done');
}

/**
 * A canary phase is behind a rollout only when one of its members has soaked at this version, here or, proven by the
 * ledger, in an earlier rollout; when nobody in it had to move; or when a person waived it.
 */
export function isCanaryProven(draft: RolloutDraft, { planned, tally }: PhaseDraft): boolean {
  if (!planned.canary || planned.members.length === 0 || isWaived(draft, planned.name)) return true;
  if (tally.succeeded === 0 && tally.excluded === 0) return false;
  const toTry = versionsToTry(draft.planned, planned);
  switch (toTry.kind) {
    case 'any':
      return tally.succeeded > 0 || planned.members.some((cluster) => hasSoaked(draft, cluster));
    case 'each':
      return toTry.versions.every((version) =>
        planned.members.some((cluster) => draft.plannedTarget(cluster).spec.version === version && hasSoaked(draft, cluster)),
      );
    case 'none':
      return false;
    default:
      return assertNever(toTry, 'isCanaryProven');
  }
}

/** A canary phase has proven nothing, and others that follow wait for that. */
export const isProofMissing = (draft: RolloutDraft, phase: PhaseDraft): boolean =>
  !isCanaryProven(draft, phase) && draft.phases.some((later) => later.index > phase.index && later.tally.unsettled > 0);

/** In this rollout, or, as the ledger says, in an earlier one that left nothing to do here. */
function hasSoaked(draft: RolloutDraft, cluster: ClusterId): boolean {
  const { status } = draft.target(cluster);
  if (status !== 'skipped') return status === 'succeeded';
  const proven = provenAt(draft.fleet.ledger(cluster));
  return proven?.proof === 'soaked' && proven.revision === draft.plannedTarget(cluster).revision;
}

/** A phase that baked, or waited for its last approval, goes on when a member is on the move again, also while stops hold it: its bake begins anew. */
export function goOn(draft: RolloutDraft, phase: PhaseDraft): void {
  const { state, tally } = phase;
  if (state.startedAt === undefined || isPhaseOver(state) || state.status === 'running' || tally.unsettled === 0) return;
  draft.setPhase(phase.planned.name, { ...state, status: 'running', bakingSince: undefined }, 'a member is on the move again');
}

/** Ends a phase when every member is settled, the canary has proven the version, it has baked, and what must be approved is. */
function end(draft: RolloutDraft, phase: PhaseDraft): void {
  const { name } = phase.planned;
  const state = draft.phaseState(name);
  if (isPhaseOver(state)) return;
  if (phase.tally.unsettled > 0) return;
  if (isProofMissing(draft, phase)) return;
  const baking = state.bakingSince === undefined ? { ...state, bakingSince: draft.now } : state;
  const until = bakeEnds(draft, phase, baking);
  // Whoever was hurried past its bake does not go back to it when the hurry is over.
  if (until > draft.now && state.status !== 'awaiting-approval') {
    if (state.status !== 'baking')
      draft.setPhase(name, { ...baking, status: 'baking' }, `${soakedWords(phase)}; bakes until the next phase`);
    draft.timers.set(`phase:${name}`, until);
    return;
  }
  if (missingApproval(draft, phase, 'after') === undefined) {
    draft.setPhase(name, { ...baking, status: 'done', finishedAt: draft.now }, soakedWords(phase));
  } else {
    watchApprovals(draft, phase);
    if (state.status !== 'awaiting-approval') draft.setPhase(name, { ...baking, status: 'awaiting-approval' }, soakedWords(phase));
  }
}

const soakedWords = ({ tally }: PhaseDraft): string => `${tally.succeeded} of ${tally.members} soaked`;

/** Nothing comes after the last phase, so nothing waits for its bake; its clusters are under guard. */
function bakeEnds(draft: RolloutDraft, phase: PhaseDraft, { bakingSince }: PhaseState): Instant {
  const isLast = draft.phases.every((other) => other.index <= phase.index || other.tally.members === other.tally.excluded);
  const bakeMs = isLast || isExpedited(draft, phase.planned.name) ? 0 : phase.planned.bakeMs;
  return instant((bakingSince ?? draft.now) + bakeMs);
}

function bakedAt(draft: RolloutDraft, phase: PhaseDraft | undefined): Instant | undefined {
  return phase && bakeEnds(draft, phase, draft.phaseState(phase.planned.name));
}

/**
 * Defers members that were not started within the longest duration of their phase. Only time counts in which they could
 * have been started: not while stops held the rollout or them, and not while windows and freezes kept them closed.
 */
function deferLate(draft: RolloutDraft, phase: PhaseDraft): void {
  const { name, maxDurationMs } = phase.planned;
  const { startedAt, stoppedMs, heldParts, status } = draft.phaseState(name);
  if (maxDurationMs === undefined || startedAt === undefined || phase.tally.waiting === 0 || status !== 'running') return;
  const soonest = instant(startedAt + stoppedMs + maxDurationMs);
  if (draft.now < soonest) {
    draft.timers.set(`phase:${name}`, soonest);
    return;
  }
  let next: Instant | undefined;
  for (const cluster of phase.planned.members) {
    if (draft.target(cluster).status !== 'waiting') continue;
    const leftMs = maxDurationMs - waitedMs(draft, cluster, startedAt, heldParts) + stoppedMs;
    if (leftMs > 0) next = earliest(next, instant(draft.now + leftMs));
    else defer(draft, cluster, `not started within ${formatDuration(maxDurationMs)}, the longest the phase may take`);
  }
  draft.timers.set(`phase:${name}`, next);
}

/** For how long it might have been started: outside of closed windows, of freezes, and of stops on a part of the phase. */
function waitedMs(draft: RolloutDraft, cluster: ClusterId, startedAt: Instant, heldParts: readonly HeldPart[]): number {
  const planned = draft.plannedTarget(cluster);
  const from = instant(Math.max(startedAt, draft.target(cluster).since));
  const seen = draft.fleet.observation(cluster);
  const question = {
    product: planned.spec.product,
    labels: draft.fleet.desired(cluster)?.labels ?? {},
    from: seen?.kind === 'observed' ? seen.running.version : planned.from?.version,
    to: planned.spec.version,
    kind: planned.kind,
    expedited: isExpedited(draft, planned.phase),
  };
  const stretches = unheldStretches(draft, cluster, heldParts, { from, to: draft.now });
  return stretches.reduce((sum, stretch) => sum + openMsBetween(draft.fleet.calendar, question, stretch.from, stretch.to), 0);
}

function defer(draft: RolloutDraft, cluster: ClusterId, detail: string): void {
  draft.timers.set(cluster, undefined);
  draft.setTarget(cluster, become(draft.target(cluster), 'deferred', draft.now, { detail }));
}
