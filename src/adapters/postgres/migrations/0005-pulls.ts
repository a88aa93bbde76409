import { type Kysely, sql } from 'kysely';
import { type Decoder, decode, flag, maybe, number, object, parsed, recordOf, text, word } from '../../../core/model/decode.ts';
import { parseCommitSha, parsePlanDigest } from '../../../core/model/ids.ts';
import type { PullInfo } from '../../../ports/code-host.ts';
import type { PullRecord } from '../../../ports/state-store.ts';
import { recordset } from '../rows.ts';

const TABLE: readonly string[] = [
  `create table pulls (
    fleet text collate "C" not null references fleets,
    number bigint not null,
    is_open boolean not null,
    closings integer not null check (closings >= 0),
    digest text,
    base text,
    head text,
    base_ref text,
    author text,
    title text,
    draft boolean,
    state text,
    merged boolean,
    fork boolean,
    merge_commit text,
    primary key (fleet, number),
    check (num_nulls(base, head, base_ref, author, title, draft, state, merged, fork) in (0, 9))
  )`,
  // Most are closed, and nobody looks for those.
  'create index pulls_open on pulls (fleet, number) where is_open',
];

/** Pull requests were kept as texts beside what was written on the code host. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of TABLE) await sql.raw(statement).execute(db);
  const { rows } = await sql<{ readonly fleet: string; readonly key: string; readonly memo: unknown }>`
    select fleet, key, memo from projections where key ~ '^pull:[0-9]+$'`.execute(db);
  const records = rows.flatMap(({ fleet, key, memo }) => {
    const texts = decode(recordOf(text), memo);
    const read = readPullRecord({ key, memo: texts.ok ? texts.value : {} });
    return read === undefined ? [] : [{ fleet, ...columnsOf(read) }];
  });
  const set = recordset(records, COLUMNS);
  const names = sql.raw(Object.keys(COLUMNS).join(', '));
  await sql`insert into pulls (${names}) select ${names} from ${set}`.execute(db);
  await sql`delete from projections where key ~ '^pull:[0-9]+$'`.execute(db);
}

type PullOfThen = Omit<PullRecord, 'asked'>;

const COLUMNS = {
  fleet: 'text',
  number: 'bigint',
  is_open: 'boolean',
  closings: 'integer',
  digest: 'text',
  base: 'text',
  head: 'text',
  base_ref: 'text',
  author: 'text',
  title: 'text',
  draft: 'boolean',
  state: 'text',
  merged: 'boolean',
  fork: 'boolean',
  merge_commit: 'text',
} as const;

const columnsOf = ({ number: pull, isOpen, closings, digest, planned }: PullOfThen) => ({
  number: pull,
  is_open: isOpen,
  closings,
  digest,
  base: planned?.base,
  head: planned?.info.headSha,
  base_ref: planned?.info.baseRef,
  author: planned?.info.author,
  title: planned?.info.title,
  draft: planned?.info.draft,
  state: planned?.info.state,
  merged: planned?.info.merged,
  fork: planned?.info.fork,
  merge_commit: planned?.info.mergeCommit,
});

const PREFIX = 'pull:';
type Memo = Readonly<Record<string, string>>;
interface Before {
  readonly key: string;
  readonly memo: Memo;
}

/** What cannot be read is taken as not known: the pull request is then looked at again. */
function readPullRecord({ key, memo }: Before): PullOfThen | undefined {
  const pull = Number(key.slice(PREFIX.length));
  if (!Number.isSafeInteger(pull) || pull <= 0) return undefined;
  const base = parseCommitSha(memo['base'] ?? '');
  const info = decode(pullInfo, jsonOf(memo['info']));
  const digest = parsePlanDigest(memo['digest'] ?? '');
  return {
    number: pull,
    isOpen: memo['state'] === 'open',
    closings: closingsOf(memo),
    planned: base.ok && info.ok ? { info: info.value, base: base.value } : undefined,
    digest: digest.ok ? digest.value : undefined,
  };
}

/** An older program counted none: then one that is closed was closed once. */
function closingsOf({ state, closings }: Memo): number {
  const count = Number(closings);
  return closings !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : state === 'open' ? 0 : 1;
}

function jsonOf(written: string | undefined): unknown {
  try {
    return written === undefined ? undefined : JSON.parse(written);
  } catch {
    return undefined;
  }
}

const commit = parsed(text, parseCommitSha);

const pullInfo: Decoder<PullInfo> = object({
  number,
  headSha: commit,
  baseRef: text,
  author: text,
  title: text,
  draft: flag,
  state: word(['open', 'closed']),
  merged: flag,
  fork: flag,
  mergeCommit: maybe(commit),
});
