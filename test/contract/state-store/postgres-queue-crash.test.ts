import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BotHome } from '../../support/state/bot-home.ts';
import { job } from '../../support/state/builders.ts';
import { gate, handlers } from '../../support/state/job-handlers.ts';
import { eventually, memoryLog } from '../../support/state/test-database.ts';
import { TestSql } from '../../support/state/test-sql.ts';

describe('the job queue through a catastrophe', () => {
  let used: BotHome;
  let home: BotHome;
  beforeAll(async () => {
    used = await BotHome.used();
  });
  afterAll(() => used.remove());
  beforeEach(async () => {
    home = await BotHome.make();
    await home.copy(used);
  });
  afterEach(() => home.remove());

  it('takes up what a killed bot was working on, and what waited behind it in its queue', async () => {
    const killed = home.bot();
    await killed.hears('ready');
    // Only one process may open the state, so the jobs come from the database itself.
    const sql = await TestSql.open(home.folder);
    await sql.addJob('first', 'q');
    await sql.addJob('second', 'q');
    await killed.hears('taken');
    await killed.kill();
    await sql.close();

    const state = await home.open();
    try {
      const ran: unknown[] = [];
      await state.runQueue(
        handlers(async (payload, { attempt }) => void ran.push([payload['key'], attempt])),
        memoryLog(),
      );
      await eventually('both ran', () => ran.length === 2);
      expect(ran).toEqual([
        ['first', 2],
        ['second', 1],
      ]);
    } finally {
      await state.close();
    }
  });

  it('finishes a job that runs while PostgreSQL is killed, once, and goes on with the next', async () => {
    const state = await home.open();
    try {
      const running = gate();
      const go = gate();
      const ran: unknown[] = [];
      const queue = await state.runQueue(
        handlers(async (payload) => {
          ran.push(payload['n']);
          if (payload['n'] !== 1) return;
          running.resolve();
          await go.promise;
        }),
        memoryLog(),
      );
      await state.store.enqueue([job('k1', { queue: 'q', payload: { n: 1 } }), job('k2', { queue: 'q', payload: { n: 2 } })]);
      await running.promise;
      process.kill(await home.serverPid(), 'SIGKILL');
      go.resolve();
      await eventually('the next one ran', () => ran.length === 2);
      await eventually('the store is healthy', () => state.store.healthy());
      await state.store.enqueue([job('k3', { queue: 'q', payload: { n: 3 } })]);
      await eventually('a new one ran', () => ran.length === 3);
      expect(ran).toEqual([1, 2, 3]);
      expect(await queue.stop(60_000)).toBe('drained');
    } finally {
      await state.close();
    }
  });
});
