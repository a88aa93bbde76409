import { instant } from '../../src/core/model/time.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { FLEET, fleetRecord } from '../support/state/builders.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';
import { atMost, type Figure, median } from './figure.ts';
import { land, MovingFleet, SettableClock } from './moving-fleet.ts';

const QUIET_TICKS = 5;

/**
 * What PostgreSQL has to write down for a tick, with all that it brings: its own job, the look at every data plane, and the tick on what
 * these answer. With nothing new, and for each target that changed.
 */
export async function tickCost(): Promise<readonly Figure[]> {
  const server = await TestServer.start();
  try {
    const figures: Figure[] = [];
    for (const clusters of [2_000, 100_000]) figures.push(...(await costAt(await server.database(), clusters)));
    return figures;
  } finally {
    await server.stop();
  }
}

async function costAt(database: TestDatabase, clusters: number): Promise<readonly Figure[]> {
  // What the vacuum does depends on when it comes, and not on the tick.
  await database.sql.query('alter system set autovacuum = off');
  await database.sql.query('select pg_reload_conf()');
  await database.sql.query('create extension pg_walinspect');
  const clock = new SettableClock();
  const { store, runQueue } = await database.open({ clock });
  const fleet = new MovingFleet(store, clock);
  await store.saveFleet(fleetRecord());
  await land(store, clusters);
  await runQueue(fleet.handlers, memoryLog());
  const round = (): Promise<number> =>
    walOf(database, async () => {
      clock.at = instant(clock.at + 5_000);
      await store.enqueue([tickJob(FLEET, clock.at)]);
      await workedOff(database);
    });
  // The first ticks start what may start, and store what has never been stored.
  for (let nth = 0; nth < 3; nth += 1) await round();
  const quiet: number[] = [];
  for (let nth = 0; nth < QUIET_TICKS; nth += 1) quiet.push(await round());
  fleet.carryOut(await store.orders(FLEET));
  const before = await statuses(store);
  const moving = await round();
  const moved = [...(await statuses(store))].filter(([cluster, status]) => before.get(cluster) !== status).length;
  await database.close();
  const at = `at ${clusters.toLocaleString('en')}`;
  return [
    atMost('G16', `log of a tick with nothing new, ${at}`, median(quiet) / 1_024, 'KiB', 10),
    atMost('G16', `log of each of ${moved} targets that changed, ${at}`, (moving - median(quiet)) / Math.max(1, moved) / 1_024, 'KiB', 2),
  ];
}

async function statuses(store: StateStore): Promise<ReadonlyMap<string, string>> {
  const [active] = await store.activeRollouts(FLEET);
  return new Map([...(active?.state.targets ?? [])].map(([cluster, { status }]) => [cluster, status]));
}

/** Until nothing that is due waits, and nothing runs. */
async function workedOff({ sql }: TestDatabase): Promise<void> {
  for (;;) {
    const { rowCount } = await sql.query('select from flotilla.jobs where holder is not null or (run_at <= now() and not parked)');
    if (rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Without the whole pages that are written once after each checkpoint: how many they are depends on when that was. */
async function walOf({ sql }: TestDatabase, work: () => Promise<void>): Promise<number> {
  const position = async (): Promise<string> =>
    (await sql.query<{ readonly at: string }>('select pg_current_wal_flush_lsn()::text as at')).rows[0]?.at ?? '';
  const before = await position();
  await work();
  const { rows } = await sql.query<{ readonly bytes: string }>(
    'select coalesce(sum(record_length - fpi_length), 0)::text as bytes from pg_get_wal_records_info($1::pg_lsn, $2::pg_lsn)',
    [before, await position()],
  );
  return Number(rows[0]?.bytes);
}
