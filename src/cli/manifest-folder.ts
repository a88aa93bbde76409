import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { TextDecoder } from 'node:util';
import { MAX_FILE_BYTES } from '../core/manifest/limits.ts';
import { isManifestLink } from '../core/manifest/manifest-root.ts';
import type { LinkKind, ManifestText } from '../core/manifest/model.ts';
import { UsageError } from './io.ts';

/** A manifest file on disk, named as in a repository whose root is the folder that was given: hidden folders and globs are told by it. */
export interface FolderFile {
  readonly path: string;
  readonly content: ManifestText;
}

const ROOT_FOLDER = 'fleet-manifests';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The YAML files under a folder, by the rules of the manifest root: `fleet-manifests` where there is one, folders
 * that begin with a dot left out, links not followed.
 *
 * @throws UsageError when the folder cannot be read.
 */
export function readManifestFolder(cwd: string, folder: string): readonly FolderFile[] {
  const given = resolve(cwd, folder);
  if (stat(given)?.isDirectory() !== true) throw new UsageError(`${folder} is not a folder`);
  const inner = join(given, ROOT_FOLDER);
  const root = stat(inner)?.isDirectory() === true ? inner : given;
  const found: FolderFile[] = [];
  collect(root, found);
  return found
    .map(({ path, content }) => ({ path: relative(given, path).split(sep).join('/'), content }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What is behind a link is not part of the commit; a folder with a file `.git` is a submodule that is checked out. */
function linkAt(entry: Dirent, path: string): LinkKind | undefined {
  if (entry.isSymbolicLink()) return 'symbolic link';
  return entry.isDirectory() && stat(join(path, '.git'))?.isFile() === true ? 'submodule' : undefined;
}

function collect(folder: string, found: FolderFile[]): void {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(folder);
  } catch (error) {
    throw new UsageError(`${folder} cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}`);
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const link = linkAt(entry, path);
    if (link !== undefined) {
      if (isManifestLink('', entry.name, link)) found.push({ path, content: { kind: 'link', link } });
    } else if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') collect(path, found);
    else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) found.push({ path, content: contentOf(path) });
  }
}

const list = (folder: string) => readdirSync(folder, { withFileTypes: true });

function contentOf(path: string): ManifestText {
  const bytes = stat(path)?.size ?? 0;
  if (bytes > MAX_FILE_BYTES) return { kind: 'too-large', bytes };
  try {
    return { kind: 'text', text: utf8.decode(readFileSync(path)) };
  } catch {
    return { kind: 'not-utf8' };
  }
}

function stat(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** @throws UsageError when there is nothing of that name. */
export function isFile(cwd: string, path: string): boolean {
  const found = stat(resolve(cwd, path));
  if (found === undefined) throw new UsageError(`${path} is not there`);
  return found.isFile();
}

/** The folder of the fleet that a file lies in: the one that holds `fleet-manifests`, else the repository, else the folder of the file. */
export function fleetOf(cwd: string, file: string): string {
  const start = dirname(resolve(cwd, file));
  const above: string[] = [];
  for (let folder = start; ; folder = dirname(folder)) {
    above.push(folder);
    if (folder === dirname(folder)) break;
  }
  const root = above.find((folder) => basename(folder) === ROOT_FOLDER);
  return root === undefined ? (above.find((folder) => stat(join(folder, '.git')) !== undefined) ?? start) : dirname(root);
}

/** A file of a folder as a person in `cwd` would name it: so that an editor opens it from the report. */
export function asSeenFrom(cwd: string, folder: string, path: string): string {
  return relative(cwd, join(resolve(cwd, folder), path))
    .split(sep)
    .join('/');
}
