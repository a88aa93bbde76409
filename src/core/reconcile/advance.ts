import { assertNever } from '../model/assert.ts';
import { type DurationMs, earliest, formatDuration, type Instant, instant } from '../model/time.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { describe, type Evidence, staleAt } from './classify.ts';
import type { HoldReason, Policy, Wait } from './decision.ts';
import type { Observed } from './evidence.ts';
import type { TargetState, TargetStatus } from './state.ts';

/** What bears on one target under an order, besides the evidence. */
export interface Circumstances {
  readonly planned: PlannedTarget;
  readonly bakeMs: DurationMs;
  readonly policy: Pick<Policy, 'evidenceMaxAgeMs' | 'unreachableAfterMs'>;
  /** The order it is under. */
  readonly mode: 'run' | 'hold';
  readonly orderedAt: Instant;
  /** The rollout was aborted: a target that has come to rest is done with. */
  readonly windingDown: boolean;
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
export function advance(target: TargetState, evidence: Evidence, at: Circumstances): Advanced {
  switch (evidence.kind) {
    case 'none':
      return withoutEvidence(target, evidence.cause, at);
    case 'not-accepted':
      return notAccepted(target, evidence.sampledAt, evidence.missing, at);
    case 'moving':
      return moving(target, evidence, at);
    case 'healthy':
      return healthy(target, evidence.sampledAt, evidence.observed, at);
    default:
      return assertNever(evidence, 'advance');
  }
}

/** Time in these is left out of the deadline. */
const EXEMPT: ReadonlySet<TargetStatus> = new Set(['held', 'soaking', 'unreachable']);

/** Changes the status, and what goes with it; gives the same object when nothing changes. */
export function become(target: TargetState, status: TargetStatus, now: Instant, fields: Partial<TargetState>): TargetState {
  const moved = status !== target.status;
  const exemptMs = target.exemptMs + (moved && EXEMPT.has(target.status) ? now - target.since : 0);
  const next: TargetState = { ...target, exemptMs, ...fields, status, since: moved ? now : target.since };
  return same(target, next) ? target : next;
}

function same(a: TargetState, b: TargetState): boolean {
  for (const key of Object.keys(b) as (keyof TargetState)[]) {
    if (key !== 'progress' && a[key] !== b[key]) return false;
  }
  return a.progress?.done === b.progress?.done && a.progress?.total === b.progress?.total;
}

const inFlightUnder = (mode: Circumstances['mode']): TargetStatus => (mode === 'hold' ? 'held' : 'rolling');

/** Cannot tell: never a success, and never a definite failure either. The soak clock keeps what was seen, and stands still. */
function withoutEvidence(target: TargetState, cause: string, at: Circumstances): Advanced {
  const { now, policy } = at;
  if (target.status === 'unreachable') return settled(target);
  const silentSince = Math.max(target.seenAt ?? at.orderedAt, at.orderedAt);
  const giveUpAt = instant(silentSince + policy.unreachableAfterMs);
  if (now >= giveUpAt) {
    return settled(become(target, 'unreachable', now, { detail: `no evidence for ${formatDuration(now - silentSince)}: ${cause}` }));
  }
  const next = target.status === 'soaking' ? become(target, inFlightUnder(at.mode), now, { detail: `no evidence: ${cause}` }) : target;
  return { target: next, wait: { reason: { kind: 'no-evidence', cause }, until: giveUpAt }, wakeAt: giveUpAt };
}

function notAccepted(target: TargetState, seenAt: Instant, missing: boolean, at: Circumstances): Advanced {
  const detail = missing ? 'the data plane has no such cluster' : 'the data plane has not accepted the order';
  const next = become(target, at.mode === 'hold' ? 'held' : 'applying', at.now, { seenAt, healthySince: undefined, detail });
  return untilDeadline(next, { kind: 'not-accepted' }, seenAt, at);
}

function moving(target: TargetState, evidence: Extract<Evidence, { kind: 'moving' }>, at: Circumstances): Advanced {
  const { sampledAt, observed, crashLoop } = evidence;
  const detail = describe(observed);
  // A rescue or a retry starts from a broken cluster, and may still show the old crash loop: only its deadline can tell.
  const wasWhole = !target.rescued && target.attempt === 1;
  const brokenSince = crashLoop && wasWhole ? (target.brokenSince ?? sampledAt) : undefined;
  const seen = { seenAt: sampledAt, progress: progressOf(observed, at.planned), healthySince: undefined, brokenSince, detail };
  // One sample could be a blip; a crash loop that is still there in the next one is definite.
  if (brokenSince !== undefined && sampledAt > brokenSince) return settled(become(target, 'failed', at.now, seen));
  if (at.windingDown && at.mode === 'hold' && observed.held) {
    return settled(become(target, 'deferred', at.now, { ...seen, detail: `stopped in the middle by the abort: ${detail}` }));
  }
  const next = become(target, inFlightUnder(at.mode), at.now, seen);
  const advanced = untilDeadline(next, { kind: 'rolling', words: detail }, sampledAt, at);
  const confirmAt = brokenSince === undefined ? undefined : instant(brokenSince + CONFIRM_AFTER_MS);
  return confirmAt === undefined || confirmAt <= at.now ? advanced : { ...advanced, wakeAt: earliest(advanced.wakeAt, confirmAt) };
}

/** How soon a second sample is asked for: a broken release should not have to wait for the next tick by the schedule. */
const CONFIRM_AFTER_MS = 1_000;

function healthy(target: TargetState, sampledAt: Instant, observed: Observed, at: Circumstances): Advanced {
  const { planned, bakeMs, now, policy } = at;
  const gapMs = target.seenAt === undefined ? 0 : sampledAt - target.seenAt;
  const unseenMs = gapMs > policy.evidenceMaxAgeMs ? gapMs : 0;
  const healthySince = target.healthySince === undefined ? sampledAt : instant(target.healthySince + unseenMs);
  const soakedAt = instant(healthySince + bakeMs);
  const seen = { seenAt: sampledAt, progress: progressOf(observed, planned), healthySince, brokenSince: undefined };
  if (sampledAt >= soakedAt) {
    return settled(become(target, 'succeeded', now, { ...seen, detail: `healthy for ${formatDuration(sampledAt - healthySince)}` }));
  }
  // Past the end of the soak, only a newer sample can say that it was healthy to the end.
  const until = soakedAt > now ? soakedAt : undefined;
  return {
    target: become(target, 'soaking', now, { ...seen, detail: observed.detail }),
    wait: { reason: { kind: 'soaking', bakeMs }, until },
    wakeAt: earliest(until, staleAt(sampledAt, policy)),
  };
}

/** Fails a target that has had its time. The clock runs while the target could move and is seen not to be there. */
function untilDeadline(target: TargetState, reason: HoldReason, sampledAt: Instant, at: Circumstances): Advanced {
  const { now, planned, policy } = at;
  const deadline = deadlineOf(target, at);
  if (deadline !== undefined && now >= deadline) {
    const detail = `not healthy within ${formatDuration(planned.deadlineMs)}: ${target.detail ?? 'no detail'}`;
    return settled(become(target, 'failed', now, { detail }));
  }
  return { target, wait: { reason, until: deadline }, wakeAt: earliest(deadline, staleAt(sampledAt, policy)) };
}

function deadlineOf(target: TargetState, { planned, windingDown }: Circumstances): Instant | undefined {
  if (target.status === 'held') return windingDown ? instant(target.since + planned.deadlineMs) : undefined;
  return instant((target.startedAt ?? target.since) + target.exemptMs + planned.deadlineMs);
}

const settled = (target: TargetState): Advanced => ({ target, wait: undefined, wakeAt: undefined });

/** Brokers that are there, of all; unknown while brokers move to the version they have already. */
function progressOf(observed: Observed, { from, spec }: PlannedTarget): TargetState['progress'] {
  const total = observed.brokers.length;
  if (observed.rolled) return { done: total, total };
  if (from === undefined || from.version === spec.version) return undefined;
  return { done: observed.brokers.filter(({ version, state }) => version === spec.version && state === 'ready').length, total };
}
