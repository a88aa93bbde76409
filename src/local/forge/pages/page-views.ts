/** What each page shows. */
import type { FileDiff } from './diff.ts';
import type {
  BranchView,
  CheckBrief,
  CheckView,
  CloneView,
  CommitBrief,
  IssueBrief,
  LabelView,
  PullBrief,
  PullState,
  RepositoryRef,
} from './views.ts';

export interface HomeView {
  readonly repositories: readonly (RepositoryRef & { readonly description: string | undefined; readonly clone: CloneView })[];
}

export interface RepositoryView {
  readonly repository: RepositoryRef;
  readonly description: string | undefined;
  readonly clone: CloneView;
  readonly branches: readonly BranchView[];
  readonly pulls: readonly PullBrief[];
  readonly issues: readonly IssueBrief[];
  readonly commits: readonly CommitBrief[];
}

export type TimelineItem =
  | {
      readonly kind: 'comment';
      readonly id: number;
      readonly author: string;
      readonly bot: boolean;
      readonly at: string;
      readonly editedAt: string | undefined;
      readonly body: string;
    }
  | {
      readonly kind: 'commit';
      readonly sha: string;
      readonly subject: string;
      readonly author: string;
      readonly at: string;
      readonly checks: readonly CheckBrief[];
    }
  | {
      readonly kind: 'event';
      readonly what: 'merged' | 'closed' | 'approved' | 'requested changes' | 'reviewed';
      readonly actor: string;
      readonly at: string;
      readonly sha: string | undefined;
    };

export type Mergeability = 'mergeable' | 'conflict' | 'nothing-to-merge' | 'head-gone';

export interface PullView {
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly title: string;
  readonly state: PullState;
  readonly author: string;
  readonly authorIsBot: boolean;
  readonly createdAt: string;
  readonly body: string;
  readonly base: { readonly branch: string; readonly sha: string };
  readonly head: { readonly branch: string; readonly sha: string };
  readonly mergedAs: { readonly sha: string; readonly by: string; readonly at: string } | undefined;
  readonly labels: readonly LabelView[];
  readonly timeline: readonly TimelineItem[];
  readonly commitCount: number;
  readonly checks: readonly CheckView[];
  /** Checks of the commit that landed. */
  readonly mergeChecks: readonly CheckView[];
  readonly files: readonly FileDiff[];
  /** The diff was too long to show whole. */
  readonly filesCut: boolean;
  readonly mergeability: Mergeability | undefined;
  /** The pull request that reverts this one. */
  readonly revertedBy: number | undefined;
  /** Milliseconds since the epoch of the newest push or merge: a check may still be on its way. */
  readonly lastChangeMs: number;
}

export interface IssueView {
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly stateReason: string | undefined;
  readonly author: string;
  readonly authorIsBot: boolean;
  readonly createdAt: string;
  readonly body: string;
  readonly labels: readonly LabelView[];
  readonly timeline: readonly TimelineItem[];
}

export interface NewPullView {
  readonly repository: RepositoryRef;
  readonly branches: readonly string[];
  readonly base: string;
  readonly head: string | undefined;
  readonly title: string;
  readonly body: string;
  readonly commits: readonly CommitBrief[];
  readonly files: readonly FileDiff[];
  readonly filesCut: boolean;
  /** Why it cannot be opened: the same branch twice, nothing to merge, already open. */
  readonly obstacle: { readonly words: string; readonly pull: number | undefined } | undefined;
}

export interface DeliveryView {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly at: string;
  readonly redelivery: boolean;
  /** HTTP status of the answer; 0 when there was none. */
  readonly statusCode: number;
  readonly status: string;
  readonly durationMs: number;
  readonly repository: string | undefined;
}

export interface DeliveriesView {
  readonly deliveries: readonly DeliveryView[];
  readonly hookUrl: string | undefined;
  /** Not sent yet. */
  readonly waiting: number;
}
