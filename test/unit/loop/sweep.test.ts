import { describe, expect, it } from 'vitest';
import { sweepFleet } from '../../../src/loop/sweep.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

/** Keys of the jobs that a sweep asks for. */
async function swept(bot: TestBot): Promise<readonly string[]> {
  await bot.work();
  const before = bot.waiting();
  await sweepFleet(bot.loop.ports, FLEET);
  return bot.waiting().filter((key) => !before.includes(key));
}

const ALWAYS = [`sync:${FLEET}`, `tick:${FLEET}`, `drift:${FLEET}`];

describe('a sweep', () => {
  it('that finds nothing costs one request', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    await bot.work();
    bot.repository.calls.splice(0);
    expect(await swept(bot)).toEqual(ALWAYS);
    expect(bot.repository.calls.map(({ operation }) => operation)).toEqual(['openPulls']);
  });

  it('finds pull requests whose webhooks were lost: opened, pushed to, closed', async () => {
    const bot = await TestBot.begin();
    for (const pull of [7, 8]) await bot.propose({ version: '3.9.0' }, pull);
    await bot.work();
    bot.repository.changePull(7, { headSha: bot.write({ version: '3.8.1' }, 'refs/pull/7/head') });
    bot.repository.closePull(8);
    bot.repository.openPull({ number: 9, headSha: bot.write({ version: '3.8.1' }, 'refs/pull/9/head'), author: 'octocat', title: 'new' });
    expect(await swept(bot)).toEqual([
      `sync:${FLEET}`,
      ...[7, 9, 8].map((pull) => `review:${FLEET}:${pull}`),
      `tick:${FLEET}`,
      `drift:${FLEET}`,
    ]);
    await bot.work();
    expect(bot.repository.comments(9)).toHaveLength(1);
    expect(await swept(bot)).toEqual(ALWAYS);
  });

  it('finds a merge whose webhook was lost', async () => {
    const bot = await TestBot.begin();
    bot.write({ version: '3.9.0' });
    await sweepFleet(bot.loop.ports, FLEET);
    await bot.work();
    expect((await bot.rollouts()).length).toBe(1);
  });

  it('finds orders that nobody answered, though the job that sends them is parked', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    await bot.tasks.tick({ fleet: FLEET });
    const down = new PortError({ port: 'data-plane', operation: 'apply', retry: { kind: 'needs-human' }, message: 'no' });
    bot.onCall = (name) => {
      if (name === 'data-plane.apply') throw down;
    };
    await bot.work();
    bot.onCall = undefined;
    expect(bot.store.jobs.parked().map(({ key }) => key)).toEqual([`deliver:${FLEET}:east`]);
    await sweepFleet(bot.loop.ports, FLEET);
    await bot.work();
    expect(bot.planes.inspect(bot.cluster('k-canary')).accepted?.epoch).toBe(1);
  });

  it('tries again what waits for a person: it may have been fixed', async () => {
    const bot = await TestBot.begin();
    const refused = new PortError({ port: 'code-host', operation: 'writeComment', retry: { kind: 'needs-human' }, message: 'locked' });
    bot.onCall = (name) => {
      if (name === 'code-host.writeComment') throw refused;
    };
    await bot.propose({ version: '3.9.0' }, 7);
    await bot.work();
    expect(bot.store.jobs.parked().map(({ key }) => key)).toEqual([`review:${FLEET}:7`]);
    bot.onCall = undefined;
    await sweepFleet(bot.loop.ports, FLEET);
    await bot.work();
    expect([bot.store.jobs.parked(), bot.repository.comments(7).length]).toEqual([[], 1]);
  });

  it('of a fleet that is not known asks nobody', async () => {
    const bot = new TestBot();
    await sweepFleet(bot.loop.ports, FLEET);
    expect([bot.repository.calls, bot.waiting()]).toEqual([[], []]);
  });

  it('fails when the code host does not answer', async () => {
    const bot = await TestBot.begin();
    bot.repository.install(false);
    await expect(sweepFleet(bot.loop.ports, FLEET)).rejects.toBeInstanceOf(PortError);
  });
});
