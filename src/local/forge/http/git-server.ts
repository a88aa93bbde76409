import type { Hono } from 'hono';
import { answerText } from '../../../http/answers.ts';
import { alreadyAnswered, type HttpContext, type HttpEnv } from '../../../http/app.ts';
import { announceRefChanges } from '../actions/ref-changes.ts';
import { type GitHttpRequest, serveGit } from '../git/http-backend.ts';
import { PushCommands } from '../git/push-commands.ts';
import { botAccount } from '../shapes/account.ts';
import { hasRole } from '../shapes/repository.ts';
import type { AccountRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';
import { Refusal } from './answer.ts';
import { type Caller, identify } from './callers.ts';

const SERVICES = ['git-upload-pack', 'git-receive-pack'] as const;

/**
 * `/OWNER/REPO.git`: everybody on this machine may clone and fetch, as from a public repository; a push needs a token.
 * What it moved is announced before the client has the end of its answer: who asks after a push sees it.
 */
export function addGitRoutes(app: Hono<HttpEnv>, world: World): void {
  app.get('/:owner/:repo/info/refs', (context) => answerGit(world, context, 'advertisement', context.req.query('service')));
  app.post('/:owner/:repo/:service{git-upload-pack|git-receive-pack}', (context) =>
    answerGit(world, context, 'call', context.req.param('service')),
  );
}

async function answerGit(world: World, context: HttpContext, kind: 'advertisement' | 'call', asked: string | undefined): Promise<Response> {
  const name = (context.req.param('repo') ?? '').replace(/\.git$/, '');
  const repository = world.store.repositories.byName(context.req.param('owner') ?? '', name);
  if (repository === undefined) return movedOrMissing(world, context, name);
  const service = SERVICES.find((known) => known === asked);
  if (service === undefined) return answerText('Please upgrade your git client.', 403);
  let caller: Caller;
  try {
    caller = identify(world, context.req.header('authorization'));
  } catch (error) {
    if (error instanceof Refusal) return askForToken('Invalid username or token.');
    throw error;
  }
  const user = pusher(world, caller);
  const directory = gitOf(world, repository).directory;
  const { incoming: request, outgoing: response } = context.env;
  const serve = async (call: Pick<GitHttpRequest, 'commands' | 'beforeEnd'>): Promise<Response> => {
    await serveGit({ request, response, home: world.home, directory, service, kind, user: user?.login, ...call });
    return alreadyAnswered;
  };
  const readOnly = { commands: undefined, beforeEnd: () => Promise.resolve() };
  if (service === 'git-upload-pack') return serve(readOnly);
  if (user === undefined) return askForToken('Sign in with a token as password to push.');
  if (!mayPush(world, repository, caller))
    return answerText(`Permission to ${repository.owner_login}/${repository.name}.git denied to ${user.login}.`, 403);
  if (kind === 'advertisement') return serve(readOnly);
  const commands = new PushCommands();
  const intent = world.store.refs.addPushIntent(repository.id, user.id);
  const beforeEnd = async (): Promise<void> => {
    await world.locks.run(repository.id, () => announceRefChanges(world, repository, user, commands.refs));
    world.store.refs.removeIntent(intent);
  };
  return serve({ commands, beforeEnd });
}

/** A name that a repository had before leads to where it is now, as on GitHub. */
function movedOrMissing(world: World, { req }: HttpContext, name: string): Response {
  const moved = world.store.repositories.formerly(req.param('owner') ?? '', name);
  if (moved === undefined) return answerText('Repository not found.', 404);
  const { pathname, search } = new URL(req.url);
  const answer = answerText('Moved Permanently', 301);
  answer.headers.set('location', `${world.urls.clone(moved)}/${pathname.split('/').slice(3).join('/')}${search}`);
  return answer;
}

function pusher(world: World, caller: Caller): AccountRow | undefined {
  if (caller.kind === 'user') return caller.account;
  return caller.kind === 'installation' ? botAccount(world) : undefined;
}

function mayPush(world: World, repository: RepositoryRow, caller: Caller): boolean {
  if (caller.kind === 'user') return hasRole(world.store.repositories.roleOf(repository.id, caller.account.id), 'write');
  if (caller.kind !== 'installation' || caller.installation.account_id !== repository.owner_id) return false;
  return (caller.permissions['contents'] ?? 'read') !== 'read';
}

function askForToken(message: string): Response {
  const answer = answerText(message, 401);
  answer.headers.set('www-authenticate', 'Basic realm="Local forge"');
  return answer;
}
