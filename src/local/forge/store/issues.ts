import type { Database } from './database.ts';
import type { CommentRow, IssueRow, LabelRow, ReactionRow } from './rows.ts';

export interface IssueDraft {
  readonly repository: number;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: number;
  readonly viaApp: boolean;
}

/** Issues, and the part of a pull request that is an issue: number, text, state, comments, labels. */
export class IssueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(draft: IssueDraft, now: number): IssueRow {
    const id = this.#database.insert(
      "INSERT INTO issue (repository_id, number, title, body, state, author_id, via_app, created_at, updated_at) VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?)",
      draft.repository,
      draft.number,
      draft.title,
      draft.body,
      draft.author,
      draft.viaApp ? 1 : 0,
      now,
      now,
    );
    return this.byId(id);
  }

  byId(id: number): IssueRow {
    const row = this.#database.get<IssueRow>('SELECT * FROM issue WHERE id = ?', id);
    if (row === undefined) throw new Error(`no issue ${id}`);
    return row;
  }

  byNumber(repository: number, number: number): IssueRow | undefined {
    return this.#database.get<IssueRow>('SELECT * FROM issue WHERE repository_id = ? AND number = ?', repository, number);
  }

  ofRepository(repository: number): readonly IssueRow[] {
    return this.#database.all<IssueRow>('SELECT * FROM issue WHERE repository_id = ? ORDER BY id', repository);
  }

  edit(id: number, text: { readonly title: string; readonly body: string | null }, now: number): void {
    this.#database.run('UPDATE issue SET title = ?, body = ?, updated_at = ? WHERE id = ?', text.title, text.body, now, id);
  }

  close(id: number, by: number, reason: IssueRow['state_reason'], now: number): void {
    this.#database.run(
      "UPDATE issue SET state = 'closed', state_reason = ?, closed_by = ?, closed_at = ?, updated_at = ? WHERE id = ?",
      reason,
      by,
      now,
      now,
      id,
    );
  }

  reopen(id: number, reason: 'reopened' | null, now: number): void {
    this.#database.run(
      "UPDATE issue SET state = 'open', state_reason = ?, closed_by = NULL, closed_at = NULL, updated_at = ? WHERE id = ?",
      reason,
      now,
      id,
    );
  }

  touch(id: number, now: number): void {
    this.#database.run('UPDATE issue SET updated_at = ? WHERE id = ?', now, id);
  }

  comments(issue: number): readonly CommentRow[] {
    return this.#database.all<CommentRow>('SELECT * FROM comment WHERE issue_id = ? ORDER BY id', issue);
  }

  commentCount(issue: number): number {
    return this.#database.get<{ n: number }>('SELECT count(*) AS n FROM comment WHERE issue_id = ?', issue)?.n ?? 0;
  }

  comment(id: number): CommentRow | undefined {
    return this.#database.get<CommentRow>('SELECT * FROM comment WHERE id = ?', id);
  }

  addComment(
    draft: { readonly issue: number; readonly author: number; readonly viaApp: boolean; readonly body: string },
    now: number,
  ): CommentRow {
    const id = this.#database.insert(
      'INSERT INTO comment (issue_id, author_id, via_app, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      draft.issue,
      draft.author,
      draft.viaApp ? 1 : 0,
      draft.body,
      now,
      now,
    );
    this.touch(draft.issue, now);
    return this.#comment(id);
  }

  editComment(id: number, body: string, now: number): CommentRow {
    this.#database.run('UPDATE comment SET body = ?, updated_at = ? WHERE id = ?', body, now, id);
    return this.#comment(id);
  }

  removeComment(id: number): void {
    this.#database.run('DELETE FROM comment WHERE id = ?', id);
  }

  reactions(comment: number): readonly ReactionRow[] {
    return this.#database.all<ReactionRow>('SELECT * FROM reaction WHERE comment_id = ? ORDER BY id', comment);
  }

  /** The same reaction of the same account is one. */
  react(comment: number, account: number, content: string, now: number): { readonly reaction: ReactionRow; readonly isNew: boolean } {
    const changes = this.#database.run(
      'INSERT INTO reaction (comment_id, account_id, content, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      comment,
      account,
      content,
      now,
    );
    const reaction = this.#database.get<ReactionRow>(
      'SELECT * FROM reaction WHERE comment_id = ? AND account_id = ? AND content = ?',
      comment,
      account,
      content,
    );
    if (reaction === undefined) throw new Error(`no reaction on comment ${comment}`);
    return { reaction, isNew: changes === 1 };
  }

  labels(repository: number): readonly LabelRow[] {
    return this.#database.all<LabelRow>('SELECT * FROM label WHERE repository_id = ? ORDER BY name', repository);
  }

  label(repository: number, name: string): LabelRow | undefined {
    return this.#database.get<LabelRow>('SELECT * FROM label WHERE repository_id = ? AND name = ?', repository, name);
  }

  addLabel(repository: number, draft: { readonly name: string; readonly color: string; readonly description: string | null }): LabelRow {
    const { name, color, description } = draft;
    this.#database.run(
      'INSERT INTO label (repository_id, name, color, description) VALUES (?, ?, ?, ?)',
      repository,
      name,
      color,
      description,
    );
    const row = this.label(repository, name);
    if (row === undefined) throw new Error(`no label ${name}`);
    return row;
  }

  labelsOf(issue: number): readonly LabelRow[] {
    return this.#database.all<LabelRow>(
      'SELECT label.* FROM label JOIN issue_label ON label_id = label.id WHERE issue_id = ? ORDER BY name',
      issue,
    );
  }

  /** @returns whether it was not there yet. */
  putLabel(issue: number, label: number): boolean {
    return this.#database.run('INSERT INTO issue_label (issue_id, label_id) VALUES (?, ?) ON CONFLICT DO NOTHING', issue, label) === 1;
  }

  dropLabel(issue: number, label: number): boolean {
    return this.#database.run('DELETE FROM issue_label WHERE issue_id = ? AND label_id = ?', issue, label) === 1;
  }

  #comment(id: number): CommentRow {
    const row = this.comment(id);
    if (row === undefined) throw new Error(`no comment ${id}`);
    return row;
  }
}
