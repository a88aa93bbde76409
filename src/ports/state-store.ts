import type { CarriedOut } from '../core/change/command-outcome.ts';
import type { AuditLine, DesiredDelta, Heads, NewRollouts, RolloutDelta } from '../core/change/fleet-change.ts';
import type { AcceptedCommand, GivenCommand } from '../core/command/accepted.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import type { Drift } from '../core/drift/drift.ts';
import type { LastTarget } from '../core/drift/why-lagging.ts';
import type { Observation } from '../core/evidence/observation.ts';
import type { Order, OrderReply, StandingOrders } from '../core/evidence/order.ts';
import type { Ledger, LedgerEntry } from '../core/ledger/ledger.ts';
import type { ClusterId, CommitSha, FleetId, PlanDigest, RolloutId, StopId } from '../core/model/ids.ts';
import type { Retirement } from '../core/model/retirement.ts';
import type { Instant } from '../core/model/time.ts';
import type { WordOf } from '../core/model/vocabulary.ts';
import type { Intent, Plan, RolloutKind, Urgency } from '../core/plan/plan.ts';
import type { ClusterFailure } from '../core/reconcile/cluster-failure.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import type { RolloutStatus, TargetStatus } from '../core/reconcile/state.ts';
import type { AskedConsent, RuleApproval } from '../core/rules/consent.ts';
import type { Stop } from '../core/stop/stop.ts';
import type { PullInfo } from './code-host.ts';

/**
 * All that the bot remembers. Reads are plain; every write of the loop is one `commit`, which is one
 * transaction: state, orders, audit and outgoing jobs together, or nothing.
 *
 * Every method throws PortError when the database does not answer.
 */
export interface StateStore {
  /** Stores a webhook delivery and its jobs, once: a delivery that was stored before changes nothing. */
  receive(delivery: Delivery, jobs: readonly Job[]): Promise<'stored' | 'known'>;

  /** How far something that comes in order has been read, as it was saved last; `undefined` before that. Whoever asks decodes it. */
  cursor(name: string): Promise<unknown>;
  saveCursor(name: string, position: object): Promise<void>;

  /**
   * Stores a command and the jobs that carry it out, once for each key: who gives it again is told what was accepted, and what became
   * of it. Needs neither the version of the fleet nor its lease, and waits for nobody who writes for the fleet.
   */
  accept(fleet: FleetId, given: GivenCommand, jobs: readonly Job[]): Promise<AcceptedCommand>;
  /** Commands that are not carried out yet, in the order in which they were accepted. */
  waitingCommands(fleet: FleetId): Promise<readonly AcceptedCommand[]>;
  command(fleet: FleetId, id: number): Promise<AcceptedCommand | undefined>;

  saveFleet(fleet: FleetRecord): Promise<void>;
  fleets(): Promise<readonly FleetRecord[]>;
  fleet(id: FleetId): Promise<FleetRecord | undefined>;
  /** The fleet of the repository with this id, whatever that is called now. */
  fleetOfRepository(repository: number): Promise<FleetRecord | undefined>;

  /** Repositories that are no fleets, as they were when they were looked at last: as long as they are so, nobody looks again. */
  bystanders(): Promise<ReadonlyMap<number, string>>;
  saveBystander(repository: number, asOf: string): Promise<void>;

  /** The desired state at the last processed commit. */
  desired(fleet: FleetId): Promise<DesiredState>;
  /** What holds for all rollouts, as of the last commit with valid manifests; `undefined` before the first. */
  policy(fleet: FleetId): Promise<Policy | undefined>;
  /** What is known of each cluster besides what is wanted; entries outlive rollouts, and clusters. */
  ledger(fleet: FleetId): Promise<Ledger>;
  /** Stops that are not lifted, oldest first. */
  stops(fleet: FleetId): Promise<readonly Stop[]>;
  stop(fleet: FleetId, id: StopId): Promise<Stop | undefined>;
  /** Rollouts without `finishedAt`, and those with `guardUntil`, by `seq`: an aborted one is among them until its clusters have come to rest. */
  activeRollouts(fleet: FleetId): Promise<readonly ActiveRollout[]>;
  /** `undefined` also for one that ended so long ago that only its summary is kept. */
  rollout(fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined>;
  rolloutSummary(fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined>;
  /** The rollouts of one plan's landing, by `seq`: those that one commit brought. */
  rolloutsOfCommit(fleet: FleetId, commit: CommitSha): Promise<readonly RolloutSummary[]>;
  /** The whole plan that a rollout is a part of. */
  plan(fleet: FleetId, digest: PlanDigest): Promise<Plan | undefined>;
  /** Rollouts, newest first, without plan and targets. */
  recentRollouts(fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]>;
  /** The newest rollout of a release, finished or not. */
  lastRollout(fleet: FleetId, release: string): Promise<RolloutSummary | undefined>;
  /** The rollout, finished or not, that last had this cluster as a target, and how it ended there: why a cluster lags. */
  lastTargets(fleet: FleetId, clusters: readonly ClusterId[]): Promise<ReadonlyMap<ClusterId, LastTarget>>;
  /** Each time that this cluster failed in a rollout since then, newest first. Kept for years, whatever else of the rollouts is. */
  failures(fleet: FleetId, cluster: ClusterId, since: Instant): Promise<readonly ClusterFailure[]>;
  /** The newest order of each cluster, with what was answered. */
  orders(fleet: FleetId): Promise<StandingOrders>;
  /** Orders that are still to be sent: not answered yet, or to be sent again. Oldest first, at most `limit`. */
  undelivered(fleet: FleetId, dataPlane: string, limit: number): Promise<readonly Order[]>;
  /**
   * Records the answers; an order that was replaced or answered meanwhile stays as it is. Grows the fleet's version by one, as a
   * commit does, when there was anything to record.
   *
   * @returns that version; `undefined` when there was nothing.
   */
  recordReplies(fleet: FleetId, replies: readonly OrderReply[], at: Instant): Promise<number | undefined>;
  /**
   * Claims clusters at one place for the fleet: those that nobody has, or that whoever has them has let go of, because that fleet no
   * longer describes them or is retired.
   *
   * @param place - where the data plane is, whatever fleet names it.
   * @returns the others, with whose they are.
   */
  claim(fleet: FleetId, place: string, clusters: readonly ClusterId[]): Promise<ReadonlyMap<ClusterId, FleetId>>;
  /** The newest observation of each cluster that any tick has stored. */
  observations(fleet: FleetId): Promise<ReadonlyMap<ClusterId, Observation>>;
  /** When each of those was received: all that a decision needs to know of them. */
  observationTimes(fleet: FleetId): Promise<ReadonlyMap<ClusterId, Instant>>;
  drifts(fleet: FleetId): Promise<readonly Drift[]>;
  audit(fleet: FleetId, filter: { readonly subject?: string; readonly limit: number }): Promise<readonly AuditEntry[]>;

  pull(fleet: FleetId, number: number): Promise<PullRecord | undefined>;
  /** Those on record that are open, by number. */
  openPulls(fleet: FleetId): Promise<readonly PullRecord[]>;
  savePull(fleet: FleetId, pull: PullRecord): Promise<void>;
  /** Who has agreed to the loss of protection that this pull request brings, and counts so far: in the order of the approvals. */
  ruleApprovals(fleet: FleetId, pull: number): Promise<readonly RuleApproval[]>;

  /** What we have written on the code host, by our own key: `comment:12`. */
  projection(fleet: FleetId, key: string): Promise<Projection | undefined>;
  projections(fleet: FleetId, prefix: string): Promise<readonly Projection[]>;
  saveProjection(fleet: FleetId, projection: Projection): Promise<void>;

  /**
   * Writes everything in one transaction.
   *
   * @returns `conflict` when the fleet has moved on since `expectedVersion`, or the command is carried out already: nothing was
   *   written, tick again.
   */
  commit(change: StateChange): Promise<'committed' | 'conflict'>;
  /** Adds jobs outside a change of state: a timer, a sweep. */
  enqueue(jobs: readonly Job[]): Promise<void>;
  /** Has the jobs of the fleet run now that wait for a person: something may have been fixed since. */
  retryParked(fleet: FleetId): Promise<void>;
  /** True while the database answers. */
  healthy(): Promise<boolean>;
}

export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly fleet: FleetId | undefined;
  readonly payload: unknown;
  readonly receivedAt: Instant;
}

/** A watched repository. */
export interface FleetRecord {
  readonly id: FleetId;
  /** The id that the code host gave the repository; `undefined` for a fleet of before ids were kept, until its repository is listed next. */
  readonly repository: number | undefined;
  readonly installation: number;
  /** What the repository is called now, as far as we have heard. */
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
  /** Nothing is done for it while this is set; all that is known of it is kept. */
  readonly retired: Retirement | undefined;
  /** Newest commit of the default branch that was looked at, valid or not. */
  readonly seenHead: CommitSha | undefined;
  /** Newest commit whose manifests were valid: desired state and policy are read there. */
  readonly goodHead: CommitSha | undefined;
  /** Grows with each commit of state: the fence against a second writer. */
  readonly version: number;
}

export interface StateChange {
  readonly fleet: FleetId;
  readonly expectedVersion: number;
  readonly at: Instant;
  readonly heads?: Heads & { readonly seen: CommitSha };
  /** Desired specs that changed at `heads.good`, and clusters that are no more. */
  readonly desired?: Omit<DesiredDelta, 'next'>;
  /** What holds from this commit on; in the same transaction as `desired`. */
  readonly policy?: Policy;
  /** The rollouts of one plan. */
  readonly newRollouts?: NewRollouts;
  /** Rollouts that changed; only the changed phases and targets are named. */
  readonly rollouts?: readonly RolloutDelta[];
  /** Set, or changed: whole, by id. */
  readonly stops?: readonly Stop[];
  /** Whole entries. */
  readonly ledger?: readonly LedgerEntry[];
  readonly orders?: readonly Order[];
  /** Standing orders that are to be sent again, unless they have been replaced. */
  readonly sendAgain?: readonly { readonly cluster: ClusterId; readonly epoch: number }[];
  readonly observations?: readonly Observation[];
  /** The whole list of drifts, replacing the one before; left out: unchanged. */
  readonly drifts?: readonly Drift[];
  /** Given, each in place of an earlier one of the same person for the same pull request. */
  readonly ruleApprovals?: readonly RuleApproval[];
  readonly withdrawnApprovals?: readonly Pick<RuleApproval, 'pull' | 'by'>[];
  /** The command that all this carries out. */
  readonly carriedOut?: CarriedOut;
  readonly audit?: readonly AuditEntry[];
  readonly jobs?: readonly Job[];
}

export interface RolloutSummary {
  readonly id: RolloutId;
  readonly digest: PlanDigest;
  readonly commit: CommitSha;
  readonly release: string;
  readonly product: string;
  readonly seq: number;
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
  /** The commit that brought what it rolls out, where that is another than its own. */
  readonly origin: CommitSha | undefined;
  readonly status: RolloutStatus;
  readonly kind: RolloutKind;
  readonly intent: Intent;
  readonly urgency: Urgency;
  readonly createdAt: Instant;
  readonly startedAt: Instant | undefined;
  readonly finishedAt: Instant | undefined;
  readonly guardUntil: Instant | undefined;
  readonly supersededBy: RolloutId | undefined;
  /** Targets by status. */
  readonly counts: Readonly<Partial<Record<TargetStatus, number>>>;
}

/** One line of the append-only history: who, what, why, when. */
export interface AuditEntry extends AuditLine {
  readonly at: Instant;
}

/** What we know of a pull request: whether its comment is a plan, and of what. */
export interface PullRecord {
  readonly number: number;
  /** Merged or closed: no plan of it is written any more, and its comment tells of the rollouts. */
  readonly isOpen: boolean;
  /** How often it was closed: whoever plans it meanwhile sees by this that it was, though it may have been opened again before. */
  readonly closings: number;
  /** What the newest plan was made for; `undefined` when it was closed before its first plan. */
  readonly planned: { readonly info: PullInfo; readonly base: CommitSha } | undefined;
  /** Of the plan that was shown last. */
  readonly digest: PlanDigest | undefined;
  /** What people have to agree to before the merge, as it was reviewed last. */
  readonly asked: AskedConsent | undefined;
}

export interface Projection {
  readonly key: string;
  /** Number or id on the code host. */
  readonly remoteId: number | undefined;
  /** Hash of what was last written, so that writing the same again costs no request. */
  readonly hash: string | undefined;
  /** What the projection needs to remember besides: the head it was made for, the digest shown. */
  readonly memo: Readonly<Record<string, string>>;
}

/**
 * Work to be done once, soon. `key` coalesces: a job with a key that is still waiting is replaced by the newer one.
 * Jobs of one queue run one after another.
 */
export interface Job {
  readonly task: JobTask;
  readonly key: string;
  readonly queue: string | undefined;
  readonly runAt: Instant | undefined;
  readonly payload: Readonly<Record<string, string | number | boolean | null>>;
}

export const JOB_TASKS = [
  'sync',
  'tick',
  'observe',
  'review',
  'deliver',
  'publish',
  'sweep',
  'drift',
  'install',
  'reconcile',
  'command',
  'converse',
  'press',
] as const;
export type JobTask = WordOf<typeof JOB_TASKS>;
