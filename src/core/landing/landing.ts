import type { History } from '../change/rewrite.ts';
import type { CommitSha } from '../model/ids.ts';

/** What came to the default branch at once: a pull request, or commits that were pushed without one. */
export interface Landing {
  /** The newest commit of it. */
  readonly commit: CommitSha;
  /** The commit that was looked at last before it. Where that is another by now, somebody else has landed this meanwhile. */
  readonly after: CommitSha | undefined;
  /** How it stands to that commit. */
  readonly history: History;
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
}

/** A commit of the default branch, and the pull request that brought it. */
export interface Arrival {
  readonly sha: CommitSha;
  readonly author: string;
  readonly subject: string;
  readonly pull: { readonly number: number; readonly author: string; readonly title: string } | undefined;
}

/**
 * Splits the way to a new head into landings, oldest first, so that several pull requests merged while the bot was away
 * each get their own rollouts and report.
 *
 * @param seen - the commit that was looked at last.
 * @param history - how they stand to it. What is not a continuation is one landing.
 */
export function landingsOf(seen: CommitSha | undefined, arrivals: readonly Arrival[], history: History = 'continued'): readonly Landing[] {
  const landings: Landing[] = [];
  for (const { sha, author, subject, pull } of arrivals) {
    // A rebase merge brings one commit after another of the same pull request: only the last one is a state that somebody asked for.
    if (landings.length > 0 && landings.at(-1)?.pull === pull?.number) landings.pop();
    const after = landings.at(-1)?.commit ?? seen;
    landings.push({ commit: sha, after, history, pull: pull?.number, author: pull?.author ?? author, title: pull?.title ?? subject });
  }
  return landings;
}
