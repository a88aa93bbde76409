import { isManifestPath, manifestRootOf } from '../../core/manifest/manifest-root.ts';
import type { InstalledRepository } from '../../ports/code-host.ts';
import type { GitHubClient } from './client.ts';
import { answeredStatus } from './github-errors.ts';

/** Of an organisation's many repositories hardly one is a fleet: none of the others may cost more requests than this. */
const FILES_READ_MAX = 10;
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Looks for a `Fleet` document on the default branch, in the files under the manifest root that are the likeliest to hold it: those with
 * `fleet` in their names first, then those nearest to the root. What it says is for those who read manifests to judge.
 */
export async function holdsFleetDocument(client: GitHubClient, repository: InstalledRepository): Promise<boolean> {
  const named = { owner: repository.owner, repo: repository.name };
  for (const { sha } of likeliest(await filesOf(client, repository))) {
    const { data } = await client.rest.git.getBlob({ ...named, file_sha: sha });
    if (isFleet(Buffer.from(data.content, 'base64').toString('utf8'))) return true;
  }
  return false;
}

interface File {
  readonly path: string;
  readonly sha: string;
}

async function filesOf(client: GitHubClient, { owner, name, defaultBranch }: InstalledRepository): Promise<readonly File[]> {
  try {
    const { data } = await client.rest.git.getTree({ owner, repo: name, tree_sha: defaultBranch, recursive: '1' });
    return data.tree.flatMap(({ type, path, sha, size = 0 }) =>
      type === 'blob' && path !== undefined && sha !== undefined && size <= FILE_BYTES_MAX ? [{ path, sha }] : [],
    );
  } catch (error) {
    // Nothing was pushed yet.
    if (EMPTY.has(answeredStatus(error) ?? 0)) return [];
    throw error;
  }
}

const EMPTY: ReadonlySet<number> = new Set([404, 409]);

function likeliest(files: readonly File[]): readonly File[] {
  const root = manifestRootOf(files.map(({ path }) => path));
  const rank = ({ path }: File): number => {
    const parts = path.split('/');
    return (parts.at(-1)?.toLowerCase().includes('fleet') === true ? 0 : 1_000) + parts.length;
  };
  return files
    .filter(({ path }) => isManifestPath(root, path))
    .toSorted((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
    .slice(0, FILES_READ_MAX);
}

const isFleet = (text: string): boolean => /^kind:\s*["']?Fleet["']?\s*(#.*)?$/m.test(text) && text.includes('flotilla.dev/');
