import { notFound, okay, Refusal } from '../http/answer.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import { gitOf, nodeId } from '../world.ts';

const READ = { person: 'anyone', app: [['contents', 'read']] } as const;

export const gitObjectRoutes: readonly RepositoryRoute[] = [
  { method: 'GET', path: '/repos/:owner/:repo/git/trees/:tree', access: READ, handle: (call) => readTree(call) },
  { method: 'GET', path: '/repos/:owner/:repo/git/blobs/:blob', access: READ, handle: (call) => readBlob(call) },
];

/** Of a branch, a commit or a tree. */
async function readTree(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, params, url } = call;
  const git = gitOf(world, repository);
  if ((await git.commitOf(repository.default_branch)) === undefined) throw new Refusal(409, 'Git Repository is empty.');
  const commit = await git.commitOf(params['tree'] ?? '');
  if (commit === undefined) throw notFound();
  const base = `${world.urls.repository(repository)}/git`;
  const recursive = url.searchParams.has('recursive') ? ['-r', '-t'] : [];
  const listed = await git.run(['ls-tree', '-z', '--long', '--full-tree', ...recursive, commit]);
  const tree = listed
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [fields = '', path = ''] = line.split('\t');
      const [mode = '', type = '', sha = '', size = ''] = fields.split(/ +/);
      return { path, mode, type, sha, url: `${base}/${type}s/${sha}`, ...(type === 'blob' ? { size: Number(size) } : {}) };
    });
  const sha = (await git.run(['rev-parse', `${commit}^{tree}`])).trim();
  return okay({ sha, url: `${base}/trees/${sha}`, tree, truncated: false });
}

async function readBlob(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, params } = call;
  const sha = params['blob'] ?? '';
  if (!/^[0-9a-f]{40}$/.test(sha)) throw notFound();
  const { stdout, exitCode } = await gitOf(world, repository).runRaw(['cat-file', 'blob', sha], { answers: [0, 128] });
  if (exitCode !== 0) throw notFound();
  const url = `${world.urls.repository(repository)}/git/blobs/${sha}`;
  return okay({ sha, node_id: nodeId('Blob', sha), size: stdout.length, url, content: stdout.toString('base64'), encoding: 'base64' });
}
