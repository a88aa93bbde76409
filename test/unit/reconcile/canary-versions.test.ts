import { describe, expect, it } from 'vitest';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import type { SmallFleet } from '../../support/loop/small-manifests.ts';

const HOUR = 3_600_000;
const pinned = (version: string) => `  pin: { version: "${version}", reason: disks, expires: "2099-01-01T00:00:00Z" }\n`;
const clusters = (canary = '', two = ''): NonNullable<SmallFleet['clusters']> => ({
  'k-canary': { dataPlane: 'east', tier: 'canary', more: canary },
  'k-one': { dataPlane: 'east' },
  'k-two': { dataPlane: 'west', more: two },
});
const merge = async (bot: TestBot, fleet: SmallFleet) => {
  await bot.merge(fleet);
  await bot.pass(HOUR, 60_000);
};
const versions = (bot: TestBot) => ['k-canary', 'k-one', 'k-two'].map((cluster) => bot.versionOf(cluster));

describe('a canary proves the version that it soaked at', () => {
  it('and no other: where all canaries go elsewhere, nothing follows them until a person lets it', async () => {
    const bot = await TestBot.begin();
    await merge(bot, { version: '3.9.0', clusters: clusters(pinned('3.8.1')) });
    expect(versions(bot)).toEqual(['3.8.1', '3.8.0', '3.8.0']);
    const [stop] = await bot.store.stops(FLEET);
    expect([stop?.cause, stop?.reason]).toEqual([
      'unproven-canary',
      'phase canary: no canary has soaked at a version of those after it (k-canary: succeeded)',
    ]);
    const { id: rollout } = await bot.newest();
    const resumed = await commandFleet(bot.loop, FLEET, { verb: 'resume', rollout, by: 'lead', reason: 'tried by hand' });
    expect(resumed.ok).toBe(true);
    await bot.pass(HOUR, 60_000);
    expect([versions(bot), (await bot.newest()).status]).toEqual([['3.8.1', '3.9.0', '3.9.0'], 'completed']);
  });

  it('also when a canary goes back while others go forward', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0', clusters: clusters() });
    await bot.pass(45_000);
    await merge(bot, { version: '3.9.0', clusters: clusters(pinned('3.8.0')) });
    expect(versions(bot)).toEqual(['3.8.0', '3.8.0', '3.8.0']);
    expect((await bot.newest()).status).toBe('paused');
  });

  it('as it has before: a canary that goes on from there is no reason to wait', async () => {
    const bot = await TestBot.begin();
    await merge(bot, { version: '3.8.1', clusters: clusters() });
    await bot.merge({ version: '3.9.0', clusters: clusters() });
    await bot.passUntil(([newest]) => newest?.counts.succeeded === 1);
    await merge(bot, { version: '3.9.0', clusters: clusters(pinned('3.8.1')) });
    expect([versions(bot), (await bot.newest()).status]).toEqual([['3.8.1', '3.9.0', '3.9.0'], 'completed']);
  });

  it('and a pin answers for its own version', async () => {
    const bot = await TestBot.begin();
    await merge(bot, { version: '3.8.0', config: { 'num.io.threads': 16 }, clusters: clusters('', pinned('3.8.1')) });
    expect([versions(bot), (await bot.newest()).status]).toEqual([['3.8.0', '3.8.0', '3.8.1'], 'completed']);
  });
});
