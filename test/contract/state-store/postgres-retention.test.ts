import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts';
import { keepHistory } from '../../../src/adapters/postgres/retention.ts';
import { AUDIT_STEPS, makeWeek, partitionOf, ROLLOUT_TARGETS, weekOf, weeksOf } from '../../../src/adapters/postgres/weekly.ts';
import { durationMs, type Instant, instant } from '../../../src/core/model/time.ts';
import type { RolloutState } from '../../../src/core/reconcile/state.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';
import {
  c,
  change,
  changed,
  delivery,
  desiredCluster,
  entry,
  FLEET,
  fleetRecord,
  landed,
  order,
  planFor,
  sha,
  target,
} from '../../support/state/builders.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

const DAY_MS = 24 * 3_600_000;
const KEPT = durationMs(30 * DAY_MS);
/** The database's clock says what is old, so what is old here is so by today's date. */
const daysAgo = (days: number): Instant => instant(Date.now() - days * DAY_MS);
/** Long enough ago that its week is over by more than is kept. */
const OLD = daysAgo(100);

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

let database: TestDatabase;
let store: StateStore;
let db: Database;
beforeEach(async () => {
  database = await server.database();
  ({ store } = await database.open());
  db = openDatabase(database.connection, memoryLog());
  await store.saveFleet(fleetRecord());
});
afterEach(async () => {
  await db.destroy();
  await database.close();
});

const keep = (): Promise<void> => keepHistory(db, KEPT, memoryLog());
const makeWeeks = async (...at: readonly number[]): Promise<void> => {
  for (const table of [AUDIT_STEPS, ROLLOUT_TARGETS])
    for (const ms of at) await db.transaction().execute((tx) => makeWeek(tx, table, weekOf(ms)));
};
const partitions = async (table = ROLLOUT_TARGETS): Promise<readonly string[]> =>
  (await weeksOf(db, table)).map((week) => partitionOf(table, week));

const failedAt = (at: Instant) => target({ status: 'failed', since: at, attempt: 1, epoch: 1, detail: 'crash loop' });

/** A rollout of three clusters, of which one fails: as it is when it has ended, or while it is under way. */
async function landOld(letter: string, version: string, over: Partial<RolloutState>, at = OLD): Promise<RolloutState> {
  const made = landed(letter, planFor(['k1', 'k2', 'k3'], version), { createdAt: at, ...over });
  const { version: expected } = (await store.fleet(FLEET)) ?? { version: -1 };
  await store.commit(change(expected, { at, newRollouts: made, audit: [entry('k1', 'it went', { at, rollout: made.state.id })] }));
  const targets = new Map([
    [c('k1'), failedAt(at)],
    [c('k2'), target({ status: 'succeeded', since: at })],
    [c('k3'), target({ status: 'succeeded', since: at })],
  ]);
  const { epoch = 0 } = (await store.orders(FLEET)).get(c('k1')) ?? {};
  targets.set(c('k1'), { ...failedAt(at), epoch: epoch + 1 });
  const orders = [order('k1', epoch + 1, { rollout: made.state.id })];
  await store.commit(change(expected + 1, { at, rollouts: [changed(made.state, { targets })], orders }));
  return made.state;
}
const ENDED: Partial<RolloutState> = { status: 'completed-with-deferrals', finishedAt: instant(OLD + DAY_MS) };

describe('the weeks', () => {
  it('are there before anything is written to them', async () => {
    const weeks = [0, 1, 2, 3, 4].map((ahead) => weekOf(Date.now(), ahead));
    expect(await partitions()).toEqual(weeks.map((week) => partitionOf(ROLLOUT_TARGETS, week)));
    expect(await partitions(AUDIT_STEPS)).toHaveLength(5);
    await landOld('a', '2.0.0', {}, daysAgo(0));
    for (const table of ['audit_steps_default', 'rollout_targets_default']) expect(await database.count(table)).toBe(0);
    expect(await database.count(partitionOf(ROLLOUT_TARGETS, weekOf(Date.now())))).toBe(3);
  });

  it('stop nothing where one is missing, and take in what came before they were made', async () => {
    const far = instant(Date.UTC(2050, 4, 5));
    const { id } = await landOld('a', '2.0.0', {}, far);
    await store.commit(change(2, { at: far, desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0')], remove: [] } }));
    await store.receive(delivery('far', { receivedAt: far }), []);
    for (const table of ['audit_steps_default', 'desired_history_default', 'rollout_targets_default', 'deliveries_default'])
      expect(await database.count(table)).toBeGreaterThan(0);
    const before = await store.rollout(FLEET, id);
    await makeWeeks(far);
    expect(await database.count('audit_steps_default')).toBe(0);
    expect(await database.count('rollout_targets_2050_05_02')).toBe(3);
    expect(await store.rollout(FLEET, id)).toStrictEqual(before);
    expect((await store.audit(FLEET, { limit: 9 })).map(({ why }) => why)).toEqual(['it went']);
  });
});

describe('a rollout that ended longer ago than is kept', () => {
  it('is a summary, and its week is gone; who failed, and why a cluster lags, is still known', async () => {
    await makeWeeks(OLD);
    const { id, digest } = await landOld('a', '2.0.0', ENDED);
    await landOld('b', '3.0.0', { status: 'completed', finishedAt: daysAgo(0) }, daysAgo(1));
    const counts = (await store.rolloutSummary(FLEET, id))?.counts;
    await keep();
    expect(await store.rollout(FLEET, id)).toBeUndefined();
    expect(counts).toEqual({ failed: 1, succeeded: 2 });
    expect((await store.recentRollouts(FLEET, 9)).map((one) => one.counts)).toEqual([counts, counts]);
    expect(await partitions()).not.toContain(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)));
    expect(await partitions(AUDIT_STEPS)).not.toContain(partitionOf(AUDIT_STEPS, weekOf(OLD)));
    expect(await database.count('rollout_targets')).toBe(3);
    expect(await database.count('plans')).toBe(1);
    expect((await store.failures(FLEET, c('k1'), daysAgo(183))).map(({ rollout, version }) => [rollout === id, version])).toEqual([
      [false, '2.0.0'],
      [true, '2.0.0'],
    ]);
    expect((await store.audit(FLEET, { limit: 9 })).map(({ rollout }) => rollout === id)).toEqual([false]);
    expect(digest).toBeDefined();
  });

  it('is still the last of a cluster that no newer one has had', async () => {
    await makeWeeks(OLD);
    const { id } = await landOld('a', '2.0.0', ENDED);
    const clusters = ['k1', 'k2', 'k3'].map(c);
    const before = await store.lastTargets(FLEET, clusters);
    await keep();
    expect(await database.count('rollout_targets')).toBe(0);
    expect(await store.lastTargets(FLEET, clusters)).toStrictEqual(before);
    expect(before.get(c('k1'))).toMatchObject({ rollout: id, target: { status: 'failed', detail: 'crash loop' } });
    await landOld('b', '3.0.0', {}, daysAgo(0));
    expect((await store.lastTargets(FLEET, clusters)).get(c('k1'))?.rollout).not.toBe(id);
  });

  it('keeps its detail until all of that time is up, and while it is under guard', async () => {
    await makeWeeks(OLD);
    const late = await landOld('a', '2.0.0', { ...ENDED, finishedAt: daysAgo(29) });
    const guarded = await landOld('b', '3.0.0', { ...ENDED, guardUntil: daysAgo(1) });
    await keep();
    for (const { id } of [late, guarded]) expect((await store.rollout(FLEET, id))?.state.targets.size).toBe(3);
    expect(await database.count(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)))).toBe(6);
  });

  it('of which somebody has just read the detail is not started again', async () => {
    await makeWeeks(OLD);
    const state = await landOld('a', '2.0.0', ENDED);
    await keep();
    const again = changed(state, { status: 'running', finishedAt: undefined, targets: new Map([[c('k1'), target()]]) });
    expect(await store.commit(change(2, { rollouts: [again] }))).toBe('conflict');
    expect(await store.activeRollouts(FLEET)).toEqual([]);
  });

  it('lets its plan stay where a rollout that is kept is of it', async () => {
    await landOld('a', '2.0.0', ENDED);
    const second = await landOld('b', '2.0.0', {}, daysAgo(1));
    await keep();
    expect((await store.activeRollouts(FLEET)).map(({ state }) => state.id)).toEqual([second.id]);
  });
});

describe('a rollout under way that is older than is kept', () => {
  it('keeps all that it is, and its week, until it has ended', async () => {
    await makeWeeks(OLD);
    const ended = await landOld('a', '2.0.0', ENDED);
    const { id } = await landOld('b', '3.0.0', { status: 'paused', stoppedSince: OLD });
    const before = await store.rollout(FLEET, id);
    await keep();
    expect(await store.activeRollouts(FLEET)).toStrictEqual([before]);
    expect(await store.rollout(FLEET, ended.id)).toBeUndefined();
    expect(await partitions()).toContain(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)));
    if (before === undefined) throw new Error('it is not there');
    await store.commit(change(4, { rollouts: [changed(before.state, { status: 'aborted', finishedAt: daysAgo(31) })] }));
    await keep();
    expect(await partitions()).not.toContain(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)));
    expect((await store.rolloutSummary(FLEET, id))?.counts).toEqual({ failed: 1, succeeded: 2 });
  });
});

describe('clocks that differ', () => {
  it('a bot whose clock is years behind loses nothing of what is under way, in no week that anybody makes', async () => {
    const { id } = await landOld('a', '2.0.0', {}, daysAgo(3_000));
    const before = await store.rollout(FLEET, id);
    await keep();
    expect(await store.activeRollouts(FLEET)).toStrictEqual([before]);
    // What it did is as old as it says.
    expect(await database.count('audit_steps')).toBe(0);
    expect(await store.failures(FLEET, c('k1'), daysAgo(4_000))).toHaveLength(1);
  });

  it('one whose clock is ahead keeps its history for longer, and makes nobody forget anything', async () => {
    const { id } = await landOld('a', '2.0.0', { ...ENDED, finishedAt: daysAgo(-400) }, daysAgo(-400));
    const present = await landOld('b', '3.0.0', {}, daysAgo(0));
    await keep();
    for (const one of [id, present.id]) expect((await store.rollout(FLEET, one))?.state.targets.size).toBe(3);
    expect(await database.count('audit_steps')).toBe(2);
  });
});

describe('several that do it, and one that dies', () => {
  it('of replicas that come at once nobody fails, and it is done', async () => {
    await makeWeeks(OLD);
    const { id } = await landOld('a', '2.0.0', ENDED);
    await Promise.all([keep(), keep(), keep(), keep()]);
    await keep();
    expect(await store.rollout(FLEET, id)).toBeUndefined();
    expect(await partitions()).toHaveLength(5);
    expect((await store.rolloutSummary(FLEET, id))?.counts).toEqual({ failed: 1, succeeded: 2 });
    expect(await database.count('last_targets')).toBe(3);
  });

  it('gives way to whoever writes, and is done the next time', async () => {
    await makeWeeks(OLD);
    await landOld('a', '2.0.0', ENDED);
    const writer = await server.another(database);
    await writer.query('begin');
    await writer.query('lock table flotilla.rollout_targets in row exclusive mode');
    await keep();
    expect(await partitions()).toContain(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)));
    await writer.query('commit');
    await writer.end();
    await keep();
    expect(await partitions()).not.toContain(partitionOf(ROLLOUT_TARGETS, weekOf(OLD)));
  });

  it('killed in the middle leaves each step done or not begun, and the next one goes on', async () => {
    await makeWeeks(OLD);
    const { id } = await landOld('a', '2.0.0', ENDED);
    const writer = await server.another(database);
    await writer.query('begin');
    await writer.query('lock table flotilla.last_targets in exclusive mode');
    const died = keep().then(
      () => undefined,
      (error: unknown) => error,
    );
    // It has made the counts, in a transaction that waits for the last targets.
    await eventually('it waits for a lock', async () => {
      const { rowCount } = await database.sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into last_targets%' and pid <> pg_backend_pid()`,
      );
      return rowCount === 1;
    });
    expect(await died).toBeInstanceOf(Error);
    expect((await store.rollout(FLEET, id))?.state.targets.size).toBe(3);
    expect(await database.count('last_targets')).toBe(0);
    await writer.query('commit');
    await writer.end();
    await keep();
    expect(await store.rollout(FLEET, id)).toBeUndefined();
    expect(await database.count('last_targets')).toBe(3);
  });
});

describe('deliveries', () => {
  it('of long ago are forgotten; one that comes again in another week is known', async () => {
    await store.receive(delivery('old', { receivedAt: daysAgo(100) }), []);
    expect(await store.receive(delivery('old', { receivedAt: daysAgo(0) }), [])).toBe('known');
    await store.receive(delivery('new', { receivedAt: daysAgo(0) }), []);
    await keep();
    const { rows } = await database.sql.query('select guid from flotilla.deliveries');
    expect(rows).toEqual([{ guid: 'new' }]);
  });
});
