import type { JobHandlers } from '../../src/adapters/postgres/queue.ts';
import { type Instant, instant } from '../../src/core/model/time.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import type { LoopWith } from '../../src/loop/loop.ts';
import { observeFleet } from '../../src/loop/observe-fleet.ts';
import { tick } from '../../src/loop/tick.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, planOf, sha } from '../support/state/builders.ts';
import { handlers } from '../support/state/job-handlers.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';
import { atMost, type Figure, median } from './figure.ts';
import { largeFleet, NOW, observation } from './large-rollout.ts';

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

async function land(store: StateStore, clusters: number): Promise<void> {
  const { desired, ledger, policy, rollouts } = largeFleet(clusters, 0.5);
  const plan = planOf(...rollouts.map(({ planned }) => planned));
  const states = rollouts.map(({ state }) => ({ ...state, digest: plan.digest }));
  const newRollouts = { plan, states, pull: undefined, author: 'octocat', title: 'Kafka 4.1' };
  await store.commit(
    change(0, {
      at: NOW,
      heads: { seen: sha('0'), good: sha('0') },
      desired: { commit: sha('0'), set: [...desired.values()], remove: [] },
      ledger: [...ledger.values()],
      policy,
      newRollouts,
    }),
  );
}

async function statuses(store: StateStore): Promise<ReadonlyMap<string, string>> {
  const [active] = await store.activeRollouts(FLEET);
  return new Map([...(active?.state.targets ?? [])].map(([cluster, { status }]) => [cluster, status]));
}

class SettableClock implements Clock {
  at: Instant = NOW;
  now = (): Instant => this.at;
}

/** Clusters that stand still until they are told to move on. */
class MovingFleet {
  readonly handlers: JobHandlers;
  readonly #epochs = new Map<string, number>();

  constructor(store: StateStore, clock: Clock) {
    const dataPlane = (name: string): DataPlane => ({
      name,
      apply: async () => [],
      observe: async (clusters) =>
        clusters.map((cluster) => observation(cluster, this.#epochs.has(cluster), clock.now(), this.#epochs.get(cluster))),
      list: async () => [],
      watch: () => undefined,
    });
    const ports = {
      store,
      clock,
      log: memoryLog(),
      dataPlane: (_fleet: unknown, { name }: { readonly name: string }) => dataPlane(name),
    };
    const loop: LoopWith<'store' | 'clock' | 'log' | 'dataPlane'> = {
      ports,
      settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: '' },
      memory: new Map(),
    };
    this.handlers = {
      ...handlers(async () => undefined),
      tick: ({ news }) => tick(loop, FLEET, news === true),
      observe: () => observeFleet(loop, FLEET),
    };
  }

  carryOut(orders: Awaited<ReturnType<StateStore['orders']>>): void {
    for (const { cluster, epoch } of orders.values()) this.#epochs.set(cluster, epoch);
  }
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
