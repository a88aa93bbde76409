import { type RawBuilder, sql } from 'kysely';
import { type Decoder, flag, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { PULL_STATES } from '../../ports/code-host.ts';
import type { PullRecord } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { commitSha, integer, planDigest } from './decoders.ts';
import { jsonb, plainText, readRow } from './rows.ts';
import { asked } from './rule-approvals.ts';
import type { WriteFence } from './write-fence.ts';

export async function pull(db: Database, fleet: FleetId, number: number): Promise<PullRecord | undefined> {
  return (await select(db, sql`fleet = ${fleet} and number = ${number}`))[0];
}

/** By number. */
export function openPulls(db: Database, fleet: FleetId): Promise<readonly PullRecord[]> {
  return select(db, sql`fleet = ${fleet} and is_open order by number`);
}

async function select(db: Database, which: RawBuilder<unknown>): Promise<readonly PullRecord[]> {
  const { rows } = await sql<{ readonly number: number }>`
    select number, is_open, closings, digest, asked, base, head, base_ref, author, title, draft, state, merged, fork, merge_commit
    from pulls where ${which}`.execute(db);
  return rows.map((row) => readRow('pulls', String(row.number), pullRow, row));
}

/** There once it was planned. */
const planned = object({
  base: commitSha,
  head: commitSha,
  base_ref: text,
  author: text,
  title: text,
  draft: flag,
  state: word(PULL_STATES),
  merged: flag,
  fork: flag,
  merge_commit: maybe(commitSha),
});
const record = object({
  number: integer,
  is_open: flag,
  closings: integer,
  digest: maybe(planDigest),
  asked: maybe(asked),
  base: maybe(commitSha),
});

const pullRow: Decoder<PullRecord> = (row) => {
  const { number, is_open: isOpen, base, ...rest } = record(row);
  return { number, isOpen, ...rest, planned: base === undefined ? undefined : plannedOf(number)(row) };
};

const plannedOf = (number: number): Decoder<NonNullable<PullRecord['planned']>> =>
  mapped(planned, ({ base, head: headSha, base_ref: baseRef, merge_commit: mergeCommit, ...same }) => ({
    base,
    info: { number, headSha, baseRef, mergeCommit, ...same },
  }));

export async function savePull(db: Database, fence: WriteFence, fleet: FleetId, saved: PullRecord): Promise<void> {
  const { number, isOpen, closings, digest, asked: askedFor, planned: made } = saved;
  const info = made?.info;
  await db.transaction().execute(async (tx) => {
    await fence(tx, fleet, 'savePull');
    await sql`
      insert into pulls (fleet, number, is_open, closings, digest, asked, base, head, base_ref, author, title, draft, state, merged, fork, merge_commit)
      values (${fleet}, ${number}, ${isOpen}, ${closings}, ${digest ?? null}, ${askedFor === undefined ? null : jsonb(askedFor)}, ${made?.base ?? null}, ${info?.headSha ?? null},
        ${textOrNull(info?.baseRef)}, ${textOrNull(info?.author)}, ${textOrNull(info?.title)}, ${info?.draft ?? null}, ${info?.state ?? null},
        ${info?.merged ?? null}, ${info?.fork ?? null}, ${info?.mergeCommit ?? null})
      on conflict (fleet, number) do update set
        is_open = excluded.is_open, closings = excluded.closings, digest = excluded.digest, asked = excluded.asked, base = excluded.base, head = excluded.head,
        base_ref = excluded.base_ref, author = excluded.author, title = excluded.title, draft = excluded.draft, state = excluded.state,
        merged = excluded.merged, fork = excluded.fork, merge_commit = excluded.merge_commit`.execute(tx);
  });
}

const textOrNull = (value: string | undefined): string | null => (value === undefined ? null : plainText(value));
