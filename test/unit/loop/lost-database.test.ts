import { describe, expect, it } from 'vitest';
import { rolloutCheckKey } from '../../../src/loop/projection-keys.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import type { Projection } from '../../../src/ports/state-store.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { smallManifests } from '../../support/loop/small-manifests.ts';

/** What stands on the code host, and how often each thing was asked of it. */
function written(bot: TestBot, pull: number) {
  const head = bot.git.head(`refs/pull/${pull}/head`);
  if (head === undefined) throw new Error('the pull request has a head');
  return {
    comments: bot.repository.comments(pull).map(({ id }) => id),
    checks: bot.repository.checks(head).map(({ id }) => id),
    issues: bot.repository.issues().map(({ number }) => number),
  };
}

/** One cluster was changed behind the bot's back, a pull request is open, and the newest commit is broken. */
async function busy(): Promise<TestBot> {
  const bot = await TestBot.begin();
  await bot.propose({ config: { 'num.io.threads': 16 } }, 7);
  await bot.work();
  bot.planes.changeByHand(bot.cluster('k-two'), { replicas: 5 });
  bot.clock.advance(600_000);
  bot.planes.advance();
  bot.git.commit({ ...smallManifests(), 'release.yaml': 'kind: Release' });
  await bot.tasks.sync({ fleet: FLEET });
  await bot.tasks.drift({ fleet: FLEET });
  await bot.work();
  return bot;
}

describe('a database that was lost', () => {
  it('costs no second comment, check or issue: what is ours is found, and goes on', async () => {
    const bot = await busy();
    const before = written(bot, 7);
    expect([before.comments.length, before.checks.length, before.issues.length]).toEqual([1, 1, 2]);
    bot.restoreDatabase();
    await bot.tasks.install({});
    bot.git.commit(smallManifests());
    await bot.work();
    bot.git.commit({ ...smallManifests(), 'release.yaml': 'kind: Release' });
    await bot.tasks.sync({ fleet: FLEET });
    await bot.tasks.drift({ fleet: FLEET });
    await bot.work();
    expect(bot.failures).toEqual([]);
    expect(written(bot, 7)).toEqual(before);
  });
});

describe('a database that was restored from a backup', () => {
  /** Everything but what was written on the code host since the backup. */
  const forgetful = async (bot: TestBot) => {
    const store = new InMemoryStateStore();
    for (const fleet of await bot.store.fleets()) await store.saveFleet(fleet);
    const reads = new Set(['projection', 'projections', 'saveProjection']);
    return new Proxy(bot.store, {
      get: (own, name) => {
        const from = reads.has(String(name)) ? store : own;
        const value: unknown = Reflect.get(from, name, from);
        return typeof value === 'function' ? value.bind(from) : value;
      },
    });
  };

  it('adopts the check and the comment of a rollout under way', async () => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    const rolloutChecks = () => bot.repository.checks(commit).flatMap(({ id, name }) => (name === 'flotilla / rollout' ? [id] : []));
    const checks = rolloutChecks();
    const comments = bot.repository.comments(7).map(({ id }) => id);
    expect([checks.length, comments.length]).toEqual([1, 1]);
    bot.restoreDatabase(await forgetful(bot));
    await bot.passUntil(([first]) => first?.status === 'completed');
    await bot.pass(60_000);
    expect(rolloutChecks()).toEqual(checks);
    expect(bot.repository.comments(7).map(({ id }) => id)).toEqual(comments);
    expect(bot.failures).toEqual([]);
    const kept: Projection | undefined = await bot.store.projection(FLEET, rolloutCheckKey(commit));
    expect(kept?.remoteId).toBe(checks[0]);
  });
});
