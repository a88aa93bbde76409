/** What each page shows: plain data, made from the store by the loaders, turned into markup by the renderers. */
import type { FileDiff } from './diff.ts';

/** What every page needs besides its own content. */
export interface ShellView {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Address of this page: where switching the user comes back to. */
  readonly path: string;
  readonly csrf: string;
  readonly user: string;
  readonly users: readonly string[];
  readonly links: SiteLinks;
  readonly flash: { readonly tone: 'good' | 'bad'; readonly text: string } | undefined;
}

/** Pages of other servers of local mode; absent when they do not run. */
export interface SiteLinks {
  readonly dataPlane: string | undefined;
  readonly bot: string | undefined;
}

export interface RepositoryRef {
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  readonly openPulls: number;
  readonly openIssues: number;
  readonly hasIssue: (number: number) => boolean;
}

/** How to get a repository, and who may push to it. */
export interface CloneView {
  readonly url: string;
  /** Password of the user who is signed in here, for git over HTTP and for the REST API. */
  readonly token: string | undefined;
}

export interface HomeView {
  readonly repositories: readonly (RepositoryRef & { readonly description: string | undefined; readonly clone: CloneView })[];
}

export type CheckState =
  | 'queued'
  | 'in_progress'
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'stale';

export interface CheckBrief {
  readonly id: number;
  readonly name: string;
  readonly state: CheckState;
  readonly title: string | undefined;
}

export interface AnnotationView {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number | undefined;
  readonly level: 'notice' | 'warning' | 'failure';
  readonly title: string | undefined;
  readonly message: string;
  readonly details: string | undefined;
}

export interface CheckView extends CheckBrief {
  readonly headSha: string;
  readonly app: string;
  readonly summary: string | undefined;
  readonly text: string | undefined;
  readonly annotations: readonly AnnotationView[];
  readonly startedAt: string | undefined;
  readonly completedAt: string | undefined;
  readonly detailsUrl: string | undefined;
  /** Buttons, which the app hears of when they are pressed. */
  readonly actions: readonly CheckAction[];
}

export interface CheckAction {
  readonly identifier: string;
  readonly label: string;
  readonly description: string;
}

export interface CommitBrief {
  readonly sha: string;
  readonly subject: string;
  readonly author: string;
  readonly at: string;
  readonly checks: readonly CheckBrief[];
}

export type PullState = 'open' | 'draft' | 'merged' | 'closed';

export interface PullBrief {
  readonly number: number;
  readonly title: string;
  readonly state: PullState;
  readonly author: string;
  readonly createdAt: string;
  readonly head: string;
  readonly base: string;
  readonly comments: number;
  readonly checks: readonly CheckBrief[];
}

export interface IssueBrief {
  readonly number: number;
  readonly title: string;
  readonly state: 'open' | 'closed';
  readonly author: string;
  readonly createdAt: string;
  readonly comments: number;
  readonly labels: readonly LabelView[];
}

export interface LabelView {
  readonly name: string;
  readonly description: string | undefined;
}

export interface BranchView {
  readonly name: string;
  readonly sha: string;
  readonly subject: string;
  readonly at: string;
  /** An open pull request from it. */
  readonly pull: number | undefined;
}

export interface TreeEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link';
}

export interface RepositoryView {
  readonly repository: RepositoryRef;
  readonly description: string | undefined;
  readonly clone: CloneView;
  readonly branches: readonly BranchView[];
  readonly entries: readonly TreeEntry[];
  readonly pulls: readonly PullBrief[];
  readonly issues: readonly IssueBrief[];
  readonly commits: readonly CommitBrief[];
  readonly readme: { readonly path: string; readonly text: string } | undefined;
}

export interface TreeView {
  readonly repository: RepositoryRef;
  readonly branch: string;
  /** Empty for the root. */
  readonly path: string;
  readonly entries: readonly TreeEntry[];
}

export interface FileView {
  readonly repository: RepositoryRef;
  readonly branch: string;
  /** A commit is shown, and cannot be edited. */
  readonly isBranch: boolean;
  readonly path: string;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'binary'; readonly bytes: number }
    | { readonly kind: 'too-large'; readonly bytes: number };
}

export interface EditView {
  readonly repository: RepositoryRef;
  readonly branch: string;
  readonly path: string;
  /** Commit that the text was read at: a change since then is a conflict. */
  readonly readAt: string;
  readonly text: string;
  readonly subject: string;
  readonly body: string;
  readonly newBranch: string;
  readonly target: 'new-branch' | 'same-branch';
  readonly problem: string | undefined;
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

export interface CommitView {
  readonly repository: RepositoryRef;
  readonly sha: string;
  readonly subject: string;
  readonly body: string;
  readonly author: string;
  readonly at: string;
  readonly parents: readonly string[];
  readonly pulls: readonly { readonly number: number; readonly title: string }[];
  readonly checks: readonly CheckView[];
  readonly files: readonly FileDiff[];
  readonly filesCut: boolean;
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

export interface PersonView {
  readonly login: string;
  readonly name: string;
  readonly kind: 'User' | 'Organization' | 'Bot';
  readonly repositories: readonly RepositoryRef[];
  readonly pulls: readonly { readonly repository: RepositoryRef; readonly pull: PullBrief }[];
}
