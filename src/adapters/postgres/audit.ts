import { sql } from 'kysely';
import type { FleetId } from '../../core/model/ids.ts';
import type { AuditEntry } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { optional, type Read, record, text } from './read-json.ts';
import { inChunks, plainText, readRow, recordset } from './rows.ts';
import { at, rolloutId } from './shapes.ts';

/** Newest first. */
export async function audit(
  db: Database,
  fleet: FleetId,
  filter: { readonly subject?: string; readonly limit: number },
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql<{ readonly id: number }>`
    select id, at, actor, kind, subject, rollout, from_state as "from", to_state as "to", why from audit
    where fleet = ${fleet} ${filter.subject === undefined ? sql`` : sql`and subject = ${plainText(filter.subject)}`}
    order by id desc limit ${filter.limit}`.execute(db);
  return rows.map((row) => readRow('audit', String(row.id), read, row));
}

const read: Read<AuditEntry> = record<AuditEntry>({
  at,
  actor: text,
  kind: text,
  subject: text,
  rollout: optional(rolloutId),
  from: optional(text),
  to: optional(text),
  why: text,
});

export async function appendAudit(tx: Tx, fleet: FleetId, entries: readonly AuditEntry[]): Promise<void> {
  for (const some of inChunks(entries)) {
    const rows = some.map((entry, nth) => ({ ...entry, nth, from_state: entry.from, to_state: entry.to }));
    const set = recordset(rows, {
      nth: 'integer',
      at: 'bigint',
      actor: 'text',
      kind: 'text',
      subject: 'text',
      rollout: 'text',
      from_state: 'text',
      to_state: 'text',
      why: 'text',
    });
    await sql`
      insert into audit (fleet, at, actor, kind, subject, rollout, from_state, to_state, why)
      select ${fleet}, x.at, x.actor, x.kind, x.subject, x.rollout, x.from_state, x.to_state, x.why from ${set} order by x.nth`.execute(tx);
  }
}
