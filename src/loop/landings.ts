import { type Arrival, type Landing, landingsOf } from '../core/landing/landing.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { CommitInfo, ManifestSource } from '../ports/manifest-source.ts';
import type { FleetRecord } from '../ports/state-store.ts';

/** More commits than this at once (an import, a rewritten history) are taken as one landing: the state at the end is what counts. */
const COMMITS_MAX = 50;

/**
 * What has come to the default branch since it was looked at last, oldest first.
 *
 * @throws PortError
 */
export async function landings(
  source: Pick<ManifestSource, 'commit' | 'commitsBetween'>,
  host: Pick<CodeHost, 'pullsOfCommit'>,
  fleet: Pick<FleetRecord, 'seenHead' | 'defaultBranch'>,
  head: CommitSha,
): Promise<readonly Landing[]> {
  const { seenHead, defaultBranch } = fleet;
  const commits = seenHead === undefined ? [] : await source.commitsBetween(seenHead, head, COMMITS_MAX + 1);
  const isRewritten = commits.at(-1)?.sha !== head;
  const newest = await source.commit(head);
  if (newest === undefined) return [];
  const followed = isRewritten || commits.length > COMMITS_MAX ? [newest] : commits;
  const arrivals: Arrival[] = [];
  for (const commit of followed) arrivals.push(await arrivalOf(commit));
  return landingsOf(seenHead, arrivals);

  async function arrivalOf({ sha, author, subject }: CommitInfo): Promise<Arrival> {
    // Nothing is rolled out by the first look, and so nothing of it is reported on a pull request.
    const pulls = seenHead === undefined ? [] : await host.pullsOfCommit(sha);
    return { sha, author, subject, pull: pulls.find(({ merged, baseRef }) => merged && baseRef === defaultBranch) };
  }
}
