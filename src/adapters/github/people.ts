import type { CodeHost } from '../../ports/code-host.ts';
import type { GitHubRepository } from './client.ts';
import { answeredStatus, isNotFound } from './github-errors.ts';

type Role = Awaited<ReturnType<CodeHost['roleOf']>>;

export async function roleOf({ client, owner, repo }: GitHubRepository, login: string): Promise<Role> {
  try {
    const { data } = await client.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username: login });
    // Organisations may define roles of their own; `permission` tells what such a role is built on.
    return roleNamed(data.role_name) ?? roleNamed(data.permission) ?? 'none';
  } catch (error) {
    // No such person. Any other failure is thrown: not to know a role must never grant one.
    if (answeredStatus(error) === 404) return 'none';
    throw error;
  }
}

const ROLES: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

const roleNamed = (name: string): Role | undefined => ROLES.find((role) => role === name);

export async function isMember({ client, owner }: GitHubRepository, team: string, login: string): Promise<boolean> {
  try {
    const { data } = await client.rest.teams.getMembershipForUserInOrg({ org: owner, team_slug: team.toLowerCase(), username: login });
    // Whoever was invited and has not answered is none yet.
    return data.state === 'active';
  } catch (error) {
    // No such team, or none that is shown to us, or a person who is not in it: all of them let nobody in.
    if (isNotFound(error)) return false;
    throw error;
  }
}
