import type { ClusterId, CommitSha, PlanDigest, RolloutId, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { Stop, StopScope } from '../stop/stop.ts';

/** The execution of one release's part of a plan: all that is remembered of it between ticks. */
export interface RolloutState {
  readonly id: RolloutId;
  readonly digest: PlanDigest;
  readonly commit: CommitSha;
  readonly release: string;
  /** Grows with each rollout of the fleet: the order of the queue, which no clock decides. */
  readonly seq: number;
  /** The place in line: its own `seq`, or that of the oldest rollout whose clusters it took over. Products that require this one wait by it. */
  readonly inLineSince: number;
  readonly status: RolloutStatus;
  readonly createdAt: Instant;
  /** When it left `pending`. */
  readonly startedAt: Instant | undefined;
  /** When it last began to go on, after the start or a stop: patience with unseen clusters runs from here. */
  readonly goingSince: Instant | undefined;
  /** Since when stops have held all of it; `undefined` while they do not. */
  readonly stoppedSince: Instant | undefined;
  /** Set once nothing of it moves any more. An aborted or superseded rollout winds down first: its clusters in flight come to rest. */
  readonly finishedAt: Instant | undefined;
  /** Succeeded targets are watched until then. `undefined` before the end, and once the guard is over. */
  readonly guardUntil: Instant | undefined;
  readonly supersededBy: RolloutId | undefined;
  /** A person asked that it take over at once from the active one of its release. */
  readonly takesOver: boolean;
  /** By phase name. */
  readonly phases: ReadonlyMap<string, PhaseState>;
  /** In the order of the phases and their members. */
  readonly targets: ReadonlyMap<ClusterId, TargetState>;
  readonly approvals: readonly Approval[];
  readonly overrides: readonly Override[];
}

export const ROLLOUT_STATUSES = [
  /** Behind another rollout of its release. */
  'pending',
  /** Nothing moves until a phase is approved. */
  'awaiting-approval',
  'running',
  /** Stops hold all of it. */
  'paused',
  /** Ended by a person; clusters in flight come to rest, then it is finished. */
  'aborted',
  /** A newer rollout of its release has taken over; clusters in flight come to rest, then it is finished. */
  'superseded',
  'completed',
  /** Every phase is done, and some clusters were left behind. */
  'completed-with-deferrals',
] as const;
export type RolloutStatus = WordOf<typeof ROLLOUT_STATUSES>;

/** Nothing more will be started or moved. */
export const isFinished = (state: Pick<RolloutState, 'finishedAt'>): boolean => state.finishedAt !== undefined;
/** Aborted or superseded, and its clusters in flight are still coming to rest. */
export const isWindingDown = ({ status, finishedAt }: Pick<RolloutState, 'status' | 'finishedAt'>): boolean =>
  finishedAt === undefined && (status === 'aborted' || status === 'superseded');
/** The one rollout of its release that may start targets. */
export const isActive = ({ status, finishedAt }: Pick<RolloutState, 'status' | 'finishedAt'>): boolean =>
  finishedAt === undefined && status !== 'pending' && status !== 'aborted' && status !== 'superseded';

export interface Approval {
  readonly phase: string;
  readonly by: string;
  readonly digest: PlanDigest;
  readonly at: Instant;
}

/**
 * `expedite`: shortens bakes and ignores windows that allow it. `waiver`: a canary phase need not prove anything. `requirement`: it need not
 * wait for a required product.
 */
export const OVERRIDE_KINDS = ['expedite', 'waiver', 'requirement'] as const;

/** What a person has set aside for one rollout, with a reason and an end. */
export interface Override {
  readonly kind: WordOf<typeof OVERRIDE_KINDS>;
  /** One phase; `undefined`: all of them. */
  readonly phase: string | undefined;
  /** Of a `requirement`: the product that it does not wait for. */
  readonly product: string | undefined;
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  /** Only an expedite has one: the others say something of what has happened. */
  readonly until: Instant | undefined;
}

export const PHASE_STATUSES = [
  'waiting',
  'awaiting-approval',
  'running',
  /** All members have soaked; the phase waits before the next one begins. */
  'baking',
  'done',
  'skipped',
] as const;
export type PhaseStatus = WordOf<typeof PHASE_STATUSES>;

export interface PhaseState {
  readonly status: PhaseStatus;
  readonly startedAt: Instant | undefined;
  /** Since when it bakes. */
  readonly bakingSince: Instant | undefined;
  readonly finishedAt: Instant | undefined;
  /** Milliseconds since the start during which stops held the rollout; its longest duration leaves them out. */
  readonly stoppedMs: number;
  /** When stops held a part of it, while others could go on. Only kept where there is a longest duration. */
  readonly heldParts: readonly HeldPart[];
}

/** A stop on some targets of a phase, and when it held them; it goes on where it has no end. */
export interface HeldPart {
  readonly stop: StopId;
  readonly scope: StopScope;
  readonly lets: Stop['lets'];
  readonly since: Instant;
  readonly until: Instant | undefined;
}

/** Nothing of the phase is left to do. */
export const isPhaseOver = ({ status }: Pick<PhaseState, 'status'>): boolean => status === 'done' || status === 'skipped';

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
  /** Its last rollout left it failed or half-way: it goes before its turn, under a limit of its own. */
  readonly rescue: boolean;
  /** A person asked for another attempt: it may try a version that is in quarantine, and lifts that when it soaks. */
  readonly probe: boolean;
  /**
   * The soak clock, by our time: since when it has not been seen unhealthy at this revision under its order. Moved forward
   * by any time without evidence, so that only time that was seen counts.
   */
  readonly healthySince: Instant | undefined;
  /** When we received the first of the samples that show it broken: a second one, sampled later, confirms it. */
  readonly brokenSince: Instant | undefined;
  /** The newest evidence: by the clock of its data plane, and when we received it. */
  readonly sampledAt: Instant | undefined;
  readonly seenAt: Instant | undefined;
  /** Before the start: since when it could not be seen, if it cannot. */
  readonly unseenSince: Instant | undefined;
  /** How far it is, in brokers; from the newest evidence. */
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  /** Evidence, or the reason for the status, in words. */
  readonly detail: string | undefined;
  /** What has gone wrong, and was seen by the person who resumed: by identity, never by comparing times. */
  readonly acknowledged: { readonly attempt: number; readonly status: TargetStatus } | undefined;
  readonly supersededBy: RolloutId | undefined;
}

export const TARGET_STATUSES = [
  'waiting',
  /** Ordered, and not acknowledged. */
  'applying',
  /** Accepted: brokers are moving. */
  'rolling',
  /** Rolled and healthy; the clock runs. */
  'soaking',
  /** Stopped in the middle. */
  'held',
  /** Soaked. */
  'succeeded',
  /** Definite: a crash loop, the deadline, or it broke after its soak. */
  'failed',
  /** Cannot tell. */
  'unreachable',
  /** Not started in time, or stopped in the middle by an abort. */
  'deferred',
  /** There already, or left out. */
  'skipped',
  /** No longer in the manifests. */
  'removed',
  /** Another rollout has it, or nobody wants this spec any more. */
  'superseded',
] as const;
export type TargetStatus = WordOf<typeof TARGET_STATUSES>;

/**
 * `ahead`: not ordered in this attempt. `in-flight`: ordered, and not known to have soaked; it holds its slots in every limit.
 * `settled`: nothing more will happen to it in this rollout unless a person asks, or it breaks.
 */
const STAGE: Readonly<Record<TargetStatus, 'ahead' | 'in-flight' | 'settled'>> = {
  waiting: 'ahead',
  applying: 'in-flight',
  rolling: 'in-flight',
  soaking: 'in-flight',
  held: 'in-flight',
  succeeded: 'settled',
  failed: 'settled',
  unreachable: 'settled',
  deferred: 'settled',
  skipped: 'settled',
  removed: 'settled',
  superseded: 'settled',
};
const statusesAt = (stage: 'in-flight' | 'settled'): ReadonlySet<TargetStatus> =>
  new Set(TARGET_STATUSES.filter((status) => STAGE[status] === stage));

export const IN_FLIGHT = statusesAt('in-flight');
export const SETTLED = statusesAt('settled');

/** Not ordered in this attempt; a target that could not be seen when its turn came is `unreachable` without having been started. */
export const isUnstarted = ({ status, startedAt }: Pick<TargetState, 'status' | 'startedAt'>): boolean =>
  status === 'waiting' || (status === 'unreachable' && startedAt === undefined);

/** What is remembered of evidence before an attempt has any. */
export const NOTHING_SEEN = {
  healthySince: undefined,
  brokenSince: undefined,
  sampledAt: undefined,
  seenAt: undefined,
  unseenSince: undefined,
  progress: undefined,
} as const satisfies Partial<TargetState>;

/** A target that nobody has touched yet. */
export function untouched(at: Instant): TargetState {
  return {
    status: 'waiting',
    since: at,
    attempt: 0,
    epoch: 0,
    startedAt: undefined,
    exemptMs: 0,
    rescue: false,
    probe: false,
    ...NOTHING_SEEN,
    detail: undefined,
    acknowledged: undefined,
    supersededBy: undefined,
  };
}

export const PHASE_AHEAD: PhaseState = {
  status: 'waiting',
  startedAt: undefined,
  bakingSince: undefined,
  finishedAt: undefined,
  stoppedMs: 0,
  heldParts: [],
};
