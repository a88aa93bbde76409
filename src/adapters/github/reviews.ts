import type { CommitSha } from '../../core/model/ids.ts';
import { collectPages, type GitHubRepository, PER_PAGE } from './client.ts';

/** A thousand reviews of one pull request. */
const PAGES_MAX = 10;

/** GitHub lists reviews in the order in which they were given. A comment alone changes nothing of what its author said before. */
export async function approvingReviewers(
  { client, owner, repo }: GitHubRepository,
  number: number,
  head: CommitSha,
): Promise<readonly string[]> {
  const pages = client.paginate.iterator(client.rest.pulls.listReviews, { owner, repo, pull_number: number, per_page: PER_PAGE });
  const newest = new Map<string, boolean>();
  for (const { user, state, commit_id: commit } of await collectPages(pages, PAGES_MAX)) {
    if (user?.type !== 'User' || !VERDICTS.has(state)) continue;
    newest.set(user.login, state === 'APPROVED' && commit === head);
  }
  return [...newest].flatMap(([login, approves]) => (approves ? [login] : []));
}

const VERDICTS: ReadonlySet<string> = new Set(['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED']);
