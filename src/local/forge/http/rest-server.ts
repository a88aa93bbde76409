import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '../json.ts';
import { hasRole } from '../shapes/repository.ts';
import type { RepositoryRow, Role } from '../store/rows.ts';
import type { World } from '../world.ts';
import { type Answer, notFound, Refusal } from './answer.ts';
import { authorOf, type Caller, callerKey, identify } from './callers.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { MatchedRoute, PlainRoute, RepositoryRoute, RouteTable } from './route.ts';

export interface RestRequest {
  readonly method: string;
  /** Path below `/api/v3`, and the query. */
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Reads the body; called only when the route is known and the caller may use it. */
  readonly readBody: () => Promise<Buffer>;
}

export const API_PREFIX = '/api/v3';

/** Finds the route, checks who may, runs the handler, and says no as GitHub does. */
export class RestServer {
  readonly #world: World;
  readonly #routes: RouteTable;
  readonly #faults: Faults;

  constructor(world: World, routes: RouteTable, faults: Faults) {
    this.#world = world;
    this.#routes = routes;
    this.#faults = faults;
  }

  async answer(request: RestRequest): Promise<Answer> {
    let caller: Caller = { kind: 'anonymous' };
    try {
      caller = identify(this.#world, request.authorization);
    } catch (error) {
      if (error instanceof Refusal) return error.answer();
      throw error;
    }
    return this.answerTo(caller, request);
  }

  /** For callers whose identity is known already: the pages of this forge. */
  async answerTo(caller: Caller, request: Omit<RestRequest, 'authorization'>): Promise<Answer> {
    const world = this.#world;
    const matched = this.#routes.match(request.method, request.url.pathname.slice(API_PREFIX.length));
    const route = matched?.route.path ?? 'unknown';
    const key = callerKey(world, caller);
    let answer: Answer;
    try {
      world.limits.spend(key, matched?.route.makesContent ?? false);
      if (matched === undefined) throw notFound();
      answer = faultAnswer(this.#faults, 'before', request.method, route) ?? (await this.#runWithFaults(caller, matched, request));
    } catch (error) {
      if (error instanceof Refusal) answer = error.answer();
      else {
        world.log.error({ error, method: request.method, route }, 'a request of the local forge failed');
        answer = new Refusal(500, 'Server Error').answer();
      }
    }
    answer = withEntityTag(request, answer);
    world.requests.add({ caller: key, method: request.method, route, status: answer.status, at: world.now() });
    return { ...answer, headers: { ...world.limits.headers(key), ...answer.headers } };
  }

  async #runWithFaults(caller: Caller, matched: MatchedRoute, request: Omit<RestRequest, 'authorization'>): Promise<Answer> {
    const answer = await this.#run(caller, matched, request);
    return faultAnswer(this.#faults, 'after', request.method, matched.route.path) ?? answer;
  }

  async #run(caller: Caller, { route, params }: MatchedRoute, request: Omit<RestRequest, 'authorization'>): Promise<Answer> {
    const world = this.#world;
    const core = { world, caller, url: request.url, params };
    if (!isRepositoryRoute(route)) {
      checkPlainAccess(route, caller);
      return route.handle({ ...core, body: await fieldsOf(request) });
    }
    const repository = world.store.repositories.byName(params['owner'] ?? '', params['repo'] ?? '');
    if (repository === undefined) throw notFound();
    const role = checkRepositoryAccess(world, route, repository, caller);
    const body = await fieldsOf(request);
    return route.handle({ ...core, repository, role, body, author: () => authorOf(world, caller) });
  }
}

const isRepositoryRoute = (route: MatchedRoute['route']): route is RepositoryRoute => typeof route.access === 'object';

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
      if (caller.repositoryIds !== undefined && !caller.repositoryIds.includes(repository.id)) throw notFound();
      const isAllowed = route.access.app.some(([name, level]) => {
        const granted = caller.permissions[name];
        return granted !== undefined && (level === 'read' || granted !== 'read');
      });
      if (!isAllowed) throw forbiddenToApps();
      return 'write';
    }
  }
}

async function fieldsOf(request: Pick<RestRequest, 'method' | 'readBody'>): Promise<Fields> {
  if (request.method === 'GET') return new Fields({});
  const bytes = await request.readBody();
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

/** GitHub tags every answer to a GET, and a client that has it already gets 304 and no body. */
function withEntityTag(request: Pick<RestRequest, 'method' | 'ifNoneMatch'>, answer: Answer): Answer {
  if (request.method !== 'GET' || answer.status !== 200 || answer.body === undefined) return answer;
  const etag = `W/"${createHash('sha256').update(JSON.stringify(answer.body)).digest('hex')}"`;
  const headers = { ...answer.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' };
  const known = request.ifNoneMatch?.split(',').map((tag) => tag.trim());
  return known?.some((tag) => tag === etag || `W/${tag}` === etag || tag === '*') ? { status: 304, headers } : { ...answer, headers };
}
