import type { ClusterId, CommitSha, PlanDigest, Revision, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';

/** The execution of one plan: all that is remembered of it between ticks. */
export interface RolloutState {
  readonly id: RolloutId;
  readonly digest: PlanDigest;
  readonly commit: CommitSha;
  readonly status: RolloutStatus;
  readonly createdAt: Instant;
  readonly finishedAt: Instant | undefined;
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

export const FINISHED: ReadonlySet<RolloutStatus> = new Set(['aborted', 'superseded', 'completed', 'completed-with-deferrals']);

/** Every pause has a cause and a way out. */
export interface Pause {
  readonly cause: 'person' | 'failed-budget' | 'unreachable-budget' | 'deferred-budget';
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
  /** When this attempt was ordered; the deadline runs from here. Time spent held does not count. */
  readonly startedAt: Instant | undefined;
  /** Milliseconds of this attempt spent under a hold, to be left out of the deadline. */
  readonly heldMs: number;
  /** The soak clock: first sample, at this revision and after its order was accepted, since when it has been healthy without a break. */
  readonly healthySince: Instant | undefined;
  /** When the newest evidence was sampled. */
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

/** What a newer rollout needs to know of a revision: kept for rollback and for lagging. */
export interface RevisionSeen {
  readonly cluster: ClusterId;
  readonly revision: Revision;
}
