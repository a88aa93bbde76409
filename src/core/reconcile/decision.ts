import type { DesiredState } from '../desired/desired.ts';
import type { Observations } from '../evidence/observation.ts';
import type { Order, StandingOrders } from '../evidence/order.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import type { ClusterId, RolloutId, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { LimitKind, PlannedRollout } from '../plan/plan.ts';
import type { Stop } from '../stop/stop.ts';
import type { Policy } from './policy.ts';
import type { RolloutState } from './state.ts';

/** One rollout, with its part of the plan. */
export interface ActiveRollout {
  readonly planned: PlannedRollout;
  readonly state: RolloutState;
}

/** All that a decision is made from. */
export interface FleetInput {
  /** What the fleet should be by the newest commit: shows who has left, opted out, or is wanted otherwise by now. */
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  /** Those that are not finished or are under guard, by `seq`. */
  readonly rollouts: readonly ActiveRollout[];
  /** Those that are not lifted. */
  readonly stops: readonly Stop[];
  readonly orders: StandingOrders;
  readonly observations: Observations;
  readonly policy: Policy;
  readonly now: Instant;
}

export interface FleetDecision {
  /** In the order of the input. `rollout` is as it was, `decision.next` as it is to be. */
  readonly decisions: readonly { readonly rollout: ActiveRollout; readonly decision: Decision }[];
  /** Set or lifted by this decision. */
  readonly stops: readonly Stop[];
  /** Entries that changed. */
  readonly ledger: readonly LedgerEntry[];
  /** What follows for rollouts that have ended: holds that no data plane has accepted yet, stops that hold nothing any more. */
  readonly afterTheEnd: { readonly actions: readonly Action[]; readonly changes: readonly Change[] };
  /** The earliest instant at which the answer could change with no new evidence. */
  readonly wakeAt: Instant | undefined;
}

export interface Decision {
  readonly next: RolloutState;
  readonly actions: readonly Action[];
  /** Why each target that is neither finished nor acted on does not move. */
  readonly holds: Holds;
  /** What changed and why, for the audit. Empty when nothing did. */
  readonly changes: readonly Change[];
}

/** What is to be done besides remembering: each kind has one place that carries it out. */
export type Action =
  | { readonly kind: 'order'; readonly order: Order; readonly why: string }
  /** The evidence shows that the data plane does not have the standing order, whatever it answered. */
  | { readonly kind: 'send-again'; readonly cluster: ClusterId; readonly dataPlane: string; readonly epoch: number; readonly why: string };

export const CHANGE_SUBJECTS = ['rollout', 'phase', 'target', 'stop', 'rules'] as const;

/** A change of state of a rollout, a phase, a target or a stop, or of the agreement to a change of rules. */
export interface Change {
  readonly subject: WordOf<typeof CHANGE_SUBJECTS>;
  /** Rollout id, phase name, cluster id, id of the stop, or number of the pull request. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/**
 * Why targets do not move. Most wait for the same thing, so it is said once for a rollout or a phase, and for a
 * cluster only where it has a reason of its own: the cost follows what happens, not what waits. Ask `holdOf`.
 */
export interface Holds {
  /** Of every waiting target that has nothing more particular. */
  readonly all: Wait | undefined;
  /** By phase name. */
  readonly phases: ReadonlyMap<string, Wait>;
  readonly clusters: ReadonlyMap<ClusterId, Wait>;
}

/** A reason, and the earliest instant at which it could change by time alone. */
export interface Wait {
  readonly reason: HoldReason;
  readonly until: Instant | undefined;
}

export type HoldReason =
  | { readonly kind: 'pending'; readonly behind: RolloutId }
  | { readonly kind: 'required-product'; readonly product: string; readonly rollout: RolloutId }
  | { readonly kind: 'stopped'; readonly stops: readonly StopId[]; readonly words: string }
  | { readonly kind: 'winding-down'; readonly words: string }
  | { readonly kind: 'earlier-phase'; readonly phase: string }
  | { readonly kind: 'baking'; readonly phase: string }
  | { readonly kind: 'approval'; readonly phase: string; readonly given: number; readonly needed: number }
  | { readonly kind: 'concurrency'; readonly of: LimitKind; readonly name: string; readonly limit: number }
  | { readonly kind: 'window'; readonly name: string; readonly words: string }
  | { readonly kind: 'freeze'; readonly name: string; readonly words: string }
  | { readonly kind: 'path'; readonly message: string; readonly hint: string }
  | { readonly kind: 'interval'; readonly words: string }
  | { readonly kind: 'not-accepted' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'rolling'; readonly words: string }
  | { readonly kind: 'soaking'; readonly soakMs: number }
  | { readonly kind: 'no-evidence'; readonly cause: string }
  | { readonly kind: 'unconfirmed'; readonly words: string }
  | { readonly kind: 'other-rollout'; readonly rollout: RolloutId };

export type HoldKind = HoldReason['kind'];

export const NO_HOLDS: Holds = { all: undefined, phases: new Map(), clusters: new Map() };

/** The hold of one target; `undefined` when it is finished or was acted on. */
export function holdOf({ all, phases, clusters }: Holds, { planned, state }: ActiveRollout, cluster: ClusterId): Wait | undefined {
  const own = clusters.get(cluster);
  if (own !== undefined || state.targets.get(cluster)?.status !== 'waiting') return own;
  return phases.get(planned.targets.get(cluster)?.phase ?? '') ?? all;
}
