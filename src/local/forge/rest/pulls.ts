import { mergePull } from '../actions/merge.ts';
import { openPull, setPullState } from '../actions/pulls.ts';
import { emitPull } from '../actions/ref-changes.ts';
import { readCommits } from '../git/read.ts';
import { created, invalid, notFound, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { commitShape } from '../shapes/commit.ts';
import { pullShape, pullSimple } from '../shapes/pull.ts';
import type { PullRow } from '../store/rows.ts';
import { gitOf } from '../world.ts';
import { bodyText, titleText } from './texts.ts';

const READ = { person: 'anyone', app: [['pull_requests', 'read']] } as const;
const WRITE = { person: 'read', app: [['pull_requests', 'write']] } as const;

export const pullRoutes: readonly RepositoryRoute[] = [
  { method: 'GET', path: '/repos/:owner/:repo/pulls', access: READ, handle: (call) => listPulls(call) },
  { method: 'POST', path: '/repos/:owner/:repo/pulls', access: WRITE, makesContent: true, handle: (call) => createPull(call) },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/pulls/:number',
    access: READ,
    handle: (call) => okay(pullShape(call.world, call.repository, pullOf(call))),
  },
  { method: 'GET', path: '/repos/:owner/:repo/pulls/:number/commits', access: READ, handle: (call) => listCommits(call) },
  { method: 'PATCH', path: '/repos/:owner/:repo/pulls/:number', access: WRITE, handle: (call) => patchPull(call) },
  {
    method: 'PUT',
    path: '/repos/:owner/:repo/pulls/:number/merge',
    access: { person: 'write', app: [['contents', 'write']] },
    makesContent: true,
    handle: (call) => merge(call),
  },
];

/** The pull request that `:number` names. @throws Refusal 404 */
export function pullOf(call: RepositoryCall): PullRow {
  const pull = call.world.store.pulls.byNumber(call.repository.id, Number(call.params['number']));
  if (pull === undefined) throw notFound();
  return pull;
}

/** As many as GitHub lists. */
const COMMITS_MAX = 250;

async function listCommits(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository } = call;
  const pull = pullOf(call);
  const base = pull.merge_base_before ?? pull.base_sha;
  const range = [`--max-count=${COMMITS_MAX}`, '--reverse', '--topo-order', `${base}..${pull.head_sha}`];
  const commits = await readCommits(gitOf(world, repository), range);
  const { items, headers } = paged(call, commits, (commit) => commitShape(world, repository, commit));
  return okay(items, headers);
}

function listPulls(call: RepositoryCall): ReturnType<typeof okay> {
  const { world, repository } = call;
  const query = call.url.searchParams;
  const [state, head] = [query.get('state') ?? 'open', query.get('head')];
  const pulls = world.store.pulls
    .ofRepository(repository.id)
    .filter((pull) => state === 'all' || pull.state === state)
    // GitHub ignores a head without its owner.
    .filter((pull) => head === null || !head.includes(':') || `${repository.owner_login}:${pull.head_ref}` === head);
  const { items, headers } = paged(call, pulls.toReversed(), (pull) => pullSimple(world, repository, pull));
  return okay(items, headers);
}

async function createPull(call: RepositoryCall): Promise<ReturnType<typeof created>> {
  const { world, repository, body } = call;
  const head = body.requiredText('head');
  const own = `${repository.owner_login}:`;
  // Forks do not exist here, so neither does a head of another owner.
  if (head.includes(':') && !head.toLowerCase().startsWith(own.toLowerCase())) throw invalid('PullRequest', 'head', 'invalid');
  const pull = await openPull(world, repository, {
    title: titleText(body.requiredText('title'), 'PullRequest'),
    body: bodyText(body.text('body') ?? null, 'PullRequest'),
    headRef: head.includes(':') ? head.slice(own.length) : head,
    baseRef: body.requiredText('base'),
    draft: body.flag('draft') ?? false,
    author: call.author(),
    viaApp: call.caller.kind === 'installation',
  });
  const shape = pullShape(world, repository, pull);
  return created(shape, shape['url']);
}

function patchPull(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, body } = call;
  const actor = call.author();
  return world.locks.run(repository.id, async () => {
    const pull = pullOf(call);
    if (pull.author_id !== actor.id && call.role === 'read')
      throw new Refusal(403, 'Must have triage access to Repository, or have opened it.');
    if (body.has('base') && body.text('base') !== pull.base_ref)
      throw invalid('PullRequest', 'base', 'invalid', 'The local forge cannot change the base of a pull request.');
    const title = body.has('title') ? titleText(body.text('title') ?? '', 'PullRequest') : pull.title;
    const text = body.has('body') ? bodyText(body.text('body') ?? null, 'PullRequest') : pull.body;
    const state = body.oneOf('state', ['open', 'closed']);
    if (title !== pull.title || text !== pull.body) {
      const changes = changesOf(pull, title, text);
      world.store.transaction(() => {
        world.store.issues.edit(pull.issue_id, { title, body: text }, world.now());
        emitPull(world, repository, actor, pull, 'edited', { changes });
      });
    }
    if (state !== undefined) await setPullState(world, repository, world.store.pulls.byId(pull.issue_id), state, actor);
    return okay(pullShape(world, repository, world.store.pulls.byId(pull.issue_id)));
  });
}

/** What an `edited` event says: the former texts of what is different now. */
export function changesOf(
  before: { readonly title: string; readonly body: string | null },
  title: string,
  body: string | null,
): JsonObject {
  return {
    ...(title === before.title ? {} : { title: { from: before.title } }),
    ...(body === before.body ? {} : { body: { from: before.body ?? '' } }),
  };
}

async function merge(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { body } = call;
  const sha = await mergePull(call.world, call.repository, pullOf(call).number, {
    method: body.oneOf('merge_method', ['merge', 'squash', 'rebase']) ?? 'merge',
    title: body.text('commit_title') ?? undefined,
    message: body.text('commit_message') ?? undefined,
    sha: body.text('sha') ?? undefined,
    actor: call.author(),
  });
  return okay({ sha, merged: true, message: 'Pull Request successfully merged' });
}
