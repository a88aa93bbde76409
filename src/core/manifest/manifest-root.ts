import type { LinkKind } from './model.ts';

const ROOT = 'fleet-manifests/';

/** The folder that holds the manifests, with its slash: `fleet-manifests/` if any path lies there, else the repository itself (empty). */
export function manifestRootOf(paths: Iterable<string>): string {
  for (const path of paths) if (path.startsWith(ROOT)) return ROOT;
  return '';
}

/** Says whether a file is one of ours: YAML under the root, and in no folder that begins with a dot. */
export function isManifestPath(root: string, path: string): boolean {
  if (!path.startsWith(root) || !/\.ya?ml$/i.test(path)) return false;
  return !isHidden(path.slice(root.length).split('/').slice(0, -1));
}

/**
 * Says whether a link stands where manifests could be: a submodule is a folder, and so may a symbolic link be that is named like one.
 * What is behind a link is not in the commit, so nothing could say what a merge of it would roll out.
 */
export function isManifestLink(root: string, path: string, link: LinkKind): boolean {
  const steps = path.slice(root.length).split('/');
  if (!path.startsWith(root) || isHidden(steps)) return false;
  return link === 'submodule' || /\.ya?ml$/i.test(path) || !steps.at(-1)?.includes('.');
}

const isHidden = (folders: readonly string[]): boolean => folders.some((folder) => folder.startsWith('.'));
