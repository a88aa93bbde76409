import type { CommitSha, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** How a branch came to a head that does not contain the commit that was looked at last. */
export const REWRITES = [
  /** Commits were taken away; both heads have a commit in common. */
  'rewritten',
  /** The commit is gone for good; the last one that was valid is there, and has a commit in common with the new head. */
  'gone',
  /** Both are gone for good, so nobody can tell what the new head has in common with them. */
  'lost',
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
  /** The author of the new head; `undefined` for what was told before that was kept. */
  readonly author: string | undefined;
  readonly at: Instant;
  /** Clusters whose desired spec differs from what is stored; `undefined` where the new manifests are broken. */
  readonly changed: number | undefined;
  /** What holds the fleet until a person has looked. */
  readonly stop: StopId | undefined;
}
