import { sql } from 'kysely';
import { amount, type Decoder, flag, listOf, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { APPROVAL_SOURCES, type AskedConsent, type RuleApproval } from '../../core/rules/consent.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { at, integer, planDigest } from './decoders.ts';
import { plainText, readRow } from './rows.ts';

/** In the order in which they were given. */
export async function ruleApprovals(db: Database, fleet: FleetId, pull: number): Promise<readonly RuleApproval[]> {
  const { rows } = await sql<{ readonly pull: number; readonly by: string }>`
    select pull, "by", digest, at, source, because from rule_approvals
    where fleet = ${fleet} and pull = ${pull} order by at, lower("by") collate "C"`.execute(db);
  return rows.map((row) => readRow('rule_approvals', `${row.pull} ${row.by}`, approval, row));
}

const approval: Decoder<RuleApproval> = object({
  pull: integer,
  by: text,
  digest: planDigest,
  at,
  source: word(APPROVAL_SOURCES),
  because: text,
});

/** What one pull request asks for: kept with it. */
export const asked: Decoder<AskedConsent> = object({
  digest: planDigest,
  approvers: mapped(
    object({
      ...{ teams: listOf(text), users: listOf(text), maintainers: flag },
      ...{ count: amount, notAuthor: flag, reviews: flag, validForMs: maybe(amount) },
    }),
    ({ validForMs, ...same }) => ({ ...same, ...(validForMs === undefined ? {} : { validForMs }) }),
  ),
});

export async function writeRuleApprovals(
  tx: Tx,
  { fleet, ruleApprovals: given = [], withdrawnApprovals = [] }: StateChange,
): Promise<void> {
  for (const { pull, by } of [...withdrawnApprovals, ...given])
    await sql`delete from rule_approvals where fleet = ${fleet} and pull = ${pull} and lower("by") = lower(${plainText(by)})`.execute(tx);
  for (const { pull, by, digest, at: givenAt, source, because } of given)
    await sql`
      insert into rule_approvals (fleet, pull, "by", digest, at, source, because)
      values (${fleet}, ${pull}, ${plainText(by)}, ${digest}, ${givenAt}, ${source}, ${plainText(because)})`.execute(tx);
}
