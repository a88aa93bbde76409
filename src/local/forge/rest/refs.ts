import { announceRefChanges } from '../actions/ref-changes.ts';
import { isBranchName, isSha, NO_SHA } from '../git/names.ts';
import { readCommit } from '../git/read.ts';
import { RefMoved } from '../git/repository.ts';
import { created, malformed, noContent, notFound, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { commitShape, gitCommitShape } from '../shapes/commit.ts';
import { fullRepository } from '../shapes/repository.ts';
import { gitOf, nodeId } from '../world.ts';

const READ = { person: 'anyone', app: [['contents', 'read']] } as const;
const WRITE = { person: 'write', app: [['contents', 'write']] } as const;

export const refRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo',
    access: { person: 'anyone', app: [['metadata', 'read']] },
    handle: ({ world, repository, role, caller }) =>
      okay(fullRepository(world, repository, caller.kind === 'anonymous' ? undefined : role)),
  },
  { method: 'GET', path: '/repos/:owner/:repo/branches', access: READ, handle: (call) => listBranches(call) },
  { method: 'GET', path: '/repos/:owner/:repo/branches/*branch', access: READ, handle: (call) => getBranch(call) },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/git/ref/*ref',
    access: READ,
    handle: async (call) => okay(await readRef(call, refName(call))),
  },
  { method: 'POST', path: '/repos/:owner/:repo/git/refs', access: WRITE, handle: (call) => createRef(call) },
  { method: 'PATCH', path: '/repos/:owner/:repo/git/refs/*ref', access: WRITE, handle: (call) => updateRef(call) },
  { method: 'DELETE', path: '/repos/:owner/:repo/git/refs/*ref', access: WRITE, handle: (call) => deleteRef(call) },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/git/commits/:sha',
    access: READ,
    handle: async ({ world, repository, params }) => {
      const git = gitOf(world, repository);
      const sha = params['sha'] ?? '';
      if ((await git.objectType(sha)) !== 'commit') throw notFound();
      return okay(gitCommitShape(world, repository, await readCommit(git, sha)));
    },
  },
];

async function listBranches(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const refs = [...(await gitOf(world, repository).refs())].filter(([name]) => name.startsWith('refs/heads/'));
  const api = world.urls.repository(repository);
  const { items, headers } = paged(call, refs, ([name, sha]) => ({
    name: name.slice('refs/heads/'.length),
    commit: { sha, url: `${api}/commits/${sha}` },
    protected: false,
  }));
  return okay(items, headers);
}

async function getBranch(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const name = call.params['branch'] ?? '';
  const sha = await git.branch(name);
  if (sha === undefined) throw new Refusal(404, 'Branch not found');
  const url = `${world.urls.repository(repository)}/branches/${encodeURIComponent(name)}`;
  return okay({
    name,
    commit: commitShape(world, repository, await readCommit(git, sha)),
    _links: { self: url, html: `${world.urls.page(repository)}/tree/${name}` },
    protected: false,
    protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${url}/protection`,
  });
}

/** `heads/main` of the path, as a full name. */
function refName(call: RepositoryCall): string {
  const name = `refs/${(call.params['ref'] ?? '').replace(/^refs\//, '')}`;
  const short = /^refs\/(?:heads|tags|pull)\/(.+)$/.exec(name)?.[1];
  if (short === undefined || !isBranchName(short)) throw notFound();
  return name;
}

async function readRef(call: RepositoryCall, ref: string): Promise<JsonObject> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const sha = await git.readRef(ref);
  if (sha === undefined) throw notFound();
  const type = (await git.objectType(sha)) ?? 'commit';
  const api = world.urls.repository(repository);
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}:${ref}`),
    url: `${api}/git/${ref}`,
    object: { type, sha, url: `${api}/git/${type}s/${sha}` },
  };
}

/** @throws Refusal 422 unless it is a branch or a tag. */
function writableRef(ref: string): string {
  const short = /^refs\/(?:heads|tags)\/(.+)$/.exec(ref)?.[1];
  if (short === undefined || !isBranchName(short))
    throw new Refusal(422, `Reference name must start with 'refs/heads/' or 'refs/tags/' and be well formed.`);
  return ref;
}

async function knownCommit(call: RepositoryCall): Promise<string> {
  const sha = call.body.requiredText('sha');
  if (!isSha(sha)) throw malformed(`For 'properties/sha', ${sha.slice(0, 60)} is not a full object id.`);
  if ((await gitOf(call.world, call.repository).objectType(sha)) !== 'commit') throw new Refusal(422, 'Object does not exist');
  return sha;
}

function move(call: RepositoryCall, ref: string, after: string, before: string): Promise<void> {
  const { world, repository } = call;
  const actor = call.author();
  return world.locks.run(repository.id, async () => {
    const intent = world.store.refs.addPushIntent(repository.id, actor.id);
    try {
      await gitOf(world, repository).updateRef(ref, after, before);
      await announceRefChanges(world, repository, actor, new Set([ref]));
    } finally {
      world.store.refs.removeIntent(intent);
    }
  });
}

async function createRef(call: RepositoryCall): Promise<ReturnType<typeof created>> {
  const ref = writableRef(call.body.requiredText('ref'));
  const sha = await knownCommit(call);
  try {
    await move(call, ref, sha, NO_SHA);
  } catch (error) {
    if (error instanceof RefMoved) throw new Refusal(422, 'Reference already exists');
    throw error;
  }
  const shape = await readRef(call, ref);
  return created(shape, shape['url']);
}

async function updateRef(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const ref = writableRef(refName(call));
  const sha = await knownCommit(call);
  const git = gitOf(call.world, call.repository);
  const before = await git.readRef(ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  const isForced = call.body.flag('force') ?? false;
  if (!isForced && !(await git.isAncestor(before, sha))) throw new Refusal(422, 'Update is not a fast forward');
  await moveKnown(call, ref, sha, before);
  return okay(await readRef(call, ref));
}

async function deleteRef(call: RepositoryCall): Promise<typeof noContent> {
  const ref = writableRef(refName(call));
  const before = await gitOf(call.world, call.repository).readRef(ref);
  if (before === undefined) throw new Refusal(422, 'Reference does not exist');
  if (ref === `refs/heads/${call.repository.default_branch}`) throw new Refusal(422, 'Cannot delete the default branch');
  await moveKnown(call, ref, NO_SHA, before);
  return noContent;
}

async function moveKnown(call: RepositoryCall, ref: string, after: string, before: string): Promise<void> {
  try {
    await move(call, ref, after, before);
  } catch (error) {
    if (error instanceof RefMoved) throw new Refusal(409, 'Reference was modified by somebody else. Read it and try again.');
    throw error;
  }
}
