import type { Database } from './database.ts';
import type { AccountRow, InstallationRow } from './rows.ts';

export interface AccountDraft {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly type: AccountRow['type'];
  readonly siteAdmin: boolean;
}

export class AccountStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account of this login; made when there is none. */
  ensure(draft: AccountDraft, now: number): AccountRow {
    const known = this.byLogin(draft.login);
    if (known !== undefined) return known;
    const id = this.#database.insert(
      'INSERT INTO account (login, name, email, type, site_admin, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      draft.login,
      draft.name,
      draft.email,
      draft.type,
      draft.siteAdmin ? 1 : 0,
      now,
    );
    return this.byId(id);
  }

  byId(id: number): AccountRow {
    const row = this.#database.get<AccountRow>('SELECT * FROM account WHERE id = ?', id);
    if (row === undefined) throw new Error(`no account ${id}`);
    return row;
  }

  byLogin(login: string): AccountRow | undefined {
    return this.#database.get<AccountRow>('SELECT * FROM account WHERE login = ?', login);
  }

  byEmail(email: string): AccountRow | undefined {
    return this.#database.get<AccountRow>('SELECT * FROM account WHERE email = ?', email);
  }

  byToken(secret: string): AccountRow | undefined {
    return this.#database.get<AccountRow>(
      'SELECT account.* FROM account JOIN token ON token.account_id = account.id WHERE token.secret = ?',
      secret,
    );
  }

  /** People, in the order in which they were made. */
  people(): readonly AccountRow[] {
    return this.#database.all<AccountRow>("SELECT * FROM account WHERE type = 'User' ORDER BY id");
  }

  tokenOf(account: number): string | undefined {
    return this.#database.get<{ secret: string }>('SELECT secret FROM token WHERE account_id = ?', account)?.secret;
  }

  giveToken(account: number, secret: string): void {
    this.#database.run('INSERT INTO token (secret, account_id) VALUES (?, ?)', secret, account);
  }

  installations(): readonly InstallationRow[] {
    return this.#database.all<InstallationRow>('SELECT * FROM installation ORDER BY id');
  }

  installation(id: number): InstallationRow | undefined {
    return this.#database.get<InstallationRow>('SELECT * FROM installation WHERE id = ?', id);
  }

  installationOf(account: number): InstallationRow | undefined {
    return this.#database.get<InstallationRow>('SELECT * FROM installation WHERE account_id = ?', account);
  }

  install(account: number, now: number): InstallationRow {
    this.#database.run('INSERT INTO installation (account_id, created_at) VALUES (?, ?)', account, now);
    const row = this.installationOf(account);
    if (row === undefined) throw new Error(`no installation for account ${account}`);
    return row;
  }

  addInstallationToken(token: {
    readonly hash: string;
    readonly installation: number;
    readonly permissions: string;
    readonly repositoryIds: string | null;
    readonly expiresAt: number;
  }): void {
    this.#database.run(
      'INSERT INTO installation_token (secret_hash, installation_id, permissions, repository_ids, expires_at) VALUES (?, ?, ?, ?, ?)',
      token.hash,
      token.installation,
      token.permissions,
      token.repositoryIds,
      token.expiresAt,
    );
  }

  installationToken(hash: string):
    | {
        readonly installation_id: number;
        readonly permissions: string;
        readonly repository_ids: string | null;
        readonly expires_at: number;
      }
    | undefined {
    return this.#database.get(
      'SELECT installation_id, permissions, repository_ids, expires_at FROM installation_token WHERE secret_hash = ?',
      hash,
    );
  }

  forgetTokensBefore(now: number): void {
    this.#database.run('DELETE FROM installation_token WHERE expires_at < ?', now);
  }
}
