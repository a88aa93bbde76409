import type { DesiredSpec, Difference } from '../desired/desired.ts';
import type { ClusterId, PlanDigest, Revision } from '../model/ids.ts';
import type { Counted } from '../model/quantity.ts';
import type { DurationMs } from '../model/time.ts';
import type { Version } from '../model/version.ts';

/**
 * How a change travels: immutable, and the same whether a pull request shows it or a rollout runs it.
 *
 * It names no commit, so that the plan of a pull request and that of its merge have one digest when
 * nothing else moved. Phases of several releases stand side by side; `after` orders them.
 */
export interface Plan {
  readonly digest: PlanDigest;
  /** A rollback takes every member to a revision it had before, or to an older version. */
  readonly kind: 'rollout' | 'rollback';
  readonly releases: readonly PlannedRelease[];
  /** In the order in which they would start. */
  readonly phases: readonly PlannedPhase[];
  /** By cluster id. Exactly the union of the phases' members. */
  readonly targets: Readonly<Record<string, PlannedTarget>>;
  /** Changed clusters that the plan leaves alone, with the reason. */
  readonly excluded: readonly Excluded[];
  /** Clusters that left the manifests. They are never deleted: people's data lives there. */
  readonly removed: readonly ClusterId[];
  /** What is unusual, or could hurt; for the reviewer, worst first. */
  readonly risks: readonly Risk[];
}

export interface PlannedRelease {
  readonly release: string;
  readonly product: string;
  readonly strategy: string;
  readonly urgency: 'routine' | 'hotfix' | 'security';
  /** Versions that members are at in the old desired state, oldest first. Empty when all are new. */
  readonly fromVersions: readonly Version[];
  readonly toVersions: readonly Version[];
  /** Members over all phases. */
  readonly members: number;
  /** Clusters that the release selects, changed or not. */
  readonly selected: number;
  /** Over all phases of the release. */
  readonly maxConcurrent: Counted | undefined;
  /** Over all phases of the release; none when the strategy gives none. */
  readonly budgets: Partial<PlannedBudgets>;
}

export interface PlannedBudgets {
  readonly failed: Counted;
  readonly unreachable: Counted;
  readonly deferred: Counted;
}

export interface PlannedPhase {
  /** `RELEASE/NAME`, unique in the plan. */
  readonly id: string;
  readonly release: string;
  readonly name: string;
  readonly canary: boolean;
  /** Phases that must be done first: the one before in the strategy, or the last ones of required products. */
  readonly after: readonly string[];
  /** In the order in which they start. Empty: the phase is skipped, with its approval. */
  readonly members: readonly ClusterId[];
  /** Why these members, in words: `tier = canary`, `25 % of 41 = 10, drawn by hash`. */
  readonly why: string;
  readonly maxConcurrent: Counted;
  readonly bakeMs: DurationMs;
  readonly budgets: PlannedBudgets;
  readonly approval: PlannedApproval | undefined;
  readonly maxDurationMs: DurationMs | undefined;
  readonly onFailure: 'pause' | 'rollback';
}

export interface PlannedApproval {
  readonly when: 'before' | 'after';
  readonly count: number;
  readonly teams: readonly string[];
  readonly users: readonly string[];
  readonly notAuthor: boolean;
}

export interface PlannedTarget {
  readonly cluster: ClusterId;
  readonly phase: string;
  readonly dataPlane: string;
  readonly change: 'create' | 'update' | 'rejoin';
  readonly from: { readonly revision: Revision; readonly version: Version } | undefined;
  readonly revision: Revision;
  readonly spec: DesiredSpec;
  readonly differences: readonly Difference[];
  /** Longest time from the order to healthy before the target counts as failed; grows with replicas. */
  readonly deadlineMs: DurationMs;
}

export interface Excluded {
  readonly cluster: ClusterId;
  readonly release: string;
  readonly reason: 'opted-out';
  readonly words: string;
}

export interface Risk {
  readonly code:
    | 'major-version'
    | 'downgrade'
    | 'no-canary'
    | 'no-bake'
    | 'large-first-phase'
    | 'many-clusters'
    | 'pinned'
    | 'opted-out'
    | 'replicas-down'
    | 'urgency'
    | 'removed'
    | 'withdrawn'
    | 'operation';
  readonly words: string;
}
