import { renameRepository } from '../actions/rename.ts';
import { notFound, okay, Refusal } from '../http/answer.ts';
import type { PlainRoute, RepositoryRoute } from '../http/route.ts';
import { installationShape, privateUser, publicUser, simpleUser } from '../shapes/account.ts';
import { fullRepository, permissionFlags } from '../shapes/repository.ts';
import type { Role } from '../store/rows.ts';

/** `permission` knows three levels only; the real role is in `role_name`. */
const LEGACY: Record<Role, 'read' | 'write' | 'admin'> = {
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
};

export const peopleRoutes: readonly PlainRoute[] = [
  {
    method: 'GET',
    path: '/user',
    access: 'user',
    handle: ({ world, caller }) => {
      if (caller.kind !== 'user') throw notFound();
      return okay(privateUser(world, caller.account));
    },
  },
  {
    method: 'GET',
    path: '/users/:login',
    access: 'anyone',
    handle: ({ world, params }) => {
      const account = world.store.accounts.byLogin(params['login'] ?? '');
      if (account === undefined) throw notFound();
      return okay(publicUser(world, account));
    },
  },
  {
    // A team that one may not see is answered as one that is not there.
    method: 'GET',
    path: '/orgs/:org/teams/:team/memberships/:login',
    access: 'signed-in',
    handle: ({ world, params, caller }) => {
      if (caller.kind === 'installation' && caller.permissions['members'] === undefined)
        throw new Refusal(403, 'Resource not accessible by integration');
      const { accounts } = world.store;
      const [organization, member] = [accounts.byLogin(params['org'] ?? ''), accounts.byLogin(params['login'] ?? '')];
      const team = params['team'] ?? '';
      if (organization === undefined || member === undefined || !accounts.isInTeam(organization.id, team, member.id)) throw notFound();
      const url = `${world.urls.api}/organizations/${organization.id}/team/${team}/memberships/${member.login}`;
      return okay({ url, role: 'member', state: 'active' });
    },
  },
];

export const repositoryRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo',
    access: { person: 'anyone', app: [['metadata', 'read']] },
    handle: ({ world, repository, role, caller }) =>
      okay(fullRepository(world, repository, caller.kind === 'anonymous' ? undefined : role)),
  },
  {
    method: 'PATCH',
    path: '/repos/:owner/:repo',
    access: { person: 'admin', app: [['administration', 'write']] },
    handle: async (call) => {
      const name = call.body.text('name') ?? call.repository.name;
      const repository = await renameRepository(call.world, call.repository, name, call.author());
      return okay(fullRepository(call.world, repository, call.role));
    },
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/collaborators/:login/permission',
    access: { person: 'read', app: [['metadata', 'read']] },
    handle: ({ world, repository, params }) => {
      const account = world.store.accounts.byLogin(params['login'] ?? '');
      if (account === undefined) throw notFound();
      // Everybody reads a public repository.
      const role = world.store.repositories.roleOf(repository.id, account.id) ?? 'read';
      const user = { ...simpleUser(world, account), permissions: permissionFlags(role), role_name: role };
      return okay({ permission: LEGACY[role], role_name: role, user });
    },
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/installation',
    access: { person: 'admin', app: [['app', 'read']] },
    handle: ({ world, repository }) => {
      const installation = world.store.accounts.installationOf(repository.owner_id);
      if (installation === undefined) throw notFound();
      return okay(installationShape(world, installation));
    },
  },
];
