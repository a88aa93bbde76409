/** One file of a unified diff, as `git diff` prints it. */
export interface FileDiff {
  readonly path: string;
  /** Where it was before, when it was renamed or copied. */
  readonly oldPath: string | undefined;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly binary: boolean;
  readonly hunks: readonly Hunk[];
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

/** Reads the output of `git diff`, of any number of files. Text that is not a diff gives no files. */
export function parseDiff(text: string): readonly FileDiff[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const files: FileDiff[] = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at]?.startsWith('diff --git ')) {
      at += 1;
      continue;
    }
    const file = readFile(lines, at);
    files.push(file.diff);
    at = file.end;
  }
  return files;
}

function readFile(lines: readonly string[], start: number): { readonly diff: FileDiff; readonly end: number } {
  const header = readHeader(lines, start);
  let at = header.end;
  const hunks: Hunk[] = [];
  while (lines[at]?.startsWith('@@ ')) {
    const hunk = readHunk(lines, at);
    hunks.push(hunk.hunk);
    at = hunk.end;
  }
  const all = hunks.flatMap((hunk) => hunk.lines);
  const diff: FileDiff = {
    ...header.names,
    binary: header.binary,
    hunks,
    additions: all.filter((line) => line.kind === 'added').length,
    deletions: all.filter((line) => line.kind === 'removed').length,
  };
  return { diff, end: at };
}

interface Header {
  readonly names: Pick<FileDiff, 'path' | 'oldPath' | 'status'>;
  readonly binary: boolean;
  readonly end: number;
}

function readHeader(lines: readonly string[], start: number): Header {
  // The two names of this line cannot be told apart when they hold spaces: they serve only when nothing better follows.
  let [oldPath, path] = namesOf(lines[start] ?? '');
  let status: FileDiff['status'] = 'modified';
  let binary = false;
  let at = start + 1;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.startsWith('diff --git ') || line.startsWith('@@ ')) break;
    if (line.startsWith('new file mode ')) status = 'added';
    else if (line.startsWith('deleted file mode ')) status = 'removed';
    else if (line.startsWith('rename from ') || line.startsWith('copy from ')) oldPath = unquote(line.replace(/^\w+ from /, ''));
    else if (line.startsWith('rename to ') || line.startsWith('copy to ')) {
      path = unquote(line.replace(/^\w+ to /, ''));
      status = 'renamed';
    } else if (line.startsWith('--- ') && line !== '--- /dev/null') oldPath = sidePath(line);
    else if (line.startsWith('+++ ') && line !== '+++ /dev/null') path = sidePath(line);
    else if (line.startsWith('Binary files ') || line === 'GIT binary patch') binary = true;
  }
  const name = status === 'removed' ? oldPath : path;
  return { names: { path: name, oldPath: status === 'renamed' ? oldPath : undefined, status }, binary, end: at };
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
  // The counts of the header end a hunk, not the look of a line: a removed `-- x` reads `--- x`.
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

function namesOf(line: string): [string, string] {
  const rest = line.slice('diff --git '.length);
  const quoted = /^("(?:[^"\\]|\\.)*"|.+?) ("(?:[^"\\]|\\.)*")$/.exec(rest) ?? /^("(?:[^"\\]|\\.)*") (.+)$/.exec(rest);
  if (quoted !== null) return [withoutSide(unquote(quoted[1] ?? '')), withoutSide(unquote(quoted[2] ?? ''))];
  // Not renamed: both names are the same, so the middle is known.
  const half = (rest.length - 1) / 2;
  return [withoutSide(rest.slice(0, half)), withoutSide(rest.slice(half + 1))];
}

// git ends a name that holds a space with a tab in these two lines.
const sidePath = (line: string): string => withoutSide(unquote(line.slice(4).replace(/\t$/, '')));
const withoutSide = (name: string): string => name.replace(/^[ab]\//, '');

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** git writes names with special characters as C strings, bytes in octal. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  for (const part of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|[^\\]+/gs)) {
    if (part[1] !== undefined) bytes.push(Number.parseInt(part[1], 8));
    else if (part[2] !== undefined) bytes.push(ESCAPES[part[2]] ?? 63);
    else bytes.push(...new TextEncoder().encode(part[0]));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
