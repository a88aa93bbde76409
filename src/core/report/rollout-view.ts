import type { Ledger } from '../ledger/ledger.ts';
import type { CommitSha, FleetId, PlanDigest, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout, Holds } from '../reconcile/decision.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import type { Stop } from '../stop/stop.ts';

/** One rollout as a report shows it. */
export interface ShownRollout {
  readonly active: ActiveRollout;
  /** `NO_HOLDS` once it is finished. */
  readonly holds: Holds;
}

/** Everything that the comment and the check say about the rollouts of one commit. */
export interface RolloutView {
  readonly fleet: FleetId;
  readonly commit: CommitSha;
  readonly digest: PlanDigest;
  /** All rollouts of the commit, by `seq`; at least one. */
  readonly rollouts: readonly ShownRollout[];
  /** Those of the fleet that are not lifted. The report picks out what concerns these rollouts. */
  readonly stops: readonly Stop[];
  /** What clusters were proven at: a stop on a version holds none that was proven at it. */
  readonly ledger: Ledger;
  /**
   * Rollouts of other commits that these name: `supersededBy`, and holds of the kinds `pending`, `required-product` and `other-rollout`. One that is
   * missing is shown by its id.
   */
  readonly others: ReadonlyMap<RolloutId, OtherRollout>;
  /** `PUBLIC_URL/fleets/OWNER/NAME`; the page of a rollout is `/rollouts/ID` below it. */
  readonly fleetUrl: string | undefined;
  /** How much faster than the wall clock soaks and clusters run; 1 outside of local mode. */
  readonly speed: number;
  readonly now: Instant;
}

/** How a report names a rollout that it is not about. */
export interface OtherRollout {
  readonly title: string;
  readonly pull: number | undefined;
  readonly commit: CommitSha;
  readonly release: string;
  readonly status: RolloutStatus;
}
