import { platform } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/adapters/postgres/connection.ts';
import { DATABASE_TIMES, openDatabase } from '../../../src/adapters/postgres/database.ts';
import { OpenerLock } from '../../../src/adapters/postgres/opener-lock.ts';
import { instant } from '../../../src/core/model/time.ts';
import { BotHome } from '../../support/state/bot-home.ts';
import { FLEET, fleetRecord, job } from '../../support/state/builders.ts';
import { handlers } from '../../support/state/job-handlers.ts';
import { Standstill } from '../../support/state/standstill.ts';
import { eventually, memoryLog } from '../../support/state/test-database.ts';

describe.runIf(platform() === 'linux')('a PostgreSQL that stands still for longer than a query may take', () => {
  let home: BotHome;
  beforeEach(async () => {
    home = await BotHome.make();
  });
  afterEach(() => home.remove());

  it.each([
    ['that worked before', true],
    ['that had just been started', false],
  ])('holds no queue for a runner %s and never heard of its job', async (_name, hasWorked) => {
    const state = await home.open({ queueTimes: { statementMs: 2_000, pollMs: 200 } });
    const log = memoryLog();
    const started: unknown[] = [];
    let running = 0;
    let most = 0;
    await state.runQueue(
      handlers(async (payload) => {
        started.push(payload['n']);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
      }),
      log,
    );
    if (hasWorked) await state.store.enqueue([job('k0', { queue: 'q', payload: { n: 0 } })]);
    await eventually('it works', () => !hasWorked || (started.length === 1 && running === 0));
    const soon = instant(Date.now() + 2_000);
    await state.store.enqueue([1, 2, 3].map((n) => job(`k${n}`, { queue: 'q', runAt: soon, payload: { n } })));
    const standstill = new Standstill(await home.serverPid());
    try {
      // By now the server has been asked for jobs, and nobody waits for its answer any more.
      await eventually('the jobs are due and the workers have given up', () => {
        return Date.now() > soon && log.lines.some(({ message }) => message.includes('did not answer when it was asked for jobs'));
      });
    } finally {
      standstill.end();
    }
    await state.store.enqueue([job('k4', { queue: 'q', payload: { n: 4 } })]);
    await eventually('every job ran', () => [1, 2, 3, 4].every((n) => started.includes(n)) && running === 0);
    expect(started.toSorted()).toEqual(hasWorked ? [0, 1, 2, 3, 4] : [1, 2, 3, 4]);
    expect(most).toBe(1);
  });

  it('is not taken for held meanwhile, and is held again afterwards', async () => {
    await home.open();
    const connection: Connection = { ...(await home.connection()), database: 'postgres' };
    const lock = await OpenerLock.acquire(connection, 'alone', memoryLog(), { everyMs: 100, answerMs: 2_000 });
    try {
      const standstill = new Standstill(await home.serverPid());
      await eventually('it is noticed', () => !lock.held);
      standstill.end();
      await eventually('it is held again', () => lock.held);
    } finally {
      await lock.release();
    }
  });

  it('keeps nothing of a transaction that was given up, also when its connection is used again', async () => {
    const state = await home.open();
    await state.store.saveFleet(fleetRecord());
    const db = openDatabase(await home.connection(), memoryLog(), { ...DATABASE_TIMES, statementMs: 500 });
    try {
      let standstill: Standstill | undefined;
      const givenUp = db.transaction().execute(async (tx) => {
        await tx.updateTable('fleets').set({ owner: 'half' }).execute();
        standstill = new Standstill(await home.serverPid());
        await tx.updateTable('fleets').set({ name: 'done' }).execute();
      });
      await expect(givenUp).rejects.toThrow();
      standstill?.end();
      // The pool hands out the connection that came back last.
      await db.transaction().execute((tx) => tx.updateTable('fleets').set({ default_branch: 'trunk' }).execute());
      expect(await state.store.fleet(FLEET)).toMatchObject({ owner: 'Acme', name: 'clusters', defaultBranch: 'trunk' });
    } finally {
      await db.destroy();
    }
  });
});
