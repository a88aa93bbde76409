import type { LinkKind, ManifestFile } from '../core/manifest/model.ts';
import type { BlobId, CommitSha } from '../core/model/ids.ts';

/** The watched repository: a bare mirror, read by object id. Nothing is ever checked out. */
export interface ManifestSource {
  /**
   * Brings the default branch, and the heads of these pull requests, into the mirror.
   *
   * @throws PortError when the remote does not answer in time, or refuses.
   */
  fetch(pulls: readonly number[]): Promise<void>;
  /** Head of the default branch in the mirror; `undefined` while the repository is empty. */
  head(): Promise<CommitSha | undefined>;
  /** Head of a pull request in the mirror, as last fetched. */
  pullHead(pull: number): Promise<CommitSha | undefined>;
  /** YAML files under the manifest root at a commit or tree, and links in the place of such, in order of path. */
  files(treeish: string): Promise<readonly ManifestFile[]>;
  /** Texts of blobs; one long-lived `cat-file --batch` behind it. Larger than `maxBytes`: only the size is given. */
  read(blobs: readonly BlobId[], maxBytes: number): Promise<ReadonlyMap<BlobId, BlobText>>;
  /** YAML files under the manifest root, and links in the place of such, that differ between two commits or trees. */
  changed(from: string, to: string): Promise<readonly ChangedFile[]>;
  /** The tree that merging head into base would give, or the paths in conflict. Touches no work tree. */
  mergeTree(
    base: CommitSha,
    head: CommitSha,
  ): Promise<{ readonly kind: 'tree'; readonly tree: string } | { readonly kind: 'conflict'; readonly paths: readonly string[] }>;
  mergeBase(a: CommitSha, b: CommitSha): Promise<CommitSha | undefined>;
  /** Commits on the first-parent line from `from` (not included) to `to`, oldest first, at most `limit`. */
  commitsBetween(from: CommitSha, to: CommitSha, limit: number): Promise<readonly CommitInfo[]>;
  /**
   * Whether this commit or tree can be read: it is in the mirror, or the server gives it out by its id. Else it is gone for good.
   *
   * @throws PortError when the server does not answer: then nobody knows.
   */
  has(treeish: string): Promise<boolean>;
  commit(sha: CommitSha): Promise<CommitInfo | undefined>;
}

export type BlobText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'not-utf8' };

export interface ChangedFile {
  readonly path: string;
  /** `undefined`: the file was added, or removed. */
  readonly before: BlobId | undefined;
  readonly after: BlobId | undefined;
  /** What stands there after, where that is no file. */
  readonly link?: LinkKind;
}

export interface CommitInfo {
  readonly sha: CommitSha;
  readonly author: string;
  readonly subject: string;
  readonly body: string;
}
