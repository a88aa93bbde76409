import type { CodeHost } from '../../ports/code-host.ts';
import { collectPages, type GitHubRepository, isOurs, PER_PAGE } from './client.ts';
import { answeredStatus, asPortError, isGone, outcomeUnknown } from './github-errors.ts';
import { checkLength } from './limits.ts';

type CommentWrite = Parameters<CodeHost['writeComment']>[0];

const OPERATION = 'writeComment';
/** GitHub locks a conversation long before ten thousand comments. */
const PAGES_MAX = 100;

/** Keeps one comment of ours on a pull request. Where GitHub refuses what it says, its first lines stand, and say so. */
export async function writeComment(repository: GitHubRepository, comment: CommentWrite): Promise<{ readonly id: number }> {
  checkLength(OPERATION, 'the comment', comment.body, 'body');
  try {
    return await writeWhole(repository, comment);
  } catch (error) {
    if (answeredStatus(error) !== 422) throw error;
    const [headline = ''] = comment.body
      .slice(comment.marker.length)
      .split('\n')
      .filter((line) => /^#+ /.test(line));
    const body = `${comment.marker}\n${headline.slice(0, HEADLINE_CHARS_MAX)}\n\n${REFUSED}`;
    return await writeWhole(repository, { ...comment, body, isNew: false });
  }
}

const HEADLINE_CHARS_MAX = 300;
const REFUSED = 'GitHub refused to take what else this comment says, so it is left out here. The check and the pages of Flotilla have it.';

/** Keeps one comment of ours on a pull request: edits it, looks for it when its id is not known, and only then makes a new one. */
async function writeWhole(repository: GitHubRepository, comment: CommentWrite): Promise<{ readonly id: number }> {
  if (comment.id !== undefined && (await edit(repository, comment.id, comment.body))) return { id: comment.id };
  const found = comment.id === undefined && comment.isNew === true ? undefined : await adopt(repository, comment);
  if (found !== undefined && (await edit(repository, found, comment.body))) return { id: found };
  return create(repository, comment);
}

/** @returns false when the comment is gone. */
async function edit({ client, owner, repo }: GitHubRepository, id: number, body: string): Promise<boolean> {
  try {
    await client.rest.issues.updateComment({ owner, repo, comment_id: id, body });
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

async function create(repository: GitHubRepository, comment: CommentWrite): Promise<{ readonly id: number }> {
  const { client, owner, repo } = repository;
  try {
    const { data } = await client.rest.issues.createComment({ owner, repo, issue_number: comment.pull, body: comment.body });
    return { id: data.id };
  } catch (error) {
    if (!outcomeUnknown(error)) throw error;
    const id = await adopt(repository, comment).catch(() => undefined);
    if (id === undefined) throw asPortError(OPERATION, error);
    return { id };
  }
}

/** The oldest of ours with this marker. The others, made by writers who did not see each other, are deleted: oldest-wins converges without a lock. */
async function adopt({ client, owner, repo, login }: GitHubRepository, { pull, marker }: CommentWrite): Promise<number | undefined> {
  const us = await login();
  const pages = client.paginate.iterator(client.rest.issues.listComments, { owner, repo, issue_number: pull, per_page: PER_PAGE });
  const ours = (await collectPages(pages, PAGES_MAX))
    .filter((comment) => isOurs(comment, us, marker))
    .map((comment) => comment.id)
    .sort((a, b) => a - b);
  for (const extra of ours.slice(1)) {
    await client.rest.issues.deleteComment({ owner, repo, comment_id: extra }).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }
  return ours[0];
}
