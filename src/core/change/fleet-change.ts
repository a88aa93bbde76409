import type { DesiredCluster, DesiredState } from '../desired/desired.ts';
import type { Drift } from '../drift/drift.ts';
import type { Observation } from '../evidence/observation.ts';
import type { Order } from '../evidence/order.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import type { ClusterId, CommitSha, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../reconcile/policy.ts';
import type { RolloutState } from '../reconcile/state.ts';
import type { RuleApproval } from '../rules/consent.ts';
import type { Stop } from '../stop/stop.ts';
import type { CarriedOut } from './command-outcome.ts';
import type { FollowUp } from './follow-up.ts';

/** All that one decision writes, in one transaction. What is left out stays as it is. */
export interface FleetChange {
  readonly heads?: Heads & { readonly seen: CommitSha };
  readonly desired?: DesiredDelta;
  readonly policy?: Policy;
  readonly newRollouts?: NewRollouts;
  readonly rollouts?: readonly ChangedRollout[];
  readonly stops?: readonly Stop[];
  readonly ledger?: readonly LedgerEntry[];
  readonly orders?: readonly Order[];
  /** Standing orders to be sent once more, unless they have been replaced. */
  readonly sendAgain?: readonly { readonly cluster: ClusterId; readonly epoch: number }[];
  readonly observations?: readonly Observation[];
  /** All drifts there are. */
  readonly drifts?: readonly Drift[];
  /** Agreements to the loss of protection that pull requests bring: given, by person and pull request. */
  readonly ruleApprovals?: readonly RuleApproval[];
  /** Such agreements that count no more. */
  readonly withdrawnApprovals?: readonly Pick<RuleApproval, 'pull' | 'by'>[];
  /** The command of a person that this change carries out. */
  readonly carriedOut?: CarriedOut;
  readonly audit: readonly AuditLine[];
  readonly followUps: readonly FollowUp[];
}

/** Desired specs that changed at a commit, and clusters that are no more. */
export interface DesiredDelta {
  readonly commit: CommitSha;
  readonly set: readonly DesiredCluster[];
  readonly remove: readonly ClusterId[];
  /** What it comes to: the very object that the next commit is compared with, so that this costs what changed. */
  readonly next: DesiredState;
}

/** How far the default branch was looked at. */
export interface Heads {
  readonly seen: CommitSha | undefined;
  /** The newest commit whose manifests were valid: they are in force. */
  readonly good: CommitSha | undefined;
}

/** The rollouts of one plan, and who brought them. */
export interface NewRollouts {
  readonly plan: Plan;
  readonly states: readonly RolloutState[];
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
  /** The commit that brought what they roll out, where that is another: somebody asked for it once more. */
  readonly origin?: CommitSha | undefined;
}

export interface ChangedRollout {
  readonly before: RolloutState;
  readonly next: RolloutState;
}

/** Everything of a rollout but what never changes; of phases and targets only those that did. */
export type RolloutDelta = Omit<RolloutState, 'digest' | 'commit' | 'release' | 'seq' | 'createdAt'>;

export const AUDIT_KINDS = ['rollout', 'phase', 'target', 'stop', 'order', 'desired', 'drift', 'command', 'rules'] as const;

/** One line of the history: who, what, why. When is said by the transaction. */
export interface AuditLine {
  readonly actor: string;
  readonly kind: WordOf<typeof AUDIT_KINDS>;
  /** What it is about: a cluster id, a rollout id, a commit. */
  readonly subject: string;
  readonly rollout: RolloutId | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly why: string;
  /** Of a command: when the person gave it, which is before it was carried out. */
  readonly givenAt?: Instant | undefined;
}

/** The bot itself, where no person is behind a change. */
export const BOT = 'flotilla';

/** Decisions share the objects that they leave alone, so what changed is found by identity. */
export function deltaOf({ before, next: after }: ChangedRollout): RolloutDelta {
  const { digest: _digest, commit: _commit, release: _release, seq: _seq, createdAt: _createdAt, ...rest } = after;
  return {
    ...rest,
    phases: new Map([...after.phases].filter(([name, phase]) => before.phases.get(name) !== phase)),
    targets: new Map([...after.targets].filter(([cluster, target]) => before.targets.get(cluster) !== target)),
  };
}

/** Is there anything to remember? Follow-ups alone need no transaction. */
export function isEmpty(change: FleetChange): boolean {
  const { audit, followUps: _followUps, ...rest } = change;
  return (
    audit.length === 0 && Object.values(rest).every((part: unknown) => part === undefined || (Array.isArray(part) && part.length === 0))
  );
}

export const auditLine = (kind: AuditLine['kind'], subject: string, why: string, actor = BOT): AuditLine => ({
  actor,
  kind,
  subject,
  rollout: undefined,
  from: undefined,
  to: undefined,
  why,
});
