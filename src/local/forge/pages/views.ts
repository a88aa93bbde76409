/** What pages are made of: plain data, made from the store by the loaders, turned into markup by the renderers. */

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
