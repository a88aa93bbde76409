import { sql } from 'kysely';
import type { CalendarRule } from '../../core/calendar/rules.ts';
import type { LabelTerm, Product, Schedule, Selector } from '../../core/manifest/generated.ts';
import { passes } from '../../core/manifest/validate.ts';
import { type Decoder, either, flag, listOf, mapped, maybe, object, parsed, recordOf, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { err, ok } from '../../core/model/result.ts';
import { type CommandRule, DEFAULT_SCHEDULE, type Policy, ROLES } from '../../core/reconcile/policy.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { integer, milliseconds, oneOf } from './decoders.ts';
import { jsonb, readRow } from './rows.ts';

export async function policy(db: Database, fleet: FleetId): Promise<Policy | undefined> {
  const row = await db.selectFrom('policy').select('policy').where('fleet', '=', fleet).executeTakeFirst();
  return row === undefined ? undefined : readRow('policy', fleet, policyRow, row).policy;
}

export async function writePolicy(tx: Tx, { fleet, policy: next, desired, heads }: StateChange): Promise<void> {
  if (next === undefined) return;
  await sql`
    insert into policy (fleet, commit, policy) values (${fleet}, ${desired?.commit ?? heads?.good ?? null}, ${jsonb(next)})
    on conflict (fleet) do update set commit = excluded.commit, policy = excluded.policy`.execute(tx);
}

/** What the manifests leave out stays left out. */
const sparse =
  <T extends object>(decoder: Decoder<{ readonly [Name in keyof T]-?: T[Name] | undefined }>): Decoder<T> =>
  (value) =>
    Object.fromEntries(Object.entries(decoder(value)).filter(([, entry]) => entry !== undefined)) as T;

const texts = mapped(listOf(text), (list) => [...list]);
const labelTerm = sparse<LabelTerm>(
  object({
    key: text,
    operator: oneOf<LabelTerm['operator']>({ In: true, NotIn: true, Exists: true, DoesNotExist: true }),
    values: maybe(texts),
  }),
);
const selector = sparse<Selector>(
  object({ matchLabels: maybe(recordOf(text)), matchExpressions: maybe(mapped(listOf(labelTerm), (list) => [...list])) }),
);
const schedule = sparse<Schedule>(object({ cron: maybe(text), rrule: maybe(text), duration: text, timeZone: maybe(text) }));

const calendarRule: Decoder<CalendarRule> = object({
  kind: oneOf<CalendarRule['kind']>({ window: true, freeze: true }),
  name: text,
  select: selector,
  products: listOf(text),
  when: either(
    object({ kind: oneOf({ range: true }), fromMs: integer, toMs: integer }),
    object({ kind: oneOf({ schedule: true }), schedule }),
  ),
  scope: oneOf<CalendarRule['scope']>({ all: true, minor: true, major: true }),
  allowRollback: flag,
  allowExpedite: flag,
  overrun: oneOf<CalendarRule['overrun']>({ finish: true, hold: true }),
  reason: text,
});

const commandRule: Decoder<CommandRule> = object({
  verbs: listOf(text),
  teams: listOf(text),
  users: listOf(text),
  role: maybe(word(ROLES)),
  phases: maybe(listOf(text)),
  select: maybe(selector),
});

/** By the schema that it passed when it was read from git. */
const product: Decoder<Product> = parsed(
  (value: unknown) => value,
  (value) => {
    const document = passes(value);
    return document?.kind === 'Product' ? ok(document) : err('the document of a product expected');
  },
);

const policyRow = object({
  policy: object({
    fleetMaxConcurrent: integer,
    dataPlanes: listOf(object({ name: text, kind: text, urlFromEnv: maybe(text), context: maybe(text), maxConcurrent: maybe(integer) })),
    calendar: object({ rules: listOf(calendarRule) }),
    products: recordOf(object({ document: product, requires: listOf(text), minimumIntervalMs: maybe(milliseconds) })),
    evidenceMaxAgeMs: integer,
    unreachableAfterMs: integer,
    regressionAfterMs: integer,
    // Rows of before have none of these two.
    commands: maybe(listOf(commandRule)),
    schedule: mapped(maybe(object({ tick: text, sweep: text })), (given) => given ?? DEFAULT_SCHEDULE),
    drift: object({
      intervalMs: integer,
      maxIssues: integer,
      action: oneOf<Policy['drift']['action']>({ report: true, heal: true }),
    }),
  }) satisfies Decoder<Policy>,
});
