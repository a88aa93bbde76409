import type { ClusterId, CommitSha, PlanDigest, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';

/** The execution of one plan: all that is remembered of it between ticks. */
export interface RolloutState {
  readonly id: RolloutId;
  readonly digest: PlanDigest;
  readonly commit: CommitSha;
  readonly status: RolloutStatus;
  readonly createdAt: Instant;
  /** Set once nothing more will happen. An aborted rollout winds down first: its clusters in flight come to rest. */
  readonly finishedAt: Instant | undefined;
  /** When a person last resumed it: what had gone wrong before was seen by then, and counts against no budget any more. */
  readonly resumedAt: Instant | undefined;
  /** Set exactly while the status is `paused`. */
  readonly pause: Pause | undefined;
  /** By phase id. */
  readonly phases: ReadonlyMap<string, PhaseState>;
  readonly targets: ReadonlyMap<ClusterId, TargetState>;
  readonly approvals: readonly Approval[];
}

export type RolloutStatus =
  | 'awaiting-approval'
  | 'running'
  | 'paused'
  | 'aborted'
  | 'superseded'
  | 'completed'
  | 'completed-with-deferrals';

/** Nothing more will happen. The status alone does not say so: an aborted rollout winds down first. */
export const isFinished = (state: Pick<RolloutState, 'finishedAt'>): boolean => state.finishedAt !== undefined;

/** Every pause has a cause and a way out. */
export interface Pause {
  readonly cause: 'person' | 'failed-budget' | 'unreachable-budget' | 'deferred-budget' | 'unproven-canary';
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  readonly phase: string | undefined;
}

export interface Approval {
  readonly phase: string;
  readonly by: string;
  readonly digest: PlanDigest;
  readonly at: Instant;
}

export interface PhaseState {
  readonly status: 'waiting' | 'awaiting-approval' | 'running' | 'done' | 'skipped';
  readonly startedAt: Instant | undefined;
  readonly finishedAt: Instant | undefined;
  /** Milliseconds since the start during which the rollout was paused; its longest duration leaves them out. */
  readonly pausedMs: number;
}

/**
 * Where one target stands. Accepted, rolled and soaked are different things: an order that was taken is
 * `rolling`, brokers that have moved and are healthy are `soaking`, and only a full soak is `succeeded`.
 */
export interface TargetState {
  readonly status: TargetStatus;
  /** Since when the status is this. */
  readonly since: Instant;
  /** Counts the times the target was started: 0 before the first, and one more with each retry. */
  readonly attempt: number;
  /** Epoch of the order it is under; 0 before the first. */
  readonly epoch: number;
  /** When this attempt was ordered; the deadline runs from here. */
  readonly startedAt: Instant | undefined;
  /** Milliseconds of this attempt that the deadline leaves out: spent held, healthy, or unreachable. */
  readonly exemptMs: number;
  /** It was broken, or in the middle of a move, when this attempt took it over: started at once, outside limits and budgets. */
  readonly rescued: boolean;
  /**
   * The soak clock: first sample, at this revision and after its order was accepted, since when it has not been seen
   * unhealthy. Moved forward by any time without evidence, so that only time that was seen counts.
   */
  readonly healthySince: Instant | undefined;
  /** First sample, at this revision and after its order was accepted, since when a broker has been in a crash loop. */
  readonly brokenSince: Instant | undefined;
  /** When the newest evidence was sampled. Before the start: since when it could not be seen, if it cannot. */
  readonly seenAt: Instant | undefined;
  /** How far it is, in brokers; from the newest evidence. */
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  /** Evidence, or the reason for the status, in words. */
  readonly detail: string | undefined;
  /** For `superseded`: the rollout that took over. */
  readonly supersededBy: RolloutId | undefined;
}

export type TargetStatus =
  | 'waiting'
  | 'applying'
  | 'rolling'
  | 'soaking'
  | 'held'
  | 'succeeded'
  | 'failed'
  | 'unreachable'
  | 'deferred'
  | 'skipped'
  | 'removed'
  | 'superseded';

/** Ordered, and not known to be rolled and healthy: these count against every limit of concurrency. */
export const IN_FLIGHT: ReadonlySet<TargetStatus> = new Set(['applying', 'rolling', 'held']);
/** Nothing more will happen to it in this rollout unless a person asks. */
export const SETTLED: ReadonlySet<TargetStatus> = new Set([
  'succeeded',
  'failed',
  'unreachable',
  'deferred',
  'skipped',
  'removed',
  'superseded',
]);

/** A target that nobody has touched yet. */
export function untouched(at: Instant): TargetState {
  return {
    status: 'waiting',
    since: at,
    attempt: 0,
    epoch: 0,
    startedAt: undefined,
    exemptMs: 0,
    rescued: false,
    healthySince: undefined,
    brokenSince: undefined,
    seenAt: undefined,
    progress: undefined,
    detail: undefined,
    supersededBy: undefined,
  };
}

export const PHASE_AHEAD: PhaseState = { status: 'waiting', startedAt: undefined, finishedAt: undefined, pausedMs: 0 };
