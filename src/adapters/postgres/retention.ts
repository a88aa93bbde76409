import { sql } from 'kysely';
import pg from 'pg';
import type { DurationMs } from '../../core/model/time.ts';
import type { Log } from '../../ports/log.ts';
import type { Database, Tx } from './database.ts';
import { countsOf } from './rollout-summaries.ts';
import {
  AUDIT_STEPS,
  DELIVERIES,
  DESIRED_HISTORY,
  defaultOf,
  makeWeek,
  partitionOf,
  ROLLOUT_TARGETS,
  removeFromDefault,
  WEEKLY_TABLES,
  type Week,
  type WeeklyTable,
  weekOf,
  weeksOf,
} from './weekly.ts';

/** GitHub offers deliveries again for 3 days; the rest of the month is for a person who asks what came in. */
const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000;
/** Weeks whose partitions are there before anything is written to them. */
const WEEKS_AHEAD = 4;
/** In one transaction, so that a tick never waits long for one of them. */
const ROLLOUTS_AT_ONCE = 20;
/** To make or drop a partition needs the table for a moment. Whoever writes to it must not wait behind somebody who waits. */
const LOCK_MS_MAX = 500;
/** Of replicas that come at once, one does it. Beside the locks of the opener and of the schema. */
const ONE_AT_A_TIME = [0x466c6f74, 3] as const;

/**
 * Makes the weeks to come, and forgets what is older than is kept, a week at a time. The database's clock says what is old.
 *
 * Each step is a transaction of its own, and finds for itself what is left to do: it may end at any moment, and be done twice.
 *
 * @param keptMs - how long the detail of what has ended is kept: targets, their steps in the history, revisions of clusters.
 * @throws PortError when the database does not answer; what could not be done now is done the next time.
 */
export async function keepHistory(db: Database, keptMs: DurationMs, log: Log): Promise<void> {
  const now = await databaseNow(db);
  await makeWeeksAhead(db, now, log);
  const cutoff = now - keptMs;
  while ((await compactRollouts(db, cutoff)) === 'more');
  await forgetPlans(db, log);
  for (const table of [AUDIT_STEPS, DESIRED_HISTORY]) await forgetBefore(db, table, cutoff, log);
  await forgetBefore(db, DELIVERIES, now - DELIVERIES_KEPT_MS, log);
  await forgetTargets(db, cutoff, log);
  // What came of them is in the history.
  await sql`delete from commands where carried_out_at < ${cutoff}`.execute(db);
}

/** Also before anything is written: a bot that was down for long finds the weeks that it needs. */
export async function makeWeeksAhead(db: Database, now: number, log: Log): Promise<void> {
  for (const table of WEEKLY_TABLES) {
    const known = new Set((await weeksOf(db, table)).map(({ from }) => from));
    for (let ahead = 0; ahead <= WEEKS_AHEAD; ahead += 1) {
      const week = weekOf(now, ahead);
      if (known.has(week.from)) continue;
      await alone(db, `the partition ${partitionOf(table, week)}`, log, async (tx) => {
        if (!(await hasWeek(tx, table, week))) await makeWeek(tx, table, week);
      });
    }
  }
}

export async function databaseNow(db: Database): Promise<number> {
  const { rows } = await sql<{ readonly now: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
  return rows[0]?.now ?? 0;
}

/**
 * What ended before this is from now on a summary: its counts, and the last target of each cluster that no newer rollout has had.
 * Nobody can start it again: see `updateRollout`.
 */
async function compactRollouts(db: Database, cutoff: number): Promise<'more' | 'done'> {
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ readonly fleet: string; readonly id: string }>`
      update rollouts r set counts = ${countsOf('r')}
      where (r.fleet, r.id) in (
        select fleet, id from rollouts where counts is null and finished_at < ${cutoff} and guard_until is null
        order by created_at limit ${ROLLOUTS_AT_ONCE} for update skip locked
      ) returning r.fleet, r.id`.execute(tx);
    for (const { fleet, id } of rows) await keepLastTargets(tx, fleet, id);
    return rows.length === ROLLOUTS_AT_ONCE ? 'more' : 'done';
  });
}

async function keepLastTargets(tx: Tx, fleet: string, rollout: string): Promise<void> {
  await sql`
    insert into last_targets select * from rollout_targets t
    where t.fleet = ${fleet} and t.rollout = ${rollout} and not exists (
      select from rollout_targets newer where newer.fleet = t.fleet and newer.cluster = t.cluster and newer.rollout_seq > t.rollout_seq
    ) and not exists (
      select from last_targets kept where kept.fleet = t.fleet and kept.cluster = t.cluster and kept.rollout_seq > t.rollout_seq
    )
    on conflict (fleet, cluster) do nothing`.execute(tx);
}

/** A plan that lands once more at this moment is a commit of its fleet: those wait for the row of the fleet. */
async function forgetPlans(db: Database, log: Log): Promise<void> {
  const unneeded = sql`not exists (select from rollouts r where r.fleet = p.fleet and r.digest = p.digest and r.counts is null)`;
  const { rows } = await sql<{ readonly fleet: string }>`select distinct p.fleet from plans p where ${unneeded}`.execute(db);
  for (const { fleet } of rows) {
    await alone(db, `plans of ${fleet}`, log, async (tx) => {
      await sql`select from fleets where id = ${fleet} for update`.execute(tx);
      await sql`delete from plans p where p.fleet = ${fleet} and ${unneeded}`.execute(tx);
    });
  }
}

async function forgetBefore(db: Database, table: WeeklyTable, cutoff: number, log: Log): Promise<void> {
  for (const week of await weeksOf(db, table)) if (week.to <= cutoff) await drop(db, table, week, log);
  await alone(db, `old rows of ${defaultOf(table)}`, log, (tx) => removeFromDefault(tx, table, sql`${sql.ref(table.column)} < ${cutoff}`));
}

/** Once all rollouts of a week are summaries, however long that takes: one that is under way keeps its week. */
async function forgetTargets(db: Database, cutoff: number, log: Log): Promise<void> {
  for (const week of await weeksOf(db, ROLLOUT_TARGETS)) {
    if (week.to <= cutoff && !(await isDetailed(db, week))) await drop(db, ROLLOUT_TARGETS, week, log, isDetailed);
  }
  await alone(db, `old rows of ${defaultOf(ROLLOUT_TARGETS)}`, log, (tx) =>
    removeFromDefault(
      tx,
      ROLLOUT_TARGETS,
      sql`exists (select from rollouts r where r.fleet = rollout_targets_default.fleet and r.id = rollout_targets_default.rollout and r.counts is not null)`,
    ),
  );
}

async function isDetailed(db: Database | Tx, { from, to }: Week): Promise<boolean> {
  const { rows } = await sql`
    select from rollouts where counts is null and created_at >= ${from} and created_at < ${to} limit 1`.execute(db);
  return rows.length > 0;
}

/** @param isNeeded - asked again once nobody else can write to it. */
async function drop(
  db: Database,
  table: WeeklyTable,
  week: Week,
  log: Log,
  isNeeded: (tx: Tx, week: Week) => Promise<boolean> = async () => false,
): Promise<void> {
  const name = partitionOf(table, week);
  await alone(db, `the partition ${name}`, log, async (tx) => {
    await sql`lock table ${sql.table(table.name)} in access exclusive mode`.execute(tx);
    if (await isNeeded(tx, week)) return;
    await sql`drop table if exists ${sql.table(name)}`.execute(tx);
    log.info({ partition: name }, 'history that is no longer kept was removed');
  });
}

async function hasWeek(tx: Tx, table: WeeklyTable, { from }: Week): Promise<boolean> {
  return (await weeksOf(tx, table)).some((week) => week.from === from);
}

/** Does not wait for others: who writes goes first, and this has time until the next time. */
async function alone(db: Database, what: string, log: Log, work: (tx: Tx) => Promise<void>): Promise<void> {
  try {
    await db.transaction().execute(async (tx) => {
      const [one, two] = ONE_AT_A_TIME;
      const { rows } = await sql<{ readonly mine: boolean }>`select pg_try_advisory_xact_lock(${one}, ${two}) as mine`.execute(tx);
      if (rows[0]?.mine !== true) return;
      await sql`select set_config('lock_timeout', ${String(LOCK_MS_MAX)}, true), set_config('statement_timeout', '0', true)`.execute(tx);
      await work(tx);
    });
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === '55P03')) throw error;
    log.info({ what }, 'others write to it all the time; it is tried again later');
  }
}
