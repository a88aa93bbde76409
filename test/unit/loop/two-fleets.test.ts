import { expect, it } from 'vitest';
import { type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { InMemoryRepository } from '../../../src/ports/in-memory/code-host.ts';
import { FLEET, job, TestBot } from '../../support/loop/bot.ts';

const OTHER = trusted.fleet('acme/copy');

/** A second repository with the same manifests, on the same data planes: a copy that somebody made. */
async function copied(): Promise<TestBot> {
  const bot = await TestBot.begin();
  const cloneUrl = 'https://git.example/acme/copy.git';
  bot.app.add(new InMemoryRepository({ id: 2_002, installation: 7, owner: 'acme', name: 'copy', defaultBranch: 'main', cloneUrl }));
  await bot.tasks.install({});
  await bot.work();
  return bot;
}

const replies = async (bot: TestBot, fleet: FleetId) => [...(await bot.store.orders(fleet)).values()].map(({ reply }) => reply);

it('two fleets never order one cluster: it is the one that described it first that does, and the other is told', async () => {
  const bot = await copied();
  expect((await bot.store.desired(OTHER)).size).toBeGreaterThan(0);
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.store.enqueue([{ ...job('sync', `sync:${OTHER}`), payload: { fleet: OTHER } }]);
  await bot.passUntil(([newest]) => newest?.status === 'completed');
  const refused = await replies(bot, OTHER);
  expect(refused.length).toBeGreaterThan(0);
  for (const reply of refused) {
    expect(reply).toMatchObject({ kind: 'refused', reason: expect.stringContaining(`belongs to another fleet: ${FLEET} describes it`) });
  }
  expect((await replies(bot, FLEET)).every((reply) => reply?.kind === 'accepted')).toBe(true);
  expect(bot.warnings.filter((line) => line.includes('gets no orders from this one')).length).toBeGreaterThan(0);
});

it('a cluster is the other one’s when the first lets go of it, or is retired', async () => {
  const bot = await copied();
  bot.repository.change({ closed: 'archived' });
  await bot.tasks.install({});
  bot.write({ version: '3.9.0' });
  await bot.store.enqueue([{ ...job('sync', `sync:${OTHER}`), payload: { fleet: OTHER } }]);
  for (let round = 0; round < 4; round += 1) {
    await bot.pass(15_000);
    await bot.store.enqueue([{ ...job('tick', `tick:${OTHER}`), payload: { fleet: OTHER } }]);
    await bot.work();
  }
  expect((await replies(bot, OTHER)).map((reply) => reply?.kind)).toEqual(['accepted']);
});
