import type { IncomingMessage, ServerResponse } from 'node:http';
import { announceRefChanges } from '../actions/ref-changes.ts';
import { serveGit } from '../git/http-backend.ts';
import { PushCommands } from '../git/push-commands.ts';
import { botAccount } from '../shapes/account.ts';
import { hasRole } from '../shapes/repository.ts';
import type { AccountRow, RepositoryRow } from '../store/rows.ts';
import { gitOf, type World } from '../world.ts';
import { Refusal } from './answer.ts';
import { type Caller, identify } from './callers.ts';

const PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

export const isGitPath = (path: string): boolean => PATH.test(path);

/**
 * `/OWNER/REPO.git`: everybody on this machine may clone and fetch, as from a public repository; a push needs a token.
 * What it moved is announced before the client has the end of its answer: who asks after a push sees it.
 */
export async function answerGit(world: World, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const [, owner = '', name = '', rest = ''] = PATH.exec(url.pathname) ?? [];
  const repository = world.store.repositories.byName(owner, name);
  if (repository === undefined) return plain(response, 404, 'Repository not found.');
  const kind = rest === 'info/refs' ? 'advertisement' : 'call';
  const service = kind === 'call' ? rest : (url.searchParams.get('service') ?? '');
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return plain(response, 403, 'Please upgrade your git client.');
  if (request.method !== (kind === 'call' ? 'POST' : 'GET')) return plain(response, 405, 'Method not allowed.');

  let caller: Caller;
  try {
    caller = identify(world, request.headers.authorization);
  } catch (error) {
    if (error instanceof Refusal) return askForToken(response, 'Invalid username or token.');
    throw error;
  }
  const user = pusher(world, caller);
  const directory = gitOf(world, repository).directory;
  const common = { request, response, home: world.home, directory, kind, user: user?.login } as const;
  const readOnly = { commands: undefined, beforeEnd: () => Promise.resolve() };
  if (service === 'git-upload-pack') return serveGit({ ...common, ...readOnly, service });
  if (user === undefined) return askForToken(response, 'Sign in with a token as password to push.');
  if (!mayPush(world, repository, caller))
    return plain(response, 403, `Permission to ${repository.owner_login}/${repository.name}.git denied to ${user.login}.`);
  if (kind === 'advertisement') return serveGit({ ...common, ...readOnly, service });
  const commands = new PushCommands();
  const intent = world.store.refs.addPushIntent(repository.id, user.id);
  const beforeEnd = async (): Promise<void> => {
    await world.locks.run(repository.id, () => announceRefChanges(world, repository, user, commands.refs));
    world.store.refs.removeIntent(intent);
  };
  await serveGit({ ...common, service, commands, beforeEnd });
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

function plain(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

function askForToken(response: ServerResponse, message: string): void {
  response.setHeader('www-authenticate', 'Basic realm="Local forge"');
  plain(response, 401, message);
}
