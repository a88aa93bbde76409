import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SCHEDULE } from '../../../src/core/reconcile/policy.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { Job, JobTask, StateStore } from '../../../src/ports/state-store.ts';
import {
  c,
  change,
  changed,
  desiredCluster,
  drift,
  entry,
  FLEET,
  fleetRecord,
  job,
  landed,
  ledgerEntry,
  observed,
  order,
  planFor,
  policy,
  sha,
  stop,
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
      // Each partition too: a trigger of the whole table does not see who names a part of it.
      const { rows } = await shared.sql.query<{ readonly name: string }>(
        `select relname as name from pg_class where relkind in ('r', 'p') and relname ~ '^(audit|desired_history|failures)'`,
      );
      expect(rows.length).toBeGreaterThan(10);
      for (const { name } of rows) await expect(shared.sql.query(statement.replace('TABLE', name))).rejects.toThrow(/append-only/);
      for (const table of ['audit', 'desired_history']) expect(await shared.count(table)).toBe(1);
    });
  });

  it('gives targets that are alike one state, made once', async () => {
    const made = landed('c', planFor(['k1', 'k2', 'k3'], '6.6.6'));
    const targets = new Map(
      [...made.state.targets].map(([cluster, state]) => [cluster, cluster === 'k2' ? { ...state, epoch: 7 } : state]),
    );
    await sharedStore.commit(change(0, { newRollouts: { ...made, states: [{ ...made.state, targets }] } }));
    const read = (await sharedStore.rollout(FLEET, made.state.id))?.state.targets;
    expect(read).toEqual(targets);
    expect(read?.get(c('k3'))).toBe(read?.get(c('k1')));
  });

  describe('a row that was changed by hand', () => {
    // A plan is read once and then kept in memory: one that no other test has read.
    const made = landed('a', planFor(['k1'], '7.7.7'));
    const unread = landed('b', planFor(['k1'], '8.8.8'));
    beforeEach(async () => {
      await sharedStore.commit(
        change(0, {
          newRollouts: made,
          policy: policy(),
          stops: [stop('s')],
          ledger: [ledgerEntry('k1')],
          audit: [entry('k1', 'why')],
          orders: [order('k1', 1)],
          observations: [observed('k1', 1)],
          drifts: [drift('k1')],
          desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0')], remove: [] },
        }),
      );
      await sharedStore.commit(change(1, { newRollouts: unread }));
    });
    it.each<[string, string, (read: StateStore) => Promise<unknown>, RegExp]>([
      [
        'a target with a status nobody knows',
        `alter table flotilla.rollout_targets drop constraint rollout_targets_status_words;
         update flotilla.rollout_targets set status = 'exploded'`,
        (read) => read.rollout(FLEET, made.state.id),
        /row "[0-9a-f-]+\/k1" of table rollout_targets .* column status: one of waiting, .* expected, not "exploded"/,
      ],
      [
        'a soak clock that no number can hold',
        `update flotilla.rollout_targets set healthy_since = 9007199254740993`,
        (read) => read.lastTargets(FLEET, [c('k1')]),
        /column healthy_since: a number expected, not "9007199254740993"/,
      ],
      [
        'a phase in a status nobody knows',
        `alter table flotilla.rollout_phases drop constraint rollout_phases_status_words;
         update flotilla.rollout_phases set state = state || '{"status": "odd"}'`,
        (read) => read.rollout(FLEET, made.state.id),
        /row "[0-9a-f-]+\/canary" of table rollout_phases .* column state.status/,
      ],
      [
        'a rollout with an approval by nobody',
        `update flotilla.rollouts set approvals = '[{"phase": "canary", "at": 1}]'`,
        (read) => read.activeRollouts(FLEET),
        /of table rollouts .* column approvals.0.by: a text expected, not nothing/,
      ],
      [
        'an order without its revision',
        `update flotilla.orders set revision = ''`,
        (read) => read.undelivered(FLEET, 'aws-eu-1', 1),
        /row "k1" of table orders .* column revision: not a revision/,
      ],
      [
        'a refusal at no time',
        `update flotilla.orders set reply = '{"kind": "refused", "reason": "no"}'`,
        (read) => read.orders(FLEET),
        /row "k1" of table orders .* column reply.at: a number expected, not nothing/,
      ],
      [
        'a desired spec without replicas',
        `update flotilla.desired set spec = spec - 'replicas'`,
        (read) => read.desired(FLEET),
        /row "k1" of table desired .* column spec.replicas: a number expected, not nothing/,
      ],
      [
        'a proof of another kind',
        `update flotilla.ledger set proven = jsonb_set(proven, '{0,proof}', '"guessed"')`,
        (read) => read.ledger(FLEET),
        /row "k1" of table ledger .* column proven.0.proof: one of soaked, adopted expected, not "guessed"/,
      ],
      [
        'a stop on half a place',
        `update flotilla.stops set scope = '{"kind": "release"}'`,
        (read) => read.stops(FLEET),
        /row "[0-9a-f]+" of table stops .* column scope.release: a text expected, not nothing/,
      ],
      [
        'a policy without its calendar',
        `update flotilla.policy set policy = policy - 'calendar'`,
        (read) => read.policy(FLEET),
        /row "acme\/clusters" of table policy .* column policy.calendar: an object expected, not nothing/,
      ],
      [
        'a policy with half a product',
        `update flotilla.policy set policy = policy #- '{products,kafka,document,spec}'`,
        (read) => read.policy(FLEET),
        /column policy.products.kafka.document: the document of a product expected/,
      ],
      [
        'a broker in an unknown state',
        `update flotilla.observations set observation = jsonb_set(observation, '{brokers,0,state}', '"melted"')`,
        (read) => read.observations(FLEET),
        /row "k1" of table observations .* column observation: brokers.0.state/,
      ],
      [
        'a drift without kinds',
        `update flotilla.drifts set drift = drift - 'kinds'`,
        (read) => read.drifts(FLEET),
        /column drift.kinds: a list expected/,
      ],
      [
        'a plan whose phases lost a member',
        `update flotilla.plans set plan = jsonb_set(plan, '{rollouts,0,phases,0,members}', '[]')`,
        (read) => read.rollout(FLEET, unread.state.id),
        /row "[0-9a-f]+" of table plans .* column plan: kafka-main: k1 is a target and in no phase/,
      ],
      [
        'a plan of another digest',
        `update flotilla.plans set plan = plan || '{"digest": "0000000000000000"}'`,
        (read) => read.plan(FLEET, unread.plan.digest),
        /column plan: the plan of digest [0-9a-f]+ expected/,
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

    it('a policy of before schedules were stored has the default one', async () => {
      await shared.sql.query(`update flotilla.policy set policy = policy - 'schedule'`);
      expect(await sharedStore.policy(FLEET)).toStrictEqual(policy({ schedule: DEFAULT_SCHEDULE }));
    });
  });

  it('keeps instants and counters as numbers, and refuses one that a number cannot hold', async () => {
    await sharedStore.commit(change(0, { orders: [order('k1', Number.MAX_SAFE_INTEGER, { orderedAt: t(1) })] }));
    expect((await sharedStore.orders(FLEET)).get(c('k1'))?.epoch).toBe(Number.MAX_SAFE_INTEGER);
    await shared.sql.query('update flotilla.orders set epoch = epoch + 1');
    await expect(sharedStore.orders(FLEET)).rejects.toThrow(/column epoch: a number expected, not "9007199254740992"/);
  });

  it('reads what many clusters have alike once: they share it', async () => {
    const set = ['k1', 'k2', 'k3'].map((name) => desiredCluster(name, name === 'k3' ? '2.0.0' : '1.0.0'));
    await sharedStore.commit(change(0, { desired: { commit: sha('a'), set, remove: [] }, orders: [order('k1', 1), order('k2', 1)] }));
    const [one, two, three] = [...(await sharedStore.desired(FLEET)).values()];
    expect([one, two, three]).toStrictEqual(set);
    expect(two?.spec).toBe(one?.spec);
    expect(three?.spec).not.toBe(one?.spec);
    const [first, second] = [...(await sharedStore.orders(FLEET)).values()];
    expect(second?.spec).toBe(first?.spec);
  });

  it('commits a tick that moves 2,000 targets in one go', async () => {
    const names = Array.from({ length: 2_000 }, (_, nth) => `k${nth}`);
    const made = landed('a', planFor(names, '2.0.0'));
    await sharedStore.commit(
      change(0, {
        newRollouts: made,
        desired: { commit: sha('a'), set: names.map((name) => desiredCluster(name, '1.0.0')), remove: [] },
      }),
    );
    const targets = new Map(names.map((name) => [c(name), target({ status: 'applying', epoch: 1 })]));
    const queries = vi.spyOn(pg.Client.prototype, 'query');
    expect(
      await sharedStore.commit(
        change(1, {
          rollouts: [changed(made.state, { targets })],
          ledger: names.map((name) => ledgerEntry(name)),
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
