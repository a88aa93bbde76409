import type { ManifestFile, ParsedFile } from './model.ts';

/** A file of the manifest root, and what its blob says. */
export interface ModelFile {
  readonly file: ManifestFile;
  readonly parsed: ParsedFile;
}

export interface FileChanges {
  /** Files of before that are gone, or say something else now. */
  readonly removed: readonly ModelFile[];
  /** Files that are new, or say something else than before. */
  readonly added: readonly ModelFile[];
}

/**
 * What differs between two lists of files, by reference of what was parsed. Lists that are mostly in the
 * same order cost one comparison a file, and no map of 100,000 paths.
 */
export function changedFiles(before: readonly ModelFile[], after: readonly ModelFile[]): FileChanges {
  const removed: ModelFile[] = [];
  const added: ModelFile[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const [old, now] = [before[i], after[j]];
    if (old === undefined || now === undefined) break;
    if (old.file.path !== now.file.path) {
      if (before[i + 1]?.file.path === now.file.path) {
        removed.push(old);
        i += 1;
        continue;
      }
      if (after[j + 1]?.file.path !== old.file.path) break;
      added.push(now);
      j += 1;
      continue;
    }
    if (old.parsed !== now.parsed) {
      removed.push(old);
      added.push(now);
    }
    i += 1;
    j += 1;
  }
  const rest = changedByPath(before.slice(i), after.slice(j));
  return { removed: [...removed, ...rest.removed], added: [...added, ...rest.added] };
}

function changedByPath(before: readonly ModelFile[], after: readonly ModelFile[]): FileChanges {
  const olds = new Map(before.map((entry) => [entry.file.path, entry]));
  const added = after.filter(({ file, parsed }) => {
    const old = olds.get(file.path);
    if (old?.parsed !== parsed) return true;
    olds.delete(file.path);
    return false;
  });
  return { removed: [...olds.values()], added };
}
