import type { Reaction } from '../../ports/code-host.ts';
import type { GitHubRepository } from './client.ts';
import { isGone } from './github-errors.ts';

/** GitHub keeps one reaction of a kind for each account: the same again is answered with the one that is there. */
export async function react({ client, owner, repo }: GitHubRepository, comment: number, reaction: Reaction): Promise<void> {
  try {
    await client.rest.reactions.createForIssueComment({ owner, repo, comment_id: comment, content: reaction });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}
