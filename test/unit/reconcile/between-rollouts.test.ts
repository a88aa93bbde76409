import { describe, expect, it } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import type { SmallFleet } from '../../support/loop/small-manifests.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const HOTFIX = { release: '  urgency: hotfix\n' };
const clusters = (over: SmallFleet['clusters'] = {}): NonNullable<SmallFleet['clusters']> => ({
  'k-canary': { dataPlane: 'east', tier: 'canary' },
  'k-one': { dataPlane: 'east' },
  'k-two': { dataPlane: 'west' },
  'k-three': { dataPlane: 'west' },
  ...over,
});
const ofThree = (threads: number) => clusters({ 'k-three': { dataPlane: 'west', more: `  config: { num.io.threads: ${threads} }\n` } });
const tell = (bot: TestBot, command: FleetCommand) => commandFleet(bot.loop, FLEET, command);
const BY = { by: 'lead', reason: 'because' } as const;
const orderOf = async (bot: TestBot, name: string) => (await bot.store.orders(FLEET)).get(trusted.cluster(name));

describe('what a rollout leaves behind is in the next one', () => {
  it('also a cluster that stands half-way back to where it was proven', async () => {
    const bot = await TestBot.begin({ clusters: clusters() });
    await bot.merge({ clusters: clusters(), version: '3.9.0' });
    await bot.pass(90_000);
    await bot.merge({ clusters: clusters(), version: '3.8.0' });
    await bot.passUntil(([newest]) => newest?.counts.rolling === 1 && newest.kind === 'rollback');
    await bot.merge({ clusters: ofThree(9), version: '3.8.0', ...HOTFIX });
    await bot.pass(HOUR, MINUTE);
    expect((await bot.newest()).status).toBe('completed');
    expect([(await orderOf(bot, 'k-canary'))?.mode, bot.versionOf('k-canary'), await bot.statusOf('k-canary')]).toEqual([
      'run',
      '3.8.0',
      'succeeded',
    ]);
  });

  it('also a cluster that broke after its soak, where the next one changes nothing about it', async () => {
    const bot = await TestBot.begin({ clusters: clusters() });
    await bot.merge({ clusters: clusters(), version: '3.9.0' });
    await bot.passUntil(([newest]) => newest?.counts.succeeded === 1);
    bot.planes.break(bot.cluster('k-canary'), { kind: 'crash-loop', version: '3.9.0' });
    await bot.pass(5 * MINUTE);
    await bot.merge({ clusters: ofThree(9), version: '3.9.0', ...HOTFIX });
    await bot.pass(5 * MINUTE);
    bot.planes.break(bot.cluster('k-canary'), undefined);
    for (const { id: stop } of await bot.store.stops(FLEET)) expect((await tell(bot, { verb: 'lift', stop, ...BY })).ok).toBe(true);
    await bot.pass(HOUR, MINUTE);
    expect([(await bot.newest()).status, await bot.statusOf('k-canary')]).toEqual(['completed', 'succeeded']);
  });
});

describe('a rescue', () => {
  const two = { 'k-canary': { dataPlane: 'east', tier: 'canary' }, 'k-one': { dataPlane: 'east' } };

  it('is for what stands half-way: what runs well on its last order waits for the canary', async () => {
    const bot = await TestBot.begin({ clusters: two });
    await bot.merge({ clusters: two, version: '3.9.0' });
    await bot.passUntil(([newest]) => newest?.counts.succeeded === 1 && newest.counts.soaking === 1);
    await bot.merge({ clusters: two, version: '3.9.0', config: { 'num.io.threads': 16 }, ...HOTFIX });
    await bot.passUntil(([newest]) => newest?.counts.soaking === 1 && newest.counts.waiting === 1);
    expect([await bot.statusOf('k-canary'), (await orderOf(bot, 'k-one'))?.spec.config]).toEqual(['soaking', {}]);
    await bot.pass(HOUR, MINUTE);
    expect([(await bot.newest()).status, (await orderOf(bot, 'k-one'))?.spec.config]).toEqual(['completed', { 'num.io.threads': 16 }]);
  });
});

describe('a rescue whose data plane repeats one sample', () => {
  it('is unreachable after a while, and does not keep the others from their end', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' });
    await bot.passUntil(([newest]) => newest?.counts.rolling === 2);
    await bot.pass(30_000);
    bot.planes.freeze(bot.cluster('k-two'));
    await bot.merge({ version: '3.9.0', config: { 'num.io.threads': 16 }, ...HOTFIX });
    await bot.pass(HOUR, MINUTE);
    expect([(await bot.newest()).status, await bot.statusOf('k-two')]).toEqual(['paused', 'unreachable']);
    const { id: rollout } = await bot.newest();
    expect((await tell(bot, { verb: 'resume', rollout, ...BY })).ok).toBe(true);
    await bot.pass(HOUR, MINUTE);
    expect((await bot.newest()).status).toBe('completed-with-deferrals');
  });
});

describe('a canary that failed and is resumed', () => {
  const failed = async () => {
    const bot = await TestBot.begin();
    bot.planes.break(bot.cluster('k-canary'), { kind: 'crash-loop', version: '3.9.0' });
    await bot.merge({ version: '3.9.0' });
    await bot.pass(10 * MINUTE, MINUTE);
    const { id: rollout } = await bot.newest();
    expect((await tell(bot, { verb: 'resume', rollout, ...BY })).ok).toBe(true);
    await bot.work();
    const causes = (await bot.store.stops(FLEET)).map(({ cause }) => cause);
    expect(causes.toSorted()).toEqual(['quarantine', 'unproven-canary']);
    return { bot, rollout };
  };

  it('is retried without waiving what it has to prove, and lifts by its soak what it stopped', async () => {
    const { bot, rollout } = await failed();
    bot.planes.break(bot.cluster('k-canary'), undefined);
    const retried = await tell(bot, { verb: 'retry', rollout, ...BY });
    expect(retried.ok && retried.value.notes).toEqual([]);
    await bot.pass(HOUR, 30_000);
    expect([(await bot.newest()).status, await bot.store.stops(FLEET)]).toEqual(['completed', []]);
    expect((await bot.store.rollout(FLEET, rollout))?.state.overrides).toEqual([]);
  });

  it('and fails again lets nothing follow', async () => {
    const { bot, rollout } = await failed();
    expect((await tell(bot, { verb: 'retry', rollout, ...BY })).ok).toBe(true);
    await bot.pass(2 * HOUR, MINUTE);
    expect([(await bot.newest()).status, bot.versionOf('k-one'), await bot.statusOf('k-canary')]).toEqual(['paused', '3.8.0', 'failed']);
  });
});

describe('a revert with one more line in it', () => {
  it('takes over at once from the rollout that it goes back on', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' });
    await bot.passUntil(([newest]) => newest?.counts.rolling === 1);
    await bot.merge({ version: '3.8.0', config: { 'num.io.threads': 16 } });
    await bot.work();
    const [newer, older] = await bot.rollouts();
    expect([newer?.status, older?.status]).toEqual(['running', 'superseded']);
    await bot.pass(HOUR, MINUTE);
    expect((await bot.newest()).status).toBe('completed');
    expect((await bot.store.recentRollouts(FLEET, 2))[1]?.counts.succeeded ?? 0).toBe(0);
  });
});

describe('a cluster that its data plane does not have', () => {
  it('stays unreachable once a person has seen that, and the rollout ends without it', async () => {
    const bot = await TestBot.begin();
    bot.planes.distort(bot.cluster('k-one'), ({ cluster, dataPlane, sampledAt }) => ({
      kind: 'unknown',
      cluster,
      dataPlane,
      sampledAt,
      cause: 'no such cluster',
      missing: true,
    }));
    await bot.merge({ version: '3.9.0' });
    await bot.passUntil(([newest]) => newest?.status === 'paused');
    expect(await bot.statusOf('k-one')).toBe('unreachable');
    await bot.pass(10 * MINUTE, MINUTE);
    expect(await bot.statusOf('k-one')).toBe('unreachable');
    const { id: rollout } = await bot.newest();
    expect((await tell(bot, { verb: 'resume', rollout, ...BY })).ok).toBe(true);
    await bot.pass(10 * MINUTE, MINUTE);
    expect((await bot.newest()).status).toBe('completed-with-deferrals');
  });
});

describe('a cluster that moves to another data plane', () => {
  const moved = clusters({ 'k-three': { dataPlane: 'east' } });

  it('before its turn is ordered nothing where it was', async () => {
    const bot = await TestBot.begin({ clusters: clusters() });
    await bot.merge({ clusters: clusters(), version: '3.9.0' });
    await bot.pass(30_000);
    await bot.merge({ clusters: moved, version: '3.9.0' });
    await bot.pass(HOUR, MINUTE);
    expect([await orderOf(bot, 'k-three'), await bot.statusOf('k-three'), (await bot.newest()).status]).toEqual([
      undefined,
      'superseded',
      'completed',
    ]);
  });

  it('is brought home there when a person asks for it', async () => {
    const bot = await TestBot.begin({ clusters: clusters() });
    await bot.merge({ clusters: clusters(), version: '3.9.0' });
    await bot.pass(HOUR, MINUTE);
    await bot.merge({ clusters: moved, version: '3.9.0' });
    await bot.work();
    const { desired } = await bot.records();
    bot.planes.seed([...desired.values()].filter(({ cluster }) => cluster === 'k-three'));
    expect((await tell(bot, { verb: 'reconcile', release: 'kafka', ...BY })).ok).toBe(true);
    await bot.pass(HOUR, MINUTE);
    expect([(await orderOf(bot, 'k-three'))?.dataPlane, await bot.statusOf('k-three')]).toEqual(['east', 'succeeded']);
  });
});
