import { created, notFound, okay, Refusal } from '../http/answer.ts';
import { callerKey, issueInstallationToken } from '../http/callers.ts';
import type { Fields } from '../http/fields.ts';
import { paged } from '../http/paging.ts';
import type { Call, PlainRoute } from '../http/route.ts';
import { appShape, installationShape, installationTokenShape } from '../shapes/account.ts';
import { repositoryShape } from '../shapes/repository.ts';
import type { InstallationRow, RepositoryRow } from '../store/rows.ts';
import type { Permissions } from '../world.ts';

/** What an app does as itself, and what an installation may ask about itself. */
export const appRoutes: readonly PlainRoute[] = [
  { method: 'GET', path: '/app', access: 'app', handle: ({ world }) => okay(appShape(world)) },
  {
    method: 'GET',
    path: '/app/installations',
    access: 'app',
    handle: (call) => {
      const { items, headers } = paged(call, call.world.store.accounts.installations(), (row) => installationShape(call.world, row));
      return okay(items, headers);
    },
  },
  {
    method: 'GET',
    path: '/app/installations/:installation',
    access: 'app',
    handle: (call) => okay(installationShape(call.world, installationOf(call))),
  },
  { method: 'POST', path: '/app/installations/:installation/access_tokens', access: 'app', handle: (call) => createToken(call) },
  {
    method: 'GET',
    path: '/installation/repositories',
    access: 'installation',
    handle: (call) => {
      const { world, caller } = call;
      if (caller.kind !== 'installation') throw notFound();
      const visible = world.store.repositories.ofOwner(caller.installation.account_id);
      const { items, headers } = paged(call, visible, (repository) => repositoryShape(world, repository, 'write'));
      return okay({ total_count: visible.length, repository_selection: 'all', repositories: items }, headers);
    },
  },
  {
    method: 'GET',
    path: '/rate_limit',
    access: 'anyone',
    handle: ({ world, caller }) => {
      const core = world.limits.state(callerKey(world, caller));
      const search = { limit: 30, used: 0, remaining: 30, reset: core.reset };
      return okay({ resources: { core, search }, rate: core });
    },
  },
  {
    method: 'GET',
    path: '/meta',
    access: 'anyone',
    handle: () => okay({ verifiable_password_authentication: false, installed_version: 'local' }),
  },
];

function installationOf(call: Call): InstallationRow {
  const installation = call.world.store.accounts.installation(Number(call.params['installation']));
  if (installation === undefined) throw notFound();
  return installation;
}

function createToken(call: Call): ReturnType<typeof created> {
  const { world, body } = call;
  const installation = installationOf(call);
  const permissions = chosenPermissions(body, world.app.permissions);
  const repositories = chosenRepositories(call, installation);
  const shape = installationTokenShape({ ...issueInstallationToken(world, installation, permissions), permissions });
  if (repositories === undefined) return created(shape);
  return created({
    ...shape,
    repository_selection: 'selected',
    repositories: repositories.map((repository) => repositoryShape(world, repository, 'write')),
  });
}

/** Unlike on GitHub the token is as good for the others too. @throws Refusal 422 for one that the installation does not have. */
function chosenRepositories({ world, body }: Call, { account_id: owner }: InstallationRow): readonly RepositoryRow[] | undefined {
  const ids = body.list('repository_ids');
  const visible = world.store.repositories.ofOwner(owner);
  return ids?.map((id) => {
    const found = visible.find((repository) => repository.id === id);
    if (found === undefined)
      throw new Refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.');
    return found;
  });
}

const LEVELS = ['read', 'write', 'admin'] as const;

/** A token may have less than the app, never more. */
function chosenPermissions(body: Fields, granted: Permissions): Permissions {
  if (!body.has('permissions')) return granted;
  const wanted = body.object('permissions');
  if (wanted === undefined) return granted;
  const names = Object.keys(granted);
  const chosen = names.flatMap((name) => {
    const level = wanted.oneOf(name, LEVELS);
    return level === undefined ? [] : [[name, level] as const];
  });
  const excess = chosen.find(([name, level]) => LEVELS.indexOf(level) > LEVELS.indexOf(granted[name] ?? 'read'));
  if (excess !== undefined) throw new Refusal(422, 'The permissions requested are not granted to this installation.');
  return Object.fromEntries([['metadata', 'read'], ...chosen]) as Permissions;
}
