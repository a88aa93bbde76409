import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobQueue } from '../../../src/adapters/postgres/queue.ts';
import { instant } from '../../../src/core/model/time.ts';
import { tickJob } from '../../../src/loop/jobs.ts';
import { change, delivery, FLEET, fleetRecord, job } from '../../support/state/builders.ts';
import { handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

const HOUR_MS = 3_600_000;
/** More than any test here takes, and much less than an hour. */
const WHILE_MS = 20 * 60_000;

describe.each([
  ['an hour ahead of', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('with a clock %s the database’s', (_name, aheadMs) => {
  const clock = { now: () => instant(Date.now() + aheadMs) };
  let server: TestServer;
  let database: TestDatabase;
  let state: Awaited<ReturnType<TestDatabase['open']>>;
  let queue: JobQueue | undefined;

  beforeAll(async () => {
    server = await TestServer.start();
    database = await server.database();
    state = await database.open({ clock });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });
  beforeEach(async () => {
    await database.reset();
    await state.store.saveFleet(fleetRecord());
  });
  afterEach(async () => {
    await queue?.stop(1_000);
    queue = undefined;
  });

  it('a tick that is asked for now runs now, whoever asks for it', async () => {
    const ran: unknown[] = [];
    queue = await state.runQueue(
      handlers(async (payload) => void ran.push(payload['fleet'])),
      memoryLog(),
    );
    await state.store.enqueue([tickJob(FLEET, clock.now())]);
    await eventually('the tick of a timer ran', () => ran.length === 1);
    await state.store.commit(change(0, { jobs: [tickJob(FLEET, clock.now())] }));
    await eventually('the tick of a decision ran', () => ran.length === 2);
    await state.store.receive(delivery('g'), [tickJob(FLEET, clock.now())]);
    await eventually('the tick of a webhook ran', () => ran.length === 3);
  });

  it('a job for later waits as long as it should', async () => {
    await state.store.enqueue([job('wake', { runAt: instant(clock.now() + HOUR_MS) })]);
    expect(Math.abs((await dueInMs()) - HOUR_MS)).toBeLessThan(WHILE_MS);
  });

  it('the distance is told', async () => {
    expect(Math.abs((await state.clockDistance()) + aheadMs)).toBeLessThan(WHILE_MS);
  });

  describe('a job that waits and is asked for again', () => {
    it.each([
      ['for later keeps its instant', HOUR_MS, 3 * HOUR_MS],
      ['for sooner comes sooner', 3 * HOUR_MS, HOUR_MS],
    ])('%s', async (_kind, firstMs, thenMs) => {
      await state.store.enqueue([job('wake', { runAt: instant(clock.now() + firstMs), payload: { n: 1 } })]);
      await state.store.enqueue([job('wake', { runAt: instant(clock.now() + thenMs), payload: { n: 2 } })]);
      expect(Math.abs((await dueInMs()) - HOUR_MS)).toBeLessThan(WHILE_MS);
      expect((await database.waitingJobs()).map(({ payload }) => payload)).toEqual([{ n: 2 }]);
    });

    it('for now keeps its place among those that are due', async () => {
      await state.store.enqueue([tickJob(FLEET, clock.now())]);
      const [first] = await database.waitingJobs();
      await state.store.enqueue([job('other')]);
      await state.store.enqueue([tickJob(FLEET, clock.now())]);
      expect((await database.waitingJobs()).find(({ key }) => key === first?.key)?.runAtMs).toBe(first?.runAtMs);
    });
  });

  /** By the database's clock. */
  async function dueInMs(): Promise<number> {
    const { rows } = await database.sql.query<{ readonly ms: number }>(
      'select (extract(epoch from run_at - now()) * 1000)::float8 as ms from flotilla.jobs',
    );
    expect(rows).toHaveLength(1);
    return rows[0]?.ms ?? Number.NaN;
  }
});
