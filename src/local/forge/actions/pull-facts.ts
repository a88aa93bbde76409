import { readChanges } from '../git/read.ts';
import { mergeTrees, writeCommit } from '../git/write.ts';
import type { PullFacts } from '../store/pulls.ts';
import type { PullRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, isoPerson, type World } from '../world.ts';

/** What git says about merging `head` into `base`, both commits. Makes the test merge, moves no ref. */
export async function computeFacts(world: World, repository: RepositoryRow, base: string, head: string): Promise<PullFacts> {
  const git = gitOf(world, repository);
  const merged = await mergeTrees(git, base, head);
  const forge = isoPerson(world, undefined);
  const testMerge =
    merged.kind === 'conflict'
      ? null
      : await writeCommit(git, {
          tree: merged.tree,
          parents: [base, head],
          message: `Merge ${head} into ${base}\n`,
          author: forge,
          committer: forge,
        });
  const from = (await git.mergeBase(base, head)) ?? base;
  const changes = await readChanges(git, from, head, false);
  return {
    mergeable: testMerge === null ? 0 : 1,
    test_merge_sha: testMerge,
    tested_base: base,
    tested_head: head,
    commits: await git.count(base, head),
    additions: changes.reduce((sum, change) => sum + change.additions, 0),
    deletions: changes.reduce((sum, change) => sum + change.deletions, 0),
    changed_files: changes.length,
  };
}

/** `undefined` while neither end has moved, or when the base branch is gone. */
export async function newFacts(world: World, repository: RepositoryRow, pull: PullRow, head: string): Promise<PullFacts | undefined> {
  const base = await gitOf(world, repository).branch(pull.base_ref);
  if (base === undefined || (pull.tested_base === base && pull.tested_head === head)) return undefined;
  return computeFacts(world, repository, base, head);
}

/** `refs/pull/N/head` and `refs/pull/N/merge`, which any client may fetch. Written again at every start. */
export async function writePullRefs(world: World, repository: RepositoryRow, pull: PullRow): Promise<void> {
  const git = gitOf(world, repository);
  await git.setRef(`refs/pull/${pull.number}/head`, pull.head_sha);
  await git.setRef(`refs/pull/${pull.number}/merge`, pull.test_merge_sha ?? undefined);
}

/** Brings facts and refs of a pull request up to date, with no event: a base that moves is not one. */
export async function refreshPull(world: World, repository: RepositoryRow, pull: PullRow): Promise<void> {
  const facts = await newFacts(world, repository, pull, pull.head_sha);
  if (facts !== undefined) world.store.pulls.setFacts(pull.issue_id, facts);
  await writePullRefs(world, repository, world.store.pulls.byId(pull.issue_id));
}
