import type { AccountRow, RepositoryRow, Role } from '../store/rows.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import type { Caller } from './callers.ts';
import type { Fields } from './fields.ts';

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
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:name` is one segment. */
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

/** Who reads and who writes what is an issue or a pull request. */
export const ISSUES_READ = {
  person: 'anyone',
  app: [
    ['issues', 'read'],
    ['pull_requests', 'read'],
  ],
} as const;
export const ISSUES_WRITE = {
  person: 'read',
  app: [
    ['issues', 'write'],
    ['pull_requests', 'write'],
  ],
} as const;
