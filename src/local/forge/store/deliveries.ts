import type { Database } from './database.ts';
import type { DeliveryRow } from './rows.ts';

export type DeliveryDraft = Pick<DeliveryRow, 'guid' | 'event' | 'action' | 'redelivery' | 'installation_id' | 'repository_id' | 'payload'>;

export type DeliveryResult = Pick<
  DeliveryRow,
  'delivered_at' | 'duration_s' | 'status' | 'status_code' | 'url' | 'request_headers' | 'response_headers' | 'response_body'
>;

/** Webhook deliveries: an outbox until they are sent, and a log afterwards. */
export class DeliveryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(draft: DeliveryDraft, now: number): number {
    return this.#database.insert('delivery', { ...draft, stage: 'queued', delivered_at: now });
  }

  /** The oldest that was not sent yet, marked as being sent. */
  takeNext(): DeliveryRow | undefined {
    return this.#database.get<DeliveryRow>(
      "UPDATE delivery SET stage = 'sending' WHERE id = (SELECT min(id) FROM delivery WHERE stage = 'queued') RETURNING *",
    );
  }

  finish(id: number, result: DeliveryResult): void {
    this.#database.update('delivery', { id }, { stage: 'done', ...result });
  }

  /** Whether an interrupted one arrived cannot be known, and nothing is redelivered by itself: it counts as failed. */
  failInterrupted(): number {
    return this.#database.run("UPDATE delivery SET stage = 'done', status = 'interrupted', status_code = 502 WHERE stage = 'sending'");
  }

  /** Sent ones, newest first, below `before`. */
  sent(before: number, limit: number, failedOnly: boolean | undefined): readonly DeliveryRow[] {
    // As GitHub has it, `failure` means 400 to 599 only.
    const filter =
      failedOnly === undefined ? '' : failedOnly ? 'AND status_code BETWEEN 400 AND 599' : 'AND status_code BETWEEN 200 AND 399';
    return this.#database.all<DeliveryRow>(
      `SELECT * FROM delivery WHERE stage = 'done' AND id < ? ${filter} ORDER BY id DESC LIMIT ?`,
      before,
      limit,
    );
  }

  byId(id: number): DeliveryRow | undefined {
    return this.#database.get<DeliveryRow>('SELECT * FROM delivery WHERE id = ?', id);
  }

  queued(): number {
    return this.#database.get<{ n: number }>("SELECT count(*) AS n FROM delivery WHERE stage <> 'done'")?.n ?? 0;
  }

  /** GitHub Enterprise Server keeps seven days. */
  forgetBefore(instant: number): void {
    this.#database.run("DELETE FROM delivery WHERE stage = 'done' AND delivered_at < ?", instant);
  }
}
