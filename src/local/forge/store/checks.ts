import type { Database } from './database.ts';
import type { AnnotationRow, CheckRunRow, SuiteRow } from './rows.ts';

const SELECT_RUN = `SELECT check_run.*, check_suite.head_sha, (SELECT count(*) FROM annotation WHERE run_id = check_run.id) AS annotations
  FROM check_run JOIN check_suite ON check_suite.id = check_run.suite_id`;

/** What a request may set of a run; `actions` is the JSON of its buttons. */
export type CheckRunFields = Omit<CheckRunRow, 'id' | 'suite_id' | 'head_sha' | 'annotations'>;

export type AnnotationDraft = Omit<AnnotationRow, 'id'>;

export class CheckStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One suite for each commit: there is one app. */
  ensureSuite(
    draft: { readonly repository: number; readonly sha: string; readonly branch: string | null; readonly before: string | null },
    now: number,
  ): { readonly suite: SuiteRow; readonly isNew: boolean } {
    const changes = this.#database.run(
      'INSERT INTO check_suite (repository_id, head_sha, head_branch, before_sha, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      draft.repository,
      draft.sha,
      draft.branch,
      draft.before,
      now,
      now,
    );
    const suite = this.suiteOf(draft.repository, draft.sha);
    if (suite === undefined) throw new Error(`no check suite for ${draft.sha}`);
    return { suite, isNew: changes === 1 };
  }

  suiteOf(repository: number, sha: string): SuiteRow | undefined {
    return this.#database.get<SuiteRow>('SELECT * FROM check_suite WHERE repository_id = ? AND head_sha = ?', repository, sha);
  }

  suite(id: number): SuiteRow | undefined {
    return this.#database.get<SuiteRow>('SELECT * FROM check_suite WHERE id = ?', id);
  }

  runsOf(suite: number): readonly CheckRunRow[] {
    return this.#database.all<CheckRunRow>(`${SELECT_RUN} WHERE suite_id = ? ORDER BY check_run.id`, suite);
  }

  /** The newest run of each name on a commit: older ones are history. */
  latestOf(repository: number, sha: string): readonly CheckRunRow[] {
    const suite = this.suiteOf(repository, sha);
    const latest = new Map(suite === undefined ? [] : this.runsOf(suite.id).map((run) => [run.name, run]));
    return [...latest.values()];
  }

  run(id: number): (CheckRunRow & { readonly repository_id: number }) | undefined {
    return this.#database.get(
      `${SELECT_RUN.replace('check_suite.head_sha', 'check_suite.head_sha, check_suite.repository_id')} WHERE check_run.id = ?`,
      id,
    );
  }

  addRun(suite: number, fields: CheckRunFields, now: number): number {
    this.#touchSuite(suite, now);
    return this.#database.insert('check_run', { suite_id: suite, ...fields });
  }

  updateRun(run: { readonly id: number; readonly suite_id: number }, fields: CheckRunFields, now: number): void {
    this.#touchSuite(run.suite_id, now);
    this.#database.update('check_run', { id: run.id }, { ...fields });
  }

  annotations(run: number): readonly AnnotationRow[] {
    return this.#database.all<AnnotationRow>('SELECT * FROM annotation WHERE run_id = ? ORDER BY id', run);
  }

  addAnnotation(run: number, draft: AnnotationDraft): void {
    this.#database.insert('annotation', { run_id: run, ...draft });
  }

  #touchSuite(id: number, now: number): void {
    this.#database.update('check_suite', { id }, { updated_at: now });
  }
}
