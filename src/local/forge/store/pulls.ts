import type { Database } from './database.ts';
import type { PullRow, ReviewRow } from './rows.ts';

const SELECT = 'SELECT issue.*, pull.* FROM pull JOIN issue ON issue.id = pull.issue_id';

const REVIEW = `SELECT review.id, issue_id, author_id, body, commit_id, submitted_at,
  CASE WHEN review_dismissal.review_id IS NULL THEN state ELSE 'DISMISSED' END AS state
  FROM review LEFT JOIN review_dismissal ON review_dismissal.review_id = review.id`;

/** What git says about a pull request, kept so that it can be shown without asking git again. */
export type PullFacts = Pick<
  PullRow,
  'mergeable' | 'test_merge_sha' | 'tested_base' | 'tested_head' | 'commits' | 'additions' | 'deletions' | 'changed_files'
>;

export class PullStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(draft: Pick<PullRow, 'issue_id' | 'head_ref' | 'head_sha' | 'base_ref' | 'base_sha' | 'draft'>): PullRow {
    this.#database.insert('pull', { ...draft });
    return this.byId(draft.issue_id);
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
    this.#database.update('pull', { issue_id: issue }, { head_sha: headSha, base_sha: baseSha });
    this.#database.update('issue', { id: issue }, { updated_at: now });
  }

  setFacts(issue: number, facts: PullFacts): void {
    this.#database.update('pull', { issue_id: issue }, { ...facts });
  }

  setMerged(issue: number, merge: { readonly by: number; readonly commit: string; readonly baseBefore: string }, now: number): void {
    const { by, commit, baseBefore } = merge;
    const changes = { merged_at: now, merged_by: by, merge_commit_sha: commit, merge_base_before: baseBefore, base_sha: baseBefore };
    this.#database.update('pull', { issue_id: issue }, changes);
    this.#database.update('issue', { id: issue }, { state: 'closed', closed_by: by, closed_at: now, updated_at: now });
  }

  reviews(issue: number): readonly ReviewRow[] {
    return this.#database.all<ReviewRow>(`${REVIEW} WHERE issue_id = ? ORDER BY review.id`, issue);
  }

  review(id: number): ReviewRow | undefined {
    return this.#database.get<ReviewRow>(`${REVIEW} WHERE review.id = ?`, id);
  }

  dismissReview(id: number, message: string): void {
    this.#database.insert('review_dismissal', { review_id: id, message });
  }

  addReview(draft: Omit<ReviewRow, 'id'>): ReviewRow {
    return { id: this.#database.insert('review', { ...draft }), ...draft };
  }
}
