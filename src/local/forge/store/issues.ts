import type { Database } from './database.ts';
import type { CommentRow, IssueRow, LabelRow, ReactionRow } from './rows.ts';

export type IssueDraft = Pick<IssueRow, 'repository_id' | 'number' | 'title' | 'body' | 'author_id' | 'via_app'>;

/** Issues, and the part of a pull request that is an issue: number, text, state, comments, labels. */
export class IssueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(draft: IssueDraft, now: number): IssueRow {
    return this.byId(this.#database.insert('issue', { ...draft, state: 'open', created_at: now, updated_at: now }));
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
    this.#database.update('issue', { id }, { ...text, updated_at: now });
  }

  close(id: number, by: number, reason: IssueRow['state_reason'], now: number): void {
    this.#database.update('issue', { id }, { state: 'closed', state_reason: reason, closed_by: by, closed_at: now, updated_at: now });
  }

  reopen(id: number, reason: 'reopened' | null, now: number): void {
    this.#database.update('issue', { id }, { state: 'open', state_reason: reason, closed_by: null, closed_at: null, updated_at: now });
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

  addComment(draft: Pick<CommentRow, 'issue_id' | 'author_id' | 'via_app' | 'body'>, now: number): CommentRow {
    const id = this.#database.insert('comment', { ...draft, created_at: now, updated_at: now });
    this.#database.update('issue', { id: draft.issue_id }, { updated_at: now });
    return this.#comment(id);
  }

  editComment(id: number, body: string, now: number): CommentRow {
    this.#database.update('comment', { id }, { body, updated_at: now });
    return this.#comment(id);
  }

  removeComment(id: number): void {
    this.#database.run('DELETE FROM reaction WHERE comment_id = ?', id);
    this.#database.run('DELETE FROM comment WHERE id = ?', id);
  }

  reactions(comment: number): readonly ReactionRow[] {
    return this.#database.all<ReactionRow>('SELECT * FROM reaction WHERE comment_id = ? ORDER BY id', comment);
  }

  /** One of a kind for each account. @returns the reaction, and whether it is new. */
  react(
    draft: Pick<ReactionRow, 'comment_id' | 'account_id' | 'content'>,
    now: number,
  ): { readonly reaction: ReactionRow; readonly isNew: boolean } {
    const find = (): ReactionRow | undefined =>
      this.reactions(draft.comment_id).find(({ account_id, content }) => account_id === draft.account_id && content === draft.content);
    const known = find();
    if (known === undefined) this.#database.insert('reaction', { ...draft, created_at: now });
    const reaction = known ?? find();
    if (reaction === undefined) throw new Error(`no reaction on comment ${draft.comment_id}`);
    return { reaction, isNew: known === undefined };
  }

  labels(repository: number): readonly LabelRow[] {
    return this.#database.all<LabelRow>('SELECT * FROM label WHERE repository_id = ? ORDER BY name', repository);
  }

  label(repository: number, name: string): LabelRow | undefined {
    return this.#database.get<LabelRow>('SELECT * FROM label WHERE repository_id = ? AND name = ?', repository, name);
  }

  addLabel(repository: number, draft: Omit<LabelRow, 'id'>): LabelRow {
    this.#database.insert('label', { repository_id: repository, ...draft });
    const row = this.label(repository, draft.name);
    if (row === undefined) throw new Error(`no label ${draft.name}`);
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
