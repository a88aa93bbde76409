import type { ClusterId, PlanDigest } from '../model/ids.ts';
import type { Result } from '../model/result.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout, Change } from '../reconcile/decision.ts';
import type { RolloutState } from '../reconcile/state.ts';

export const VERBS = ['pause', 'resume', 'abort', 'retry', 'skip', 'approve'] as const;
export type Verb = (typeof VERBS)[number];

/** What a person asks of a rollout. Whether they may is decided before. */
export interface RolloutCommand {
  readonly verb: Verb;
  readonly by: string;
  readonly reason: string;
  readonly phase?: string | undefined;
  readonly cluster?: ClusterId | undefined;
  /** The plan that the person saw. */
  readonly digest?: PlanDigest | undefined;
}

export interface Applied {
  readonly next: RolloutState;
  readonly changes: readonly Change[];
}

/** Carries a command out on the state, or says in one sentence why not, and what to do instead. */
export type Handler = (rollout: ActiveRollout, command: RolloutCommand, now: Instant) => Result<Applied, string>;

export const whyOf = ({ by, reason }: RolloutCommand): string => `${by}: ${reason}`;
