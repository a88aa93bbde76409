import type { CommitSha } from '../core/model/ids.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { CommitInfo } from '../ports/manifest-source.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';

/** What came to the default branch at once: a pull request, or commits that were pushed without one. */
export interface Landing {
  /** The newest commit of it. */
  readonly commit: CommitSha;
  /** The commit that was looked at last before it. Where that is another by now, somebody else has landed this meanwhile. */
  readonly after: CommitSha | undefined;
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
}

/** More commits than this at once (an import, a rewritten history) are taken as one landing: the state at the end is what counts. */
const COMMITS_MAX = 50;

/**
 * Splits the way from the last commit that was looked at to the new head into landings, oldest first, so that
 * several pull requests merged while the bot was away each get their own rollout and report.
 *
 * @throws PortError
 */
export async function landings(loop: Loop, fleet: FleetRecord, head: CommitSha): Promise<readonly Landing[]> {
  const source = loop.ports.source(fleet);
  const commits = fleet.seenHead === undefined ? [] : await source.commitsBetween(fleet.seenHead, head, COMMITS_MAX + 1);
  const rewritten = commits.at(-1)?.sha !== head;
  const newest = await source.commit(head);
  if (newest === undefined) return [];
  const followed = rewritten || commits.length > COMMITS_MAX ? [newest] : commits;
  const grouped: Landing[] = [];
  for (const commit of followed) {
    const pull = fleet.seenHead === undefined ? undefined : await pullOf(loop, fleet, commit.sha);
    // A rebase merge brings one commit after another of the same pull request: only the last one is a state that somebody asked for.
    if (grouped.at(-1)?.pull === pull?.number) grouped.pop();
    grouped.push(landingOf(commit, pull, grouped.at(-1)?.commit ?? fleet.seenHead));
  }
  return grouped;
}

async function pullOf(loop: Loop, fleet: FleetRecord, commit: CommitSha): Promise<PullInfo | undefined> {
  const pulls = await loop.ports.host(fleet).pullsOfCommit(commit);
  return pulls.find((pull) => pull.merged && pull.baseRef === fleet.defaultBranch);
}

function landingOf(commit: CommitInfo, pull: PullInfo | undefined, after: CommitSha | undefined): Landing {
  return { commit: commit.sha, after, pull: pull?.number, author: pull?.author ?? commit.author, title: pull?.title ?? commit.subject };
}
