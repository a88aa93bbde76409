import type { CommitSha } from '../model/ids.ts';

/** How a change came: by a pull request, or by a commit that was pushed to the default branch. */
export type ChangeRef = { readonly kind: 'pull'; readonly number: number } | { readonly kind: 'commit'; readonly sha: CommitSha };

export interface BroughtChange {
  readonly ref: ChangeRef;
  /** A login; `undefined` for a commit that was pushed, whose author may be any name at all. */
  readonly author: string | undefined;
}
