import { isManifestLink, isManifestPath } from '../../core/manifest/manifest-root.ts';
import type { LinkKind, ManifestFile } from '../../core/manifest/model.ts';
import { trusted } from '../../core/model/ids.ts';
import type { ChangedFile } from '../../ports/manifest-source.ts';

/** What a mode stands for; files are plain or executable. `undefined`: nothing is there. */
function kindOf(mode: string): 'file' | LinkKind | undefined {
  if (mode.startsWith('100')) return 'file';
  if (mode === '120000') return 'symbolic link';
  return mode === '160000' ? 'submodule' : undefined;
}

/** What a mode and path are to us: a manifest, a link where one could be, or nothing. */
function ourKind(root: string, mode: string, path: string): 'file' | LinkKind | undefined {
  const kind = kindOf(mode);
  if (kind === undefined || kind === 'file') return kind !== undefined && isManifestPath(root, path) ? kind : undefined;
  return isManifestLink(root, path, kind) ? kind : undefined;
}

const linkOf = (kind: 'file' | LinkKind | undefined): { readonly link?: LinkKind } =>
  kind === undefined || kind === 'file' ? {} : { link: kind };

/**
 * Reads `git ls-tree -r -z`: `mode SP type SP id TAB path NUL`.
 *
 * @param root - manifest root with its slash, or empty; put before each path.
 */
export function parseTree(output: Buffer, root: string): readonly ManifestFile[] {
  const text = output.toString('utf8');
  const files: ManifestFile[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\0', start);
    if (end < 0) break;
    const tab = text.indexOf('\t', start);
    const path = text.slice(tab + 1, end);
    const kind = ourKind('', text.slice(start, start + 6), path);
    if (kind !== undefined) files.push({ path: root + path, blob: trusted.blob(text.slice(tab - 40, tab)), ...linkOf(kind) });
    start = end + 1;
  }
  return files;
}

/** Reads `git diff-tree -r -z --no-renames`: `:mode mode id id status NUL path NUL`. Paths are relative to the repository. */
export function parseDiff(output: Buffer, root: string): readonly ChangedFile[] {
  const fields = output.toString('utf8').split('\0');
  const files: ChangedFile[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [beforeMode = '', afterMode = '', beforeId = '', afterId = ''] = (fields[i] ?? '').slice(1).split(' ');
    const path = fields[i + 1] ?? '';
    const [kindBefore, kindAfter] = [ourKind(root, beforeMode, path), ourKind(root, afterMode, path)];
    const before = kindBefore === undefined ? undefined : trusted.blob(beforeId);
    const after = kindAfter === undefined ? undefined : trusted.blob(afterId);
    // Making a file executable changes no manifest.
    if (before !== after || kindBefore !== kindAfter) files.push({ path, before, after, ...linkOf(kindAfter) });
  }
  return files;
}

/** What differs between two listings; for when the manifest root itself moved. */
export function diffListings(before: readonly ManifestFile[], after: readonly ManifestFile[]): readonly ChangedFile[] {
  const old = new Map(before.map((file) => [file.path, file]));
  const files: ChangedFile[] = [];
  for (const { path, blob, link } of after) {
    const was = old.get(path);
    if (was?.blob !== blob || was.link !== link) files.push({ path, before: was?.blob, after: blob, ...linkOf(link) });
    old.delete(path);
  }
  for (const [path, { blob }] of old) files.push({ path, before: blob, after: undefined });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
