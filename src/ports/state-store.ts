import type { DesiredCluster, DesiredState } from '../core/desired/desired.ts';
import type { ClusterId, CommitSha, FleetId, PlanDigest, Revision, RolloutId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { Drift } from '../core/reconcile/drift.ts';
import type { Observation, Order } from '../core/reconcile/evidence.ts';
import type { Approval, Pause, PhaseState, RolloutState, RolloutStatus, TargetState } from '../core/reconcile/state.ts';
import type { OrderReply } from './data-plane.ts';

/**
 * All that the bot remembers. Reads are plain; every write of the loop is one `commit`, which is one
 * transaction: state, orders, audit and outgoing jobs together, or nothing.
 *
 * Every method throws PortError when the database does not answer.
 */
export interface StateStore {
  /** Stores a webhook delivery and its jobs, once: a delivery that was stored before changes nothing. */
  receive(delivery: Delivery, jobs: readonly Job[]): Promise<'stored' | 'known'>;

  saveFleet(fleet: FleetRecord): Promise<void>;
  fleets(): Promise<readonly FleetRecord[]>;
  fleet(id: FleetId): Promise<FleetRecord | undefined>;

  /** The desired state at the last processed commit. */
  desired(fleet: FleetId): Promise<DesiredState>;
  /** Revisions that each of these clusters was desired to be at before, newest first: for telling a rollback. */
  earlierRevisions(fleet: FleetId, clusters: readonly ClusterId[]): Promise<ReadonlyMap<ClusterId, readonly Revision[]>>;
  /** Rollouts without `finishedAt`, oldest first: an aborted one is among them until its clusters have come to rest. */
  activeRollouts(fleet: FleetId): Promise<readonly ActiveRollout[]>;
  rollout(fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined>;
  rolloutSummary(fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined>;
  /** Rollouts, newest first, without plan and targets. */
  recentRollouts(fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]>;
  /** The rollout, finished or not, that last had this cluster as a target, and how it ended there: why a cluster lags. */
  lastTargets(
    fleet: FleetId,
    clusters: readonly ClusterId[],
  ): Promise<ReadonlyMap<ClusterId, { readonly rollout: RolloutId; readonly rolloutStatus: RolloutStatus; readonly target: TargetState }>>;
  /** The newest order of each cluster. */
  orders(fleet: FleetId): Promise<ReadonlyMap<ClusterId, Order>>;
  /** Orders that the data plane has not answered yet, oldest first, at most `limit`. */
  undelivered(fleet: FleetId, dataPlane: string, limit: number): Promise<readonly Order[]>;
  /** Records the answers; an order that was replaced meanwhile stays undelivered. */
  recordReplies(fleet: FleetId, replies: readonly OrderReply[], at: Instant): Promise<void>;
  /** The newest observation of each cluster that any tick has stored. */
  observations(fleet: FleetId): Promise<ReadonlyMap<ClusterId, Observation>>;
  drifts(fleet: FleetId): Promise<readonly Drift[]>;
  audit(fleet: FleetId, filter: { readonly subject?: string; readonly limit: number }): Promise<readonly AuditEntry[]>;

  /** What we have written on the code host, by our own key: `pull:12:comment`. */
  projection(fleet: FleetId, key: string): Promise<Projection | undefined>;
  projections(fleet: FleetId, prefix: string): Promise<readonly Projection[]>;
  saveProjection(fleet: FleetId, projection: Projection): Promise<void>;

  /**
   * Writes everything in one transaction.
   *
   * @returns `conflict` when the fleet has moved on since `expectedVersion`: nothing was written, tick again.
   */
  commit(change: StateChange): Promise<'committed' | 'conflict'>;
  /** Adds jobs outside a change of state: a timer, a sweep. */
  enqueue(jobs: readonly Job[]): Promise<void>;
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
  readonly installation: number;
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
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
  readonly heads?: { readonly seen: CommitSha; readonly good: CommitSha | undefined };
  /** Desired specs that changed at `heads.good`, and clusters that are no more. */
  readonly desired?: { readonly commit: CommitSha; readonly set: readonly DesiredCluster[]; readonly remove: readonly ClusterId[] };
  readonly newRollouts?: readonly {
    readonly plan: Plan;
    readonly state: RolloutState;
    readonly pull: number | undefined;
    readonly author: string;
    readonly title: string;
  }[];
  /** Rollouts that changed; only the changed phases and targets are named. */
  readonly rollouts?: readonly RolloutChange[];
  readonly orders?: readonly Order[];
  readonly observations?: readonly Observation[];
  /** The whole list of drifts, replacing the one before; left out: unchanged. */
  readonly drifts?: readonly Drift[];
  readonly audit?: readonly AuditEntry[];
  readonly jobs?: readonly Job[];
}

export interface RolloutChange {
  readonly id: RolloutId;
  readonly status: RolloutStatus;
  readonly pause: Pause | undefined;
  readonly finishedAt: Instant | undefined;
  readonly resumedAt: Instant | undefined;
  readonly approvals: readonly Approval[];
  readonly phases: ReadonlyMap<string, PhaseState>;
  readonly targets: ReadonlyMap<ClusterId, TargetState>;
}

export interface RolloutSummary {
  readonly id: RolloutId;
  readonly digest: PlanDigest;
  readonly commit: CommitSha;
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
  readonly status: RolloutStatus;
  readonly kind: Plan['kind'];
  readonly createdAt: Instant;
  readonly finishedAt: Instant | undefined;
  readonly pause: Pause | undefined;
  /** Targets by status. */
  readonly counts: Readonly<Record<string, number>>;
}

/** One line of the append-only history: who, what, why. */
export interface AuditEntry {
  readonly at: Instant;
  readonly actor: string;
  /** `rollout`, `phase`, `target`, `order`, `desired`, `drift`, `command`. */
  readonly kind: string;
  /** What it is about: a cluster id, a rollout id, a commit. */
  readonly subject: string;
  readonly rollout: RolloutId | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly why: string;
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

export type JobTask = 'sync' | 'tick' | 'review' | 'deliver' | 'publish' | 'sweep' | 'drift' | 'install';
