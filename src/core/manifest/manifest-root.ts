const ROOT = 'fleet-manifests/';

/** The folder that holds the manifests, with its slash: `fleet-manifests/` if any path lies there, else the repository itself (empty). */
export function manifestRootOf(paths: Iterable<string>): string {
  for (const path of paths) if (path.startsWith(ROOT)) return ROOT;
  return '';
}

/** Says whether a file is one of ours: YAML under the root, and in no folder that begins with a dot. */
export function isManifestPath(root: string, path: string): boolean {
  if (!path.startsWith(root) || !/\.ya?ml$/i.test(path)) return false;
  const folders = path.slice(root.length).split('/').slice(0, -1);
  return !folders.some((folder) => folder.startsWith('.'));
}
