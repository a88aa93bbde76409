import { isoTime, type JsonObject } from '../json.ts';
import type { AccountRow, InstallationRow } from '../store/rows.ts';
import { nodeId, type Permissions, type World } from '../world.ts';

export function simpleUser(world: World, account: AccountRow): JsonObject {
  const url = world.urls.user(encodeURIComponent(account.login));
  const isBot = account.type === 'Bot';
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type, account.id),
    avatar_url: `${world.urls.base}/avatars/u/${account.id}`,
    gravatar_id: '',
    url,
    html_url: isBot ? `${world.urls.base}/apps/${world.app.slug}` : `${world.urls.base}/${account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    site_admin: account.site_admin === 1,
  };
}

export const simpleUserById = (world: World, id: number | null): JsonObject | null =>
  id === null ? null : simpleUser(world, world.store.accounts.byId(id));

/** A profile; nothing but the name is known of anybody here. */
export function publicUser(world: World, account: AccountRow): JsonObject {
  return {
    ...simpleUser(world, account),
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: account.type === 'User' ? account.email : null,
    hireable: null,
    bio: null,
    public_repos: world.store.repositories.ofOwner(account.id).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: isoTime(account.created_at),
    updated_at: isoTime(account.created_at),
  };
}

export function privateUser(world: World, account: AccountRow): JsonObject {
  return {
    ...publicUser(world, account),
    private_gists: 0,
    total_private_repos: 0,
    owned_private_repos: 0,
    disk_usage: 0,
    collaborators: 0,
    two_factor_authentication: false,
  };
}

/** The app, as it is named in checks, comments and installations. Its owner is the first owner it was installed for. */
export function appShape(world: World): JsonObject {
  const [first] = world.store.accounts.installations();
  const owner = first === undefined ? botAccount(world) : world.store.accounts.byId(first.account_id);
  return {
    id: world.app.id,
    slug: world.app.slug,
    client_id: `Iv1.${world.app.id.toString(16).padStart(16, '0')}`,
    node_id: nodeId('App', world.app.id),
    owner: simpleUser(world, owner),
    name: world.app.name,
    description: 'The bot of this local forge.',
    external_url: world.urls.base,
    html_url: `${world.urls.base}/apps/${world.app.slug}`,
    created_at: isoTime(world.appCreatedAt),
    updated_at: isoTime(world.appCreatedAt),
    permissions: world.app.permissions,
    events: world.app.events,
  };
}

/** The account that speaks for the app: `slug[bot]`. */
export function botAccount(world: World): AccountRow {
  const login = `${world.app.slug}[bot]`;
  const email = `${world.app.id}+${world.app.slug}[bot]@users.noreply.forge.localhost`;
  return world.store.accounts.ensure({ login, name: login, email, type: 'Bot', site_admin: 0 }, world.appCreatedAt);
}

export function installationShape(world: World, installation: InstallationRow): JsonObject {
  const account = world.store.accounts.byId(installation.account_id);
  return {
    id: installation.id,
    account: simpleUser(world, account),
    repository_selection: 'all',
    access_tokens_url: `${world.urls.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.urls.api}/installation/repositories`,
    html_url: `${world.urls.base}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: world.app.permissions,
    events: world.app.events,
    created_at: isoTime(installation.created_at),
    updated_at: isoTime(installation.created_at),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: null,
  };
}

export function installationTokenShape(token: {
  readonly secret: string;
  readonly expiresAt: number;
  readonly permissions: Permissions;
}): JsonObject {
  return {
    token: token.secret,
    expires_at: isoTime(token.expiresAt),
    permissions: token.permissions,
    repository_selection: 'all',
  };
}
