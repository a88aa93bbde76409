import { readCommits } from '../git/read.ts';
import { type GitRepository, RefMoved } from '../git/repository.ts';
import { mergeTrees, replay, writeCommit } from '../git/write.ts';
import { Refusal } from '../http/answer.ts';
import type { AccountRow, PullRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, isoPerson, type World } from '../world.ts';
import { announceRefChanges, emitPull } from './ref-changes.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface MergeRequest {
  readonly method: MergeMethod;
  readonly title: string | undefined;
  readonly message: string | undefined;
  /** Head that the caller has seen; `undefined`: whatever it is now. */
  readonly sha: string | undefined;
  readonly actor: AccountRow;
}

/**
 * Merges a pull request with git plumbing in the bare repository.
 *
 * @throws Refusal 405 when it cannot be merged (closed, draft, conflict), 409 when head or base has moved.
 * @returns the commit that the base branch is at now.
 */
export function mergePull(world: World, repository: RepositoryRow, number: number, request: MergeRequest): Promise<string> {
  return world.locks.run(repository.id, async () => {
    const pull = world.store.pulls.byNumber(repository.id, number);
    if (pull === undefined) throw new Refusal(404, 'Not Found');
    checkMergeable(pull, request);
    const git = gitOf(world, repository);
    const base = await git.branch(pull.base_ref);
    if (base === undefined) throw notMergeable();
    // A push that has moved the branch and was not announced yet.
    if ((await git.branch(pull.head_ref)) !== pull.head_sha) throw headMoved();
    const result = await mergedCommit(world, git, repository, pull, base, request);
    const intent = world.store.refs.addMergeIntent(repository.id, request.actor.id, { pull: pull.issue_id, baseBefore: base, result });
    try {
      await git.updateRef(`refs/heads/${pull.base_ref}`, result, base);
    } catch (error) {
      world.store.refs.removeIntent(intent);
      if (error instanceof RefMoved) throw new Refusal(409, 'Base branch was modified. Review and try the merge again.');
      throw error;
    }
    await completeMerge(world, repository, request.actor, { intent, pull: pull.issue_id, baseBefore: base, result });
    return result;
  });
}

/** The second half of a merge: the branch has moved, now everybody is told. Also run at a start after a crash. */
export async function completeMerge(
  world: World,
  repository: RepositoryRow,
  actor: AccountRow,
  merge: { readonly intent: number; readonly pull: number; readonly baseBefore: string; readonly result: string },
): Promise<void> {
  const pull = world.store.pulls.byId(merge.pull);
  if (pull.merged_at === null) {
    world.store.transaction(() => {
      world.store.pulls.setMerged(merge.pull, { by: actor.id, commit: merge.result, baseBefore: merge.baseBefore }, world.now());
      emitPull(world, repository, actor, pull, 'closed');
    });
  }
  await announceRefChanges(world, repository, actor, new Set([`refs/heads/${pull.base_ref}`]), 'pr_merge');
  world.store.refs.removeIntent(merge.intent);
}

const headMoved = (): Refusal => new Refusal(409, 'Head branch was modified. Review and try the merge again.');
const notMergeable = (): Refusal => new Refusal(405, 'Pull Request is not mergeable');

function checkMergeable(pull: PullRow, request: MergeRequest): void {
  if (request.sha !== undefined && request.sha !== pull.head_sha) throw headMoved();
  if (pull.state === 'closed') throw notMergeable();
  if (pull.draft === 1) throw new Refusal(405, 'Pull Request is still a draft');
}

async function mergedCommit(
  world: World,
  git: GitRepository,
  repository: RepositoryRow,
  pull: PullRow,
  base: string,
  request: MergeRequest,
): Promise<string> {
  const actor = isoPerson(world, request.actor);
  if (request.method === 'rebase') {
    const from = (await git.mergeBase(base, pull.head_sha)) ?? base;
    const replayed = await replay(git, { base: from, head: pull.head_sha, onto: base }, actor);
    if (replayed.kind === 'conflict' || replayed.commits === 0) throw new Refusal(405, "This branch can't be rebased");
    return replayed.tip;
  }
  const merged = await mergeTrees(git, base, pull.head_sha);
  if (merged.kind === 'conflict') throw notMergeable();
  const text = request.method === 'merge' ? mergeText(repository, pull, request) : await squashText(git, pull, base, request);
  const author = request.method === 'merge' ? actor : isoPerson(world, world.store.accounts.byId(pull.author_id));
  const parents = request.method === 'merge' ? [base, pull.head_sha] : [base];
  return writeCommit(git, { tree: merged.tree, parents, message: text, author, committer: isoPerson(world, undefined) });
}

function mergeText(repository: RepositoryRow, pull: PullRow, request: MergeRequest): string {
  const title = request.title ?? `Merge pull request #${pull.number} from ${repository.owner_login}/${pull.head_ref}`;
  return commitText(title, request.message ?? pull.title);
}

/** GitHub's default: the one commit's own text, or all messages as a list, with the other authors named. */
async function squashText(git: GitRepository, pull: PullRow, base: string, request: MergeRequest): Promise<string> {
  const commits = await readCommits(git, ['--reverse', '--topo-order', '--no-merges', `${base}..${pull.head_sha}`]);
  const [only] = commits;
  if (commits.length === 1 && only !== undefined) {
    const [subject = pull.title, ...body] = only.message.split('\n');
    return commitText(request.title ?? `${subject} (#${pull.number})`, request.message ?? body.join('\n').trim());
  }
  const list = commits.map((commit) => `* ${commit.message}`).join('\n\n');
  const authors = [...new Set(commits.map((commit) => `${commit.author.name} <${commit.author.email}>`))];
  const trailers = authors.length < 2 ? '' : `\n\n---------\n\n${authors.map((author) => `Co-authored-by: ${author}`).join('\n')}`;
  return commitText(request.title ?? `${pull.title} (#${pull.number})`, request.message ?? `${list}${trailers}`);
}

const commitText = (title: string, message: string): string => (message === '' ? `${title}\n` : `${title}\n\n${message}\n`);
