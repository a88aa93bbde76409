import type { Calendar } from '../calendar/rules.ts';
import type { DesiredState } from '../desired/desired.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import type { Observations, Order } from './evidence.ts';
import type { RolloutState } from './state.ts';

/** What holds for all rollouts of a fleet; read from the default branch, never from a pull request. */
export interface Policy {
  /** Most clusters in flight in the fleet, and on each data plane. */
  readonly fleetMaxConcurrent: number;
  readonly dataPlaneMaxConcurrent: ReadonlyMap<string, number>;
  readonly calendar: Calendar;
  /** Evidence older than this counts as none. */
  readonly evidenceMaxAgeMs: number;
  /** How long evidence may be missing before a target counts as unreachable. */
  readonly unreachableAfterMs: number;
}

/** One rollout, with the plan it executes. */
export interface ActiveRollout {
  readonly plan: Plan;
  readonly state: RolloutState;
}

export interface DecideInput {
  /** What the fleet should be by the newest commit: shows who has left. */
  readonly desired: DesiredState;
  readonly plan: Plan;
  readonly state: RolloutState;
  /** The newest order of each cluster, whichever rollout gave it. */
  readonly orders: ReadonlyMap<ClusterId, Order>;
  readonly observations: Observations;
  readonly policy: Policy;
  /** Clusters in flight under other rollouts: they use up the limits of the fleet and of data planes. */
  readonly elsewhere: Elsewhere;
  readonly now: Instant;
}

/** By cluster: which other rollout has it in flight. A cluster that is `held` there will not move by itself. */
export type Elsewhere = ReadonlyMap<ClusterId, { readonly rollout: RolloutId; readonly dataPlane: string; readonly held: boolean }>;

export interface Decision {
  readonly next: RolloutState;
  readonly actions: readonly Action[];
  /** Why each target that is neither finished nor acted on does not move. */
  readonly holds: readonly Hold[];
  /** What changed and why, for the audit. Empty when nothing did. */
  readonly changes: readonly Change[];
  /** The earliest instant at which the answer could change with no new evidence. */
  readonly wakeAt: Instant | undefined;
}

export type Action = { readonly kind: 'order'; readonly order: Order; readonly why: string };

/** A change of state of a rollout, a phase or a target. */
export interface Change {
  readonly subject: 'rollout' | 'phase' | 'target';
  /** Rollout id, phase id or cluster id. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Why a target is not moving now. */
export interface Hold {
  readonly cluster: ClusterId;
  readonly reason: HoldReason;
  /** The earliest instant at which it could change by time alone. */
  readonly until: Instant | undefined;
}

/** A hold before it is known whose. */
export type Wait = Pick<Hold, 'reason' | 'until'>;

export type HoldReason =
  | { readonly kind: 'earlier-phase'; readonly phase: string }
  | { readonly kind: 'approval'; readonly phase: string; readonly given: number; readonly needed: number }
  | {
      readonly kind: 'concurrency';
      readonly of: 'phase' | 'release' | 'fleet' | 'data-plane';
      readonly name: string;
      readonly limit: number;
    }
  | { readonly kind: 'paused'; readonly cause: string; readonly reason: string }
  | { readonly kind: 'window'; readonly name: string; readonly words: string }
  | { readonly kind: 'freeze'; readonly name: string; readonly words: string }
  | { readonly kind: 'not-accepted' }
  | { readonly kind: 'rolling'; readonly words: string }
  | { readonly kind: 'soaking'; readonly bakeMs: number }
  | { readonly kind: 'no-evidence'; readonly cause: string }
  | { readonly kind: 'other-rollout'; readonly rollout: RolloutId };
