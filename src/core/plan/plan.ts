import type { DesiredSpec, Difference } from '../desired/desired.ts';
import type { ClusterId, PlanDigest, Revision } from '../model/ids.ts';
import type { Counted } from '../model/quantity.ts';
import type { DurationMs } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import type { WordOf } from '../model/vocabulary.ts';

/**
 * What a commit would move, and how: desired minus ledger. Immutable, and the same whether a pull request shows it or
 * rollouts run it.
 *
 * It names no commit, so that the plan of a pull request and that of its merge have one digest when nothing else moved.
 * The unit of review is the plan; the unit of execution is each of its rollouts.
 */
export interface Plan {
  readonly digest: PlanDigest;
  /** One for each release that moves anything, in the order in which they would start: required products first. */
  readonly rollouts: readonly PlannedRollout[];
  /** Clusters of the touched releases that would change and are left alone, with the reason. */
  readonly excluded: readonly Excluded[];
  /** Clusters that left the manifests. They are never deleted: people's data lives there. */
  readonly removed: readonly ClusterId[];
  /** What is unusual, or could hurt; for the reviewer, worst first. */
  readonly risks: readonly Risk[];
}

export const URGENCIES = ['routine', 'hotfix', 'security'] as const;
export type Urgency = WordOf<typeof URGENCIES>;

/** `rollback`: to a spec that was proven on this cluster before, and not to a newer version than it runs. */
export const ROLLOUT_KINDS = ['rollout', 'rollback'] as const;
export type RolloutKind = WordOf<typeof ROLLOUT_KINDS>;

/** What a rollout is for. In order of rank: who comes first gets the free slots. */
export const INTENTS = ['release', 'heal', 'operation'] as const;
export type Intent = WordOf<typeof INTENTS>;

/** One release's part of a plan. */
export interface PlannedRollout {
  readonly release: string;
  readonly product: string;
  readonly intent: Intent;
  readonly strategy: string;
  readonly urgency: Urgency;
  /** `rollback` when every target goes back. Each target has its own kind: freezes and windows are judged by that. */
  readonly kind: RolloutKind;
  /** Products that must not be on the move, directly or through others. In order of name. */
  readonly requires: readonly string[];
  /** Versions that targets really run, oldest first. Empty when all are new. */
  readonly fromVersions: readonly Version[];
  readonly toVersions: readonly Version[];
  /** Clusters that the release selects, changed or not. */
  readonly selected: number;
  /** In the order in which they would start. */
  readonly phases: readonly PlannedPhase[];
  /** By cluster id. Exactly the union of the phases' members. */
  readonly targets: ReadonlyMap<ClusterId, PlannedTarget>;
  /** What bounds it: a target holds its slot in each limit that is about it, from its order until it has soaked. */
  readonly limits: readonly PlannedLimit[];
  /** Over all phases; none when the strategy gives none. */
  readonly budgets: Partial<PlannedBudgets>;
  /** How long succeeded targets are watched after the end. */
  readonly guardMs: DurationMs;
}

/** What a limit is over. `fleet` and `data-plane` limits are shared by all rollouts, and read from the policy at every decision. */
export const LIMIT_KINDS = ['phase', 'release', 'rescue', 'label', 'data-plane', 'fleet'] as const;
export type LimitKind = WordOf<typeof LIMIT_KINDS>;

export interface PlannedLimit {
  /** `phase:NAME`, `release`, `rescue`, `label:KEY=VALUE`. */
  readonly id: string;
  readonly kind: LimitKind;
  /** Of what: the phase's name, the release, `KEY=VALUE`. */
  readonly name: string;
  readonly count: Counted;
}

export const BUDGETS = ['failed', 'unreachable', 'deferred'] as const;
export type BudgetKind = WordOf<typeof BUDGETS>;
export type PlannedBudgets = Readonly<Record<BudgetKind, Counted>>;

/** What the strategy asks for when a budget of the phase is spent. */
export const ON_FAILURE = ['pause', 'rollback'] as const;

export interface PlannedPhase {
  /** Unique in its rollout. */
  readonly name: string;
  readonly canary: boolean;
  /**
   * For a canary phase: what shows that the new version was tried, where nobody in it moves to that by this plan.
   * `undefined` when members must prove it, and for other phases.
   */
  readonly provenBy: string | undefined;
  /** Every member goes back: it travels as the strategy says for rollbacks. */
  readonly kind: RolloutKind;
  /** In the order in which they start. Empty: the phase is skipped, with its approval. */
  readonly members: readonly ClusterId[];
  /** Why these members, in words: `tier = canary`, `25 % of 41 = 10, drawn by hash`. */
  readonly why: string;
  readonly maxConcurrent: Counted;
  /** How long one cluster must be seen healthy before it counts. It keeps its slots meanwhile. */
  readonly soakMs: DurationMs;
  /** How long the phase waits after all its members have soaked. It holds no slots. */
  readonly bakeMs: DurationMs;
  readonly budgets: PlannedBudgets;
  readonly approval: PlannedApproval | undefined;
  readonly maxDurationMs: DurationMs | undefined;
  readonly onFailure: WordOf<typeof ON_FAILURE>;
}

/** Of the phase that it is for. */
export const APPROVAL_TIMES = ['before', 'after'] as const;

export interface PlannedApproval {
  readonly when: WordOf<typeof APPROVAL_TIMES>;
  readonly count: number;
  readonly teams: readonly string[];
  readonly users: readonly string[];
  readonly notAuthor: boolean;
  /** How long one counts; left out: as long as the plan is the same. */
  readonly validForMs?: DurationMs;
}

/**
 * `create`: nothing is known to run there. `adopt`: new in the manifests, and it runs already. `update`: its desired
 * spec changes with this commit. `rejoin`: its opt-out or pin is gone. `bring-home`: an earlier rollout did not reach it, or left it half-way.
 */
export const TARGET_CHANGES = ['create', 'adopt', 'update', 'rejoin', 'bring-home'] as const;
export type TargetChange = WordOf<typeof TARGET_CHANGES>;

export interface PlannedTarget {
  readonly cluster: ClusterId;
  readonly phase: string;
  readonly dataPlane: string;
  readonly change: TargetChange;
  readonly kind: RolloutKind;
  /** What it really runs: observed, else proven. `undefined` when nothing is known to run there. */
  readonly from: { readonly revision: Revision | undefined; readonly version: Version } | undefined;
  readonly revision: Revision;
  readonly spec: DesiredSpec;
  /** From what it really runs. */
  readonly differences: readonly Difference[];
  /** Longest time from the order to healthy before the target counts as failed; grows with replicas. */
  readonly deadlineMs: DurationMs;
}

export const EXCLUSIONS = ['opted-out', 'pinned'] as const;

export interface Excluded {
  readonly cluster: ClusterId;
  readonly release: string;
  readonly reason: WordOf<typeof EXCLUSIONS>;
  readonly words: string;
}

/** In the order in which a reviewer should read them: worst first. */
export const RISK_CODES = [
  'quarantined',
  'stopped',
  'withdrawn',
  'illegal-path',
  'major-version',
  'downgrade',
  'half-way',
  'replicas-down',
  'all-at-once',
  'no-canary',
  'large-first-phase',
  'no-bake',
  'many-clusters',
  'brings-home',
  'unseen',
  'removed',
  'urgency',
  'pinned',
  'opted-out',
  'operation',
] as const;

export interface Risk {
  readonly code: WordOf<typeof RISK_CODES>;
  readonly words: string;
}
