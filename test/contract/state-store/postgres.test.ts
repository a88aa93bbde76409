import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rolloutChange } from '../../../src/loop/commit-decisions.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { Job, JobTask, StateStore } from '../../../src/ports/state-store.ts';
import {
  c,
  change,
  desiredCluster,
  drift,
  entry,
  FLEET,
  fleetRecord,
  job,
  newRollout,
  observed,
  order,
  planFor,
  sha,
  t,
  target,
} from '../../support/state/builders.ts';
import { eventually, type TestDatabase, TestServer } from '../../support/state/test-database.ts';
import { stateStoreContract } from './contract.ts';

let server: TestServer;
/** Emptied for each test; those that do harm take one of their own. */
let shared: TestDatabase;
let sharedStore: StateStore;
beforeAll(async () => {
  server = await TestServer.start();
  shared = await server.database();
  sharedStore = (await shared.open()).store;
});
afterAll(async () => {
  await shared.close();
  await server.stop();
});

stateStoreContract('PostgreSQL', async () => {
  await shared.reset();
  return {
    store: sharedStore,
    jobs: async () =>
      (await shared.waitingJobs()).map(({ key, task, queue, payload }) => ({
        key: key ?? '',
        task: task as JobTask,
        queue: queue ?? undefined,
        payload: payload as Job['payload'],
      })),
    close: async () => undefined,
  };
});

describe('rows of PostgreSQL', () => {
  beforeEach(async () => {
    await shared.reset();
    await sharedStore.saveFleet(fleetRecord());
  });

  describe('history', () => {
    it.each([
      ['update', "update flotilla.TABLE set fleet = 'x'"],
      ['delete', 'delete from flotilla.TABLE'],
      ['truncate', 'truncate flotilla.TABLE'],
    ])('cannot be changed by %s, by nobody', async (_name, statement) => {
      await sharedStore.commit(
        change(0, { audit: [entry('k1', 'why')], desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0')], remove: [] } }),
      );
      for (const table of ['audit', 'desired_history']) {
        await expect(shared.sql.query(statement.replace('TABLE', table))).rejects.toThrow(/append-only/);
        expect(await shared.count(table)).toBe(1);
      }
    });
  });

  describe('a row that was changed by hand', () => {
    // A plan is read once and then kept in memory: one that no other test has read.
    const made = newRollout('a', planFor(['k1'], '7.7.7'));
    const unread = newRollout('b', planFor(['k1'], '8.8.8'));
    beforeEach(async () => {
      await sharedStore.commit(
        change(0, {
          newRollouts: [made, unread],
          orders: [order('k1', 1)],
          observations: [observed('k1', 1)],
          drifts: [drift('k1')],
          desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0')], remove: [] },
        }),
      );
    });
    it.each<[string, string, (read: StateStore) => Promise<unknown>, RegExp]>([
      [
        'a target with a status nobody knows',
        `update flotilla.rollout_targets set state = state || '{"status": "exploded"}'`,
        (read) => read.rollout(FLEET, made.state.id),
        /row "k1" of table rollout_targets .* field status: expected one of waiting, .*found "exploded"/,
      ],
      [
        'a soak clock that is no number',
        `update flotilla.rollout_targets set state = state || '{"healthySince": "noon"}'`,
        (read) => read.rollout(FLEET, made.state.id),
        /field healthySince: expected a whole number, found "noon"/,
      ],
      [
        'an order without its revision',
        `update flotilla.orders set revision = ''`,
        (read) => read.undelivered(FLEET, 'aws-eu-1', 1),
        /row "k1" of table orders .* field revision: not a revision/,
      ],
      [
        'a desired spec without replicas',
        `update flotilla.desired set spec = spec - 'replicas'`,
        (read) => read.desired(FLEET),
        /field spec.replicas: expected a whole number, found nothing/,
      ],
      [
        'a broker in an unknown state',
        `update flotilla.observations set observation = jsonb_set(observation, '{brokers,0,state}', '"melted"')`,
        (read) => read.observations(FLEET),
        /field brokers.0.state/,
      ],
      [
        'a drift without kinds',
        `update flotilla.drifts set drift = drift - 'kinds'`,
        (read) => read.drifts(FLEET),
        /field kinds: expected a list/,
      ],
      [
        'a plan whose phases lost a member',
        `update flotilla.plans set plan = jsonb_set(plan, '{phases,0,members}', '[]')`,
        (read) => read.rollout(FLEET, unread.state.id),
        /members of the phases are not the targets/,
      ],
      [
        'a plan of another digest',
        `update flotilla.plans set plan = plan || '{"digest": "0"}'`,
        (read) => read.rollout(FLEET, unread.state.id),
        /expected the plan of digest/,
      ],
    ])('%s is named, and needs a person', async (_name, statement, read, words) => {
      await shared.sql.query(statement);
      const error = await read(sharedStore).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(PortError);
      expect(error).toMatchObject({ retry: { kind: 'needs-human' } });
      expect(String(error)).toMatch(words);
    });
  });

  it('keeps instants and counters as numbers, and refuses one that a number cannot hold', async () => {
    await sharedStore.commit(change(0, { orders: [order('k1', Number.MAX_SAFE_INTEGER, { orderedAt: t(1) })] }));
    expect((await sharedStore.orders(FLEET)).get(c('k1'))?.epoch).toBe(Number.MAX_SAFE_INTEGER);
    await shared.sql.query('update flotilla.orders set epoch = epoch + 1');
    await expect(sharedStore.orders(FLEET)).rejects.toThrow(/field epoch: expected a whole number, found "9007199254740992"/);
  });

  it('commits a tick that moves 2,000 targets in one go', async () => {
    const names = Array.from({ length: 2_000 }, (_, nth) => `k${nth}`);
    const made = newRollout('a', planFor(names, '2.0.0'));
    await sharedStore.commit(
      change(0, {
        newRollouts: [made],
        desired: { commit: sha('a'), set: names.map((name) => desiredCluster(name, '1.0.0')), remove: [] },
      }),
    );
    const next = { ...made.state, targets: new Map(names.map((name) => [c(name), target({ status: 'applying', epoch: 1 })])) };
    const queries = vi.spyOn(pg.Client.prototype, 'query');
    expect(
      await sharedStore.commit(
        change(1, {
          rollouts: [rolloutChange(made.state, next)],
          orders: names.map((name) => order(name, 1)),
          observations: names.map((name) => observed(name, 1)),
          audit: names.map((name) => entry(name, 'started')),
          jobs: [job('deliver')],
        }),
      ),
    ).toBe('committed');
    // Row by row it would be 8,000.
    expect(queries.mock.calls.length).toBeLessThan(100);
    queries.mockRestore();
    const [read] = await sharedStore.activeRollouts(FLEET);
    expect(read?.state.targets.size).toBe(2_000);
    expect([...(read?.state.targets.values() ?? [])].every((one) => one.status === 'applying')).toBe(true);
    expect(await sharedStore.undelivered(FLEET, 'aws-eu-1', 5_000)).toHaveLength(2_000);
  });
});

describe('a database on PostgreSQL', () => {
  let database: TestDatabase;
  let store: StateStore;
  beforeEach(async () => {
    database = await server.database();
    ({ store } = await database.open());
    await store.saveFleet(fleetRecord());
  });
  afterEach(() => database.close());

  it('refuses a database that a newer Flotilla has written, and leaves it alone', async () => {
    await database.close();
    database = await server.database();
    await database.sql.query(`insert into flotilla.migrations (name, timestamp) values ('0099-from-the-future', 'now')`);
    await expect(database.open()).rejects.toThrow(/written by a newer Flotilla \(it knows 0099-from-the-future\); start that version/);
    expect(await database.count('fleets')).toBe(0);
  });

  it('writes nothing more once another process has taken the database, and takes it again when that one is gone', async () => {
    const other = await server.another(database);
    await other.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1 and datname = current_database()',
      ['flotilla opener%'],
    );
    await other.query('select pg_advisory_lock($1, $2)', [0x466c6f74, 1]);
    // Between the break and the lock, the store may have been quicker: then it is let go once more.
    await eventually('the store is out', async () => !(await store.healthy()));
    await expect(store.commit(change(0))).rejects.toBeInstanceOf(PortError);
    expect((await store.fleet(FLEET))?.version).toBe(0);
    await other.end();
    await eventually('the store holds it again', () => store.healthy());
    expect(await store.commit(change(0))).toBe('committed');
  });

  it('ends the transactions of a killed bot before it reads', async () => {
    const other = await server.another(database, 'flotilla');
    await database.close();
    database = await server.reopened(database);
    await other.query('begin');
    await other.query(`update flotilla.fleets set version = 99`);
    ({ store } = await database.open());
    expect((await store.fleet(FLEET))?.version).toBe(0);
    await expect(other.query('commit')).rejects.toThrow();
    expect(await store.commit(change(0))).toBe('committed');
  });
});
