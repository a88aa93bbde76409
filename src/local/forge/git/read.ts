import type { GitRepository } from './repository.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
  /** ISO 8601 with an offset. */
  readonly date: string;
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
}

export interface FileChange {
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly path: string;
  readonly previousPath: string | undefined;
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
  /** Unified diff without its header; absent for binary files and very long ones. */
  readonly patch: string | undefined;
}

// A commit message cannot hold NUL, so NUL between fields and after each record is unambiguous.
const COMMIT_FORMAT = 'tformat:%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00';
const COMMIT_FIELDS = 10;

/** Commits that these arguments of `git log` select; every name in them must be a sha. */
export async function readCommits(git: GitRepository, selection: readonly string[]): Promise<readonly Commit[]> {
  const output = await git.run(['log', `--format=${COMMIT_FORMAT}`, '--encoding=UTF-8', ...selection, '--']);
  const fields = output.split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + COMMIT_FIELDS <= fields.length; at += COMMIT_FIELDS) {
    const [sha = '', tree = '', parents = '', an = '', ae = '', ad = '', cn = '', ce = '', cd = '', message = ''] = fields.slice(
      at,
      at + COMMIT_FIELDS,
    );
    commits.push({
      sha: sha.trim(),
      tree,
      parents: parents === '' ? [] : parents.split(' '),
      author: { name: an, email: ae, date: ad },
      committer: { name: cn, email: ce, date: cd },
      message: message.replace(/\n+$/, ''),
    });
  }
  return commits;
}

export async function readCommit(git: GitRepository, sha: string): Promise<Commit> {
  const [commit] = await readCommits(git, ['-1', sha]);
  if (commit === undefined) throw new Error(`no commit ${sha}`);
  return commit;
}

/** GitHub leaves out the patch of a file when it is longer than a person reads. */
const PATCH_CHARACTERS_MAX = 400_000;

/** The empty tree: what a first commit is compared with. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export async function readChanges(git: GitRepository, from: string, to: string, withPatch: boolean): Promise<readonly FileChange[]> {
  const options = ['-r', '-M', '--no-ext-diff', '--no-textconv', '--no-color', '--full-index'];
  const [raw, counts, patches] = await Promise.all([
    git.run(['diff-tree', ...options, '-z', '--raw', from, to]),
    git.run(['diff-tree', ...options, '-z', '--numstat', from, to]),
    withPatch ? git.run(['diff-tree', ...options, '-p', from, to]) : '',
  ]);
  const lineCounts = parseNumstat(counts);
  // Lines of content begin with a space, `+`, `-` or `\`, so only a header can begin like this.
  const sections = patches.split(/^(?=diff --git )/m).filter((section) => section !== '');
  return parseRaw(raw).map((change, index) => {
    const section = sections[index] ?? '';
    const start = section.search(/^@@ /m);
    const patch = start < 0 || section.length > PATCH_CHARACTERS_MAX ? undefined : section.slice(start).replace(/\n$/, '');
    return { ...change, ...(lineCounts[index] ?? { additions: 0, deletions: 0 }), patch };
  });
}

const STATUS: Record<string, FileChange['status']> = { A: 'added', D: 'removed', R: 'renamed' };

function parseRaw(output: string): readonly Omit<FileChange, 'additions' | 'deletions' | 'patch'>[] {
  const parts = output.split('\0');
  const changes: Omit<FileChange, 'additions' | 'deletions' | 'patch'>[] = [];
  for (let at = 0; at < parts.length; ) {
    const [, , oldBlob = '', newBlob = '', letter = ''] = (parts[at++] ?? '').split(' ');
    if (letter === '') continue;
    const status = STATUS[letter.charAt(0)] ?? 'modified';
    const first = parts[at++] ?? '';
    const renamed = status === 'renamed';
    const path = renamed ? (parts[at++] ?? '') : first;
    changes.push({ status, path, previousPath: renamed ? first : undefined, blob: status === 'removed' ? oldBlob : newBlob });
  }
  return changes;
}

function parseNumstat(output: string): readonly { readonly additions: number; readonly deletions: number }[] {
  const parts = output.split('\0');
  const counts: { additions: number; deletions: number }[] = [];
  for (let at = 0; at < parts.length; ) {
    const [added = '', removed = '', path] = (parts[at++] ?? '').split('\t');
    if (path === undefined) continue;
    // A rename has an empty path here, and its two names follow.
    if (path === '') at += 2;
    counts.push({ additions: Number(added) || 0, deletions: Number(removed) || 0 });
  }
  return counts;
}
