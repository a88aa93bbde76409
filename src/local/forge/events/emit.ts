import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import { installationShape, simpleUser } from '../shapes/account.ts';
import { pushRepository, repositoryShape } from '../shapes/repository.ts';
import type { AccountRow, RepositoryRow } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';

/** Sent to every app, whatever it has subscribed to. */
const ALWAYS_SENT: ReadonlySet<string> = new Set(['installation', 'installation_repositories', 'ping']);

/** GitHub does not deliver a larger payload at all. */
const PAYLOAD_BYTES_MAX = 25 * 1_024 * 1_024;

export interface RepositoryEvent {
  readonly event:
    | 'repository'
    | 'push'
    | 'pull_request'
    | 'pull_request_review'
    | 'issues'
    | 'issue_comment'
    | 'label'
    | 'check_run'
    | 'check_suite';
  readonly action: string | null;
  readonly repository: RepositoryRow;
  readonly sender: AccountRow;
  /** What is particular to the event; the common part is added. */
  readonly payload: JsonObject;
}

/**
 * Writes an event into the outbox of deliveries. Called inside the transaction that makes the change, so that
 * there is never a change without its event, nor an event without its change.
 */
export function emit(world: World, event: RepositoryEvent): void {
  const installation = world.store.accounts.installationOf(event.repository.owner_id);
  if (installation === undefined || !world.app.events.includes(event.event)) return;
  const owner = world.store.accounts.byId(event.repository.owner_id);
  queue(world, {
    event: event.event,
    action: event.action,
    installation: installation.id,
    repository: event.repository.id,
    payload: {
      ...(event.action === null ? {} : { action: event.action }),
      ...event.payload,
      repository: event.event === 'push' ? pushRepository(world, event.repository) : repositoryShape(world, event.repository),
      ...(owner.type === 'Organization' ? { organization: organizationShape(world, owner) } : {}),
      sender: simpleUser(world, event.sender),
      installation: { id: installation.id, node_id: nodeId('IntegrationInstallation', installation.id) },
    },
  });
}

/** The app was installed for an account, with the repositories that it has then. */
export function emitInstallation(world: World, account: AccountRow, sender: AccountRow, repositories: readonly RepositoryRow[]): void {
  const installation = world.store.accounts.installationOf(account.id);
  if (installation === undefined) return;
  queue(world, {
    event: 'installation',
    action: 'created',
    installation: installation.id,
    repository: null,
    payload: {
      action: 'created',
      installation: installationShape(world, installation),
      repositories: repositories.map((repository) => installedRepository(repository)),
      requester: null,
      sender: simpleUser(world, sender),
    },
  });
}

/** A repository was made for an account where the app is installed already. */
export function emitInstallationRepositories(world: World, account: AccountRow, sender: AccountRow, added: RepositoryRow): void {
  const installation = world.store.accounts.installationOf(account.id);
  if (installation === undefined) return;
  queue(world, {
    event: 'installation_repositories',
    action: 'added',
    installation: installation.id,
    repository: null,
    payload: {
      action: 'added',
      installation: installationShape(world, installation),
      repository_selection: 'all',
      repositories_added: [installedRepository(added)],
      repositories_removed: [],
      requester: null,
      sender: simpleUser(world, sender),
    },
  });
}

/** GitHub's greeting to a new webhook. */
export function emitPing(world: World, hookUrl: string): void {
  const hook = {
    type: 'App',
    id: world.app.id,
    name: 'web',
    active: true,
    events: world.app.events,
    config: { content_type: 'json', insecure_ssl: '0', secret: '********', url: hookUrl },
    updated_at: new Date(world.appCreatedAt).toISOString(),
    created_at: new Date(world.appCreatedAt).toISOString(),
    app_id: world.app.id,
    deliveries_url: `${world.urls.api}/app/hook/deliveries`,
  };
  queue(world, {
    event: 'ping',
    action: null,
    installation: null,
    repository: null,
    payload: { zen: 'Anything added dilutes everything else.', hook_id: world.app.id, hook },
  });
}

interface QueuedEvent {
  readonly event: string;
  readonly action: string | null;
  readonly installation: number | null;
  readonly repository: number | null;
  readonly payload: JsonObject;
}

function queue(world: World, event: QueuedEvent): void {
  if (!ALWAYS_SENT.has(event.event) && !world.app.events.includes(event.event)) return;
  const payload = JSON.stringify(event.payload);
  if (Buffer.byteLength(payload) > PAYLOAD_BYTES_MAX) {
    world.log.error({ event: event.event, action: event.action }, 'a webhook of more than 25 MB is not delivered, as on GitHub');
    return;
  }
  const { action, installation, repository } = event;
  world.store.deliveries.add(
    { guid: randomUUID(), event: event.event, action, redelivery: 0, installation_id: installation, repository_id: repository, payload },
    world.now(),
  );
  world.deliveries.wake();
}

const installedRepository = (repository: RepositoryRow): Json => ({
  id: repository.id,
  node_id: nodeId('Repository', repository.id),
  name: repository.name,
  full_name: `${repository.owner_login}/${repository.name}`,
  private: false,
});

function organizationShape(world: World, owner: AccountRow): JsonObject {
  const url = `${world.urls.api}/orgs/${owner.login}`;
  return {
    login: owner.login,
    id: owner.id,
    node_id: nodeId('Organization', owner.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.urls.base}/avatars/u/${owner.id}`,
    description: '',
  };
}
