import { isManifestLink, isManifestPath, manifestRootOf } from '../../core/manifest/manifest-root.ts';
import type { LinkKind, ManifestFile } from '../../core/manifest/model.ts';
import { invariant } from '../../core/model/assert.ts';
import type { BlobId, CommitSha } from '../../core/model/ids.ts';
import type { BlobText, ChangedFile, CommitInfo, ManifestSource } from '../manifest-source.ts';
import { PortError, type Retry } from '../port-error.ts';
import type { Commit, InMemoryGitRepository } from './git-repository.ts';
import { called, type OnCall } from './on-call.ts';

const OBJECT_ID = /^[0-9a-f]{40}$/;
const COMMITS_MAX = 1_000;

/** A mirror of a repository in memory: it shows heads as they were when last fetched. */
export class InMemoryManifestSource implements ManifestSource {
  readonly #remote: InMemoryGitRepository;
  readonly #onCall: OnCall | undefined;
  /** As last fetched, under the names that they have at the remote. */
  readonly #heads = new Map<string, CommitSha>();
  readonly #mirrored = new Set<CommitSha>();
  #isCloned = false;

  constructor(remote: InMemoryGitRepository, onCall?: OnCall) {
    this.#remote = remote;
    this.#onCall = onCall;
  }

  fetch(pulls: readonly number[]): Promise<void> {
    for (const pull of pulls) invariant(Number.isSafeInteger(pull) && pull > 0, 'a pull request has a positive number');
    return called(this.#onCall, 'manifest-source.fetch', () => this.#fetch(pulls));
  }

  head(): Promise<CommitSha | undefined> {
    return this.#reading('head', [], () => this.#heads.get(this.#remote.defaultRef));
  }

  pullHead(pull: number): Promise<CommitSha | undefined> {
    return this.#reading('pullHead', [], () => this.#heads.get(pullRef(pull)));
  }

  files(treeish: string): Promise<readonly ManifestFile[]> {
    return this.#reading('files', [treeish], () => this.#files(treeish));
  }

  read(blobs: readonly BlobId[], maxBytes: number): Promise<ReadonlyMap<BlobId, BlobText>> {
    return this.#reading('read', blobs, () => new Map(blobs.flatMap((blob) => this.#textOf(blob, maxBytes))));
  }

  changed(from: string, to: string): Promise<readonly ChangedFile[]> {
    return this.#reading('changed', [from, to], () => {
      const before = new Map(this.#files(from).map((file) => [file.path, file]));
      const after = new Map(this.#files(to).map((file) => [file.path, file]));
      const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
      return paths
        .map((path) => ({ path, before: before.get(path)?.blob, after: after.get(path)?.blob, ...linkIn(after.get(path)?.link) }))
        .filter((file) => file.before !== file.after);
    });
  }

  mergeTree(base: CommitSha, head: CommitSha): ReturnType<ManifestSource['mergeTree']> {
    return this.#reading('mergeTree', [base, head], () => this.#remote.mergeTree(base, head));
  }

  mergeBase(a: CommitSha, b: CommitSha): Promise<CommitSha | undefined> {
    return this.#reading('mergeBase', [a, b], () => this.#remote.mergeBase(a, b));
  }

  commitsBetween(from: CommitSha, to: CommitSha, limit: number): Promise<readonly CommitInfo[]> {
    return this.#reading('commitsBetween', [from, to], () => {
      const known = this.#remote.ancestors(from);
      const line: CommitInfo[] = [];
      let commit = this.#remote.find(to);
      while (commit !== undefined && !known.has(commit.sha) && line.length < Math.min(limit, COMMITS_MAX)) {
        line.unshift(infoOf(commit));
        commit = this.#remote.find(commit.parents[0] ?? '');
      }
      return line;
    });
  }

  has(treeish: string): Promise<boolean> {
    invariant(OBJECT_ID.test(treeish), 'git is asked by full object id only');
    return this.#reading('has', [], () => this.#reaches(treeish));
  }

  commit(sha: CommitSha): Promise<CommitInfo | undefined> {
    invariant(OBJECT_ID.test(sha), 'git is asked by full object id only');
    return this.#reading('commit', [], () => {
      const commit = this.#mirrored.has(sha) ? this.#remote.find(sha) : undefined;
      return commit && infoOf(commit);
    });
  }

  /** The folder of the mirror is gone. */
  lose(): void {
    this.#heads.clear();
    this.#mirrored.clear();
    this.#isCloned = false;
  }

  #fetch(pulls: readonly number[]): void {
    this.#isCloned = true;
    const { defaultRef } = this.#remote;
    const remoteHead = this.#remote.head(defaultRef);
    if (remoteHead === undefined && this.#heads.has(defaultRef)) {
      throw failure('fetch', { kind: 'needs-human' }, `the git server has no branch ${defaultRef.slice('refs/heads/'.length)} any more`);
    }
    for (const ref of [defaultRef, ...pulls.map(pullRef)]) {
      const head = this.#remote.head(ref);
      if (head === undefined) continue;
      this.#heads.set(ref, head);
      for (const sha of this.#remote.ancestors(head)) this.#mirrored.add(sha);
    }
  }

  /** Clones when that was not done yet; commits that were never fetched are fetched by their id. */
  async #reading<T>(operation: string, needs: readonly string[], work: () => T): Promise<T> {
    for (const id of needs) invariant(OBJECT_ID.test(id), 'git is asked by full object id only');
    if (!this.#isCloned) await this.fetch([]);
    return called(this.#onCall, `manifest-source.${operation}`, () => {
      const missing = needs.find((id) => !this.#reaches(id));
      if (missing !== undefined) throw failure(operation, { kind: 'needs-human' }, `object ${missing} is gone`);
      return work();
    });
  }

  /** In the mirror, or still to be had. What is no commit is in the trees of those that are. */
  #reaches(id: string): boolean {
    const commit = this.#remote.find(id)?.sha;
    return commit === undefined ? this.#remote.has(id) : this.#mirrored.has(commit) || this.#remote.serves(commit);
  }

  #files(treeish: string): readonly ManifestFile[] {
    const tree = this.#remote.treeAt(treeish);
    const root = manifestRootOf(tree.keys());
    return [...tree].flatMap(([path, blob]) => {
      const link = this.#remote.linkOf(blob);
      const isOurs = link === undefined ? isManifestPath(root, path) : isManifestLink(root, path, link);
      return isOurs ? [{ path, blob, ...linkIn(link) }] : [];
    });
  }

  #textOf(blob: BlobId, maxBytes: number): readonly (readonly [BlobId, BlobText])[] {
    const text = this.#remote.read(blob, maxBytes);
    return text === undefined ? [] : [[blob, text]];
  }
}

const linkIn = (link: LinkKind | undefined): { readonly link?: LinkKind } => (link === undefined ? {} : { link });

const pullRef = (pull: number): string => `refs/pull/${pull}/head`;

function infoOf({ sha, author, message }: Commit): CommitInfo {
  const [title = '', ...rest] = message.split(/\n[ \t]*\n/);
  return { sha, author, subject: title.trim().replaceAll('\n', ' '), body: rest.join('\n\n').trim() };
}

const failure = (operation: string, retry: Retry, message: string): PortError =>
  new PortError({ port: 'manifest-source', operation, retry, message });
