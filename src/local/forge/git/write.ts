import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Commit, type Person, readCommit, readCommits } from './read.ts';
import type { GitRepository } from './repository.ts';

export interface CommitDraft {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
}

export async function writeCommit(git: GitRepository, draft: CommitDraft): Promise<string> {
  const { author, committer } = draft;
  const output = await git.run(['commit-tree', draft.tree, ...draft.parents.flatMap((parent) => ['-p', parent]), '-F', '-'], {
    input: draft.message.replaceAll('\0', ''),
    environment: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: author.date,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: committer.date,
    },
  });
  return output.trim();
}

/** Content of a file, or `undefined` to remove it. */
export type FileEdits = ReadonlyMap<string, string | Uint8Array | undefined>;

/** The tree that has these edits over `base`; `undefined`: over nothing. Paths must have been checked with `isTreePath`. */
export async function writeTree(git: GitRepository, base: string | undefined, edits: FileEdits): Promise<string> {
  const scratch = join(git.home, 'tmp');
  await mkdir(scratch, { recursive: true });
  const environment = { GIT_INDEX_FILE: join(scratch, `index-${randomUUID()}`) };
  try {
    await git.run(['read-tree', ...(base === undefined ? ['--empty'] : [base])], { environment });
    const blobs = await writeBlobs(
      git,
      [...edits.values()].filter((content) => content !== undefined),
    );
    const lines = [...edits].map(([path, content]) =>
      content === undefined ? `0 ${'0'.repeat(40)}\t${path}\0` : `100644 ${blobs.shift()}\t${path}\0`,
    );
    await git.run(['update-index', '-z', '--add', '--index-info'], { environment, input: lines.join('') });
    return (await git.run(['write-tree'], { environment })).trim();
  } finally {
    await rm(environment.GIT_INDEX_FILE, { force: true });
  }
}

/** One process for all of them: the first commit of a large fleet has 100,000 files. @returns their ids, in order. */
async function writeBlobs(git: GitRepository, contents: readonly (string | Uint8Array)[]): Promise<string[]> {
  if (contents.length === 0) return [];
  const parts = contents.flatMap((content) => {
    const bytes = Buffer.from(content);
    return [Buffer.from(`blob\nmark :1\ndata ${bytes.length}\n`), bytes, Buffer.from('\nget-mark :1\n')];
  });
  return (await git.run(['fast-import', '--quiet'], { input: Buffer.concat(parts) })).trim().split('\n');
}

export type Merged = { readonly kind: 'tree'; readonly tree: string } | { readonly kind: 'conflict' };

/** Merges two commits as `git merge` would, without a work tree. */
export async function mergeTrees(git: GitRepository, ours: string, theirs: string): Promise<Merged> {
  const { stdout, exitCode } = await git.runRaw(['merge-tree', '--write-tree', '--allow-unrelated-histories', ours, theirs], {
    answers: [1],
  });
  const [tree = ''] = stdout.toString('utf8').split('\n');
  return exitCode === 0 ? { kind: 'tree', tree } : { kind: 'conflict' };
}

const NOBODY: Person = { name: 'forge', email: 'forge@localhost', date: '1970-01-01T00:00:00Z' };

/**
 * Three-way merge with a base of our choosing: the change from `base` to `theirs`, applied to `ours`.
 *
 * `merge-tree --merge-base` came with git 2.40; throw-away commits that share `base` as parent give the same with 2.38.
 */
export async function applyChange(
  git: GitRepository,
  trees: { readonly base: string; readonly ours: string; readonly theirs: string },
): Promise<Merged> {
  const wrap = (tree: string, parents: readonly string[]): Promise<string> =>
    writeCommit(git, { tree, parents, message: 'merge base', author: NOBODY, committer: NOBODY });
  const base = await wrap(trees.base, []);
  return mergeTrees(git, await wrap(trees.ours, [base]), await wrap(trees.theirs, [base]));
}

/**
 * Replays the commits of `base..head` on `onto`, oldest first. Authors keep their names and dates; merge commits are left out,
 * and so are commits that change nothing any more, as `git rebase` does.
 *
 * @returns the new tip and what was replayed, or a conflict.
 */
export async function replay(
  git: GitRepository,
  range: { readonly base: string; readonly head: string; readonly onto: string },
  committer: Person,
): Promise<{ readonly kind: 'replayed'; readonly tip: string; readonly commits: number } | { readonly kind: 'conflict' }> {
  const originals: readonly Commit[] = await readCommits(git, ['--reverse', '--topo-order', '--no-merges', `${range.base}..${range.head}`]);
  let tip = range.onto;
  let tipTree = await git.treeOf(tip);
  let commits = 0;
  for (const original of originals) {
    const [parent] = original.parents;
    if (parent === undefined) return { kind: 'conflict' };
    const base = (await readCommit(git, parent)).tree;
    const applied = await applyChange(git, { base, ours: tipTree, theirs: original.tree });
    if (applied.kind === 'conflict') return applied;
    const wasEmpty = base === original.tree;
    if (applied.tree === tipTree && !wasEmpty) continue;
    tip = await writeCommit(git, {
      tree: applied.tree,
      parents: [tip],
      message: `${original.message}\n`,
      author: original.author,
      committer,
    });
    tipTree = applied.tree;
    commits += 1;
  }
  return { kind: 'replayed', tip, commits };
}
