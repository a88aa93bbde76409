import type { OtherManifest } from './cross-check/known.ts';
import { changedFiles, type ModelFile } from './file-changes.ts';
import type { Cluster, Manifest } from './generated.ts';
import { globsOf, holdsFleet, type Ignored, sift } from './ignored-files.ts';
import { manifestRootOf } from './manifest-root.ts';
import type { Located } from './model.ts';

/** The documents of a tree, sorted into clusters and everything else. */
export interface Gathered {
  /** All files, those that are ignored included. */
  readonly files: readonly ModelFile[];
  readonly root: string;
  readonly ignored: Ignored;
  /** Everything but clusters, in order of file and document. */
  readonly others: readonly Located<OtherManifest>[];
  /** Files that may have problems: all, or where the tree before had none, those that changed. */
  readonly examined: readonly ModelFile[];
  /** Clusters that changed since the tree before; `undefined` when there is none to compare with. */
  readonly clusters: { readonly removed: readonly Located<Cluster>[]; readonly added: readonly Located<Cluster>[] } | undefined;
}

/** @param before - what was gathered from a tree without errors; a change of the Fleet, which says what to ignore, starts anew. */
export function gather(files: readonly ModelFile[], before: Gathered | undefined): Gathered {
  const changes = before && changedFiles(before.files, files);
  if (before === undefined || changes === undefined || [...changes.removed, ...changes.added].some(holdsFleet)) return gatherAll(files);
  const { root, ignored } = before;
  const removed = sift(changes.removed, ignored.globs, root);
  const added = sift(changes.added, ignored.globs, root);
  const gone = new Set(removed.kept.map(({ file }) => file.path));
  const come = documentsOf(added.kept);
  return {
    files,
    root,
    ignored: { globs: ignored.globs, hits: ignored.hits.map((hits, at) => hits - (removed.hits[at] ?? 0) + (added.hits[at] ?? 0)) },
    others: inOrder([...before.others.filter(({ file }) => !gone.has(file)), ...come.filter(isOther)]),
    examined: added.kept,
    clusters: { removed: documentsOf(removed.kept).filter(isCluster), added: come.filter(isCluster) },
  };
}

function gatherAll(files: readonly ModelFile[]): Gathered {
  const root = manifestRootOf(files.map(({ file }) => file.path));
  const globs = globsOf(files);
  const { kept, hits } = sift(files, globs, root);
  const others = inOrder(documentsOf(kept).filter(isOther));
  return { files, root, ignored: { globs, hits }, others, examined: kept, clusters: undefined };
}

/** All clusters of a tree, in order of file and document. */
export function clustersIn({ files, ignored, root }: Gathered): readonly Located<Cluster>[] {
  return inOrder(documentsOf(sift(files, ignored.globs, root).kept).filter(isCluster));
}

const isCluster = (document: Located<Manifest>): document is Located<Cluster> => document.value.kind === 'Cluster';
const isOther = (document: Located<Manifest>): document is Located<OtherManifest> => document.value.kind !== 'Cluster';

function documentsOf(files: readonly ModelFile[]): Located<Manifest>[] {
  const documents: Located<Manifest>[] = [];
  for (const { file, parsed } of files) {
    for (const [index, value] of parsed.documents.entries()) if (value !== undefined) documents.push({ value, file: file.path, index });
  }
  return documents;
}

function inOrder<T>(documents: Located<T>[]): readonly Located<T>[] {
  return documents.sort((a, b) => (a.file === b.file ? a.index - b.index : a.file < b.file ? -1 : 1));
}
