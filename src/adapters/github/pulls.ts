import { type CommitSha, trusted } from '../../core/model/ids.ts';
import type { PullInfo } from '../../ports/code-host.ts';
import { collectPages, type GitHubRepository, PER_PAGE } from './client.ts';
import { isGone } from './github-errors.ts';

/** Ten thousand open pull requests; a list that were silently cut would leave plans unmade. */
const PAGES_MAX = 100;

/** The fields that the list and the single answer of GitHub have in common. */
interface PullAnswer {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly draft?: boolean | undefined;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly user: { readonly login: string } | null;
  readonly head: { readonly sha: string; readonly repo: { readonly id: number } | null };
  readonly base: { readonly ref: string; readonly repo: { readonly id: number; readonly default_branch: string } };
}

export async function openPulls({ client, owner, repo }: GitHubRepository): Promise<readonly PullInfo[]> {
  const pages = client.paginate.iterator(client.rest.pulls.list, { owner, repo, state: 'open', per_page: PER_PAGE });
  return (await collectPages(pages, PAGES_MAX)).map(pullInfo);
}

export async function onePull({ client, owner, repo }: GitHubRepository, number: number): Promise<PullInfo | undefined> {
  try {
    return pullInfo((await client.rest.pulls.get({ owner, repo, pull_number: number })).data);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export async function pullsOfCommit({ client, owner, repo }: GitHubRepository, sha: CommitSha): Promise<readonly PullInfo[]> {
  const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: sha, per_page: PER_PAGE });
  return data
    .filter((pull) => pull.merged_at !== null && pull.base.ref === pull.base.repo.default_branch)
    .sort((a, b) => Date.parse(b.merged_at ?? '') - Date.parse(a.merged_at ?? ''))
    .map(pullInfo);
}

function pullInfo(pull: PullAnswer): PullInfo {
  const merged = pull.merged_at !== null;
  return {
    number: pull.number,
    headSha: trusted.commit(pull.head.sha),
    baseRef: pull.base.ref,
    // GitHub shows the work of deleted accounts as that of its user `ghost`.
    author: pull.user?.login ?? 'ghost',
    title: pull.title,
    draft: pull.draft ?? false,
    state: pull.state === 'open' ? 'open' : 'closed',
    merged,
    // By repository, not by owner: an owner may fork into an organisation of their own. A deleted fork is none of ours either.
    fork: pull.head.repo?.id !== pull.base.repo.id,
    // Before the merge the field holds GitHub's test merge.
    mergeCommit: merged && pull.merge_commit_sha !== null ? trusted.commit(pull.merge_commit_sha) : undefined,
  };
}
