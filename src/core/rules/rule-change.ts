import type { ClusterId, PlanDigest } from '../model/ids.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** What protects clusters, besides what they should run. In the order in which a reviewer should read them. */
export const RULE_KINDS = [
  'freeze',
  'window',
  'approval',
  'canary',
  'phase',
  'command',
  'soak',
  'bake',
  'watch',
  'budget',
  'limit',
  'on-failure',
  'waiver',
  'upgrade',
  'requirement',
  'alert',
  'health-check',
  'deadline',
  'max-duration',
  'signal',
  'drift',
  'data-plane',
] as const;
export type RuleKind = WordOf<typeof RULE_KINDS>;

/** `loses`: a cluster may be touched, or broken, where it could not before. Worst first. */
export const RULE_EFFECTS = ['loses', 'gains', 'other'] as const;
export type RuleEffect = WordOf<typeof RULE_EFFECTS>;

/** One rule that some clusters are subject to in another way than before. Words are plain text, with names of others in them. */
export interface RuleChange {
  readonly kind: RuleKind;
  /** Whose it is: the freeze, the phase, the data plane, the team. */
  readonly name: string;
  readonly effect: RuleEffect;
  /** `undefined`: there was none. */
  readonly before: string | undefined;
  /** `undefined`: there is none any more. */
  readonly after: string | undefined;
  /** In order of cluster id. */
  readonly clusters: readonly ClusterId[];
}

/** People who may agree to a loss of protection: never those whom the change itself names. */
export interface RuleApprovers {
  readonly teams: readonly string[];
  readonly users: readonly string[];
  /** The rules name nobody: then those who maintain the repository. */
  readonly maintainers: boolean;
  /** How many must agree. */
  readonly count: number;
  /** Nobody who has a part in the change counts. */
  readonly notAuthor: boolean;
  /** Approving reviews of the newest commit count too. */
  readonly reviews: boolean;
  /** How long one approval counts; left out: as long as the change of rules is the same. */
  readonly validForMs?: number;
}

/** What a change of the manifests does to the rules. */
export interface RulesReview {
  /** An approval is bound to this: other losses have another digest. */
  readonly digest: PlanDigest;
  /** At least one; losses first. */
  readonly changes: readonly RuleChange[];
  /** Clusters that lose protection; in order of cluster id. None: nobody has to agree. */
  readonly losing: readonly ClusterId[];
  /** Whom the rules name that are in force before the change. */
  readonly approvers: RuleApprovers;
}
