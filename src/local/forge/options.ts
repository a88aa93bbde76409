import type { Hono } from 'hono';
import type { HttpEnv } from '../../http/app.ts';
import type { Answer } from './http/answer.ts';
import type { Fault } from './http/faults.ts';
import type { RateBudget } from './http/limits.ts';
import type { RequestLog } from './http/request-log.ts';
import type { Json } from './json.ts';
import type { RepositorySeed, SeededRepository, SeededUser, UserSeed } from './seed.ts';
import type { Store } from './store/store.ts';
import type { ForgeApp, ForgeLog, Permissions, World } from './world.ts';

export interface ForgeOptions {
  /** Data folder; made when missing. It holds tokens and keys, so only its owner can read it. */
  readonly home: string;
  /** 0: any free port. Always on 127.0.0.1. */
  readonly port: number;
  readonly app: {
    readonly id: number;
    readonly slug: string;
    readonly name?: string;
    /** When not given: what a bot needs to check, comment, and read. */
    readonly permissions?: Permissions;
    readonly events?: readonly string[];
    /** When not given: made at the first start and kept. */
    readonly privateKeyPem?: string;
    readonly webhookSecret?: string;
  };
  /** Asked before every delivery; `undefined` while there is no bot. */
  readonly webhookUrl: () => string | undefined;
  readonly log: ForgeLog;
  /** Milliseconds since the epoch; tokens expire by it, so it is the wall clock unless a test says otherwise. */
  readonly now?: () => number;
  /** Request limits; GitHub Enterprise Server has none by default, so neither has the forge. */
  readonly budget?: RateBudget;
  /** Pages for people. */
  readonly pages?: (forge: ForgeAccess) => Hono<HttpEnv>;
}

/** What the pages and tests may use: REST inside the process, and the state behind it. */
export interface ForgeAccess {
  /** For reading git and the store as the handlers of REST do. */
  readonly world: World;
  readonly store: Store;
  readonly app: ForgeApp;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly requests: RequestLog;
  /**
   * A REST call in the name of a person (`undefined`: nobody), with the same checks and answers as over HTTP.
   *
   * @param path - below `/api/v3`, with its query: `/repos/acme/fleet/pulls?state=all`.
   */
  call(login: string | undefined, method: string, path: string, body?: Json): Promise<Answer>;
  /** Sends a delivery again under its GUID. @returns `false` when there is none. */
  redeliver(delivery: number): boolean;
}

export interface Forge extends ForgeAccess {
  /** Where GitHub's clients point to: `baseUrl` of Octokit. */
  readonly apiUrl: string;
  seedUser(user: UserSeed): SeededUser;
  seedRepository(seed: RepositorySeed): Promise<SeededRepository>;
  /** Makes a coming request fail. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Settles when all webhooks that were queued have been sent. */
  deliveriesIdle(): Promise<void>;
  /** Stops listening, ends git children, and closes the store. Undelivered webhooks stay for the next start. */
  close(): Promise<void>;
}
