import type { Database } from './database.ts';
import type { AnnotationRow, CheckRunRow, CheckStatus, SuiteRow } from './rows.ts';

const SELECT_RUN = `SELECT check_run.*, check_suite.head_sha, (SELECT count(*) FROM annotation WHERE run_id = check_run.id) AS annotations
  FROM check_run JOIN check_suite ON check_suite.id = check_run.suite_id`;

export interface CheckRunFields {
  readonly name: string;
  readonly externalId: string;
  readonly detailsUrl: string | null;
  readonly status: CheckStatus;
  readonly conclusion: string | null;
  readonly startedAt: number;
  readonly completedAt: number | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  /** JSON of the buttons. */
  readonly actions: string;
}

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
    return this.#database.insert(
      `INSERT INTO check_run (suite_id, name, external_id, details_url, status, conclusion, started_at, completed_at, title, summary, text, actions)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      suite,
      ...valuesOf(fields),
    );
  }

  updateRun(run: { readonly id: number; readonly suite_id: number }, fields: CheckRunFields, now: number): void {
    this.#touchSuite(run.suite_id, now);
    this.#database.run(
      `UPDATE check_run SET name = ?, external_id = ?, details_url = ?, status = ?, conclusion = ?, started_at = ?, completed_at = ?, title = ?, summary = ?, text = ?,
       actions = ? WHERE id = ?`,
      ...valuesOf(fields),
      run.id,
    );
  }

  annotations(run: number): readonly AnnotationRow[] {
    return this.#database.all<AnnotationRow>('SELECT * FROM annotation WHERE run_id = ? ORDER BY id', run);
  }

  addAnnotation(run: number, draft: AnnotationDraft): void {
    this.#database.run(
      `INSERT INTO annotation (run_id, path, start_line, end_line, start_column, end_column, annotation_level, title, message, raw_details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run,
      draft.path,
      draft.start_line,
      draft.end_line,
      draft.start_column,
      draft.end_column,
      draft.annotation_level,
      draft.title,
      draft.message,
      draft.raw_details,
    );
  }

  #touchSuite(suite: number, now: number): void {
    this.#database.run('UPDATE check_suite SET updated_at = ? WHERE id = ?', now, suite);
  }
}

function valuesOf(fields: CheckRunFields): (string | number | null)[] {
  return [
    fields.name,
    fields.externalId,
    fields.detailsUrl,
    fields.status,
    fields.conclusion,
    fields.startedAt,
    fields.completedAt,
    fields.title,
    fields.summary,
    fields.text,
    fields.actions,
  ];
}
