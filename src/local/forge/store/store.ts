import { join } from 'node:path';
import { AccountStore } from './accounts.ts';
import { CheckStore } from './checks.ts';
import { Database } from './database.ts';
import { DeliveryStore } from './deliveries.ts';
import { IssueStore } from './issues.ts';
import { PullStore } from './pulls.ts';
import { RefStore } from './refs.ts';
import { RepositoryStore } from './repositories.ts';
import { SCHEMA } from './schema.ts';

/** Everything that the forge knows apart from git: one SQLite file, in one process. */
export class Store {
  readonly #database: Database;
  readonly accounts: AccountStore;
  readonly repositories: RepositoryStore;
  readonly refs: RefStore;
  readonly issues: IssueStore;
  readonly pulls: PullStore;
  readonly checks: CheckStore;
  readonly deliveries: DeliveryStore;

  /** @throws when the file is another process's, or is no database. */
  constructor(home: string) {
    this.#database = openDatabase(join(home, 'forge.db'));
    this.accounts = new AccountStore(this.#database);
    this.repositories = new RepositoryStore(this.#database);
    this.refs = new RefStore(this.#database);
    this.issues = new IssueStore(this.#database);
    this.pulls = new PullStore(this.#database);
    this.checks = new CheckStore(this.#database);
    this.deliveries = new DeliveryStore(this.#database);
  }

  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  setting(key: string): string | undefined {
    return this.#database.get<{ value: string }>('SELECT value FROM setting WHERE key = ?', key)?.value;
  }

  /** The stored value; made and stored when there is none yet. */
  settingOrElse(key: string, make: () => string): string {
    const known = this.setting(key);
    if (known !== undefined) return known;
    const value = make();
    this.#database.insert('setting', { key, value });
    return value;
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(file: string): Database {
  try {
    return new Database(file, SCHEMA);
  } catch (error) {
    const isLocked = error instanceof Error && /locked|busy/i.test(error.message);
    const fix = isLocked ? 'another forge is using it: stop that one, or choose another data folder' : 'move it away to begin anew';
    throw new Error(`the forge cannot open ${file}: ${fix}`, { cause: error });
  }
}
