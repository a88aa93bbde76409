import { announceRefChanges } from '../actions/ref-changes.ts';
import { isBranchName, isTreePath } from '../git/names.ts';
import { type Person, readBlob, readCommit, readTree, type TreeEntry } from '../git/read.ts';
import { type GitRepository, RefMoved } from '../git/repository.ts';
import { writeCommit, writeTree } from '../git/write.ts';
import { created, malformed, notFound, okay, Refusal } from '../http/answer.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { gitCommitShape } from '../shapes/commit.ts';
import { gitOf, isoPerson } from '../world.ts';

export const contentRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo/contents',
    access: { person: 'anyone', app: [['contents', 'read']] },
    handle: (call) => getContents(call),
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/contents/*path',
    access: { person: 'anyone', app: [['contents', 'read']] },
    handle: (call) => getContents(call),
  },
  {
    method: 'PUT',
    path: '/repos/:owner/:repo/contents/*path',
    access: { person: 'write', app: [['contents', 'write']] },
    handle: (call) => putContents(call),
  },
];

/** Larger files have no content here: they are read as blobs. */
const CONTENT_BYTES_MAX = 1_024 * 1_024;

async function getContents(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const git = gitOf(world, repository);
  const path = (call.params['path'] ?? '').replace(/\/$/, '');
  const ref = call.url.searchParams.get('ref') ?? repository.default_branch;
  const commit = await git.commitOf(ref);
  if (commit === undefined) throw new Refusal(404, `No commit found for the ref ${ref.slice(0, 100)}`);
  if (path !== '' && !isTreePath(path)) throw notFound();
  const entries = await readTree(git, commit, path);
  const [only] = entries;
  if (path !== '' && only === undefined) throw notFound();
  if (only !== undefined && only.path === path && only.type === 'blob') return okay(await fileShape(call, git, only, ref));
  return okay(entries.map((entry) => entryShape(call, entry, ref)));
}

const TYPES: Record<TreeEntry['type'], string> = { blob: 'file', tree: 'dir', commit: 'submodule' };

function entryShape(call: RepositoryCall, entry: TreeEntry, ref: string): JsonObject {
  const { world, repository } = call;
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const url = `${world.urls.repository(repository)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const html = `${world.urls.page(repository)}/${entry.type === 'tree' ? 'tree' : 'blob'}/${ref}/${path}`;
  const gitUrl = `${world.urls.repository(repository)}/git/${entry.type}s/${entry.sha}`;
  return {
    name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
    path: entry.path,
    sha: entry.sha,
    size: entry.bytes,
    url,
    html_url: html,
    git_url: gitUrl,
    download_url: entry.type === 'blob' ? `${world.urls.page(repository)}/raw/${ref}/${path}` : null,
    type: TYPES[entry.type],
    _links: { self: url, git: gitUrl, html },
  };
}

async function fileShape(call: RepositoryCall, git: GitRepository, entry: TreeEntry, ref: string): Promise<JsonObject> {
  const isSmall = entry.bytes <= CONTENT_BYTES_MAX;
  const content = isSmall ? (await readBlob(git, entry.sha)).toString('base64') : '';
  // GitHub breaks base64 into lines of 60 characters.
  const lines = content.match(/.{1,60}/g)?.join('\n') ?? '';
  return { ...entryShape(call, entry, ref), content: lines === '' ? '' : `${lines}\n`, encoding: isSmall ? 'base64' : 'none' };
}

/** Makes one commit that sets one file, as an edit in the browser does. The blob that was seen must be named. */
function putContents(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, body } = call;
  const path = call.params['path'] ?? '';
  if (!isTreePath(path)) throw new Refusal(422, 'path contains a malformed path component');
  const branch = body.text('branch') ?? repository.default_branch;
  if (!isBranchName(branch)) throw malformed(`For 'properties/branch', the name is not well formed.`);
  const message = body.requiredText('message');
  const encoded = body.requiredText('content').replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw new Refusal(422, 'content is not valid Base64.');
  const content = Buffer.from(encoded, 'base64');
  return world.locks.run(repository.id, async () => {
    const git = gitOf(world, repository);
    const tip = await git.branch(branch);
    if (tip === undefined) throw new Refusal(404, `Branch ${branch} not found`);
    const known = (await readTree(git, tip, path)).find((entry) => entry.path === path && entry.type === 'blob');
    checkSeen(path, known, body.text('sha') ?? undefined);
    const actor = call.author();
    const tree = await writeTree(git, tip, new Map([[path, content]]));
    const author = personOf(call, 'author') ?? isoPerson(world, actor);
    const committer = personOf(call, 'committer') ?? isoPerson(world, undefined);
    const commit = await writeCommit(git, { tree, parents: [tip], message: `${message}\n`, author, committer });
    const intent = world.store.refs.addPushIntent(repository.id, actor.id);
    try {
      await git.updateRef(`refs/heads/${branch}`, commit, tip);
      await announceRefChanges(world, repository, actor, new Set([`refs/heads/${branch}`]));
    } catch (error) {
      if (error instanceof RefMoved) throw new Refusal(409, `${branch} was modified by somebody else. Read it and try again.`);
      throw error;
    } finally {
      world.store.refs.removeIntent(intent);
    }
    const [entry] = await readTree(git, commit, path);
    if (entry === undefined) throw new Error(`a file that was just written is missing: ${path}`);
    const shape = { content: entryShape(call, entry, branch), commit: gitCommitShape(world, repository, await readCommit(git, commit)) };
    return known === undefined ? created(shape) : okay(shape);
  });
}

/** Nobody overwrites what he has not seen. */
function checkSeen(path: string, known: TreeEntry | undefined, seen: string | undefined): void {
  if (known === undefined || known.sha === seen) return;
  if (seen === undefined) throw malformed(`"sha" wasn't supplied.`);
  throw new Refusal(409, `${path} does not match ${seen.slice(0, 40)}`);
}

function personOf(call: RepositoryCall, field: 'author' | 'committer'): Person | undefined {
  const person = call.body.object(field);
  if (person === undefined) return undefined;
  const clean = (text: string): string => text.replaceAll(/[<>\r\n\0]/g, '').trim();
  const date = isoPerson(call.world, undefined).date;
  return { name: clean(person.requiredText('name')), email: clean(person.requiredText('email')), date };
}
