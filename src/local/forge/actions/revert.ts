import { NO_SHA } from '../git/names.ts';
import { applyChange, writeCommit } from '../git/write.ts';
import { Refusal } from '../http/answer.ts';
import type { AccountRow, PullRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, isoPerson, type World } from '../world.ts';
import { openPullLocked } from './pulls.ts';
import { announceRefChanges } from './ref-changes.ts';

/**
 * Opens a pull request that takes a merged one back, whatever the kind of its merge: the change from the base before the merge to the
 * merged commit is applied backwards to the tip of the base branch. GitHub has this as a button and in GraphQL only.
 *
 * @throws Refusal 422 when it was not merged, is reverted already, or what it changed was changed again since.
 */
export function revertPull(world: World, repository: RepositoryRow, number: number, actor: AccountRow): Promise<PullRow> {
  return world.locks.run(repository.id, async () => {
    const pull = world.store.pulls.byNumber(repository.id, number);
    if (pull === undefined) throw new Refusal(404, 'Not Found');
    const { merge_commit_sha: merged, merge_base_before: before } = pull;
    if (pull.merged_at === null || merged === null || before === null)
      throw new Refusal(422, 'Only a merged pull request can be reverted.');
    const git = gitOf(world, repository);
    const tip = await git.branch(pull.base_ref);
    if (tip === undefined) throw new Refusal(422, `The branch ${pull.base_ref} does not exist any more.`);
    const trees = { base: await git.treeOf(merged), ours: await git.treeOf(tip), theirs: await git.treeOf(before) };
    const reverted = await applyChange(git, trees);
    if (reverted.kind === 'conflict')
      throw new Refusal(422, 'This pull request cannot be reverted automatically: the same lines were changed again since.');
    if (reverted.tree === trees.ours)
      throw new Refusal(422, 'There is nothing to revert: the branch has nothing of this pull request any more.');
    const title = `Revert "${pull.title}"`;
    const person = isoPerson(world, actor);
    const message = `${title}\n\nThis reverts commit ${merged}.\n`;
    const commit = await writeCommit(git, {
      tree: reverted.tree,
      parents: [tip],
      message,
      author: person,
      committer: isoPerson(world, undefined),
    });
    const headRef = await freeBranch(world, repository, `revert-${pull.number}-${pull.head_ref}`);
    await git.updateRef(`refs/heads/${headRef}`, commit, NO_SHA);
    await announceRefChanges(world, repository, actor, new Set([`refs/heads/${headRef}`]));
    const body = `Reverts ${repository.owner_login}/${repository.name}#${pull.number}`;
    return openPullLocked(world, repository, { title, body, headRef, baseRef: pull.base_ref, draft: false, author: actor, viaApp: false });
  });
}

const NAME_TRIES_MAX = 100;

async function freeBranch(world: World, repository: RepositoryRow, wanted: string): Promise<string> {
  for (let attempt = 0; attempt < NAME_TRIES_MAX; attempt += 1) {
    const name = attempt === 0 ? wanted : `${wanted}-${attempt}`;
    if ((await gitOf(world, repository).branch(name)) === undefined) return name;
  }
  throw new Refusal(422, `Too many branches are called ${wanted}: delete some.`);
}
