import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type JobQueue, QUEUE_TIMES } from '../../../src/adapters/postgres/queue.ts';
import { PortError, type Retry } from '../../../src/ports/port-error.ts';
import type { Job, JobTask, StateStore } from '../../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, job, OTHER_FLEET } from '../../support/state/builders.ts';
import { gate, type Handler, handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog, type TestDatabase, TestServer } from '../../support/state/test-database.ts';

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

    it('and is parked runs again when its fleet is asked for, and no other does', async () => {
      const ran: unknown[] = [];
      let isFixed = false;
      await start(async (payload) => {
        if (!isFixed) throw failure({ kind: 'needs-human' });
        ran.push(payload['fleet']);
      });
      await store.enqueue([FLEET, OTHER_FLEET].map((fleet) => job(fleet, { payload: { fleet } })));
      await eventually('both are parked', async () => (await database.waitingJobs()).filter(({ parked }) => parked).length === 2);
      isFixed = true;
      await store.retryParked(FLEET);
      await eventually('its own ran', () => ran.length === 1);
      await eventually('it is done', async () => (await database.waitingJobs()).length === 1);
      expect([ran, (await database.waitingJobs())[0]?.parked]).toEqual([[FLEET], true]);
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

  describe('with workers that never come back', () => {
    const SLOW: readonly JobTask[] = ['review', 'sync', 'publish', 'sweep', 'drift', 'install', 'reconcile'];
    const LONG_QUEUE = 1_200;
    /** Each in a queue of its own. */
    const many = (task: JobTask, count: number): readonly Job[] =>
      Array.from({ length: count }, (_, nth) => job(`${task} ${nth}`, { task, queue: `${task} ${nth}`, payload: { task } }));
    let never: ReturnType<typeof gate>;
    let ran: unknown[];
    const startHanging = (...tasks: readonly unknown[]) => {
      never = gate();
      ran = [];
      return start(async ({ task }) => {
        ran.push(task);
        if (tasks.includes(task)) await never.promise;
      });
    };
    afterEach(() => never.resolve());

    it.each(SLOW)('in %s, decisions are made all the same, and sent', async (task) => {
      await startHanging(task);
      await store.enqueue(many(task, 20));
      await eventually('the slow ones have what they may have', () => ran.length === 6);
      await store.enqueue([...many('tick', 1), ...many('deliver', 1), ...many('observe', 1)]);
      await eventually('the others ran', () => ran.length === 9);
      expect(ran.slice(6).toSorted()).toEqual(['deliver', 'observe', 'tick']);
      expect((await database.waitingJobs()).filter((one) => one.task === task)).toHaveLength(20);
    });

    it('in data planes too, decisions are made all the same', async () => {
      await startHanging('review', 'deliver', 'observe');
      await store.enqueue([...many('review', 20), ...many('deliver', 20), ...many('observe', 20)]);
      await eventually('all of them but one hang', () => ran.length === 7);
      await store.enqueue(many('tick', 3));
      await eventually('the decisions were made', () => ran.length === 10);
      expect(ran.slice(7)).toEqual(['tick', 'tick', 'tick']);
    });

    it('a decision does not wait for those that are due for longer, however many these are', async () => {
      await startHanging('publish');
      await store.enqueue(many('publish', LONG_QUEUE));
      await eventually('the slow ones have what they may have', () => ran.length === 6);
      await store.enqueue(many('tick', 1));
      await eventually('the decision was made', () => ran.length === 7);
      expect(ran[6]).toBe('tick');
    });
  });

  it('with one slot gives it to whatever is due', async () => {
    const ran: unknown[] = [];
    await start(async ({ task }) => void ran.push(task), 1);
    const tasks = ['review', 'deliver', 'tick'] as const;
    await store.enqueue(tasks.map((task) => job(task, { task, payload: { task } })));
    await drained();
    expect(ran.toSorted()).toEqual(['deliver', 'review', 'tick']);
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
      `update flotilla.jobs set holder = 'dead', running = generation, attempts = case key when 'wild' then 9 else 1 end`,
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
});

describe('the job queue that never looks by itself', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: StateStore;
  let queue: JobQueue | undefined;
  let start: (handler: Handler) => Promise<void>;

  beforeAll(async () => {
    server = await TestServer.start();
    database = await server.database();
    const state = await database.open({ queueTimes: { ...QUEUE_TIMES, pollMs: 24 * 3_600_000 } });
    store = state.store;
    start = async (handler) => {
      queue = await state.runQueue(handlers(handler), memoryLog());
    };
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });
  beforeEach(() => database.reset());
  afterEach(() => queue?.stop(1_000));

  const drained = () => eventually('no job waits', async () => (await database.waitingJobs()).length === 0);

  it('starts a committed job by itself, whoever commits it', async () => {
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

  it('runs the jobs of one queue one after another, and other queues beside them', async () => {
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

  it('runs what was asked for while it ran, at once', async () => {
    const [running, go] = [gate(), gate()];
    const ran: unknown[] = [];
    await start(async (payload) => {
      ran.push(payload['n']);
      if (payload['n'] !== 1) return;
      running.resolve();
      await go.promise;
    });
    await store.enqueue([job('k', { queue: 'q', payload: { n: 1 } })]);
    await running.promise;
    await store.enqueue([job('k', { queue: 'q', payload: { n: 2 } })]);
    go.resolve();
    await drained();
    expect(ran).toEqual([1, 2]);
  });

  it('takes again what it was given by an answer that it never heard', async () => {
    const ran: unknown[] = [];
    const holder = new Promise<string>((resolve) => {
      void start(async (payload) => {
        ran.push(payload['n']);
        if (payload['n'] === 1) resolve((await database.sql.query('select holder from flotilla.jobs')).rows[0]?.holder);
      });
    });
    await eventually('it has started', () => queue !== undefined);
    await store.enqueue([job('k1', { payload: { n: 1 } })]);
    await drained();
    await database.sql.query(
      `insert into flotilla.jobs (key, task, queue, payload, run_at, holder, running, attempts)
       values ('k2', 'tick', 'q', '{"n": 2}', now(), $1, 0, 1), ('k3', 'tick', 'q', '{"n": 3}', now(), null, null, 0)`,
      [await holder],
    );
    await database.sql.query('notify flotilla_jobs');
    await drained();
    expect(ran).toEqual([1, 2, 3]);
  });

  it('leaves a row alone that it cannot read, for a person, and runs the others', async () => {
    const ran: unknown[] = [];
    await database.sql.query(
      `insert into flotilla.jobs (key, task, payload, run_at) values ('odd', 'tick', '{"n": [1]}', now()), ('even', 'tick', '{"n": 2}', now())`,
    );
    await start(async (payload) => void ran.push(payload['n']));
    await eventually('one is left', async () => (await database.waitingJobs()).length === 1);
    await eventually('it waits for a person', async () => (await database.waitingJobs())[0]?.parked === true);
    expect((await database.waitingJobs())[0]).toMatchObject({ key: 'odd', lastError: expect.stringContaining('payload.n') });
    expect(ran).toEqual([2]);
  });
});
