import { EMPTY_TREE, type FileChange, readChanges } from '../../git/read.ts';
import type { GitRepository } from '../../git/repository.ts';
import { type FileDiff, fileDiffOf } from '../diff.ts';

/** More files, or more lines in all, make a page that no browser likes; what is left out is said on the page. */
const FILES_MAX = 300;
const LINES_MAX = 20_000;

export interface ShownChange {
  readonly files: readonly FileDiff[];
  readonly cut: boolean;
}

/** What `to` has that `from` has not, counted from where the two parted: what a pull request would bring. */
export async function changeSince(git: GitRepository, from: string, to: string): Promise<ShownChange> {
  return change(git, (await git.mergeBase(from, to)) ?? EMPTY_TREE, to);
}

/** The difference of two commits or trees, cut at a size that can be shown. */
async function change(git: GitRepository, from: string, to: string): Promise<ShownChange> {
  const changes = await readChanges(git, from, to, true);
  const shown: FileChange[] = [];
  let lines = 0;
  for (const file of changes.slice(0, FILES_MAX)) {
    lines += file.additions + file.deletions;
    if (lines > LINES_MAX && shown.length > 0) break;
    shown.push(file);
  }
  return { files: shown.map(fileDiffOf), cut: shown.length < changes.length };
}
