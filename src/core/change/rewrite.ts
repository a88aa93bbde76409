import type { CommitSha, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** How a branch came to a head that does not contain the commit that was looked at last. */
export const REWRITES = [
  /** Commits were taken away; both heads have a commit in common. */
  'rewritten',
  /** The commit is gone for good, so nobody can tell what the two have in common. */
  'gone',
  /** The two have no commit in common: it may be another repository. */
  'unrelated',
] as const;

/** How the head of a branch stands to the commit that was looked at last. `continued`: commits were added, and none taken away. */
export type History = 'continued' | WordOf<typeof REWRITES>;

/** A rewritten history, as a person is told of it. */
export interface Rewrite {
  readonly how: WordOf<typeof REWRITES>;
  /** What was looked at last, and the new head. */
  readonly before: CommitSha;
  readonly commit: CommitSha;
  readonly at: Instant;
  /** Clusters whose desired spec differs from what is stored; `undefined` where the new manifests are broken. */
  readonly changed: number | undefined;
  /** What holds the fleet until a person has looked. */
  readonly stop: StopId | undefined;
}
