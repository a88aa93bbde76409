import type { KeyObject } from 'node:crypto';
import type { Deliveries } from './events/deliveries.ts';
import type { Person } from './git/read.ts';
import { GitRepository, gitDirectory } from './git/repository.ts';
import type { Limits } from './http/limits.ts';
import type { RequestLog } from './http/request-log.ts';
import { isoTime } from './json.ts';
import type { AccountRow, RepositoryRow } from './store/rows.ts';
import type { Store } from './store/store.ts';

/** Levels of a GitHub App's permissions, by GitHub's names: `{ checks: 'write', metadata: 'read' }`. */
export type Permissions = Readonly<Record<string, 'read' | 'write' | 'admin'>>;

/** The one GitHub App of this forge: what the bot signs in as. */
export interface ForgeApp {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** Made at the first start and kept in the data folder; PEM, PKCS#1 as GitHub gives it. */
  readonly privateKeyPem: string;
  readonly webhookSecret: string;
  readonly permissions: Permissions;
  /** Webhook events that the app is subscribed to. */
  readonly events: readonly string[];
}

export interface ForgeLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every handler works with. One of it for each running forge. */
export interface World {
  readonly home: string;
  readonly store: Store;
  readonly app: ForgeApp;
  readonly appKey: KeyObject;
  readonly appCreatedAt: number;
  readonly urls: Urls;
  readonly limits: Limits;
  readonly requests: RequestLog;
  readonly deliveries: Deliveries;
  readonly locks: Locks;
  readonly log: ForgeLog;
  now(): number;
}

export function gitOf(world: World, repository: RepositoryRow): GitRepository {
  return new GitRepository(gitDirectory(world.home, repository.owner_login, repository.name), world.home);
}

/** Who a commit that the forge makes belongs to: a person, or (`undefined`) the forge itself, as `GitHub` on GitHub. */
/** Of commits that the forge makes itself. */
export const FORGE_EMAIL = 'noreply@forge.localhost';

export function isoPerson(world: World, account: AccountRow | undefined): Person {
  const date = isoTime(world.now());
  return account === undefined ? { name: 'Local Forge', email: FORGE_EMAIL, date } : { name: account.name, email: account.email, date };
}

/** Addresses as GitHub Enterprise Server lays them out. The base is known once the server listens. */
export class Urls {
  #base = '';

  setBase(base: string): void {
    this.#base = base;
  }

  get base(): string {
    return this.#base;
  }

  get api(): string {
    return `${this.#base}/api/v3`;
  }

  user(login: string): string {
    return `${this.api}/users/${login}`;
  }

  /** REST address of a repository. */
  repository(repository: RepositoryRow): string {
    return `${this.api}/repos/${repository.owner_login}/${repository.name}`;
  }

  /** Address of a repository for a person. */
  page(repository: RepositoryRow): string {
    return `${this.#base}/${repository.owner_login}/${repository.name}`;
  }

  clone(repository: RepositoryRow): string {
    return `${this.page(repository)}.git`;
  }
}

/** One thing at a time for each key. Whoever moves a ref holds the lock of its repository. */
export class Locks {
  readonly #tails = new Map<number, Promise<unknown>>();

  async run<T>(key: number, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#tails.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === settled) this.#tails.delete(key);
    }
  }

  /** Settles when nothing is at work any more. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}

/** An opaque id in the style of GitHub's; never parsed. */
export const nodeId = (type: string, id: number | string): string => Buffer.from(`${type}:${id}`).toString('base64');
