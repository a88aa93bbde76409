import { type RawBuilder, sql } from 'kysely';
import type { Database, Tx } from './database.ts';

/** Tables in partitions by month, and the instant of a row by which it belongs to one. */
export interface MonthlyTable {
  readonly name: string;
  readonly column: string;
  /** Not even this program changes a row of it. */
  readonly isAppendOnly: boolean;
  readonly fillfactor?: number;
}

export const AUDIT_STEPS: MonthlyTable = { name: 'audit_steps', column: 'at', isAppendOnly: true };
export const DESIRED_HISTORY: MonthlyTable = { name: 'desired_history', column: 'at', isAppendOnly: true };
/** By when their rollout was made: then a rollout is in one partition, whatever becomes of it. */
export const ROLLOUT_TARGETS: MonthlyTable = { name: 'rollout_targets', column: 'created_at', isAppendOnly: false, fillfactor: 70 };
export const DELIVERIES: MonthlyTable = { name: 'deliveries', column: 'received_at', isAppendOnly: false };
export const MONTHLY_TABLES: readonly MonthlyTable[] = [AUDIT_STEPS, DESIRED_HISTORY, ROLLOUT_TARGETS, DELIVERIES];

/** A month in UTC: milliseconds since the epoch, the last one excluded. */
export interface Month {
  readonly from: number;
  readonly to: number;
}

export function monthOf(ms: number, later = 0): Month {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + later];
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
}

export const partitionOf = ({ name }: MonthlyTable, { from }: Month): string =>
  `${name}_${new Date(from).toISOString().slice(0, 7).replace('-', '_')}`;

export const defaultOf = ({ name }: MonthlyTable): string => `${name}_default`;

/** The months that have a partition, oldest first. */
export async function monthsOf(db: Database | Tx, table: MonthlyTable): Promise<readonly Month[]> {
  const { rows } = await sql<{ readonly name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table.name}::regclass order by c.relname`.execute(db);
  return rows.flatMap(({ name }) => {
    const written = new RegExp(`^${table.name}_(\\d{4})_(\\d{2})$`).exec(name);
    return written === null ? [] : [monthOf(Date.UTC(Number(written[1]), Number(written[2]) - 1))];
  });
}

/**
 * Makes the partition of a month, with what is there of it: before its partition is there, a row goes to the default one.
 *
 * It locks the table for as long as that takes. So it is done ahead, when there is nothing to move.
 */
export async function makeMonth(tx: Tx, table: MonthlyTable, month: Month): Promise<void> {
  const { name, column, isAppendOnly, fillfactor } = table;
  const [parent, own] = [sql.table(name), sql.table(partitionOf(table, month))];
  const range = sql`${sql.ref(column)} >= ${sql.lit(month.from)} and ${sql.ref(column)} < ${sql.lit(month.to)}`;
  await sql`lock table ${parent} in access exclusive mode`.execute(tx);
  const isLate = await hasInDefault(tx, table, range);
  if (isLate)
    await sql`create temp table late_rows on commit drop as select * from ${sql.table(defaultOf(table))} where ${range}`.execute(tx);
  await removeFromDefault(tx, table, range);
  await sql`create table ${own} partition of ${parent} for values from (${sql.lit(month.from)}) to (${sql.lit(month.to)})
    ${fillfactor === undefined ? sql`` : sql`with (fillfactor = ${sql.lit(fillfactor)})`}`.execute(tx);
  if (isLate) await sql`insert into ${parent} select * from late_rows`.execute(tx);
  if (!isAppendOnly) return;
  await sql`create trigger append_only before update or delete or truncate on ${own}
    for each statement execute function refuse_change()`.execute(tx);
}

/** Nobody else removes a row of a table that only grows. */
export async function removeFromDefault(tx: Tx, table: MonthlyTable, which: RawBuilder<unknown>): Promise<void> {
  if (!(await hasInDefault(tx, table, which))) return;
  const other = sql.table(defaultOf(table));
  if (table.isAppendOnly) await sql`alter table ${other} disable trigger append_only`.execute(tx);
  await sql`delete from ${other} where ${which}`.execute(tx);
  if (table.isAppendOnly) await sql`alter table ${other} enable trigger append_only`.execute(tx);
}

async function hasInDefault(tx: Tx, table: MonthlyTable, which: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql`select from ${sql.table(defaultOf(table))} where ${which} limit 1`.execute(tx);
  return rows.length > 0;
}
