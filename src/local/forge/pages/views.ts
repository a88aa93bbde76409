/** What pages are made of: plain data, made from the store by the loaders, turned into markup by the renderers. */
import type { annotationView, checkBrief, checkView } from './load/checks.ts';
import type { issueView, pullView } from './load/conversation.ts';
import type { labelView } from './load/labels.ts';
import type { deliveriesView, newPullView } from './load/others.ts';
import type { cloneView, commitBrief, homeView, issueBrief, pullBrief, repositoryRef, repositoryView } from './load/repository.ts';

type Made<Loader extends (...given: never[]) => unknown> = Readonly<Awaited<ReturnType<Loader>>>;

export type RepositoryRef = Made<typeof repositoryRef>;
/** How to get a repository; the token is the password of the user who is signed in here, for git over HTTP and for the REST API. */
export type CloneView = Made<typeof cloneView>;
export type CheckBrief = Made<typeof checkBrief>;
export type CheckView = Made<typeof checkView>;
export type AnnotationView = Made<typeof annotationView>;
export type CommitBrief = Made<typeof commitBrief>;
export type PullBrief = Made<typeof pullBrief>;
export type IssueBrief = Made<typeof issueBrief>;
export type LabelView = Made<typeof labelView>;
export type HomeView = Made<typeof homeView>;
export type RepositoryView = Made<typeof repositoryView>;
export type PullView = Made<typeof pullView>;
export type IssueView = Made<typeof issueView>;
export type NewPullView = Made<typeof newPullView>;
export type DeliveriesView = Made<typeof deliveriesView>;
export type DeliveryView = DeliveriesView['deliveries'][number];

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

export const CHECK_STATES = [
  'queued',
  'in_progress',
  'success',
  'failure',
  'neutral',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
  'stale',
] as const;
export type CheckState = (typeof CHECK_STATES)[number];

export interface CheckAction {
  readonly identifier: string;
  readonly label: string;
  readonly description: string;
}

export type PullState = 'open' | 'draft' | 'merged' | 'closed';

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
