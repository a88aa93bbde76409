import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { checkDrift } from '../../../src/loop/check-drift.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { CLUSTERS } from '../../support/loop/small-manifests.ts';
import { commitsTo, dyingCommit, overtakenBy } from '../../support/loop/spy.ts';

const ONE = trusted.cluster('k-one');

const drifts = async (bot: TestBot) => (await bot.store.drifts(FLEET)).map(({ key, kinds }) => `${key} ${kinds.join('+')}`);
const issues = (bot: TestBot) => bot.repository.issues().map(({ title, state }) => `${state}: ${title}`);

async function changed(): Promise<TestBot> {
  const bot = await TestBot.begin();
  bot.planes.changeByHand(ONE, { replicas: 5 });
  bot.clock.advance(600_000);
  bot.planes.advance();
  return bot;
}

describe('a look at the fleet', () => {
  it('finds what was changed by hand, opens one issue, and closes it when it is gone', async () => {
    const bot = await changed();
    await checkDrift(bot.loop, FLEET);
    await bot.work();
    expect(await drifts(bot)).toEqual(['cluster:k-one replicas']);
    expect(issues(bot)).toEqual(['open: Drift: k-one has a different number of replicas']);
    bot.planes.changeByHand(ONE, { replicas: 3 });
    bot.clock.advance(600_000);
    bot.planes.advance();
    await checkDrift(bot.loop, FLEET);
    await bot.work();
    expect([await drifts(bot), bot.repository.issues().map(({ state }) => state)]).toEqual([[], ['closed']]);
    expect(
      (await bot.store.audit(FLEET, { subject: 'k-one', limit: 9 })).filter(({ kind }) => kind === 'drift').map(({ to }) => to),
    ).toEqual(['gone', 'found']);
  });

  it('writes drift, ledger, audit and the report to come in one transaction, and nothing the second time', async () => {
    const bot = await changed();
    const { changes, over } = commitsTo(bot);
    const loop = bot.withStore(over);
    await checkDrift(loop, FLEET);
    await checkDrift(loop, FLEET);
    bot.clock.advance(1_000);
    await checkDrift(loop, FLEET);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.drifts).toHaveLength(1);
    expect(changes[0]?.ledger?.map(({ cluster, observed }) => [cluster, observed?.running.replicas])).toEqual([['k-one', 5]]);
    expect(changes[0]?.jobs?.map(({ key }) => key)).toEqual([`publish:${FLEET}:drift`]);
  });

  it('takes nothing for drift that a rollout proved while the data planes were listed, and records no older sample', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' });
    await bot.work();
    let isListed = false;
    bot.onCall = async (name, phase) => {
      if (isListed || name !== 'data-plane.list' || phase !== 'after') return;
      isListed = true;
      await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    };
    await checkDrift(bot.loop, FLEET);
    expect([isListed, await drifts(bot)]).toEqual([true, []]);
    expect((await bot.store.ledger(FLEET)).get(ONE)?.observed?.running.version).not.toBe('3.8.0');
    // What is listed from then on counts again.
    bot.planes.changeByHand(ONE, { replicas: 5 });
    bot.planes.advance();
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual(['cluster:k-one replicas']);
  });

  it('remembers what clusters run that nobody describes', async () => {
    const bot = await TestBot.begin();
    bot.planes.restore({ ...bot.planes.state(ONE), cluster: trusted.cluster('stranger') });
    await checkDrift(bot.loop, FLEET);
    expect((await bot.store.ledger(FLEET)).get(trusted.cluster('stranger'))?.observed).toMatchObject({
      dataPlane: 'east',
      running: { version: '3.8.0' },
    });
    expect(await drifts(bot)).toEqual(['cluster:stranger unknown-cluster']);
  });

  it('believes the data plane that the manifest names, where two list the same cluster', async () => {
    const bot = await TestBot.begin();
    bot.planes.restore({ ...bot.planes.state(ONE), dataPlane: 'west', replicas: 9 });
    bot.planes.restore({ ...bot.planes.state(bot.cluster('k-two')), dataPlane: 'east', replicas: 9 });
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual([]);
  });

  it('says that a data plane is silent, and nothing of its clusters', async () => {
    const bot = await changed();
    bot.planes.silence('west', true);
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual(['cluster:k-one replicas', 'data-plane:west silent-data-plane']);
  });

  it('reports what a rollout leaves behind, as soon as it has ended', async () => {
    const bot = await TestBot.begin();
    bot.planes.break(bot.cluster('k-canary'), { kind: 'crash-loop', version: '3.9.0' });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.status === 'paused');
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual([]);
    await commandFleet(bot.loop, FLEET, { verb: 'abort', rollout: (await bot.newest()).id, by: 'lead', reason: 'no' });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect((await bot.store.drifts(FLEET)).map(({ cluster, lagging }) => [cluster, lagging?.reason])).toEqual([
      ['k-canary', 'half-way'],
      ['k-one', 'quarantined'],
      ['k-two', 'quarantined'],
    ]);
    expect((await bot.store.drifts(FLEET))[0]?.lagging?.words).toMatch(/^1 of 3 brokers at 3\.9\.0; rollout .*: broker/);
  });

  it('needs two looks to call a proven cluster unhealthy, and forgets the first with the process', async () => {
    const bot = await TestBot.begin();
    bot.planes.break(ONE, { kind: 'crash-loop', version: '3.8.0' });
    bot.clock.advance(60_000);
    bot.planes.advance();
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual([]);
    bot.restart();
    bot.clock.advance(60_000);
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual([]);
    bot.clock.advance(60_000);
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual(['cluster:k-one unhealthy']);
    bot.restart();
    bot.clock.advance(60_000);
    await checkDrift(bot.loop, FLEET);
    expect(await drifts(bot)).toEqual(['cluster:k-one unhealthy']);
  });

  it('asks neither git nor anybody for a fleet without policy', async () => {
    const bot = new TestBot();
    await checkDrift(bot.loop, FLEET);
    await bot.tasks.install({});
    await checkDrift(bot.loop, FLEET);
    expect(bot.warnings).toEqual([]);
  });
});

describe('what happens meanwhile', () => {
  it('a tick writes first: the look is judged again, on one listing', async () => {
    const bot = await changed();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    let lists = 0;
    bot.onCall = (name, phase) => {
      if (name === 'data-plane.list' && phase === 'before') lists += 1;
    };
    await checkDrift(bot.withStore(overtakenBy(bot, () => lookAndTick(bot.loop))), FLEET);
    expect(lists).toBe(2);
    expect((await bot.store.orders(FLEET)).size).toBe(1);
  });

  it.each(['before', 'after'] as const)('the process ends %s the commit: the next look finds it', async (phase) => {
    const bot = await changed();
    await expect(checkDrift(bot.withStore(dyingCommit(bot, phase)), FLEET)).rejects.toThrow('ended');
    bot.restart();
    await checkDrift(bot.loop, FLEET);
    await bot.work();
    expect([await drifts(bot), bot.repository.issues().length]).toEqual([['cluster:k-one replicas'], 1]);
  });

  it('the process ends after an issue was made: there is one', async () => {
    const bot = await changed();
    await checkDrift(bot.loop, FLEET);
    let died = false;
    bot.onCall = (name, phase) => {
      if (died || name !== 'code-host.writeIssue' || phase !== 'after') return;
      died = true;
      throw new Error('the process ended');
    };
    await bot.work();
    bot.restart();
    await bot.pass(30_000);
    expect([died, issues(bot)]).toEqual([true, ['open: Drift: k-one has a different number of replicas']]);
  });
});

describe('issues above the cap', () => {
  it('are one for each group, the single ones stay, and none says that it is settled while it is not', async () => {
    const bot = await TestBot.begin({ fleet: '  drift: { maxIssues: 1 }\n' });
    const change = async (replicas: number, ...names: readonly string[]) => {
      for (const name of names) bot.planes.changeByHand(trusted.cluster(name), { replicas });
      bot.clock.advance(600_000);
      bot.planes.advance();
      await checkDrift(bot.loop, FLEET);
      await bot.work();
    };
    await change(5, 'k-one');
    await change(5, 'k-canary', 'k-two');
    expect(issues(bot)).toEqual([
      'open: Drift: k-one has a different number of replicas',
      'open: Drift: 2 clusters: each has a different number of replicas',
    ]);
    await change(3, 'k-one', 'k-canary', 'k-two');
    expect(issues(bot)).toEqual([
      'closed: Drift: k-one has a different number of replicas',
      'closed: Drift: 2 clusters: each has a different number of replicas',
    ]);
    expect(bot.repository.issues().map(({ body }) => [body.includes('✅ Resolved at'), body.includes('**What was seen last**')])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('are not opened for what a pin asks for, until it expires', async () => {
    const pin = (expires: string) => `  pin: { version: "3.8.0", reason: old disks, expires: "${expires}" }\n`;
    const bot = await TestBot.begin();
    const until = new Date(bot.clock.now() + 7_200_000).toISOString().replace(/\.\d+Z/, 'Z');
    await bot.merge({ version: '3.9.0', clusters: { ...CLUSTERS, 'k-two': { dataPlane: 'west', more: pin(until) } } }, 7);
    await bot.passUntil(([first]) => first?.status === 'completed');
    await checkDrift(bot.loop, FLEET);
    await bot.work();
    expect([await drifts(bot), issues(bot)]).toEqual([['cluster:k-two lagging'], []]);
    bot.clock.advance(7_200_000);
    bot.planes.advance();
    await checkDrift(bot.loop, FLEET);
    await bot.work();
    expect(issues(bot)).toEqual(['open: Drift: k-two lags behind the fleet']);
  });
});
