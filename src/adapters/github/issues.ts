import type { IssueWrite } from '../../ports/code-host.ts';
import { type GitHubRepository, isOurs, newestPages, PER_PAGE } from './client.ts';
import { asPortError, isGone, outcomeUnknown } from './github-errors.ts';
import { checkLength } from './limits.ts';

const OPERATION = 'writeIssue';
/** An issue is looked for among this many pages of the newest that are ours: mostly there is one page. */
const PAGES_MAX = 10;

/** Keeps one issue of ours for a key: edits, closes and reopens it, looks for it when its number is not known, and only then opens a new one. */
export async function writeIssue(repository: GitHubRepository, issue: IssueWrite): Promise<{ readonly number: number }> {
  checkLength(OPERATION, 'the issue', issue.body, 'body');
  checkLength(OPERATION, 'the title of the issue', issue.title, 'issueTitle');
  if (issue.number !== undefined && (await edit(repository, issue.number, issue))) return { number: issue.number };
  const found = await find(repository, issue);
  if (found !== undefined && (await edit(repository, found, issue))) return { number: found };
  const number = await create(repository, issue);
  if (issue.state === 'closed') await edit(repository, number, issue);
  return { number };
}

/** Leaves the labels alone: people add their own. @returns false when the issue is gone. */
async function edit({ client, owner, repo }: GitHubRepository, number: number, issue: IssueWrite): Promise<boolean> {
  const { title, body, state } = issue;
  const reason = state === 'closed' ? { state_reason: 'completed' as const } : {};
  try {
    await client.rest.issues.update({ owner, repo, issue_number: number, title, body, state, ...reason });
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

async function create(repository: GitHubRepository, issue: IssueWrite): Promise<number> {
  const { client, owner, repo } = repository;
  try {
    const { data } = await client.rest.issues.create({ owner, repo, title: issue.title, body: issue.body, labels: [...issue.labels] });
    return data.number;
  } catch (error) {
    if (!outcomeUnknown(error)) throw error;
    const number = await find(repository, issue).catch(() => undefined);
    if (number === undefined) throw asPortError(OPERATION, error);
    return number;
  }
}

/**
 * The oldest issue of ours with this marker: never by title, which people edit, nor by label, which they take off. Only ours are asked
 * for: people may have thousands.
 */
async function find({ client, owner, repo, login }: GitHubRepository, { marker }: IssueWrite): Promise<number | undefined> {
  const creator = await login();
  const pages = client.paginate.iterator(client.rest.issues.listForRepo, {
    owner,
    repo,
    state: 'all',
    creator,
    sort: 'created',
    direction: 'desc',
    per_page: PER_PAGE,
  });
  const ours = (await newestPages(pages, PAGES_MAX)).filter((issue) => issue.pull_request === undefined && isOurs(issue, creator, marker));
  return ours.at(-1)?.number;
}
