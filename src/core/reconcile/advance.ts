import type { Evidence } from '../evidence/classify.ts';
import type { Observation, Observed } from '../evidence/observation.ts';
import type { StandingOrder } from '../evidence/order.ts';
import { assertNever } from '../model/assert.ts';
import { type DurationMs, earliest, formatDuration, type Instant, instant } from '../model/time.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { HoldReason, Wait } from './decision.ts';
import type { Policy } from './policy.ts';
import type { TargetState, TargetStatus } from './state.ts';

/** What bears on one target under an order, besides the evidence. */
export interface AdvanceContext {
  readonly planned: PlannedTarget;
  readonly soakMs: DurationMs;
  readonly policy: Pick<Policy, 'evidenceMaxAgeMs' | 'unreachableAfterMs'>;
  /** The order it is under. */
  readonly order: StandingOrder | undefined;
  /** Where a target comes to rest when its rollout was aborted or superseded; `undefined` while that goes on. */
  readonly restsAs: 'deferred' | 'superseded' | undefined;
  readonly now: Instant;
}

export interface Advanced {
  readonly target: TargetState;
  /** Why it is not finished; `undefined` once it is settled. */
  readonly wait: Wait | undefined;
  /** When time alone could change where it stands; also for the worse, as evidence grows old. */
  readonly wakeAt: Instant | undefined;
}

/** Moves one target, which is under an order, to where the evidence says it is. */
export function advance(target: TargetState, evidence: Evidence, context: AdvanceContext): Advanced {
  switch (evidence.kind) {
    case 'not-asked':
      return notAsked(target, evidence.cause);
    case 'none':
      return withoutEvidence(target, evidence.cause, context);
    case 'not-accepted':
      return notAccepted(target, evidence, context);
    case 'moving':
      return moving(target, evidence, context);
    case 'healthy':
      return healthy(target, evidence.sample, context);
    default:
      return assertNever(evidence, 'advance');
  }
}

/** Time in these is left out of the deadline. */
const EXEMPT: ReadonlySet<TargetStatus> = new Set(['held', 'soaking', 'unreachable']);

/** Changes the status, and what goes with it; gives the same object when nothing changes. */
export function become(target: TargetState, status: TargetStatus, now: Instant, fields: Partial<TargetState>): TargetState {
  const moved = status !== target.status;
  const exemptMs = target.exemptMs + (moved && EXEMPT.has(target.status) ? Math.max(0, now - target.since) : 0);
  const next: TargetState = { ...target, exemptMs, ...fields, status, since: moved ? now : target.since };
  return isSame(target, next) ? target : next;
}

function isSame(a: TargetState, b: TargetState): boolean {
  for (const key of Object.keys(b) as (keyof TargetState)[]) {
    if (key !== 'progress' && a[key] !== b[key]) return false;
  }
  return a.progress?.done === b.progress?.done && a.progress?.total === b.progress?.total;
}

const modeOf = ({ order }: AdvanceContext): 'run' | 'hold' => order?.mode ?? 'run';
const inFlightUnder = (context: AdvanceContext): TargetStatus => (modeOf(context) === 'hold' ? 'held' : 'rolling');

/** The newest evidence, by both clocks. */
const seen = (target: TargetState, sample: Observation) => ({
  sampledAt: sample.sampledAt,
  seenAt: seenAtOf(target, sample),
  unseenSince: undefined,
});

/** The same sample received once more is not a new look: nothing has been seen since the first time. */
const seenAtOf = (target: TargetState, { sampledAt, receivedAt }: Observation): Instant =>
  target.seenAt !== undefined && sampledAt === target.sampledAt ? instant(Math.min(target.seenAt, receivedAt)) : receivedAt;

/** The first instant at which a sample no longer counts as evidence. */
export const staleAt = (receivedAt: Instant, { evidenceMaxAgeMs }: Pick<Policy, 'evidenceMaxAgeMs'>): Instant =>
  instant(receivedAt + evidenceMaxAgeMs + 1);

/** It stays as it is: that we have not looked, after a start say, is no silence of the data plane. */
function notAsked(target: TargetState, cause: string): Advanced {
  if (target.status === 'unreachable') return settled(target);
  return { target, wait: { reason: { kind: 'no-evidence', cause }, until: undefined }, wakeAt: undefined };
}

/** Cannot tell: never a success, and never a definite failure either. The soak clock keeps what was seen, and stands still. */
function withoutEvidence(target: TargetState, cause: string, context: AdvanceContext): Advanced {
  const { now, policy, order } = context;
  if (target.status === 'unreachable') return settled(target);
  const orderedAt = order?.orderedAt ?? target.since;
  const silentSince = Math.max(target.seenAt ?? orderedAt, orderedAt);
  // While it is held nothing is asked of it: when it may go on it is ordered anew, and patience runs from then.
  const isHeld = modeOf(context) === 'hold' && context.restsAs === undefined;
  const giveUpAt = isHeld ? undefined : instant(silentSince + policy.unreachableAfterMs);
  if (giveUpAt !== undefined && now >= giveUpAt) {
    return settled(become(target, 'unreachable', now, { detail: `no evidence for ${formatDuration(now - silentSince)}: ${cause}` }));
  }
  const next = target.status === 'soaking' ? become(target, inFlightUnder(context), now, { detail: `no evidence: ${cause}` }) : target;
  return { target: next, wait: { reason: { kind: 'no-evidence', cause }, until: giveUpAt }, wakeAt: giveUpAt };
}

function notAccepted(
  target: TargetState,
  { sample, missing }: Extract<Evidence, { kind: 'not-accepted' }>,
  context: AdvanceContext,
): Advanced {
  const reply = context.order?.reply;
  // Why it was refused is said by the hold: the answer goes when the order is sent again, and that alone changes no state.
  const detail = missing ? 'the data plane has no such cluster' : 'the data plane has not accepted the order';
  const status = modeOf(context) === 'hold' ? 'held' : 'applying';
  const next = become(target, status, context.now, { ...seen(target, sample), healthySince: undefined, brokenSince: undefined, detail });
  const reason: HoldReason =
    reply?.kind === 'refused' ? { kind: 'refused', reason: reply.reason ?? 'no reason given' } : { kind: 'not-accepted' };
  return untilDeadline(next, reason, seenAtOf(target, sample), context);
}

function moving(
  target: TargetState,
  { sample, crashLoop, words }: Extract<Evidence, { kind: 'moving' }>,
  context: AdvanceContext,
): Advanced {
  // A rescue or a retry starts from a broken cluster, and may still show the old crash loop: only its deadline can tell.
  const wasWhole = !target.rescue && target.attempt === 1;
  const brokenSince = crashLoop && wasWhole ? (target.brokenSince ?? sample.receivedAt) : undefined;
  const news = {
    ...seen(target, sample),
    progress: progressOf(sample, context.planned),
    healthySince: undefined,
    brokenSince,
    detail: words,
  };
  // One sample could be a blip; a crash loop that is still there in the next one is definite.
  const confirmed = target.brokenSince !== undefined && brokenSince !== undefined && isLater(sample, target);
  if (confirmed) return settled(become(target, 'failed', context.now, news));
  if (context.restsAs !== undefined && modeOf(context) === 'hold' && sample.held) {
    return settled(become(target, context.restsAs, context.now, { ...news, detail: `stopped in the middle: ${words}` }));
  }
  const next = become(target, inFlightUnder(context), context.now, news);
  const advanced = untilDeadline(next, { kind: 'rolling', words }, seenAtOf(target, sample), context);
  const confirmAt = brokenSince === undefined ? undefined : instant(brokenSince + CONFIRM_AFTER_MS);
  return confirmAt === undefined || confirmAt <= context.now ? advanced : { ...advanced, wakeAt: earliest(advanced.wakeAt, confirmAt) };
}

/** How soon a second sample is asked for: a broken release should not have to wait for the next tick by the schedule. */
export const CONFIRM_AFTER_MS = 1_000;

/** Sampled after the newest evidence of the target: another look, not the same one again. */
export const isLater = ({ sampledAt }: Observation, target: TargetState): boolean =>
  target.sampledAt !== undefined && sampledAt !== target.sampledAt;

function healthy(target: TargetState, sample: Observed, context: AdvanceContext): Advanced {
  const { planned, soakMs, now, policy, restsAs } = context;
  // Until now it was not healthy: that is news, also at what the data plane takes for the same instant.
  const receivedAt = target.healthySince === undefined ? sample.receivedAt : seenAtOf(target, sample);
  const healthySince = soakingSince(target, receivedAt, policy.evidenceMaxAgeMs);
  const soakedAt = instant(healthySince + soakMs);
  const news = { ...seen(target, sample), seenAt: receivedAt, progress: progressOf(sample, planned), healthySince, brokenSince: undefined };
  if (receivedAt >= soakedAt) {
    return settled(become(target, 'succeeded', now, { ...news, detail: `healthy for ${formatDuration(receivedAt - healthySince)}` }));
  }
  // Rolled and healthy is at rest: whoever takes over need not wait for a soak that proves the version it leaves.
  if (restsAs === 'superseded') return settled(become(target, restsAs, now, { ...news, detail: 'rolled, and healthy so far' }));
  // Past the end of the soak, only a newer sample can say that it was healthy to the end.
  const until = soakedAt > now ? soakedAt : undefined;
  return {
    target: become(target, 'soaking', now, { ...news, detail: sample.detail }),
    wait: { reason: { kind: 'soaking', soakMs }, until },
    wakeAt: earliest(until, staleAt(receivedAt, policy)),
  };
}

/** Only time that was seen counts; where our clock was set back, the soak begins anew. */
function soakingSince(target: TargetState, receivedAt: Instant, evidenceMaxAgeMs: number): Instant {
  const since = target.healthySince;
  if (since === undefined || target.seenAt === undefined || receivedAt < target.seenAt) return receivedAt;
  const gapMs = receivedAt - target.seenAt;
  return gapMs > evidenceMaxAgeMs ? instant(since + gapMs) : since;
}

/** Fails a target that has had its time. The clock runs while the target could move and is seen not to be there. */
function untilDeadline(target: TargetState, reason: HoldReason, receivedAt: Instant, context: AdvanceContext): Advanced {
  const { now, planned, policy } = context;
  const deadline = deadlineOf(target, context);
  if (deadline !== undefined && now >= deadline) {
    const words = reason.kind === 'refused' ? `the data plane refuses the order: ${reason.reason}` : (target.detail ?? 'no detail');
    const detail = `not healthy within ${formatDuration(planned.deadlineMs)}: ${words}`;
    return settled(become(target, 'failed', now, { detail }));
  }
  return { target, wait: { reason, until: deadline }, wakeAt: earliest(deadline, staleAt(receivedAt, policy)) };
}

function deadlineOf(target: TargetState, { planned, restsAs }: AdvanceContext): Instant | undefined {
  if (target.status === 'held') return restsAs === undefined ? undefined : instant(target.since + planned.deadlineMs);
  return instant((target.startedAt ?? target.since) + target.exemptMs + planned.deadlineMs);
}

const settled = (target: TargetState): Advanced => ({ target, wait: undefined, wakeAt: undefined });

/** Brokers that are there, of all; unknown while brokers move to the version they have already. */
function progressOf(sample: Observed, { from, spec }: PlannedTarget): TargetState['progress'] {
  const total = sample.brokers.length;
  const there = sample.brokers.filter(({ version, state }) => version === spec.version && state === 'ready').length;
  if (sample.rolled && there === total) return { done: total, total };
  if (from === undefined || from.version === spec.version) return undefined;
  return { done: there, total };
}
