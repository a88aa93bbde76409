import { isManifestPath } from '../../core/manifest/manifest-root.ts';
import type { ManifestFile } from '../../core/manifest/model.ts';
import { trusted } from '../../core/model/ids.ts';
import type { ChangedFile } from '../../ports/manifest-source.ts';

/** Plain and executable files. A symbolic link (120000) holds a path and a submodule (160000) is no file: neither is a manifest. */
const isFileMode = (mode: string): boolean => mode.startsWith('100');

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
    if (isFileMode(text.slice(start, start + 6)) && isManifestPath('', path)) {
      files.push({ path: root + path, blob: trusted.blob(text.slice(tab - 40, tab)) });
    }
    start = end + 1;
  }
  return files;
}

const NO_OBJECT = '0'.repeat(40);

/** Reads `git diff-tree -r -z --no-renames`: `:mode mode id id status NUL path NUL`. Paths are relative to the repository. */
export function parseDiff(output: Buffer, root: string): readonly ChangedFile[] {
  const fields = output.toString('utf8').split('\0');
  const files: ChangedFile[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [beforeMode = '', afterMode = '', beforeId = '', afterId = ''] = (fields[i] ?? '').slice(1).split(' ');
    const path = fields[i + 1] ?? '';
    if (!isManifestPath(root, path)) continue;
    const before = isFileMode(beforeMode) && beforeId !== NO_OBJECT ? trusted.blob(beforeId) : undefined;
    const after = isFileMode(afterMode) && afterId !== NO_OBJECT ? trusted.blob(afterId) : undefined;
    // A change of mode alone, or of a link into another one, changes no manifest.
    if (before !== after) files.push({ path, before, after });
  }
  return files;
}

/** What differs between two listings; for when the manifest root itself moved. */
export function diffListings(before: readonly ManifestFile[], after: readonly ManifestFile[]): readonly ChangedFile[] {
  const old = new Map(before.map((file) => [file.path, file.blob]));
  const files: ChangedFile[] = [];
  for (const { path, blob } of after) {
    if (old.get(path) !== blob) files.push({ path, before: old.get(path), after: blob });
    old.delete(path);
  }
  for (const [path, blob] of old) files.push({ path, before: blob, after: undefined });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
