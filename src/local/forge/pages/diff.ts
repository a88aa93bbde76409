import type { FileChange } from '../git/read.ts';

/** One file of a change, with its hunks taken apart. */
export interface FileDiff {
  readonly path: string;
  /** Where it was before, when it was renamed. */
  readonly oldPath: string | undefined;
  readonly status: FileChange['status'];
  /** Absent: not text, or too long to show. */
  readonly hunks: readonly Hunk[] | undefined;
  readonly additions: number;
  readonly deletions: number;
}

export interface Hunk {
  /** The whole `@@ … @@` line, with git's guess of what it stands in. */
  readonly header: string;
  readonly lines: readonly DiffLine[];
}

export interface DiffLine {
  readonly kind: 'added' | 'removed' | 'same' | 'note';
  /** Counts from 1; undefined where the line does not exist on that side. */
  readonly oldNumber: number | undefined;
  readonly newNumber: number | undefined;
  readonly text: string;
}

export function fileDiffOf(change: FileChange): FileDiff {
  const { path, previousPath, status, patch, additions, deletions } = change;
  // A file that changed only its name or mode has no patch either, but there is nothing that is not shown.
  const nothing = patch === undefined && additions + deletions === 0 && status === 'renamed';
  return {
    path,
    oldPath: previousPath,
    status,
    hunks: nothing ? [] : patch === undefined ? undefined : parseHunks(patch),
    additions,
    deletions,
  };
}

/** Reads a unified diff of one file, without its header. */
export function parseHunks(patch: string): readonly Hunk[] {
  const lines = patch.replace(/\n$/, '').split('\n');
  const hunks: Hunk[] = [];
  let at = 0;
  while (lines[at]?.startsWith('@@ ')) {
    const { hunk, end } = readHunk(lines, at);
    hunks.push(hunk);
    at = end;
  }
  return hunks;
}

function readHunk(lines: readonly string[], start: number): { readonly hunk: Hunk; readonly end: number } {
  const header = lines[start] ?? '';
  const counts = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(header);
  let oldNumber = Number(counts?.[1] ?? 0);
  let newNumber = Number(counts?.[3] ?? 0);
  const oldEnd = oldNumber + Number(counts?.[2] ?? 1);
  const newEnd = newNumber + Number(counts?.[4] ?? 1);
  const read: DiffLine[] = [];
  let at = start + 1;
  // The counts of the header end a hunk, not the look of a line.
  for (; at < lines.length && (oldNumber < oldEnd || newNumber < newEnd || lines[at]?.startsWith('\\')); at += 1) {
    const line = lines[at] ?? '';
    const text = line.slice(1);
    if (line.startsWith('+')) read.push({ kind: 'added', oldNumber: undefined, newNumber: newNumber++, text });
    else if (line.startsWith('-')) read.push({ kind: 'removed', oldNumber: oldNumber++, newNumber: undefined, text });
    else if (line.startsWith('\\')) read.push({ kind: 'note', oldNumber: undefined, newNumber: undefined, text: text.trim() });
    else read.push({ kind: 'same', oldNumber: oldNumber++, newNumber: newNumber++, text });
  }
  return { hunk: { header, lines: read }, end: at };
}
