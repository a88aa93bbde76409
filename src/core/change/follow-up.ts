import type { CommitSha } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Rewrite } from './rewrite.ts';

/** What is to be done after a change, besides remembering it. Kept with it in one transaction, and done at least once. */
export type FollowUp =
  /** Decide again, now. */
  | { readonly kind: 'tick' }
  /** Decide at the instant at which the answer could change by time alone. */
  | { readonly kind: 'wake'; readonly at: Instant }
  /** Look at the clusters that decisions turn on. */
  | { readonly kind: 'observe' }
  /** Send a data plane the orders that it has not answered. */
  | { readonly kind: 'deliver'; readonly dataPlane: string }
  /** Write how the rollouts of a commit stand: at once, or at a pace that the code host allows. */
  | { readonly kind: 'report-rollouts'; readonly commit: CommitSha; readonly at: Instant | undefined }
  /** Say whether the manifests of the default branch are valid. */
  | { readonly kind: 'report-branch'; readonly commit: CommitSha }
  /** Tell a person that the history of the default branch was rewritten, and what came of it. */
  | { readonly kind: 'report-rewrite'; readonly rewrite: Rewrite }
  | { readonly kind: 'report-drift' }
  /** Compare the whole fleet with what runs. */
  | { readonly kind: 'look-for-drift' }
  /** Look at the default branch. */
  | { readonly kind: 'sync' }
  /** There is news of a pull request. */
  | { readonly kind: 'review'; readonly pull: number }
  /** Only the base of a pull request has moved. */
  | { readonly kind: 'review-again'; readonly pull: number };
