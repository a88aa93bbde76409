import type { Database } from './database.ts';
import type { ActivityRow, IntentRow } from './rows.ts';

/** Refs that the world has been told about, and what is under way to change them. */
export class RefStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  known(repository: number): ReadonlyMap<string, string> {
    const rows = this.#database.all<{ name: string; sha: string }>(
      'SELECT name, sha FROM known_ref WHERE repository_id = ? ORDER BY name',
      repository,
    );
    return new Map(rows.map((row) => [row.name, row.sha]));
  }

  sha(repository: number, name: string): string | undefined {
    return this.#database.get<{ sha: string }>('SELECT sha FROM known_ref WHERE repository_id = ? AND name = ?', repository, name)?.sha;
  }

  /** @param sha - `undefined`: the ref is gone. */
  set(repository: number, name: string, sha: string | undefined): void {
    if (sha === undefined) this.#database.run('DELETE FROM known_ref WHERE repository_id = ? AND name = ?', repository, name);
    else
      this.#database.run(
        'INSERT INTO known_ref (repository_id, name, sha) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET sha = excluded.sha',
        repository,
        name,
        sha,
      );
  }

  addActivity(activity: Omit<ActivityRow, 'id'>): void {
    this.#database.insert('activity', { ...activity });
  }

  /** Newest first. @param ref - `undefined`: of all branches. */
  activities(repository: number, ref: string | undefined): readonly ActivityRow[] {
    return ref === undefined
      ? this.#database.all<ActivityRow>('SELECT * FROM activity WHERE repository_id = ? ORDER BY id DESC', repository)
      : this.#database.all<ActivityRow>('SELECT * FROM activity WHERE repository_id = ? AND ref = ? ORDER BY id DESC', repository, ref);
  }

  addPushIntent(repository: number, actor: number): number {
    return this.#database.insert('intent', { repository_id: repository, actor_id: actor, kind: 'push' });
  }

  addMergeIntent(
    repository: number,
    actor: number,
    { pull, baseBefore, result }: { readonly pull: number; readonly baseBefore: string; readonly result: string },
  ): number {
    const core = { repository_id: repository, actor_id: actor, kind: 'merge' };
    return this.#database.insert('intent', { ...core, pull_id: pull, base_before: baseBefore, result_sha: result });
  }

  removeIntent(id: number): void {
    this.#database.run('DELETE FROM intent WHERE id = ?', id);
  }

  intents(repository: number): readonly IntentRow[] {
    return this.#database.all<IntentRow>('SELECT * FROM intent WHERE repository_id = ? ORDER BY id', repository);
  }
}
