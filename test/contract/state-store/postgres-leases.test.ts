import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConnectedState, openShared } from '../../../src/adapters/postgres/connect.ts';
import { LEASE_TIMES, type LeaseFollower, type LeaseKeeper, type LeaseTimes } from '../../../src/adapters/postgres/lease-keeper.ts';
import { type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { JobTask, StateStore } from '../../../src/ports/state-store.ts';
import { refusal } from '../../support/state/bot-home.ts';
import { change, entry, FLEET, fleetRecord, OTHER_FLEET, order, t } from '../../support/state/builders.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';
import { stateStoreContract } from './contract.ts';

/** So long that nothing happens by itself: tests say when a heart beats. */
const BY_HAND: LeaseTimes = { ...LEASE_TIMES, leaseMs: 600_000, renewMs: 6_000_000, graceMs: 100 };
const QUICK: LeaseTimes = { ...BY_HAND, renewMs: 50 };
const NOBODY: LeaseFollower = { gained: () => undefined, lost: () => undefined };

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe('the store of a replica', () => {
  let shared: TestDatabase;
  let state: ConnectedState;
  beforeAll(async () => {
    shared = await server.database();
    state = await shared.replica({ leaseTimes: BY_HAND });
  });
  afterAll(() => shared.close());

  stateStoreContract('PostgreSQL shared by replicas', async () => {
    await shared.reset();
    return {
      store: takingEachFleet(state),
      jobs: async () =>
        (await shared.waitingJobs()).map(({ key, task, queue, payload }) => ({
          key: key ?? '',
          task: task as JobTask,
          queue: queue ?? undefined,
          payload: payload as never,
        })),
      close: async () => undefined,
    };
  });
});

/** A store whose replica takes each fleet that it saves. */
function takingEachFleet(state: ConnectedState): StateStore {
  const saveFleet: StateStore['saveFleet'] = async (fleet) => {
    await state.store.saveFleet(fleet);
    await leasesOf(state).beat();
  };
  return new Proxy(state.store, {
    get: (store, name) => {
      if (name === 'saveFleet') return saveFleet;
      const value: unknown = Reflect.get(store, name);
      return typeof value === 'function' ? value.bind(store) : value;
    },
  });
}

function leasesOf({ leases }: ConnectedState): LeaseKeeper {
  if (leases === undefined) throw new Error('this state is shared with nobody');
  return leases;
}

describe('leases', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await server.database();
  });
  afterEach(() => database.close());

  const replica = (leaseTimes = BY_HAND) => database.replica({ leaseTimes });
  const withFleets = async (state: ConnectedState, ...fleets: readonly FleetId[]) => {
    for (const fleet of fleets) await state.store.saveFleet(fleetRecord(fleet));
  };
  const rows = async () =>
    (await database.sql.query<{ fleet: string; holder: string | null; token: string }>('select * from flotilla.leases order by fleet'))
      .rows;
  /** As if nobody had renewed for a while: of this replica's own, or of all. */
  const runOut = () =>
    database.sql.query(
      `update flotilla.leases set expires_at = now() - interval '1 ms'; update flotilla.replicas set expires_at = now() - interval '1 ms'`,
    );
  const heldBy = (state: ConnectedState) => leasesOf(state).held.fleets;

  it('of a fleet goes to one of several that ask at once, and its token is new', async () => {
    const all = [await replica(), await replica(), await replica(), await replica()];
    await withFleets(all[0] as ConnectedState, FLEET);
    await Promise.all(all.map((state) => leasesOf(state).beat()));
    expect(all.flatMap(heldBy)).toEqual([FLEET]);
    expect(await rows()).toMatchObject([{ fleet: FLEET, token: '1' }]);
  });

  it('is taken on fleets that were there before there were leases', async () => {
    const old = await server.firstSchema({
      fleets: [
        { ...ROW, id: FLEET },
        { ...ROW, id: OTHER_FLEET },
      ],
    });
    try {
      const state = await old.replica({ leaseTimes: BY_HAND });
      await leasesOf(state).beat();
      expect(heldBy(state)).toEqual([FLEET, OTHER_FLEET]);
      expect(await state.store.commit(change(0))).toBe('committed');
    } finally {
      await old.close();
    }
  });

  it('without which nothing is written for a fleet', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    await leasesOf(one).beat();
    await leasesOf(other).beat();
    expect(heldBy(one)).toEqual([FLEET]);
    await refusesEveryWrite(other.store);
    expect(await one.store.commit(change(0))).toBe('committed');
  });

  it('that has run out lets its holder write nothing, though it does not know yet', async () => {
    const state = await replica();
    await withFleets(state, FLEET);
    await leasesOf(state).beat();
    await runOut();
    expect(leasesOf(state).held.holds(FLEET)).toBe(true);
    await refusesEveryWrite(state.store);
  });

  it('that another has taken lets the one before write nothing, also when it is back by its own clock', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    await leasesOf(one).beat();
    await runOut();
    await leasesOf(other).beat();
    expect(heldBy(other)).toEqual([FLEET]);
    expect(await rows()).toMatchObject([{ token: '2' }]);
    await refusesEveryWrite(one.store);
    expect(await other.store.commit(change(0, { audit: [entry('k1', 'the other')] }))).toBe('committed');
    await leasesOf(one).beat();
    expect(heldBy(one)).toEqual([]);
    await refusesEveryWrite(one.store);
  });

  it('that has run out and that nobody has taken is renewed with the token that it had', async () => {
    const state = await replica();
    await withFleets(state, FLEET);
    await leasesOf(state).beat();
    await runOut();
    await leasesOf(state).beat();
    expect(await rows()).toMatchObject([{ token: '1' }]);
    expect(await state.store.commit(change(0))).toBe('committed');
  });

  it('that went to another and came back is not the one that a write was begun under', async () => {
    const state = await replica();
    await withFleets(state, FLEET);
    await leasesOf(state).beat();
    await database.sql.query('update flotilla.leases set token = token + 2');
    await refusesEveryWrite(state.store);
    await leasesOf(state).beat();
    expect(await state.store.commit(change(0))).toBe('committed');
  });

  it('does not change hands while its holder is in the middle of a write, and is renewed meanwhile', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    await leasesOf(one).beat();
    const inTheWay = await server.another(database);
    await inTheWay.query('begin');
    await inTheWay.query('select from flotilla.fleets where id = $1 for update', [FLEET]);
    const writing = one.store.commit(change(0));
    await eventually('the commit waits', async () => {
      const { rows: waiting } = await database.sql.query(`select from pg_locks where not granted`);
      return waiting.length > 0;
    });
    await runOut();
    await leasesOf(other).beat();
    expect(heldBy(other)).toEqual([]);
    await leasesOf(one).beat();
    expect(await rows()).toMatchObject([{ token: '1' }]);
    await inTheWay.query('commit');
    await inTheWay.end();
    expect(await writing).toBe('committed');
    await runOut();
    await leasesOf(other).beat();
    expect(heldBy(other)).toEqual([FLEET]);
  });

  it.each([-365, 365])('does not care about a jump of our own clock by %i days', async (days) => {
    const state = await replica();
    await withFleets(state, FLEET);
    await leasesOf(state).beat();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * 24 * 3_600_000 });
    try {
      expect(leasesOf(state).held.holds(FLEET)).toBe(true);
      expect(await state.store.commit(change(0))).toBe('committed');
      await leasesOf(state).beat();
      expect(await state.store.commit(change(1))).toBe('committed');
    } finally {
      vi.useRealTimers();
    }
  });

  it('are spread evenly, follow who comes and goes, and tell about each fleet once', async () => {
    const fleets = [1, 2, 3, 4, 5].map((nth) => trusted.fleet(`acme/fleet-${nth}`));
    const told: string[] = [];
    const follower = (name: string): LeaseFollower => ({
      gained: (fleet) => void told.push(`${name} + ${fleet}`),
      lost: (fleet) => void told.push(`${name} - ${fleet}`),
    });
    const first = await replica(QUICK);
    await withFleets(first, ...fleets);
    await leasesOf(first).start(follower('1'));
    expect(heldBy(first)).toEqual(fleets);
    const second = await replica(QUICK);
    await leasesOf(second).start(follower('2'));
    const third = await replica(QUICK);
    await leasesOf(third).start(follower('3'));
    const spread = () => [first, second, third].map((state) => heldBy(state).length);
    await eventually('each has its share', () => spread().join() === '2,2,1');
    expect([first, second, third].flatMap(heldBy).toSorted()).toEqual(fleets);
    await leasesOf(second).stop();
    await eventually('two have all', () => spread().join() === '3,0,2');
    // What came and has not gone is what is held.
    for (const [name, state] of [
      ['1', first],
      ['2', second],
      ['3', third],
    ] as const) {
      const now = fleets.filter((fleet) => count(told, `${name} + ${fleet}`) - count(told, `${name} - ${fleet}`) === 1);
      expect(heldBy(state).toSorted()).toEqual(now);
    }
  });

  it('are handed over at once by one that stops in order: the other need not wait for anything to run out', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    await leasesOf(one).start(NOBODY);
    await leasesOf(other).start(NOBODY);
    expect(heldBy(other)).toEqual([]);
    await leasesOf(one).stop();
    await eventually('the other has it', () => heldBy(other).length === 1);
    expect(await other.store.commit(change(0))).toBe('committed');
  });

  it('that nobody renews are taken as soon as they have run out, by one that looks seldom', async () => {
    const [dies, other] = [await replica({ ...BY_HAND, leaseMs: 1_000 }), await replica()];
    await withFleets(dies, FLEET);
    await leasesOf(dies).beat();
    await leasesOf(other).start(NOBODY);
    expect(heldBy(other)).toEqual([]);
    await eventually('the other has it', () => heldBy(other).length === 1);
    expect(leasesOf(dies).held.holds(FLEET)).toBe(false);
  });

  it('are not taken again while work is under way that was begun before they were lost', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    await leasesOf(one).beat();
    const end = leasesOf(one).held.begin(FLEET);
    await runOut();
    await leasesOf(other).beat();
    await leasesOf(one).beat();
    await leasesOf(other).stop();
    await leasesOf(one).beat();
    expect(heldBy(one)).toEqual([]);
    end();
    await leasesOf(one).beat();
    expect(heldBy(one)).toEqual([FLEET]);
    expect(await rows()).toMatchObject([{ token: '3' }]);
  });

  it('are not needed to accept what a person asks, and are to carry it out', async () => {
    const [one, other] = [await replica(), await replica()];
    await withFleets(one, FLEET);
    const asked = {
      command: { verb: 'stop', scope: { kind: 'fleet' }, by: 'ada', reason: 'latency' },
      key: undefined,
      givenAt: t(1),
    } as const;
    const first = await other.storeForPeople.accept(FLEET, asked, []);
    await leasesOf(one).beat();
    const second = await other.storeForPeople.accept(FLEET, asked, []);
    const carriedOut = { command: first.id, outcome: { kind: 'done', at: t(2), changes: [], notes: [] } } as const;
    await expect(other.storeForPeople.commit(change(0, { carriedOut }))).rejects.toThrow('another replica works on');
    expect(await one.store.commit(change(0, { carriedOut }))).toBe('committed');
    expect((await other.store.waitingCommands(FLEET)).map(({ id }) => id)).toEqual([second.id]);
  });

  it('of a fleet that somebody writes for do not keep a command waiting: it is accepted while its row is locked', async () => {
    const state = await replica();
    await withFleets(state, FLEET);
    await database.sql.query('begin');
    await database.sql.query('select from flotilla.fleets where id = $1 for update', [FLEET]);
    const asked = { command: { verb: 'stop', scope: { kind: 'fleet' }, by: 'ada', reason: 'latency' }, key: 'k', givenAt: t(1) } as const;
    const accepted = await state.storeForPeople.accept(FLEET, asked, []);
    await database.sql.query('rollback');
    expect(await state.store.waitingCommands(FLEET)).toEqual([accepted]);
  });

  it('end with the schema that they are of: a replica whose database a newer Flotilla has updated writes nothing, and says so', async () => {
    const state = await replica();
    await withFleets(state, FLEET);
    await leasesOf(state).beat();
    await database.sql.query(`insert into flotilla.migrations (name, timestamp) values ('0099-from-the-future', 'now')`);
    const asked = { command: { verb: 'reconcile', release: 'kafka', by: 'ada', reason: 'home' }, key: undefined, givenAt: t(1) } as const;
    for (const write of [state.store.commit(change(0)), state.storeForPeople.accept(FLEET, asked, [])])
      await expect(write).rejects.toThrow('a newer Flotilla has updated the database; stop this one');
    await leasesOf(state).beat();
    expect(heldBy(state)).toEqual([]);
    expect(await state.store.healthy()).toBe(false);
    await expect(state.store.enqueue([])).rejects.toThrow('a newer Flotilla has updated the database');
    expect((await refusal(openShared(database.connection, memoryLog()))).message).toContain('written by a newer Flotilla');
    expect((await state.store.fleet(FLEET))?.version).toBe(0);
  });

  it('are for those that share: whoever wants the database alone is refused, and refuses them', async () => {
    const state = await openShared(database.connection, memoryLog());
    expect((await refusal(database.open())).message).toContain(`(pid ${process.pid} on `);
    await state.close();
    await database.open();
    expect((await refusal(openShared(database.connection, memoryLog()))).message).toContain(`(pid ${process.pid} on `);
  });

  it('of several that start at once on an empty database: each opens it', async () => {
    await database.sql.query('drop schema flotilla cascade');
    const all = await Promise.all([replica(), replica(), replica()]);
    for (const state of all) expect(await state.store.healthy()).toBe(true);
  });
});

const ROW = { installation: 7, owner: 'Acme', name: 'x', default_branch: 'main', clone_url: 'https://git.example/x.git', version: 0 };

const count = (all: readonly string[], one: string): number => all.filter((each) => each === one).length;

async function refusesEveryWrite(store: StateStore): Promise<void> {
  const before = await store.fleet(FLEET);
  const writes = [
    () => store.commit(change(before?.version ?? 0, { orders: [order('k1', 99)], audit: [entry('k1', 'refused')] })),
    () => store.recordReplies(FLEET, [{ kind: 'accepted', cluster: order('k1', 1).cluster, epoch: 1 }], t(1)),
    () => store.saveProjection(FLEET, { key: 'comment:1', remoteId: 1, hash: 'h', memo: {} }),
    () => store.savePull(FLEET, { number: 1, isOpen: true, closings: 0, planned: undefined, digest: undefined, asked: undefined }),
  ];
  for (const write of writes) {
    const error = await write().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PortError);
    expect(error).toMatchObject({ retry: { kind: 'retry-later' } });
  }
  expect(await store.fleet(FLEET)).toEqual(before);
  expect((await store.orders(FLEET)).size).toBe(0);
  expect(await store.projections(FLEET, '')).toEqual([]);
  expect((await store.audit(FLEET, { limit: 9 })).filter(({ why }) => why === 'refused')).toEqual([]);
}
