import type { LinkKind } from '../../core/manifest/model.ts';
import { invariant } from '../../core/model/assert.ts';
import { hash16 } from '../../core/model/hash.ts';
import { type BlobId, type CommitSha, trusted } from '../../core/model/ids.ts';
import type { BlobText } from '../manifest-source.ts';

/** A file of a commit: its text or bytes, `null` to remove it, or a link. */
export type FileContent = string | Uint8Array | null | { readonly link: string } | { readonly submodule: string };

/** Files by path. */
export type Tree = ReadonlyMap<string, BlobId>;

export interface Commit {
  readonly sha: CommitSha;
  /** Grows with each commit: an ancestor has a smaller one. */
  readonly order: number;
  readonly tree: string;
  readonly parents: readonly CommitSha[];
  readonly author: string;
  readonly message: string;
}

export interface CommitOptions {
  /** The branch of the repository's default when left out; a pull request is `refs/pull/N/head`. */
  readonly ref?: string;
  /** On top of this commit, or of none; of the ref's own head when left out. */
  readonly from?: string | null;
  /** A second parent. */
  readonly merge?: string;
  readonly message?: string;
  readonly author?: string;
}

export type Merge = { readonly kind: 'tree'; readonly tree: string } | { readonly kind: 'conflict'; readonly paths: readonly string[] };

/** A git repository that is a few maps: what people commit, push and merge. Ids depend on nothing but what was done before. */
export class InMemoryGitRepository {
  readonly defaultRef: string;
  readonly #refs = new Map<string, CommitSha>();
  readonly #commits = new Map<string, Commit>();
  readonly #trees = new Map<string, Tree>();
  readonly #blobs = new Map<BlobId, Uint8Array>();
  /** What stands in the place of a file; its id says what kind it is. */
  readonly #links = new Map<BlobId, LinkKind>();
  /** What the server has thrown away. It stays in the maps: a mirror may hold it still. */
  readonly #collected = new Set<CommitSha>();

  constructor(defaultBranch = 'main') {
    this.defaultRef = `refs/heads/${defaultBranch}`;
  }

  /** Adds one commit to a ref: the files that change, on top of what was there. Also what a force-push does, with `from`. */
  commit(files: Readonly<Record<string, FileContent>>, options: CommitOptions = {}): CommitSha {
    const ref = options.ref ?? this.defaultRef;
    const from = options.from === undefined ? this.head(ref) : options.from;
    const parent = typeof from === 'string' ? this.commitAt(from) : undefined;
    const tree = new Map(parent === undefined ? [] : this.treeAt(parent.tree));
    for (const [path, content] of Object.entries(files)) {
      if (content === null) tree.delete(path);
      else if (typeof content === 'object' && !(content instanceof Uint8Array)) tree.set(path, this.#addLink(content));
      else tree.set(path, this.#addBlob(content));
    }
    const merged = options.merge === undefined ? [] : [this.commitAt(options.merge).sha];
    return this.#addCommit(ref, this.addTree(tree), [...(parent === undefined ? [] : [parent.sha]), ...merged], options);
  }

  /** What the merge button does. @throws Error on a conflict. */
  merge(head: string, options: Pick<CommitOptions, 'message' | 'author'> & { readonly squash?: boolean } = {}): CommitSha {
    const base = this.head();
    invariant(base !== undefined, 'the default branch has a commit');
    const merged = this.mergeTree(base, head);
    if (merged.kind === 'conflict') throw new Error(`merging ${head} conflicts in ${merged.paths.join(', ')}`);
    const parents = options.squash === true ? [base] : [base, this.commitAt(head).sha];
    return this.#addCommit(this.defaultRef, merged.tree, parents, options);
  }

  head(ref: string = this.defaultRef): CommitSha | undefined {
    return this.#refs.get(ref);
  }

  /** Points a ref somewhere else: a force-push back, or a branch made. */
  setRef(ref: string, commit: string): void {
    this.#refs.set(ref, this.commitAt(commit).sha);
  }

  deleteRef(ref: string): void {
    this.#refs.delete(ref);
  }

  find(sha: string): Commit | undefined {
    return this.#commits.get(sha);
  }

  /** @throws InvariantError when there is none. */
  commitAt(sha: string): Commit {
    const commit = this.#commits.get(sha);
    invariant(commit !== undefined, `the repository has a commit ${sha}`);
    return commit;
  }

  /** Files at a commit or tree. @throws InvariantError when there is none. */
  treeAt(treeish: string): Tree {
    const tree = this.#trees.get(this.#commits.get(treeish)?.tree ?? treeish);
    invariant(tree !== undefined, `the repository has a commit or tree ${treeish}`);
    return tree;
  }

  /** Throws away the commits that no ref holds, as servers do some time after a force-push. */
  collectGarbage(): void {
    const held = new Set([...this.#refs.values()].flatMap((sha) => [...this.ancestors(sha)]));
    for (const sha of this.#commits.keys()) if (!held.has(trusted.commit(sha))) this.#collected.add(trusted.commit(sha));
  }

  /** Whether the server hands this commit out when it is asked for by its id. */
  serves(sha: CommitSha): boolean {
    return this.#commits.has(sha) && !this.#collected.has(sha);
  }

  has(id: string): boolean {
    return this.#commits.has(id) || this.#trees.has(id) || this.#blobs.has(trusted.blob(id));
  }

  addTree(tree: Tree): string {
    const sorted = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
    const id = idOf(`tree\n${sorted.map(([path, blob]) => `${blob} ${path}\0`).join('')}`);
    if (!this.#trees.has(id)) this.#trees.set(id, new Map(sorted));
    return id;
  }

  /** What a blob of a tree is, where it is no file. */
  linkOf(blob: BlobId): LinkKind | undefined {
    return this.#links.get(blob);
  }

  /** @returns `undefined` when there is no such blob. */
  read(blob: BlobId, maxBytes: number): BlobText | undefined {
    const bytes = this.#blobs.get(blob);
    if (bytes === undefined) return undefined;
    if (bytes.length > maxBytes) return { kind: 'too-large', bytes: bytes.length };
    try {
      return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    } catch {
      return { kind: 'not-utf8' };
    }
  }

  /** The commit and all before it. */
  ancestors(sha: string): ReadonlySet<CommitSha> {
    const found = new Set<CommitSha>();
    const ahead = [this.commitAt(sha)];
    for (let commit = ahead.pop(); commit !== undefined; commit = ahead.pop()) {
      if (found.has(commit.sha)) continue;
      found.add(commit.sha);
      ahead.push(...commit.parents.map((parent) => this.commitAt(parent)));
    }
    return found;
  }

  /** The newest commit that both contain: none of the others they share comes after it. */
  mergeBase(a: string, b: string): CommitSha | undefined {
    const ofB = this.ancestors(b);
    const shared = [...this.ancestors(a)].filter((sha) => ofB.has(sha)).map((sha) => this.commitAt(sha));
    return shared.reduce<Commit | undefined>((best, commit) => (best === undefined || commit.order > best.order ? commit : best), undefined)
      ?.sha;
  }

  /** File by file: what only one side changed is taken from there, and what both changed differently is in conflict. */
  mergeTree(base: string, head: string): Merge {
    const common = this.mergeBase(base, head);
    if (common === undefined) return { kind: 'conflict', paths: [] };
    const [before, ours, theirs] = [this.treeAt(common), this.treeAt(base), this.treeAt(head)];
    const merged = new Map<string, BlobId>();
    const conflicts: string[] = [];
    for (const path of [...new Set([...ours.keys(), ...theirs.keys()])].sort()) {
      const [old, our, their] = [before.get(path), ours.get(path), theirs.get(path)];
      const taken = our === old ? their : our;
      if (our !== old && their !== old && our !== their) conflicts.push(path);
      else if (taken !== undefined) merged.set(path, taken);
    }
    return conflicts.length > 0 ? { kind: 'conflict', paths: conflicts } : { kind: 'tree', tree: this.addTree(merged) };
  }

  #addLink(content: { readonly link: string } | { readonly submodule: string }): BlobId {
    const [kind, target]: readonly [LinkKind, string] =
      'link' in content ? ['symbolic link', content.link] : ['submodule', content.submodule];
    const id = trusted.blob(idOf(`${kind}\n${target}`));
    this.#links.set(id, kind);
    return id;
  }

  #addBlob(content: string | Uint8Array): BlobId {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
    const written = typeof content === 'string' ? content : `bytes ${bytes.join(' ')}`;
    const id = trusted.blob(idOf(`blob ${bytes.length}\n${written}`));
    this.#blobs.set(id, bytes);
    return id;
  }

  #addCommit(ref: string, tree: string, parents: readonly CommitSha[], options: CommitOptions): CommitSha {
    const order = this.#commits.size + 1;
    const { author = 'A Person', message = `change ${order}` } = options;
    const sha = trusted.commit(idOf(`commit ${order}\n${tree}\n${parents.join(' ')}\n${author}\n${message}`));
    this.#commits.set(sha, { sha, order, tree, parents, author, message });
    this.#refs.set(ref, sha);
    return sha;
  }
}

/** An id of git's form; the hash is another. */
function idOf(text: string): string {
  const first = hash16(text);
  return `${first}${hash16(`1${first}`)}${hash16(`2${first}`)}`.slice(0, 40);
}
