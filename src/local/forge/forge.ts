import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { closeNow, createHttpServer, listen, SERVER_LIMITS } from '../../http/server.ts';
import { recover } from './actions/recover.ts';
import { Deliveries } from './events/deliveries.ts';
import { emitPing } from './events/emit.ts';
import { runGit } from './git/process.ts';
import type { Answer } from './http/answer.ts';
import { Faults } from './http/faults.ts';
import { createForgeApp } from './http/forge-app.ts';
import { Limits } from './http/limits.ts';
import { RequestLog } from './http/request-log.ts';
import { API_PREFIX, createRest, type RestEnv } from './http/rest-server.ts';
import type { Json } from './json.ts';
import type { Forge, ForgeAccess, ForgeOptions } from './options.ts';
import { redeliver } from './rest/deliveries.ts';
import { forgeRoutes } from './rest/routes.ts';
import { seedRepository, seedUser } from './seed.ts';
import { Store } from './store/store.ts';
import { type ForgeApp, Locks, type Permissions, Urls, type World } from './world.ts';

/** For a bot that plans, checks, comments and reports. Whoever starts the forge for an app with a manifest passes what that one asks for. */
const DEFAULT_PERMISSIONS: Permissions = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  checks: 'write',
  issues: 'write',
  members: 'read',
};
const DEFAULT_EVENTS = [
  'push',
  'pull_request',
  'pull_request_review',
  'issue_comment',
  'issues',
  'check_run',
  'check_suite',
  'repository',
] as const;
/** A push may take long: bodies have limits of their own. */
const LIMITS = { ...SERVER_LIMITS, requestMs: 0 };
const DELIVERIES_KEPT_MS = 7 * 24 * 3_600_000;

/**
 * A small GitHub for one machine: bare git repositories, and the part of GitHub's REST API and webhooks that the bot uses,
 * laid out as GitHub Enterprise Server does.
 *
 * | address | what |
 * | --- | --- |
 * | `/api/v3/...` | REST: shapes, errors, paging, entity tags and limits as GitHub has them |
 * | `/OWNER/REPO.git` | git over smart HTTP: everybody clones, a push needs a token as password |
 * | `/OWNER/REPO/pull/1` and so on | pages for people, by `options.pages` |
 * | `/api/v3/_forge/...` | what GitHub has as buttons only: revert, the buttons of a check |
 * | `/_forge/requests` | REST requests counted by caller and route; DELETE starts anew |
 *
 * State is `forge.db` (SQLite) and `git/` in the data folder. Whoever moves a ref holds the lock of its repository; a change and its
 * webhooks are one transaction; merges write an intent first. So the process may be killed at any moment: the next start compares git with
 * what was announced, completes what had begun, and announces the rest. Webhooks are sent in their order, once, and never again by themselves.
 *
 * Left out, with GitHub's 404: contents, refs, comparisons (all of that is git's), forks, teams, deployments, commit statuses, branch
 * protection, GraphQL.
 *
 * @throws when the port is taken, the data folder cannot be used, or git is missing.
 */
export async function startForge(options: ForgeOptions): Promise<Forge> {
  await requireGit(options.home);
  await mkdir(join(options.home, 'git'), { recursive: true, mode: 0o700 });
  await rm(join(options.home, 'tmp'), { recursive: true, force: true });
  const store = new Store(options.home);
  try {
    return await run(options, store);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** @throws when git cannot be run, or is older than the first one that merges without a work tree. */
async function requireGit(home: string): Promise<void> {
  const run = runGit({ directory: process.cwd(), home, args: ['version'] });
  const { stdout } = await run.catch((error: unknown) => {
    throw new Error('the local forge needs git, and it cannot be run: install git 2.38 or newer', { cause: error });
  });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout.toString('utf8')) ?? [];
  if (Number(major) * 1_000 + Number(minor) < 2_038)
    throw new Error(`the local forge needs git 2.38 or newer; this is ${stdout.toString('utf8').trim()}`);
}

async function run(options: ForgeOptions, store: Store): Promise<Forge> {
  const world = makeWorld(options, store);
  const faults = new Faults();
  const rest = createRest(world, forgeRoutes, faults);
  const access = makeAccess(world, rest);
  const server = createHttpServer(createForgeApp(world, rest, options.pages?.(access)), LIMITS);
  world.urls.setBase(`http://127.0.0.1:${await listen(server, options.port)}`);
  // The port is bound before anything is recovered: a second forge on the same folder with the same port never gets here.
  await recover(world);
  store.deliveries.forgetBefore(world.now() - DELIVERIES_KEPT_MS);
  greet(world);
  world.deliveries.wake();
  return makeForge(world, access, faults, server);
}

function makeWorld(options: ForgeOptions, store: Store): World {
  const now = options.now ?? Date.now;
  const app = makeApp(options, store);
  const deliveries = new Deliveries({
    store: store.deliveries,
    log: options.log,
    appId: app.id,
    secret: app.webhookSecret,
    webhookUrl: options.webhookUrl,
    now,
  });
  return {
    home: options.home,
    store,
    app,
    appKey: createPublicKey(createPrivateKey(app.privateKeyPem)),
    appCreatedAt: Number(store.settingOrElse('app-created-at', () => String(now()))),
    urls: new Urls(),
    limits: new Limits(options.budget, now),
    requests: new RequestLog(),
    deliveries,
    locks: new Locks(),
    log: options.log,
    now,
  };
}

function makeApp(options: ForgeOptions, store: Store): ForgeApp {
  const { app } = options;
  return {
    id: app.id,
    slug: app.slug,
    name: app.name ?? app.slug,
    permissions: app.permissions ?? DEFAULT_PERMISSIONS,
    events: app.events ?? DEFAULT_EVENTS,
    privateKeyPem: app.privateKeyPem ?? store.settingOrElse('app-private-key', newPrivateKey),
    webhookSecret: app.webhookSecret ?? store.settingOrElse('webhook-secret', () => randomBytes(32).toString('hex')),
  };
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/** GitHub's `ping`, once in the life of the app. */
function greet(world: World): void {
  if (world.store.setting('greeted') !== undefined) return;
  world.store.transaction(() => {
    world.store.settingOrElse('greeted', () => 'yes');
    emitPing(world, world.deliveries.url ?? '');
  });
}

function makeAccess(world: World, rest: Hono<RestEnv>): ForgeAccess {
  return {
    world,
    store: world.store,
    app: world.app,
    get url() {
      return world.urls.base;
    },
    requests: world.requests,
    call: (login, method, path, body) => callAs(world, rest, login, method, path, body),
    redeliver: (id) => {
      const delivery = world.store.deliveries.byId(id);
      if (delivery !== undefined) redeliver(world, delivery);
      return delivery !== undefined;
    },
  };
}

function makeForge(world: World, access: ForgeAccess, faults: Faults, server: Server): Forge {
  return {
    ...access,
    apiUrl: world.urls.api,
    seedUser: (user) => seedUser(world, user),
    seedRepository: (seed) => seedRepository(world, seed),
    addFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    deliveriesIdle: () => world.deliveries.idle(),
    close: async () => {
      await closeNow(server);
      await world.locks.idle();
      await world.deliveries.close();
      world.store.close();
    },
  };
}

async function callAs(
  world: World,
  rest: Hono<RestEnv>,
  login: string | undefined,
  method: string,
  path: string,
  body: Json | undefined,
): Promise<Answer> {
  const account = login === undefined ? undefined : world.store.accounts.byLogin(login);
  if (login !== undefined && account === undefined) throw new Error(`no user ${login}`);
  const response = await rest.fetch(new Request(`${world.urls.base}${API_PREFIX}${path}`, { method }), {
    caller: () => (account === undefined ? { kind: 'anonymous' } : { kind: 'user', account }),
    body: async () => Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...(text === '' ? {} : { body: JSON.parse(text) as Json }),
  };
}
