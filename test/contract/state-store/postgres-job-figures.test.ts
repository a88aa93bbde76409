import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectedState } from '../../../src/adapters/postgres/connect.ts';
import type { JobQueue } from '../../../src/adapters/postgres/queue.ts';
import { instant } from '../../../src/core/model/time.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { Job } from '../../../src/ports/state-store.ts';
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
  expect(await state.jobFigures()).toEqual({ due: 0, parked: 2, oldestDueMs: 0, heldUpMs: 0 });
  await queue.stop(1_000);
});

describe('a job that could run and does not', () => {
  const tick = (key: string, over: Partial<Job> = {}): Job => job(key, { task: 'tick', ...over });
  /** For how long there has been a slot for decisions. */
  const freeMs = () => queue?.standing().freeMs[0] ?? 0;
  const heldUpMs = async () => (await state.jobFigures()).heldUpMs;
  let free: () => void;
  let queue: JobQueue | undefined;
  let running: string[];
  beforeEach(() => {
    running = [];
    queue = undefined;
  });
  afterEach(async () => {
    free();
    await queue?.stop(1_000);
  });

  /** Each job that is to hang does so until the end of the test. */
  async function start(concurrency?: number): Promise<void> {
    const hanging = gate();
    free = hanging.resolve;
    queue = await state.runQueue(
      handlers(async ({ name, hangs }) => {
        running.push(String(name));
        if (hangs === true) await hanging.promise;
      }),
      memoryLog(),
      concurrency,
    );
  }
  /** As if a worker that is gone still had it. */
  async function locked(key: string): Promise<() => Promise<void>> {
    const other = await server.another(database);
    await other.query('begin');
    await other.query('select from flotilla.jobs where key = $1 for update', [key]);
    return () => other.end();
  }

  it('is told of, and no longer once it is taken', async () => {
    await state.store.enqueue([tick('held', { payload: { name: 'held' } })]);
    await age('held', HOUR_MS);
    const release = await locked('held');
    await start();
    await eventually('it is told of', async () => (await heldUpMs()) > 500);
    // From when it could run, which is from the start of the queue.
    expect(await heldUpMs()).toBeLessThan(HOUR_MS);
    await release();
    await eventually('it ran', () => running.length === 1);
    await eventually('nothing is told', async () => (await heldUpMs()) === 0);
  });

  it('is none that is not due for long, however long the queue has been waiting for work', async () => {
    await start();
    await eventually('it has waited', () => freeMs() > 500);
    const before = freeMs();
    await state.store.enqueue([tick('young', { payload: { name: 'young' } })]);
    const told = await heldUpMs();
    expect(told).toBeLessThanOrEqual(freeMs() - before);
  });

  it('is none that waits for another of its queue, or runs', async () => {
    await start();
    await state.store.enqueue([tick('first', { queue: 'q', payload: { name: 'first', hangs: true } })]);
    await eventually('it runs', () => running.length === 1);
    await state.store.enqueue([tick('second', { queue: 'q', payload: { name: 'second' } })]);
    await Promise.all([age('first', HOUR_MS), age('second', HOUR_MS)]);
    await eventually('the queue has waited', () => freeMs() > 500);
    expect(await heldUpMs()).toBe(0);
    free();
    await eventually('both ran', () => running.length === 2);
  });

  it('is counted from the end of the one before it in its queue', async () => {
    await start();
    await state.store.enqueue([tick('first', { queue: 'q', payload: { name: 'first', hangs: true } })]);
    await eventually('it runs', () => running.length === 1);
    await eventually('the queue has waited', () => freeMs() > 1_000);
    await state.store.enqueue([tick('second', { queue: 'q', payload: { name: 'second' } })]);
    await age('second', HOUR_MS);
    const release = await locked('second');
    const before = freeMs();
    free();
    await eventually('it has ended', () => queue?.standing().running.keys.length === 0);
    const told = await heldUpMs();
    expect(told).toBeLessThanOrEqual(freeMs() - before);
    await eventually('it is told of', async () => (await heldUpMs()) > told);
    await release();
  });

  it('is none for which no slot is free; a decision has one where a report has none', async () => {
    await start(3);
    await state.store.enqueue([job('report', { task: 'publish', payload: { name: 'report', hangs: true } })]);
    await eventually('it runs', () => running.length === 1);
    await state.store.enqueue([job('next', { task: 'publish', payload: { name: 'next' } })]);
    await age('next', HOUR_MS);
    expect(await heldUpMs()).toBe(0);
    expect(queue?.standing().freeMs.map((ms) => ms !== undefined)).toEqual([true, true, false]);
  });
});
