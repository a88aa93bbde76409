import type { AccountRow, RepositoryRow, Role } from '../store/rows.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import type { Caller } from './callers.ts';
import type { Fields } from './fields.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a request is, once it is known who may make it. */
export interface Call {
  readonly world: World;
  readonly caller: Caller;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Fields;
}

export interface RepositoryCall extends Call {
  readonly repository: RepositoryRow;
  /** Role of the caller; apps have the role that their permission stands for. */
  readonly role: Role;
  /** To whom belongs what the call writes. @throws Refusal 401 when the caller is anonymous. */
  author(): AccountRow;
}

/** A permission of an app: any of them is enough. */
export type AppPermission = readonly [name: string, level: 'read' | 'write'];

interface RouteCore {
  readonly method: Method;
  /** `:name` is one segment, `*name` at the end is the rest. */
  readonly path: string;
  /** Counts against the budget of content-creating requests. */
  readonly makesContent?: boolean;
}

export interface PlainRoute extends RouteCore {
  /** `app`: signed with the app's key. `signed-in`: a person or an installation. */
  readonly access: 'anyone' | 'app' | 'installation' | 'user' | 'signed-in';
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

export interface RepositoryRoute extends RouteCore {
  readonly access: {
    /** Role that a person needs; `anyone` may read without signing in, as with public repositories of GitHub. */
    readonly person: 'anyone' | Role;
    /** Permissions, any of which an app needs; empty: no app may. */
    readonly app: readonly AppPermission[];
  };
  readonly handle: (call: RepositoryCall) => Answer | Promise<Answer>;
}

export type Route = PlainRoute | RepositoryRoute;

export interface MatchedRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Routes in order; the first that fits wins. */
export class RouteTable {
  readonly #routes: readonly { readonly route: Route; readonly pattern: RegExp }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  }

  /** @returns `undefined` when no route fits, also when a segment is not valid percent-encoding. */
  match(method: string, path: string): MatchedRoute | undefined {
    for (const { route, pattern } of this.#routes) {
      const found = route.method === method ? pattern.exec(path) : null;
      if (found === null) continue;
      try {
        const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)] as const);
        return { route, params: Object.fromEntries(params) };
      } catch {
        return undefined;
      }
    }
    return undefined;
  }

  paths(): readonly { readonly method: Method; readonly path: string }[] {
    return this.#routes.map(({ route }) => ({ method: route.method, path: route.path }));
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => {
      if (segment.startsWith('*')) return `(?<${segment.slice(1)}>.+)`;
      return segment.replace(/[.+]/g, '\\$&').replace(/:([a-zA-Z]+)/g, '(?<$1>[^/]+?)');
    })
    .join('/');
  return new RegExp(`^${source}/?$`);
}
