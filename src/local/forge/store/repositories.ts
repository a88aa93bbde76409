import type { Database } from './database.ts';
import type { RepositoryRow, Role } from './rows.ts';

const SELECT = 'SELECT repository.*, account.login AS owner_login FROM repository JOIN account ON account.id = repository.owner_id';

export class RepositoryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): readonly RepositoryRow[] {
    return this.#database.all<RepositoryRow>(`${SELECT} ORDER BY repository.id`);
  }

  byId(id: number): RepositoryRow {
    const row = this.#database.get<RepositoryRow>(`${SELECT} WHERE repository.id = ?`, id);
    if (row === undefined) throw new Error(`no repository ${id}`);
    return row;
  }

  byName(owner: string, name: string): RepositoryRow | undefined {
    return this.#database.get<RepositoryRow>(`${SELECT} WHERE account.login = ? AND repository.name = ?`, owner, name);
  }

  /** The repository that had this name before. Whoever has the name now is found by `byName`. */
  formerly(owner: string, name: string): RepositoryRow | undefined {
    return this.#database.get<RepositoryRow>(
      `${SELECT} JOIN former_name ON former_name.repository_id = repository.id
       JOIN account AS former_owner ON former_owner.id = former_name.owner_id
       WHERE former_owner.login = ? AND former_name.name = ?`,
      owner,
      name,
    );
  }

  rename({ id, owner_id: owner, name: before }: RepositoryRow, name: string, now: number): RepositoryRow {
    this.#database.run('INSERT OR REPLACE INTO former_name (owner_id, name, repository_id) VALUES (?, ?, ?)', owner, before, id);
    this.#database.run('DELETE FROM former_name WHERE owner_id = ? AND name = ?', owner, name);
    this.#database.update('repository', { id }, { name, updated_at: now });
    return this.byId(id);
  }

  ofOwner(owner: number): readonly RepositoryRow[] {
    return this.#database.all<RepositoryRow>(`${SELECT} WHERE repository.owner_id = ? ORDER BY repository.id`, owner);
  }

  add(draft: Pick<RepositoryRow, 'owner_id' | 'name' | 'description' | 'default_branch' | 'has_issues'>, now: number): RepositoryRow {
    return this.byId(this.#database.insert('repository', { ...draft, created_at: now, updated_at: now, pushed_at: now }));
  }

  touchPushed(id: number, now: number): void {
    this.#database.update('repository', { id }, { pushed_at: now, updated_at: now });
  }

  /** Issues and pull requests share one sequence. */
  nextNumber(id: number): number {
    const row = this.#database.get<{ numbers_used: number }>(
      'UPDATE repository SET numbers_used = numbers_used + 1 WHERE id = ? RETURNING numbers_used',
      id,
    );
    if (row === undefined) throw new Error(`no repository ${id}`);
    return row.numbers_used;
  }

  setRole(repository: number, account: number, role: Role): void {
    this.#database.run(
      'INSERT INTO collaborator (repository_id, account_id, role) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role',
      repository,
      account,
      role,
    );
  }

  roleOf(repository: number, account: number): Role | undefined {
    return this.#database.get<{ role: Role }>(
      'SELECT role FROM collaborator WHERE repository_id = ? AND account_id = ?',
      repository,
      account,
    )?.role;
  }

  openIssues(id: number): number {
    return this.#database.get<{ n: number }>("SELECT count(*) AS n FROM issue WHERE repository_id = ? AND state = 'open'", id)?.n ?? 0;
  }
}
