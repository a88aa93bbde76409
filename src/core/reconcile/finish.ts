import { earliest, type Instant, instant } from '../model/time.ts';
import { isAboutToStop } from './budgets.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { isPhaseOver, type RolloutStatus } from './state.ts';

/** Notes since when stops hold all of a rollout, and when it goes on again. */
export function markStopped(draft: RolloutDraft): void {
  const { scalars, now } = draft;
  if (draft.isFinished || draft.isWindingDown || draft.status === 'pending') return;
  const [stop] = draft.stopsOverAll();
  if (stop !== undefined) {
    scalars.stoppedSince ??= now;
    draft.setStatus('paused', stop.reason);
    return;
  }
  if (scalars.stoppedSince !== undefined) {
    addStoppedTime(draft, Math.max(0, now - scalars.stoppedSince));
    scalars.stoppedSince = undefined;
    scalars.goingSince = now;
  }
  // Where our clock was set back, patience is counted from there.
  scalars.goingSince = earliest(scalars.goingSince, now);
  if (draft.status === 'paused') draft.setStatus('running', 'no stop holds it now');
}

function addStoppedTime(draft: RolloutDraft, ms: number): void {
  for (const { planned } of draft.phases) {
    const state = draft.phaseState(planned.name);
    if (state.startedAt === undefined || state.finishedAt !== undefined || ms === 0) continue;
    const since = draft.scalars.stoppedSince ?? state.startedAt;
    draft.setPhase(
      planned.name,
      { ...state, stoppedMs: state.stoppedMs + Math.max(0, ms - Math.max(0, state.startedAt - since)) },
      'goes on',
    );
  }
}

/** Brings the status of the rollout up to date with its phases, and ends it when nothing more will happen. */
export function finish(draft: RolloutDraft): void {
  if (draft.isFinished) {
    endGuard(draft);
    return;
  }
  if (draft.status === 'pending') return;
  if (draft.tally.unsettled === 0) endSettled(draft);
  if (!draft.isFinished && draft.isGoing) {
    const states = draft.phases.map(({ planned }) => draft.phaseState(planned.name).status);
    const asks = states.includes('awaiting-approval') && !states.includes('running') && !states.includes('baking');
    draft.setStatus(asks ? 'awaiting-approval' : 'running', asks ? 'nothing moves until a phase is approved' : 'a phase is under way');
  }
}

/** Every target is settled. A pause is not ended by that: what stopped it wants to be seen by a person. */
function endSettled(draft: RolloutDraft): void {
  if (draft.isWindingDown) {
    end(draft, draft.status, 'everything has settled');
    return;
  }
  // What it was settled by may have spent a budget: that stops it first, and a person has seen it before it ends.
  if (isAboutToStop(draft)) return;
  if (draft.status === 'paused' || !draft.phases.every(({ planned }) => isPhaseOver(draft.phaseState(planned.name)))) return;
  const { succeeded, unsuccessful, members, excluded, superseded } = draft.tally;
  const nobodyWantsIt = succeeded === 0 && members === excluded && superseded > 0;
  if (nobodyWantsIt) end(draft, 'superseded', 'the manifests want something else by now');
  else if (unsuccessful === 0) end(draft, 'completed', 'every phase is done');
  else end(draft, 'completed-with-deferrals', `every phase is done; ${unsuccessful} left behind`);
}

function end(draft: RolloutDraft, status: RolloutStatus, why: string): void {
  const { scalars, now } = draft;
  scalars.finishedAt = now;
  draft.hasJustEnded = true;
  scalars.stoppedSince = undefined;
  const isGuarded = draft.tally.succeeded > 0 && draft.planned.guardMs > 0;
  scalars.guardUntil = isGuarded ? instant(now + draft.planned.guardMs) : undefined;
  draft.setStatus(status, why);
  // Whoever stood behind it may begin; and what is left of its orders must not move anything unseen.
  draft.fleet.again = true;
}

function endGuard(draft: RolloutDraft): void {
  const { guardUntil } = draft.scalars;
  if (guardUntil === undefined || draft.now < guardUntil) return;
  draft.scalars.guardUntil = undefined;
}

/** The earliest instant at which time alone changes something of this rollout. */
export function wakeAtOf(draft: RolloutDraft): Instant | undefined {
  const { guardUntil, finishedAt } = draft.scalars;
  if (finishedAt !== undefined && guardUntil === undefined) return undefined;
  // What is due now has been looked at now.
  draft.timers.take(draft.now);
  return earliest(draft.timers.next(), guardUntil);
}
