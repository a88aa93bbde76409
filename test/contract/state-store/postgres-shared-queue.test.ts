import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectedState } from '../../../src/adapters/postgres/connect.ts';
import { LEASE_TIMES, type LeaseTimes } from '../../../src/adapters/postgres/lease-keeper.ts';
import { change, entry, FLEET, fleetRecord, job, OTHER_FLEET } from '../../support/state/builders.ts';
import { gate, type Handler, handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

/** Tests say when a heart beats. */
const BY_HAND: LeaseTimes = { ...LEASE_TIMES, leaseMs: 600_000, renewMs: 6_000_000, graceMs: 100 };

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

describe('the queue of several replicas', () => {
  let database: TestDatabase;
  let one: ConnectedState;
  let other: ConnectedState;
  beforeEach(async () => {
    database = await server.database();
    [one, other] = [await database.replica({ leaseTimes: BY_HAND }), await database.replica({ leaseTimes: BY_HAND })];
    await one.store.saveFleet(fleetRecord(FLEET));
    await one.store.saveFleet(fleetRecord(OTHER_FLEET));
  });
  afterEach(() => database.close());

  const beat = (state: ConnectedState) => state.leases?.beat();
  /** Each holds one of the two fleets. */
  const share = async () => {
    await beat(one);
    await beat(other);
    await beat(one);
    await beat(other);
    expect([one, other].map((state) => state.leases?.held.fleets.length)).toEqual([1, 1]);
  };
  /** As if this one had stood still for longer than its leases last. */
  const standStill = (state: ConnectedState) =>
    database.sql.query(
      `with dead as (update flotilla.replicas set expires_at = now() - interval '1 ms' where id = $1)
       update flotilla.leases set expires_at = now() - interval '1 ms' where holder = $1`,
      [state.leases?.replica.id],
    );
  const holderOf = (fleet: string) => (one.leases?.held.holds(fleet) === true ? one : other);
  const drained = () => eventually('no job waits', async () => (await database.waitingJobs()).length === 0);

  it('runs the jobs of a fleet where its lease is, once, and those of no fleet anywhere', async () => {
    await share();
    const ran: string[] = [];
    const work =
      (state: ConnectedState): Handler =>
      async (payload) => {
        const fleet = payload['fleet'] ?? 'none';
        ran.push(`${fleet} ${payload['n']} ${fleet === 'none' || holderOf(String(fleet)) === state}`);
      };
    for (const state of [one, other]) await state.runQueue(handlers(work(state)), memoryLog());
    const fleets = [FLEET, OTHER_FLEET, undefined];
    for (let n = 0; n < 20; n += 1)
      await one.store.enqueue(fleets.map((fleet) => job(`${fleet} ${n}`, { payload: { n, ...(fleet === undefined ? {} : { fleet }) } })));
    await drained();
    const expected = fleets.flatMap((fleet) => Array.from({ length: 20 }, (_, n) => `${fleet ?? 'none'} ${n} true`));
    expect(ran.toSorted()).toEqual(expected.toSorted());
  });

  it('takes up what one that stands still was working on; that one writes nothing when it wakes up, and undoes nothing', async () => {
    await share();
    const sleeper = holderOf(FLEET);
    const heir = sleeper === one ? other : one;
    const [running, wake] = [gate(), gate()];
    const ran: unknown[] = [];
    const fates: unknown[] = [];
    const write = (state: ConnectedState, who: string) =>
      state.store.commit(change(0, { audit: [entry('k1', who)] })).then(
        (outcome) => fates.push(`${who}: ${outcome}`),
        (error: unknown) => {
          fates.push(`${who}: refused`);
          throw error;
        },
      );
    await sleeper.runQueue(
      handlers(async () => {
        running.resolve();
        await wake.promise;
        await write(sleeper, 'sleeper');
      }),
      memoryLog(),
      // Who stands still takes nothing more.
      1,
    );
    await sleeper.store.enqueue([
      job('k1', { queue: 'q', payload: { fleet: FLEET } }),
      job('k2', { queue: 'q', payload: { fleet: FLEET } }),
    ]);
    await running.promise;
    await beat(sleeper);
    await standStill(sleeper);
    await heir.runQueue(
      handlers(async (_payload, { attempt }) => {
        ran.push(attempt);
        if (attempt === 2) await write(heir, 'heir');
      }),
      memoryLog(),
    );
    await beat(heir);
    await drained();
    expect(ran.toSorted()).toEqual([1, 2]);
    wake.resolve();
    await eventually('the sleeper has tried', () => fates.length === 2);
    expect(fates).toEqual(['heir: committed', 'sleeper: refused']);
    await beat(sleeper);
    expect(await database.waitingJobs()).toEqual([]);
    expect((await heir.store.audit(FLEET, { limit: 9 })).map(({ why }) => why)).toEqual(['heir']);
    // And goes on as one of the others, with what is its share.
    expect(sleeper.leases?.held.holds(FLEET)).toBe(false);
    await beat(heir);
    await beat(sleeper);
    expect(sleeper.leases?.held.fleets).toHaveLength(1);
  });

  it('leaves the jobs alone that the others run: when it starts, and while it looks for more', async () => {
    const slow = gate();
    const ran: unknown[] = [];
    await beat(one);
    await one.runQueue(
      handlers(async (_payload, { attempt }) => {
        ran.push(attempt);
        await slow.promise;
      }),
      memoryLog(),
      2,
    );
    await one.store.enqueue([job('k1', { payload: {} }), job('k2', { payload: { fleet: FLEET } })]);
    await eventually('both run', () => ran.length === 2);
    await beat(one);
    const queueTimes = { statementMs: 500, pollMs: 100 };
    const third = await database.replica({ leaseTimes: BY_HAND, queueTimes });
    await beat(third);
    await third.runQueue(
      handlers(async (payload) => void ran.push(payload)),
      memoryLog(),
    );
    await third.store.enqueue([job('k3', { payload: { after: 'those that were free' } })]);
    await eventually('another ran', () => ran.length === 3);
    await third.store.enqueue([job('k4', { payload: { after: 'a while' } })]);
    await eventually('one more ran', () => ran.length === 4);
    slow.resolve();
    await drained();
    expect(ran).toEqual([1, 1, { after: 'those that were free' }, { after: 'a while' }]);
  });

  it('frees what was taken by a replica that is gone', async () => {
    await share();
    await one.store.enqueue([job('k1', { queue: 'q', payload: {} }), job('k2', { payload: { fleet: FLEET } })]);
    await database.sql.query(`update flotilla.jobs set running = generation, holder = 'gone'`);
    await beat(one);
    const ran: unknown[] = [];
    await holderOf(FLEET).runQueue(
      handlers(async (_payload, { attempt }) => void ran.push(attempt)),
      memoryLog(),
    );
    await drained();
    expect(ran).toEqual([1, 1]);
  });

  it('counts only its own jobs when it says how long the oldest has been due', async () => {
    await share();
    const [holder, follower] = holderOf(FLEET) === one ? [one, other] : [other, one];
    await one.store.enqueue([job('k1', { payload: { fleet: FLEET } })]);
    await database.sql.query(`update flotilla.jobs set run_at = now() - interval '1 hour'`);
    expect((await holder.jobFigures()).oldestDueMs).toBeGreaterThan(3_000_000);
    expect(await follower.jobFigures()).toEqual({ due: 0, parked: 0, oldestDueMs: 0, heldUpMs: 0 });
  });
});
