import { isoTime, type JsonObject } from '../json.ts';
import type { RepositoryRow, Role } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';
import { simpleUser } from './account.ts';

const ROLES: readonly Role[] = ['read', 'triage', 'write', 'maintain', 'admin'];

export const hasRole = (role: Role | undefined, needed: Role): boolean =>
  role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** GitHub's five flags for a role. */
export function permissionFlags(role: Role): JsonObject {
  return {
    admin: hasRole(role, 'admin'),
    maintain: hasRole(role, 'maintain'),
    push: hasRole(role, 'write'),
    triage: hasRole(role, 'triage'),
    pull: true,
  };
}

/** Addresses below the REST address of a repository, by the name of the property: `keys_url` and so on. */
const BELOW: readonly (readonly [string, string])[] = [
  ['archive_url', '/{archive_format}{/ref}'],
  ['assignees_url', '/assignees{/user}'],
  ['blobs_url', '/git/blobs{/sha}'],
  ['branches_url', '/branches{/branch}'],
  ['collaborators_url', '/collaborators{/collaborator}'],
  ['comments_url', '/comments{/number}'],
  ['commits_url', '/commits{/sha}'],
  ['compare_url', '/compare/{base}...{head}'],
  ['contents_url', '/contents/{+path}'],
  ['contributors_url', '/contributors'],
  ['deployments_url', '/deployments'],
  ['downloads_url', '/downloads'],
  ['events_url', '/events'],
  ['forks_url', '/forks'],
  ['git_commits_url', '/git/commits{/sha}'],
  ['git_refs_url', '/git/refs{/sha}'],
  ['git_tags_url', '/git/tags{/sha}'],
  ['hooks_url', '/hooks'],
  ['issue_comment_url', '/issues/comments{/number}'],
  ['issue_events_url', '/issues/events{/number}'],
  ['issues_url', '/issues{/number}'],
  ['keys_url', '/keys{/key_id}'],
  ['labels_url', '/labels{/name}'],
  ['languages_url', '/languages'],
  ['merges_url', '/merges'],
  ['milestones_url', '/milestones{/number}'],
  ['notifications_url', '/notifications{?since,all,participating}'],
  ['pulls_url', '/pulls{/number}'],
  ['releases_url', '/releases{/id}'],
  ['stargazers_url', '/stargazers'],
  ['statuses_url', '/statuses/{sha}'],
  ['subscribers_url', '/subscribers'],
  ['subscription_url', '/subscription'],
  ['tags_url', '/tags'],
  ['teams_url', '/teams'],
  ['trees_url', '/git/trees{/sha}'],
];

/** A repository inside another answer. */
export function repositoryShape(world: World, repository: RepositoryRow, role?: Role): JsonObject {
  const url = world.urls.repository(repository);
  const page = world.urls.page(repository);
  const openIssues = world.store.repositories.openIssues(repository.id);
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: `${repository.owner_login}/${repository.name}`,
    owner: simpleUser(world, world.store.accounts.byId(repository.owner_id)),
    private: false,
    html_url: page,
    description: repository.description,
    fork: false,
    url,
    ...Object.fromEntries(BELOW.map(([property, path]) => [property, `${url}${path}`])),
    git_url: world.urls.clone(repository).replace(/^http:/, 'git:'),
    ssh_url: `git@${new URL(world.urls.base).hostname}:${repository.owner_login}/${repository.name}.git`,
    clone_url: world.urls.clone(repository),
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    forks_count: 0,
    stargazers_count: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.default_branch,
    open_issues_count: openIssues,
    is_template: false,
    topics: [],
    has_issues: repository.has_issues === 1,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: 'public',
    pushed_at: isoTime(repository.pushed_at),
    created_at: isoTime(repository.created_at),
    updated_at: isoTime(repository.updated_at),
    allow_forking: false,
    web_commit_signoff_required: false,
    custom_properties: {},
    license: null,
    forks: 0,
    open_issues: openIssues,
    watchers: 0,
    ...(role === undefined ? {} : { permissions: permissionFlags(role) }),
  };
}

/** The answer for a repository itself. */
export function fullRepository(world: World, repository: RepositoryRow, role?: Role): JsonObject {
  return {
    ...repositoryShape(world, repository, role),
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
    allow_update_branch: false,
    subscribers_count: 0,
    network_count: 0,
  };
}

/** Push events have some instants as seconds since the epoch, and the owner's name. */
export function pushRepository(world: World, repository: RepositoryRow): JsonObject {
  const shape = repositoryShape(world, repository);
  const owner = world.store.accounts.byId(repository.owner_id);
  return {
    ...shape,
    owner: { ...simpleUser(world, owner), name: owner.login, email: owner.email },
    url: world.urls.page(repository),
    created_at: Math.floor(repository.created_at / 1_000),
    pushed_at: Math.floor(repository.pushed_at / 1_000),
    stargazers: 0,
    master_branch: repository.default_branch,
  };
}
