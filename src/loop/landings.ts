import type { History } from '../core/change/rewrite.ts';
import { type Arrival, type Landing, landingsOf } from '../core/landing/landing.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { CommitInfo, ManifestSource } from '../ports/manifest-source.ts';
import type { FleetRecord } from '../ports/state-store.ts';

/** More commits than this at once (an import) are taken as one landing: the state at the end is what counts. */
const COMMITS_MAX = 50;

/**
 * What has come to the default branch since it was looked at last, oldest first. A rewritten history is one landing: what is
 * stored is compared with the state at its end.
 *
 * @throws PortError
 */
export async function landings(
  source: Pick<ManifestSource, 'has' | 'mergeBase' | 'commit' | 'commitsBetween'>,
  host: Pick<CodeHost, 'pullsOfCommit'>,
  fleet: Pick<FleetRecord, 'seenHead' | 'goodHead' | 'defaultBranch'>,
  head: CommitSha,
): Promise<readonly Landing[]> {
  const { seenHead, defaultBranch } = fleet;
  const history = await historyOf(source, fleet, head);
  const isLine = seenHead !== undefined && history === 'continued';
  const commits = isLine ? await source.commitsBetween(seenHead, head, COMMITS_MAX + 1) : [];
  const newest = await source.commit(head);
  if (newest === undefined) return [];
  const followed = commits.length === 0 || commits.length > COMMITS_MAX ? [newest] : commits;
  const arrivals: Arrival[] = [];
  for (const commit of followed) arrivals.push(await arrivalOf(commit));
  return landingsOf(seenHead, arrivals, history);

  async function arrivalOf({ sha, author, subject }: CommitInfo): Promise<Arrival> {
    // Nothing is rolled out by the first look, and so nothing of it is reported on a pull request.
    const pulls = seenHead === undefined ? [] : await host.pullsOfCommit(sha);
    return { sha, author, subject, pull: pulls.find(({ merged, baseRef }) => merged && baseRef === defaultBranch) };
  }
}

/** Judged by the commit that was looked at last, and where that is gone for good, by the last one that was valid. */
async function historyOf(
  source: Pick<ManifestSource, 'has' | 'mergeBase'>,
  { seenHead, goodHead }: Pick<FleetRecord, 'seenHead' | 'goodHead'>,
  head: CommitSha,
): Promise<History> {
  if (seenHead === undefined) return 'continued';
  const isThere = await source.has(seenHead);
  const known = isThere ? seenHead : goodHead;
  if (known === undefined || !(isThere || (await source.has(known)))) return 'lost';
  const shared = await source.mergeBase(known, head);
  if (shared === undefined) return 'unrelated';
  if (!isThere) return 'gone';
  return shared === seenHead ? 'continued' : 'rewritten';
}
