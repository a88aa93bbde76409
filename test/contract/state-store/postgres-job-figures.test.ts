import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ConnectedState } from '../../../src/adapters/postgres/connect.ts';
import { instant } from '../../../src/core/model/time.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { job } from '../../support/state/builders.ts';
import { gate, handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

const HOUR_MS = 3_600_000;

let server: TestServer;
let database: TestDatabase;
let state: ConnectedState;

beforeAll(async () => {
  server = await TestServer.start();
  database = await server.database();
  state = await database.open();
});
afterAll(async () => {
  await database.close();
  await server.stop();
});
beforeEach(() => database.reset());

/** As if it had been asked for so long ago. */
const age = (key: string, ms: number) =>
  database.sql.query(`update flotilla.jobs set run_at = now() - $2 * interval '1 millisecond' where key = $1`, [key, ms]);

it('age is nothing when there is no job, or none that is due', async () => {
  expect((await state.jobFigures()).oldestDueMs).toBe(0);
  await state.store.enqueue([job('later', { runAt: instant(Date.now() + 24 * HOUR_MS) })]);
  expect((await state.jobFigures()).oldestDueMs).toBe(0);
});

it('age is that of the job that has been due for longest, also when it is asked for again', async () => {
  await state.store.enqueue([job('young'), job('old'), job('later', { runAt: instant(Date.now() + 24 * HOUR_MS) })]);
  await age('old', 2 * HOUR_MS);
  expect((await state.jobFigures()).oldestDueMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
  await state.store.enqueue([job('old')]);
  expect((await state.jobFigures()).oldestDueMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
  expect((await state.jobFigures()).oldestDueMs).toBeLessThan(24 * HOUR_MS);
});

it('age counts a job that runs and does not end, and no longer one that is done or waits for a person', async () => {
  const hanging = gate();
  const started = gate();
  await state.store.enqueue([job('hangs', { payload: { hangs: true } }), job('needs a person')]);
  await age('hangs', HOUR_MS);
  await age('needs a person', 3 * HOUR_MS);
  const queue = await state.runQueue(
    handlers(async ({ hangs }) => {
      if (hangs !== true) throw new PortError({ port: 'code-host', operation: 'x', retry: { kind: 'needs-human' }, message: 'no' });
      started.resolve();
      await hanging.promise;
    }),
    memoryLog(),
  );
  await started.promise;
  await eventually('the other to wait for a person', async () => (await database.waitingJobs()).some(({ parked }) => parked));
  expect((await state.jobFigures()).oldestDueMs).toBeGreaterThanOrEqual(HOUR_MS);
  expect((await state.jobFigures()).oldestDueMs).toBeLessThan(3 * HOUR_MS);
  hanging.resolve();
  await eventually('it to be done', async () => (await database.waitingJobs()).length === 1);
  expect((await state.jobFigures()).oldestDueMs).toBe(0);
  await queue.stop(1_000);
});

it('counts what is due and what waits for a person', async () => {
  await state.store.enqueue([job('a'), job('b'), job('later', { runAt: instant(Date.now() + HOUR_MS) })]);
  expect(await state.jobFigures()).toMatchObject({ due: 2, parked: 0 });
  const refusing = () =>
    Promise.reject(new PortError({ port: 'code-host', operation: 'x', retry: { kind: 'needs-human' }, message: 'no' }));
  const queue = await state.runQueue(handlers(refusing), memoryLog());
  await eventually('both to wait for a person', async () => (await state.jobFigures()).parked === 2);
  expect(await state.jobFigures()).toEqual({ due: 0, parked: 2, oldestDueMs: 0 });
  await queue.stop(1_000);
});
