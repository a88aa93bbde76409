import type * as worker from 'graphile-worker';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeIdleQueues } from '../../../src/adapters/postgres/job-recovery.ts';
import type { JobQueue } from '../../../src/adapters/postgres/queue.ts';
import { PortError, type Retry } from '../../../src/ports/port-error.ts';
import type { Job, StateStore } from '../../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, job } from '../../support/state/builders.ts';
import { gate, type Handler, handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

/** How often the queue looks for jobs by itself; `undefined`: as it does otherwise. */
const poll = vi.hoisted(() => ({ everyMs: undefined as number | undefined }));
vi.mock('graphile-worker', async (original) => {
  const real = await original<typeof worker>();
  const run: typeof worker.run = (options, ...more) =>
    real.run({ ...options, ...(poll.everyMs === undefined ? {} : { pollInterval: poll.everyMs }) }, ...more);
  return { ...real, run };
});

const failure = (retry: Retry, message = 'the remote said no') =>
  new PortError({ port: 'code-host', operation: 'writeCheck', retry, message });

describe('the job queue', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: StateStore;
  let start: (handler: Handler, concurrency?: number) => Promise<JobQueue>;

  let queues: JobQueue[];

  beforeAll(async () => {
    server = await TestServer.start();
    database = await server.database();
    const state = await database.open();
    store = state.store;
    start = async (handler, concurrency) => {
      const queue = await state.runQueue(handlers(handler), memoryLog(), concurrency);
      queues.push(queue);
      return queue;
    };
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });
  beforeEach(async () => {
    poll.everyMs = undefined;
    queues = [];
    await database.reset();
  });
  afterEach(() => Promise.all(queues.map((queue) => queue.stop(1_000))));

  const drained = () => eventually('no job waits', async () => (await database.waitingJobs()).length === 0);

  it('runs a job with its payload, once, and forgets it', async () => {
    const ran: unknown[] = [];
    await start(async (payload, { attempt }) => void ran.push([payload, attempt]));
    await store.enqueue([job('k', { payload: { fleet: FLEET, n: 1, yes: true, none: null } })]);
    await drained();
    expect(ran).toEqual([[{ fleet: FLEET, n: 1, yes: true, none: null }, 1]]);
  });

  it('starts a committed job by itself, without waiting for a poll', async () => {
    poll.everyMs = 24 * 3_600_000;
    const ran: unknown[] = [];
    await start(async (payload) => void ran.push(payload['nth']));
    await store.saveFleet(fleetRecord());
    for (let nth = 0; nth < 20; nth += 1) {
      await store.commit(change(nth, { jobs: [job(`k${nth}`, { payload: { nth } })] }));
      await eventually(`job ${nth} ran`, () => ran.includes(nth));
    }
    await drained();
    expect(ran).toHaveLength(20);
  });

  it('runs the jobs of one queue one after another without waiting for polls, and other queues beside them', async () => {
    poll.everyMs = 24 * 3_600_000;
    let inQueue = 0;
    let most = 0;
    let ran = 0;
    const held = gate();
    await start(async (payload) => {
      if (payload['held'] === true) return held.promise;
      inQueue += 1;
      most = Math.max(most, inQueue);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inQueue -= 1;
      ran += 1;
    });
    await store.enqueue([job('held', { queue: 'other', payload: { held: true } })]);
    await store.enqueue(Array.from({ length: 20 }, (_, nth) => job(`k${nth}`, { queue: 'q' })));
    await eventually('all ran', () => ran === 20);
    expect(most).toBe(1);
    held.resolve();
    await drained();
  });

  it('waits for the instant of a job', async () => {
    const ran: number[] = [];
    await start(async () => void ran.push(Date.now()));
    const at = Date.now() + 700;
    await store.enqueue([job('later', { runAt: at as Job['runAt'] })]);
    await eventually('it ran', () => ran.length === 1);
    expect(ran[0]).toBeGreaterThanOrEqual(at);
  });

  describe('a job whose key is added again while it runs', () => {
    it.each([
      ['succeeds', undefined],
      ['fails', failure({ kind: 'retry-after', waitMs: 0 })],
      ['fails for good', failure({ kind: 'needs-human' })],
    ])('and then %s leaves the newer one to run, once', async (_name, error) => {
      const running = gate();
      const go = gate();
      const ran: unknown[] = [];
      await start(async (payload) => {
        ran.push(payload['n']);
        if (payload['n'] !== 1) return;
        running.resolve();
        await go.promise;
        if (error !== undefined) throw error;
      });
      await store.enqueue([job('k', { queue: 'q', payload: { n: 1 } })]);
      await running.promise;
      await store.enqueue([job('k', { queue: 'q', payload: { n: 2 } })]);
      await store.enqueue([job('k', { queue: 'q', payload: { n: 3 } })]);
      go.resolve();
      await drained();
      expect(ran).toEqual([1, 3]);
    });
  });

  describe('a job that fails', () => {
    it('is tried again when the remote says, and counts its attempts', async () => {
      const ran: { readonly at: number; readonly attempt: number }[] = [];
      await start(async (_payload, { attempt }) => {
        ran.push({ at: performance.now(), attempt });
        if (attempt < 3) throw failure({ kind: 'retry-after', waitMs: 300 });
      });
      await store.enqueue([job('k', { queue: 'q' })]);
      await drained();
      expect(ran.map((one) => one.attempt)).toEqual([1, 2, 3]);
      expect((ran[1]?.at ?? 0) - (ran[0]?.at ?? 0)).toBeGreaterThanOrEqual(290);
    });

    it('like an outage, or by a fault of ours, waits longer each time and blocks nobody in its queue', async () => {
      const others: unknown[] = [];
      await start(async (payload) => {
        if (payload['bad'] === true) throw new TypeError('a fault of ours');
        others.push(payload['n']);
      });
      const before = Date.now();
      await store.enqueue([job('bad', { queue: 'q', payload: { bad: true } }), job('good', { queue: 'q', payload: { n: 1 } })]);
      await eventually('the other one ran', () => others.length === 1);
      await eventually('the other one is done', async () => (await database.waitingJobs()).length === 1);
      const [waiting] = await database.waitingJobs();
      expect(waiting).toMatchObject({ key: 'bad', queue: 'q', payload: { bad: true }, attempts: 1, parked: false });
      expect((waiting?.runAtMs ?? 0) - before).toBeGreaterThanOrEqual(990);
    });

    it('and needs a person is kept with what it said, and tried again at the next start', async () => {
      const first = await start(async () => {
        throw failure({ kind: 'needs-human' }, 'the installation was suspended \u0000');
      });
      await store.enqueue([job('k', { queue: 'q', payload: { n: 1 } })]);
      await eventually('it is parked', async () => (await database.waitingJobs())[0]?.parked === true);
      const [parked] = await database.waitingJobs();
      expect(parked).toMatchObject({ key: 'k', queue: 'q', payload: { n: 1 } });
      expect(parked?.lastError).toContain('the installation was suspended');
      await first.stop(1_000);
      const ran: unknown[] = [];
      await start(async (payload) => void ran.push(payload['n']));
      await drained();
      expect(ran).toEqual([1]);
    });

    it('and is parked gives way to a newer one with its key', async () => {
      const ran: unknown[] = [];
      await start(async (payload) => {
        ran.push(payload['n']);
        if (payload['n'] === 1) throw failure({ kind: 'needs-human' });
      });
      await store.enqueue([job('k', { payload: { n: 1 } })]);
      await eventually('it is parked', async () => (await database.waitingJobs())[0]?.parked === true);
      await store.enqueue([job('k', { payload: { n: 2 } })]);
      await eventually('the newer one ran', () => ran.length === 2);
      expect(ran).toEqual([1, 2]);
    });
  });

  describe('stopping', () => {
    it('waits for what is running and takes nothing more', async () => {
      const running = gate();
      const go = gate();
      const ran: unknown[] = [];
      const queue = await start(async (payload) => {
        running.resolve();
        await go.promise;
        ran.push(payload['n']);
      }, 1);
      await store.enqueue([job('k1', { payload: { n: 1 } }), job('k2', { payload: { n: 2 } })]);
      await running.promise;
      const stopped = queue.stop(60_000);
      go.resolve();
      expect(await stopped).toBe('drained');
      expect(ran).toEqual([1]);
      expect((await database.waitingJobs()).map((one) => one.key)).toEqual(['k2']);
    });

    it('cuts off what does not end, which the next start runs again', async () => {
      const [running, told, never] = [gate(), gate(), gate()];
      const cut = await start(async (_payload, { signal }) => {
        signal.addEventListener('abort', () => told.resolve());
        running.resolve();
        await never.promise;
      });
      await store.enqueue([job('k', { queue: 'q' })]);
      await running.promise;
      expect(await cut.stop(100)).toBe('cut-off');
      await told.promise;
      const again = gate();
      await start(async () => again.resolve());
      await again.promise;
    });
  });

  it('frees a crash-looping job last, so that it cannot keep the bot from starting', async () => {
    await store.enqueue([job('calm'), job('wild')]);
    await database.sql.query(
      `update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now(), attempts = case key when 'wild' then 9 else 1 end`,
    );
    const ran: unknown[] = [];
    const before = Date.now();
    await start(async () => void ran.push('ran'));
    await eventually('the calm one is done', async () => (await database.waitingJobs()).length === 1);
    expect(ran).toEqual(['ran']);
    const [wild] = await database.waitingJobs();
    expect(wild?.key).toBe('wild');
    expect(wild?.runAtMs).toBeGreaterThan(before + 10_000);
  });

  it('forgets queues without jobs at the start, and no others', async () => {
    await store.enqueue([job('k', { queue: 'used', runAt: (Date.now() + 3_600_000) as Job['runAt'] })]);
    await database.sql.query(
      `insert into graphile_worker._private_job_queues (queue_name) select 'idle' || n from generate_series(1, 50) n`,
    );
    await start(async () => undefined);
    const { rows } = await database.sql.query('select queue_name from graphile_worker._private_job_queues');
    expect(rows).toEqual([{ queue_name: 'used' }]);
  });

  it('leaves the queues alone while somebody adds jobs, and keeps nobody waiting for that', async () => {
    const adding = await server.another(database);
    await adding.query('begin');
    await adding.query(`select graphile_worker.add_job('tick', queue_name => 'begun')`);
    const pool = new pg.Pool({ ...database.connection, max: 1 });
    try {
      expect(await removeIdleQueues(pool)).toBe('busy');
      await adding.query('commit');
      expect(await removeIdleQueues(pool)).toBe('removed');
      expect((await database.waitingJobs()).map(({ queue }) => queue)).toEqual(['begun']);
    } finally {
      await pool.end();
      await adding.end();
    }
  });
});
