import type { DesiredState } from '../desired/desired.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ClusterId, PlanDigest, RolloutId, StopId } from '../model/ids.ts';
import type { Result } from '../model/result.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { ActiveRollout, Change } from '../reconcile/decision.ts';
import type { RolloutState } from '../reconcile/state.ts';
import type { Proposal, RuleApproval } from '../rules/consent.ts';
import type { STOP_LETS, Stop, StopScope } from '../stop/stop.ts';
import type { BroughtChange } from './brought-change.ts';

/** What a person may ask of one rollout. */
export const ROLLOUT_VERBS = ['pause', 'resume', 'abort', 'retry', 'skip', 'approve', 'expedite', 'waive', 'take-over'] as const;
export type RolloutVerb = WordOf<typeof ROLLOUT_VERBS>;

/**
 * `lift`: a stop. `stop`: sets one. `reconcile`: a release, as if its newest commit were merged again. `approve-rules`: agrees to the loss
 * of protection that an open pull request brings.
 */
export const FLEET_VERBS = ['lift', 'stop', 'reconcile', 'approve-rules'] as const;

export const VERBS = [...ROLLOUT_VERBS, ...FLEET_VERBS] as const;
export type Verb = WordOf<typeof VERBS>;

interface Asked {
  readonly by: string;
  readonly reason: string;
}

/** What a person asks of a rollout. Whether they may is decided before. */
export interface RolloutCommand extends Asked {
  readonly verb: RolloutVerb;
  readonly rollout: RolloutId;
  readonly phase?: string | undefined;
  readonly cluster?: ClusterId | undefined;
  /** `approve`: the plan that the person saw. */
  readonly digest?: PlanDigest | undefined;
  /** `resume`: which of several stops to lift. */
  readonly stop?: StopId | undefined;
  /** `waive`: a required product, in place of a canary phase. */
  readonly product?: string | undefined;
  /** `expedite`: when it ends. */
  readonly until?: Instant | undefined;
}

export interface LiftCommand extends Asked {
  readonly verb: 'lift';
  readonly stop: StopId;
}

/** What a person may stop. A rollout is stopped with `pause`; a phase and a version only by what happens. */
export const STOPPABLE_SCOPES = ['fleet', 'product', 'release', 'data-plane', 'cluster'] as const;
export type StoppableScope = Extract<StopScope, { readonly kind: WordOf<typeof STOPPABLE_SCOPES> }>;

export interface StopCommand extends Asked {
  readonly verb: 'stop';
  readonly scope: StoppableScope;
  /** What may move all the same; left out: nothing. */
  readonly lets?: WordOf<typeof STOP_LETS> | undefined;
  /** It ends by itself then; left out: a person lifts it. */
  readonly until?: Instant | undefined;
}

export interface ReconcileCommand extends Asked {
  readonly verb: 'reconcile';
  readonly release: string;
}

export interface ApproveRulesCommand extends Asked {
  readonly verb: 'approve-rules';
  readonly pull: number;
  /** The change of rules that the person saw. */
  readonly digest: PlanDigest;
}

export type FleetCommand = RolloutCommand | LiftCommand | StopCommand | ReconcileCommand | ApproveRulesCommand;

/** What a command is judged on, and changes. */
export interface CommandInput {
  /**
   * The rollout that the command, or the stop that it lifts, is about, finished or not, and all unfinished or guarded rollouts of its release. More do no
   * harm.
   */
  readonly rollouts: readonly ActiveRollout[];
  /** The rollout that the command names. */
  readonly rollout?: ActiveRollout | undefined;
  /** Those that are not lifted. */
  readonly stops: readonly Stop[];
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly now: Instant;
  /** What brought the rollout that the command approves a phase of. */
  readonly change?: BroughtChange | undefined;
  /** The open pull request whose change of rules is approved. */
  readonly proposal?: Proposal | undefined;
  /** Number of the command: sets it apart from others that are carried out at the same instant. */
  readonly number?: number;
}

/** What sets a stop apart that a command makes. */
export const identitiesOf = ({ now, number }: CommandInput): readonly string[] =>
  [now, number].flatMap((one) => (one === undefined ? [] : [String(one)]));

/** What is to be remembered. Whether a rollout is paused follows from its stops: the next decision says so, and gives the orders. */
export interface Applied {
  readonly rollouts: readonly { readonly before: RolloutState; readonly next: RolloutState }[];
  /** Set or lifted: whole. */
  readonly stops: readonly Stop[];
  /** Plan this release: desired minus ledger, at the newest commit with valid manifests. */
  readonly reconcile?: string;
  readonly ruleApprovals?: readonly RuleApproval[];
  readonly changes: readonly Change[];
  /** What the person should know besides: what still holds the rollout, what comes next. */
  readonly notes: readonly string[];
}

/** A command on a rollout, with the rollout that it names. */
export interface RolloutInput extends CommandInput {
  readonly rollout: ActiveRollout;
}

/** Carries a command out, or says in one sentence why not, and what to do instead. */
export type Handler = (input: RolloutInput, command: RolloutCommand) => Result<Applied, string>;

export const whyOf = ({ by, reason }: Asked): string => `${by}: ${reason}`;

export const NOTHING_APPLIED: Applied = { rollouts: [], stops: [], changes: [], notes: [] };
