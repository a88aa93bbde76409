import type { Database } from './database.ts';
import type { PullRow, ReviewRow } from './rows.ts';

const SELECT = 'SELECT issue.*, pull.* FROM pull JOIN issue ON issue.id = pull.issue_id';

/** What git says about a pull request, kept so that it can be shown without asking git again. */
export interface PullFacts {
  readonly mergeable: boolean;
  readonly testMerge: string | undefined;
  readonly base: string;
  readonly head: string;
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
}

export class PullStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(draft: {
    readonly issue: number;
    readonly headRef: string;
    readonly headSha: string;
    readonly baseRef: string;
    readonly baseSha: string;
    readonly draft: boolean;
  }): PullRow {
    this.#database.run(
      'INSERT INTO pull (issue_id, head_ref, head_sha, base_ref, base_sha, draft) VALUES (?, ?, ?, ?, ?, ?)',
      draft.issue,
      draft.headRef,
      draft.headSha,
      draft.baseRef,
      draft.baseSha,
      draft.draft ? 1 : 0,
    );
    return this.byId(draft.issue);
  }

  byId(issue: number): PullRow {
    const row = this.#database.get<PullRow>(`${SELECT} WHERE issue.id = ?`, issue);
    if (row === undefined) throw new Error(`no pull request with issue ${issue}`);
    return row;
  }

  /** The pull request that this issue is, if it is one. */
  ofIssue(issue: number): PullRow | undefined {
    return this.#database.get<PullRow>(`${SELECT} WHERE issue.id = ?`, issue);
  }

  byNumber(repository: number, number: number): PullRow | undefined {
    return this.#database.get<PullRow>(`${SELECT} WHERE repository_id = ? AND number = ?`, repository, number);
  }

  ofRepository(repository: number): readonly PullRow[] {
    return this.#database.all<PullRow>(`${SELECT} WHERE repository_id = ? ORDER BY issue.id`, repository);
  }

  openOf(repository: number): readonly PullRow[] {
    return this.#database.all<PullRow>(`${SELECT} WHERE repository_id = ? AND state = 'open' ORDER BY issue.id`, repository);
  }

  withHead(repository: number, sha: string): readonly PullRow[] {
    return this.#database.all<PullRow>(
      `${SELECT} WHERE repository_id = ? AND state = 'open' AND head_sha = ? ORDER BY issue.id`,
      repository,
      sha,
    );
  }

  setHead(issue: number, headSha: string, baseSha: string, now: number): void {
    this.#database.run('UPDATE pull SET head_sha = ?, base_sha = ? WHERE issue_id = ?', headSha, baseSha, issue);
    this.#database.run('UPDATE issue SET updated_at = ? WHERE id = ?', now, issue);
  }

  setBase(issue: number, baseRef: string, baseSha: string): void {
    this.#database.run('UPDATE pull SET base_ref = ?, base_sha = ? WHERE issue_id = ?', baseRef, baseSha, issue);
  }

  setFacts(issue: number, facts: PullFacts): void {
    this.#database.run(
      `UPDATE pull SET mergeable = ?, test_merge_sha = ?, tested_base = ?, tested_head = ?, commits = ?, additions = ?, deletions = ?, changed_files = ?
       WHERE issue_id = ?`,
      facts.mergeable ? 1 : 0,
      facts.testMerge ?? null,
      facts.base,
      facts.head,
      facts.commits,
      facts.additions,
      facts.deletions,
      facts.changedFiles,
      issue,
    );
  }

  setMerged(issue: number, merge: { readonly by: number; readonly commit: string; readonly baseBefore: string }, now: number): void {
    this.#database.run(
      'UPDATE pull SET merged_at = ?, merged_by = ?, merge_commit_sha = ?, merge_base_before = ?, base_sha = ? WHERE issue_id = ?',
      now,
      merge.by,
      merge.commit,
      merge.baseBefore,
      merge.baseBefore,
      issue,
    );
    this.#database.run(
      "UPDATE issue SET state = 'closed', closed_by = ?, closed_at = ?, updated_at = ? WHERE id = ?",
      merge.by,
      now,
      now,
      issue,
    );
  }

  reviews(issue: number): readonly ReviewRow[] {
    return this.#database.all<ReviewRow>('SELECT * FROM review WHERE issue_id = ? ORDER BY id', issue);
  }

  addReview(
    draft: {
      readonly issue: number;
      readonly author: number;
      readonly state: ReviewRow['state'];
      readonly body: string;
      readonly commit: string;
    },
    now: number,
  ): ReviewRow {
    const id = this.#database.insert(
      'INSERT INTO review (issue_id, author_id, state, body, commit_id, submitted_at) VALUES (?, ?, ?, ?, ?, ?)',
      draft.issue,
      draft.author,
      draft.state,
      draft.body,
      draft.commit,
      now,
    );
    const row = this.#database.get<ReviewRow>('SELECT * FROM review WHERE id = ?', id);
    if (row === undefined) throw new Error(`no review ${id}`);
    return row;
  }
}
