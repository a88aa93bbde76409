import type { Database } from './database.ts';
import type { AccountRow, InstallationRow, InstallationTokenRow } from './rows.ts';

export type AccountDraft = Pick<AccountRow, 'login' | 'name' | 'email' | 'type' | 'site_admin'>;

export class AccountStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account of this login; made when there is none. */
  ensure(draft: AccountDraft, now: number): AccountRow {
    const known = this.byLogin(draft.login);
    if (known !== undefined) return known;
    return this.byId(this.#database.insert('account', { ...draft, created_at: now }));
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
    this.#database.insert('token', { secret, account_id: account });
  }

  addToTeam(organization: number, team: string, account: number): void {
    this.#database.run(
      'INSERT INTO team_member (organization_id, team, account_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      organization,
      team,
      account,
    );
  }

  isInTeam(organization: number, team: string, account: number): boolean {
    const found = this.#database.get<{ n: number }>(
      'SELECT 1 AS n FROM team_member WHERE organization_id = ? AND team = ? AND account_id = ?',
      organization,
      team,
      account,
    );
    return found !== undefined;
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
    this.#database.insert('installation', { account_id: account, created_at: now });
    const row = this.installationOf(account);
    if (row === undefined) throw new Error(`no installation for account ${account}`);
    return row;
  }

  addInstallationToken(token: InstallationTokenRow): void {
    this.#database.insert('installation_token', { ...token });
  }

  installationToken(hash: string): InstallationTokenRow | undefined {
    return this.#database.get<InstallationTokenRow>('SELECT * FROM installation_token WHERE secret_hash = ?', hash);
  }

  forgetTokensBefore(now: number): void {
    this.#database.run('DELETE FROM installation_token WHERE expires_at < ?', now);
  }
}
