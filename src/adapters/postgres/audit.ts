import { sql } from 'kysely';
import { AUDIT_KINDS } from '../../core/change/fleet-change.ts';
import { type Decoder, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import type { AuditEntry } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { at, rolloutId } from './decoders.ts';
import { inChunks, plainText, readRow, recordset } from './rows.ts';

/** Newest first. */
export async function audit(
  db: Database,
  fleet: FleetId,
  filter: { readonly subject?: string; readonly limit: number },
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql<{ readonly id: number }>`
    select id, at, actor, kind, subject, rollout, from_state, to_state, why, given_at from audit
    where fleet = ${fleet} ${filter.subject === undefined ? sql`` : sql`and subject = ${plainText(filter.subject)}`}
    order by id desc limit ${filter.limit}`.execute(db);
  return rows.map((row) => readRow('audit', String(row.id), auditRow, row));
}

const auditRow: Decoder<AuditEntry> = mapped(
  object({
    at,
    actor: text,
    kind: word(AUDIT_KINDS),
    subject: text,
    rollout: maybe(rolloutId),
    from_state: maybe(text),
    to_state: maybe(text),
    why: text,
    given_at: maybe(at),
  }),
  ({ from_state: from, to_state: to, given_at: givenAt, ...same }): AuditEntry => ({
    ...same,
    from,
    to,
    ...(givenAt === undefined ? {} : { givenAt }),
  }),
);

export async function appendAudit(tx: Tx, fleet: FleetId, entries: readonly AuditEntry[]): Promise<void> {
  for (const some of inChunks(entries)) {
    const rows = some.map((entry, nth) => ({ ...entry, nth, from_state: entry.from, to_state: entry.to, given_at: entry.givenAt }));
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
      given_at: 'bigint',
    });
    await sql`
      insert into audit (fleet, at, actor, kind, subject, rollout, from_state, to_state, why, given_at)
      select ${fleet}, x.at, x.actor, x.kind, x.subject, x.rollout, x.from_state, x.to_state, x.why, x.given_at from ${set} order by x.nth`.execute(
      tx,
    );
  }
}
