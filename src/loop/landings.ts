import type { History } from '../core/change/rewrite.ts';
import { type Arrival, type Landing, landingsOf } from '../core/landing/landing.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { CodeHost, PullInfo } from '../ports/code-host.ts';
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
  // Nothing is rolled out by the first look, and so nothing of it is reported on a pull request.
  const pulls = seenHead === undefined ? [] : await pullsOf(host, followed, defaultBranch);
  const arrivals = followed.map(({ sha, author, subject }, nth): Arrival => ({ sha, author, subject, pull: pulls[nth] }));
  return landingsOf(seenHead, arrivals, history);
}

/**
 * The pull request of each commit, in their order. The commits of one follow each other, so those between two of the same are of it too: two
 * requests for a rebase merge, however many commits it brings.
 */
async function pullsOf(
  host: Pick<CodeHost, 'pullsOfCommit'>,
  commits: readonly CommitInfo[],
  defaultBranch: string,
): Promise<readonly (PullInfo | undefined)[]> {
  const found: (PullInfo | undefined)[] = [];
  const ask = async (nth: number): Promise<PullInfo | undefined> => {
    const commit = commits[nth];
    const pulls = commit === undefined ? [] : await host.pullsOfCommit(commit.sha);
    found[nth] = pulls.find(({ merged, baseRef }) => merged && baseRef === defaultBranch);
    return found[nth];
  };
  const between = async (first: number, last: number): Promise<void> => {
    if (last - first < 2) return;
    const [from, to] = [found[first], found[last]];
    if (from !== undefined && from.number === to?.number) {
      found.fill(from, first, last);
      return;
    }
    const middle = Math.floor((first + last) / 2);
    await ask(middle);
    await between(first, middle);
    await between(middle, last);
  };
  const last = commits.length - 1;
  await ask(0);
  if (last > 0) await ask(last);
  await between(0, last);
  return found;
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
