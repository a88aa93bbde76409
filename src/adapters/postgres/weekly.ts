import { type RawBuilder, sql } from 'kysely';
import type { Database, Tx } from './database.ts';

/** Tables in partitions by week, and the instant of a row by which it belongs to one. */
export interface WeeklyTable {
  readonly name: string;
  readonly column: string;
  /** Not even this program changes a row of it. */
  readonly isAppendOnly: boolean;
  readonly fillfactor?: number;
}

export const AUDIT_STEPS: WeeklyTable = { name: 'audit_steps', column: 'at', isAppendOnly: true };
export const DESIRED_HISTORY: WeeklyTable = { name: 'desired_history', column: 'at', isAppendOnly: true };
/** By when their rollout was made: then a rollout is in one partition, whatever becomes of it. */
export const ROLLOUT_TARGETS: WeeklyTable = { name: 'rollout_targets', column: 'created_at', isAppendOnly: false, fillfactor: 70 };
export const DELIVERIES: WeeklyTable = { name: 'deliveries', column: 'received_at', isAppendOnly: false };
export const WEEKLY_TABLES: readonly WeeklyTable[] = [AUDIT_STEPS, DESIRED_HISTORY, ROLLOUT_TARGETS, DELIVERIES];

/** From Monday to Sunday in UTC: milliseconds since the epoch, the last one excluded. */
export interface Week {
  readonly from: number;
  readonly to: number;
}

const WEEK_MS = 7 * 24 * 3_600_000;
const FIRST_MONDAY_MS = Date.UTC(1970, 0, 5);

export function weekOf(ms: number, later = 0): Week {
  const from = FIRST_MONDAY_MS + (Math.floor((ms - FIRST_MONDAY_MS) / WEEK_MS) + later) * WEEK_MS;
  return { from, to: from + WEEK_MS };
}

/** By the Monday that it begins with. */
export const partitionOf = ({ name }: WeeklyTable, { from }: Week): string =>
  `${name}_${new Date(from).toISOString().slice(0, 10).replaceAll('-', '_')}`;

export const defaultOf = ({ name }: WeeklyTable): string => `${name}_default`;

/** The weeks that have a partition, oldest first. */
export async function weeksOf(db: Database | Tx, table: WeeklyTable): Promise<readonly Week[]> {
  const { rows } = await sql<{ readonly name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table.name}::regclass order by c.relname`.execute(db);
  return rows.flatMap(({ name }) => {
    const written = new RegExp(`^${table.name}_(\\d{4})_(\\d{2})_(\\d{2})$`).exec(name);
    return written === null ? [] : [weekOf(Date.UTC(Number(written[1]), Number(written[2]) - 1, Number(written[3])))];
  });
}

/**
 * Makes the partition of a week, with what is there of it: before its partition is there, a row goes to the default one.
 *
 * It locks the table for as long as that takes. So it is done ahead, when there is nothing to move.
 */
export async function makeWeek(tx: Tx, table: WeeklyTable, week: Week): Promise<void> {
  const { name, column, isAppendOnly, fillfactor } = table;
  const [parent, own] = [sql.table(name), sql.table(partitionOf(table, week))];
  const range = sql`${sql.ref(column)} >= ${sql.lit(week.from)} and ${sql.ref(column)} < ${sql.lit(week.to)}`;
  await sql`lock table ${parent} in access exclusive mode`.execute(tx);
  const isLate = await hasInDefault(tx, table, range);
  if (isLate)
    await sql`create temp table late_rows on commit drop as select * from ${sql.table(defaultOf(table))} where ${range}`.execute(tx);
  await removeFromDefault(tx, table, range);
  await sql`create table ${own} partition of ${parent} for values from (${sql.lit(week.from)}) to (${sql.lit(week.to)})
    ${fillfactor === undefined ? sql`` : sql`with (fillfactor = ${sql.lit(fillfactor)})`}`.execute(tx);
  if (isLate) await sql`insert into ${parent} select * from late_rows`.execute(tx);
  if (!isAppendOnly) return;
  await sql`create trigger append_only before update or delete or truncate on ${own}
    for each statement execute function refuse_change()`.execute(tx);
}

/** Nobody else removes a row of a table that only grows. */
export async function removeFromDefault(tx: Tx, table: WeeklyTable, which: RawBuilder<unknown>): Promise<void> {
  if (!(await hasInDefault(tx, table, which))) return;
  const other = sql.table(defaultOf(table));
  if (table.isAppendOnly) await sql`alter table ${other} disable trigger append_only`.execute(tx);
  await sql`delete from ${other} where ${which}`.execute(tx);
  if (table.isAppendOnly) await sql`alter table ${other} enable trigger append_only`.execute(tx);
}

async function hasInDefault(tx: Tx, table: WeeklyTable, which: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql`select from ${sql.table(defaultOf(table))} where ${which} limit 1`.execute(tx);
  return rows.length > 0;
}
