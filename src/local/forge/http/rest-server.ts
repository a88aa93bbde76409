import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { entityTag, hasAlready } from '../../../http/entity-tag.ts';
import { Refusal as AnyRefusal } from '../../../http/refusal.ts';
import { isJsonObject, type Json } from '../json.ts';
import { hasRole } from '../shapes/repository.ts';
import type { RepositoryRow, Role } from '../store/rows.ts';
import type { World } from '../world.ts';
import { type Answer, notFound, Refusal } from './answer.ts';
import { authorOf, type Caller, callerKey } from './callers.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { PlainRoute, RepositoryRoute, Route } from './route.ts';

/** Who sent a request and what, by HTTP or from a page of this forge. */
export interface RestEnv {
  Bindings: {
    /** @throws Refusal 401 */
    readonly caller: () => Caller;
    /** Called only when the route is known and the caller may use it. */
    readonly body: () => Promise<Buffer>;
  };
}

export const API_PREFIX = '/api/v3';

/** Finds the route, checks who may, runs the handler, and says no as GitHub does. */
export function createRest(world: World, routes: readonly Route[], faults: Faults): Hono<RestEnv> {
  const rest = new Hono<RestEnv>({ strict: false });
  const serve = (route: Route | undefined) => (context: Context<RestEnv>) => answerRest(world, faults, route, context);
  for (const route of routes) rest.on(route.method, `${API_PREFIX}${route.path}`, serve(route));
  rest.all('*', serve(undefined));
  return rest;
}

async function answerRest(world: World, faults: Faults, route: Route | undefined, context: Context<RestEnv>): Promise<Response> {
  const { method } = context.req;
  const path = route?.path ?? 'unknown';
  let caller: Caller;
  try {
    caller = context.env.caller();
  } catch (error) {
    return responseOf(refusalOf(world, error, { method, route: path }).answer());
  }
  const key = callerKey(world, caller);
  let answer: Answer;
  try {
    world.limits.spend(key, route?.makesContent ?? false);
    if (route === undefined) throw notFound();
    answer = faultAnswer(faults, 'before', method, path) ?? (await runThenFail(world, caller, route, context, faults));
  } catch (error) {
    answer = refusalOf(world, error, { method, route: path }).answer();
  }
  const response = withEntityTag(context, responseOf(answer, world.limits.headers(key)), answer);
  world.requests.add({ caller: key, method, route: path, status: response.status, at: world.now() });
  return response;
}

function refusalOf(world: World, error: unknown, about: { readonly method: string; readonly route: string }): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof AnyRefusal) return new Refusal(error.status, error.message);
  world.log.error({ error, ...about }, 'a request of the local forge failed');
  return new Refusal(500, 'Server Error');
}

async function runThenFail(world: World, caller: Caller, route: Route, context: Context<RestEnv>, faults: Faults): Promise<Answer> {
  const answer = await run(world, caller, route, context);
  return faultAnswer(faults, 'after', context.req.method, route.path) ?? answer;
}

async function run(world: World, caller: Caller, route: Route, context: Context<RestEnv>): Promise<Answer> {
  const params = context.req.param();
  const core = { world, caller, url: new URL(context.req.url), params };
  if (!isRepositoryRoute(route)) {
    checkPlainAccess(route, caller);
    return route.handle({ ...core, body: await fieldsOf(context) });
  }
  const repository = world.store.repositories.byName(params['owner'] ?? '', params['repo'] ?? '');
  if (repository === undefined) return movedOrMissing(world, params['owner'] ?? '', params['repo'] ?? '', core.url);
  const role = checkRepositoryAccess(world, route, repository, caller);
  const body = await fieldsOf(context);
  return route.handle({ ...core, repository, role, body, author: () => authorOf(world, caller) });
}

/** GitHub answers for a name that a repository had before with where it is now, by its id. */
function movedOrMissing(world: World, owner: string, name: string, { pathname, search }: URL): Answer {
  const repository = world.store.repositories.formerly(owner, name);
  if (repository === undefined) throw notFound();
  const rest = pathname.slice(`${API_PREFIX}/repos/${owner}/${name}`.length);
  const url = `${world.urls.api}/repositories/${repository.id}${rest}${search}`;
  return { status: 301, body: { message: 'Moved Permanently', url }, headers: { location: url } };
}

const isRepositoryRoute = (route: Route): route is RepositoryRoute => typeof route.access === 'object';

function checkPlainAccess(route: PlainRoute, caller: Caller): void {
  switch (route.access) {
    case 'anyone':
      return;
    case 'app':
      if (caller.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded');
      return;
    case 'installation':
      if (caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
      if (caller.kind !== 'installation')
        throw new Refusal(
          403,
          'You must authenticate with an installation access token in order to list repositories for an installation.',
        );
      return;
    case 'user':
      if (caller.kind === 'anonymous') throw new Refusal(401, 'Requires authentication');
      if (caller.kind !== 'user') throw new Refusal(403, 'Resource not accessible by integration');
      return;
    case 'signed-in':
      if (caller.kind === 'anonymous' || caller.kind === 'app') throw new Refusal(401, 'Requires authentication');
  }
}

const forbiddenToApps = (): Refusal => new Refusal(403, 'Resource not accessible by integration');

/** @returns the caller's role in the repository. @throws Refusal */
function checkRepositoryAccess(world: World, route: RepositoryRoute, repository: RepositoryRow, caller: Caller): Role {
  const needed = route.access.person;
  switch (caller.kind) {
    case 'anonymous':
      if (needed !== 'anyone') throw new Refusal(401, 'Requires authentication');
      return 'read';
    case 'app':
      // Signed with the app's key alone, a caller sees only what is about the app itself.
      if (!route.access.app.some(([name]) => name === 'app')) throw new Refusal(401, 'A JSON web token could not be decoded');
      return 'read';
    case 'user': {
      // Everybody reads a public repository.
      const role = world.store.repositories.roleOf(repository.id, caller.account.id) ?? 'read';
      if (needed !== 'anyone' && !hasRole(role, needed)) throw new Refusal(403, `Must have ${needed} access to Repository.`);
      return role;
    }
    case 'installation': {
      if (caller.installation.account_id !== repository.owner_id) throw notFound();
      const isAllowed = route.access.app.some(([name, level]) => {
        const granted = caller.permissions[name];
        return granted !== undefined && (level === 'read' || granted !== 'read');
      });
      if (!isAllowed) throw forbiddenToApps();
      return 'write';
    }
  }
}

async function fieldsOf({ req, env }: Context<RestEnv>): Promise<Fields> {
  const bytes = req.method === 'GET' ? Buffer.alloc(0) : await env.body();
  if (bytes.length === 0) return new Fields({});
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
  // Some clients send a bare list of labels; GitHub takes it.
  if (Array.isArray(parsed)) return new Fields({ labels: parsed as readonly Json[] });
  if (!isJsonObject(parsed)) throw new Refusal(400, 'Body should be a JSON object');
  return new Fields(parsed);
}

function faultAnswer(faults: Faults, when: 'before' | 'after', method: string, route: string): Answer | undefined {
  const fault = faults.take(when, method, route);
  if (fault === undefined) return undefined;
  return { status: fault.status, body: fault.body ?? { message: 'A fault that was asked for' }, headers: fault.headers ?? {} };
}

/** An answer as GitHub Enterprise Server sends it. */
export function responseOf({ status, body, headers }: Answer, more: Readonly<Record<string, string>> = {}): Response {
  const own = {
    'x-github-media-type': 'github.v3; format=json',
    'x-github-enterprise-version': 'local',
    'x-github-request-id': randomUUID(),
    ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
  };
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { ...own, ...more, ...headers } });
}

/** GitHub tags every answer to a GET, and a client that has it already gets 304 and no body. */
function withEntityTag({ req }: Context<RestEnv>, response: Response, { body, status }: Answer): Response {
  if (req.method !== 'GET' || status !== 200 || body === undefined) return response;
  const tag = entityTag(JSON.stringify(body));
  response.headers.set('etag', tag);
  response.headers.set('cache-control', 'private, max-age=60, s-maxage=60');
  return hasAlready(req.header('if-none-match'), tag) ? new Response(null, { status: 304, headers: response.headers }) : response;
}
