import { describe, expect, it } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { commandFleet } from '../../../src/loop/command.ts';
import { rolloutNow } from '../../../src/loop/rollouts-now.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { commitsTo, dyingCommit, overtakenBy } from '../../support/loop/spy.ts';

const BY = { by: 'lead', reason: 'because' } as const;

/** 3.9.0 is being rolled out. */
async function moving(): Promise<TestBot> {
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  return bot;
}

describe('a command', () => {
  it('is durable when it is answered, with who and why, and asks for a decision and a report', async () => {
    const bot = await moving();
    const { id, commit } = await bot.newest();
    const { changes, over } = commitsTo(bot);
    const done = await commandFleet(bot.withStore(over), FLEET, { verb: 'pause', rollout: id, ...BY });
    expect(done.ok && done.value.changes.length).toBeGreaterThan(0);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.stops?.map(({ cause, by, reason, scope }) => [cause, by, reason, scope])).toEqual([
      ['person', 'lead', 'because', { kind: 'release', release: 'kafka' }],
    ]);
    expect(changes[0]?.jobs?.map(({ key }) => key)).toEqual([`tick:${FLEET}`, `publish:${FLEET}:rollouts:${commit}:now`]);
    expect(changes[0]?.audit?.map(({ actor, rollout, at }) => [actor, rollout, at])).toEqual([['lead', id, bot.clock.now()]]);
  });

  it('that is refused changes nothing, and says why', async () => {
    const bot = await moving();
    const { changes, over } = commitsTo(bot);
    const done = await commandFleet(bot.withStore(over), FLEET, { verb: 'take-over', rollout: (await bot.newest()).id, ...BY });
    expect([done.ok, changes]).toEqual([false, []]);
  });

  it.each<[string, FleetCommand, RegExp]>([
    ['a rollout that is not there', { verb: 'pause', rollout: trusted.rollout('000000000000-0000000000000000'), ...BY }, /no rollout/],
    ['a stop that is not there', { verb: 'lift', stop: trusted.stop('0'.repeat(16)), ...BY }, /no stop/],
    ['a release that is not there', { verb: 'reconcile', release: 'nothing', ...BY }, /nothing/],
  ])('on %s is refused', async (_name, command, words) => {
    const bot = await moving();
    const done = await commandFleet(bot.loop, FLEET, command);
    expect(done.ok ? 'carried out' : done.error).toMatch(words);
  });

  it('on a fleet that is not known is refused', async () => {
    const bot = new TestBot();
    expect(await commandFleet(bot.loop, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...BY })).toEqual({
      ok: false,
      error: `no fleet ${FLEET}`,
    });
  });

  it('is judged again when a tick was faster', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    const loop = bot.withStore(overtakenBy(bot, () => lookAndTick(bot.loop)));
    const done = await commandFleet(loop, FLEET, { verb: 'abort', rollout: (await bot.newest()).id, ...BY });
    expect(done.ok).toBe(true);
    await bot.work();
    expect((await bot.newest()).status).toBe('aborted');
    expect((await bot.store.orders(FLEET)).get(bot.cluster('k-canary'))?.mode).toBe('hold');
  });

  it('says when to come back after many conflicts, and writes nothing when the process ends', async () => {
    const bot = await moving();
    const pause: FleetCommand = { verb: 'pause', rollout: (await bot.newest()).id, ...BY };
    await expect(commandFleet(bot.withStore({ commit: async () => 'conflict' }), FLEET, pause)).rejects.toMatchObject({
      retry: { kind: 'retry-after' },
    });
    await expect(commandFleet(bot.withStore(dyingCommit(bot, 'before')), FLEET, pause)).rejects.toThrow('ended');
    expect(await bot.store.stops(FLEET)).toEqual([]);
  });

  it('given twice, because the first answer was lost, is done once', async () => {
    const bot = await moving();
    const pause: FleetCommand = { verb: 'pause', rollout: (await bot.newest()).id, ...BY };
    await expect(commandFleet(bot.withStore(dyingCommit(bot, 'after')), FLEET, pause)).rejects.toThrow('ended');
    await commandFleet(bot.loop, FLEET, pause);
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
  });
});

describe('pause, and the way out', () => {
  it('holds what is in flight, on to the end once it is resumed', async () => {
    const bot = await moving();
    const { id } = await bot.newest();
    await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: id, ...BY });
    await bot.work();
    expect([(await bot.newest()).status, (await bot.store.orders(FLEET)).get(bot.cluster('k-canary'))?.mode]).toEqual(['paused', 'hold']);
    await bot.pass(300_000);
    expect(bot.versionOf('k-one')).toBe('3.8.0');
    expect((await commandFleet(bot.loop, FLEET, { verb: 'resume', rollout: id, ...BY })).ok).toBe(true);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.versionOf('k-one')).toBe('3.9.0');
    expect(await bot.store.stops(FLEET)).toEqual([]);
  });

  it('is reported on what the last tick saw, which may be newer than what was stored', async () => {
    const bot = await moving();
    const { id } = await bot.newest();
    await bot.pass(15_000);
    const loop = { ...bot.withStore({ observations: async () => new Map() }), memory: bot.loop.memory };
    const kindOf = async () => (await rolloutNow(loop, FLEET, id))?.holds.clusters.get(bot.cluster('k-canary'))?.reason.kind;
    expect(await kindOf()).toBe('rolling');
    bot.restart();
    loop.memory = bot.loop.memory;
    expect(await kindOf()).toBe('no-evidence');
  });

  it('a stop of the fleet holds what is merged after it, until it is lifted', async () => {
    const bot = await TestBot.begin();
    await commandFleet(bot.loop, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...BY });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.pass(60_000);
    expect((await bot.store.orders(FLEET)).size).toBe(0);
    const [stop] = await bot.store.stops(FLEET);
    expect((await commandFleet(bot.loop, FLEET, { verb: 'lift', stop: stop?.id ?? trusted.stop(''), ...BY })).ok).toBe(true);
    await bot.work();
    expect((await bot.store.orders(FLEET)).size).toBe(1);
  });

  it('retry takes up a rollout that is over', async () => {
    const bot = await TestBot.begin();
    bot.planes.break(bot.cluster('k-canary'), { kind: 'crash-loop', version: '3.9.0' });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.status === 'paused');
    const { id } = await bot.newest();
    await commandFleet(bot.loop, FLEET, { verb: 'abort', rollout: id, ...BY });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    bot.planes.break(bot.cluster('k-canary'), undefined);
    for (const { id: stop } of await bot.store.stops(FLEET)) await commandFleet(bot.loop, FLEET, { verb: 'lift', stop, ...BY });
    bot.restart();
    const again = await commandFleet(bot.loop, FLEET, { verb: 'retry', rollout: id, cluster: bot.cluster('k-canary'), ...BY });
    expect(again).toMatchObject({ ok: true });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.versionOf('k-canary')).toBe('3.9.0');
  });
});

describe('reconcile', () => {
  it('brings home what was left behind, as a rollout of the newest commit', async () => {
    const bot = await moving();
    const { id, commit } = await bot.newest();
    await commandFleet(bot.loop, FLEET, { verb: 'abort', rollout: id, ...BY });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    for (const { id: stop } of await bot.store.stops(FLEET)) await commandFleet(bot.loop, FLEET, { verb: 'lift', stop, ...BY });
    const done = await commandFleet(bot.loop, FLEET, { verb: 'reconcile', release: 'kafka', ...BY });
    expect(done).toMatchObject({ ok: true });
    expect(await bot.newest()).toMatchObject({ commit, pull: 7, author: 'lead', seq: 2, title: 'Reconcile kafka: because' });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(['k-canary', 'k-one', 'k-two'].map((name) => bot.versionOf(name))).toEqual(['3.9.0', '3.9.0', '3.9.0']);
  });

  it('of a release that is where it should be starts nothing', async () => {
    const bot = await TestBot.begin();
    const { changes, over } = commitsTo(bot);
    const done = await commandFleet(bot.withStore(over), FLEET, { verb: 'reconcile', release: 'kafka', ...BY });
    expect([done.ok, changes, await bot.rollouts()]).toEqual([false, [], []]);
  });
});
