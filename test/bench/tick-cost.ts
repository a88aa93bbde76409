import { instant } from '../../src/core/model/time.ts';
import type { Loop } from '../../src/loop/loop.ts';
import { observeDataPlane } from '../../src/loop/observe-data-plane.ts';
import { tick } from '../../src/loop/tick.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, planOf, sha } from '../support/state/builders.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';
import { atMost, type Figure, median } from './figure.ts';
import { largeFleet, NOW, observation } from './large-rollout.ts';

const QUIET_TICKS = 5;

/** What PostgreSQL has to write down for a tick: with nothing new, and for each target that changed. */
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
  // Whole pages that a checkpoint has PostgreSQL write once more depend on when that was, and not on the tick.
  await database.sql.query('alter system set full_page_writes = off');
  await database.sql.query('select pg_reload_conf()');
  const { store } = await database.open();
  const fleet = new MovingFleet(store);
  await store.saveFleet(fleetRecord());
  await land(store, clusters);
  const round = async (): Promise<number> => {
    await fleet.look();
    return walOf(database, () => tick(fleet.loop, FLEET));
  };
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
    atMost('G16', `log of a tick for each of ${moved} targets that changed, ${at}`, moving / Math.max(1, moved) / 1_024, 'KiB', 2),
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

/** Clusters that stand still until they are told to move on. */
class MovingFleet {
  readonly loop: Loop;
  readonly #epochs = new Map<string, number>();
  #now = NOW;

  constructor(store: StateStore) {
    const dataPlane = (name: string): DataPlane => ({
      name,
      apply: async () => [],
      observe: async (clusters) =>
        clusters.map((cluster) => observation(cluster, this.#epochs.has(cluster), this.#now, this.#epochs.get(cluster))),
      list: async () => [],
      watch: () => undefined,
    });
    const ports = {
      store,
      clock: { now: () => this.#now },
      log: memoryLog(),
      dataPlane: (_fleet: unknown, { name }: { readonly name: string }) => dataPlane(name),
    };
    this.loop = {
      ports: ports as unknown as Loop['ports'],
      settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: '' },
      memory: new Map(),
    };
  }

  carryOut(orders: Awaited<ReturnType<StateStore['orders']>>): void {
    for (const { cluster, epoch } of orders.values()) this.#epochs.set(cluster, epoch);
  }

  async look(): Promise<void> {
    this.#now = instant(this.#now + 5_000);
    const policy = await this.loop.ports.store.policy(FLEET);
    for (const { name } of policy?.dataPlanes ?? []) await observeDataPlane(this.loop, FLEET, name);
  }
}

async function walOf({ sql }: TestDatabase, work: () => Promise<void>): Promise<number> {
  const position = async (): Promise<number> =>
    Number((await sql.query<{ readonly at: string }>(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as at`)).rows[0]?.at);
  const before = await position();
  await work();
  return (await position()) - before;
}
