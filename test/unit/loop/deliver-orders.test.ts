import { describe, expect, it } from 'vitest';
import type { OrderReply } from '../../../src/core/evidence/order.ts';
import { deliverOrders } from '../../../src/loop/deliver-orders.ts';
import { loadRecords } from '../../../src/loop/records.ts';
import { rolloutNow } from '../../../src/loop/rollouts-now.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { order } from '../../support/state/builders.ts';

/** The canary, on data plane east, was ordered, and nobody has been told. */
async function ordered(): Promise<TestBot> {
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.tasks.sync({ fleet: FLEET });
  await lookAndTick(bot.loop);
  return bot;
}

const silent = { observe: async () => [], list: async () => [], watch: () => undefined };

const replies = async (bot: TestBot) =>
  [...(await bot.store.orders(FLEET)).values()].map(({ cluster, epoch, reply }) => [cluster, epoch, reply?.kind, reply?.reason]);

const calls = (bot: TestBot): string[] => {
  const names: string[] = [];
  bot.onCall = (name, phase) => void (phase === 'before' && name.startsWith('data-plane') ? names.push(name) : undefined);
  return names;
};

describe('orders', () => {
  it('go to their data plane, the answers are recorded, and the next decision is asked for', async () => {
    const bot = await ordered();
    for (const taken of bot.store.jobs.takeDueJobs(bot.clock.now())) bot.store.jobs.done(taken);
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(await replies(bot)).toEqual([['k-canary', 1, 'accepted', undefined]]);
    expect(bot.planes.inspect(bot.cluster('k-canary')).accepted).toMatchObject({ epoch: 1, mode: 'run' });
    expect(bot.waiting()).toContain(`tick:${FLEET}`);
  });

  it('need no second reading of the fleet when they are answered: what is remembered is what is stored', async () => {
    const bot = await ordered();
    bot.planes.refuse(bot.cluster('k-canary'), 'the disk is full');
    await deliverOrders(bot.loop, FLEET, 'east');
    const read: string[] = [];
    const counting = bot.withStore({
      desired: async (id) => {
        read.push('desired');
        return bot.store.desired(id);
      },
    });
    const fleet = await bot.store.fleet(FLEET);
    if (fleet === undefined) throw new Error('there is a fleet');
    const loop = { ...counting, memory: bot.loop.memory };
    const { orders } = await loadRecords(loop, fleet);
    expect([...orders.values()]).toEqual([...(await bot.store.orders(FLEET)).values()]);
    expect(read).toEqual([]);
    // Unless something else has changed in between.
    await loadRecords(loop, { ...fleet, version: fleet.version + 1 });
    expect(read).toEqual(['desired']);
  });

  it('of another data plane are not sent there', async () => {
    const bot = await ordered();
    const asked = calls(bot);
    await deliverOrders(bot.loop, FLEET, 'west');
    expect([asked, await replies(bot)]).toEqual([[], [['k-canary', 1, undefined, undefined]]]);
  });

  it('are sent once: with none left nobody is asked', async () => {
    const bot = await ordered();
    await deliverOrders(bot.loop, FLEET, 'east');
    const asked = calls(bot);
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(asked).toEqual([]);
  });

  it('are the newest of each cluster when they are sent, whatever asked for them', async () => {
    const bot = await ordered();
    await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, by: 'lead', reason: 'wait' });
    await lookAndTick(bot.loop);
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(bot.planes.inspect(bot.cluster('k-canary')).accepted).toMatchObject({ epoch: 2, mode: 'hold' });
  });

  it('to a fleet that is not known go nowhere', async () => {
    const bot = new TestBot();
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(bot.failures).toEqual([]);
  });
});

describe('a refusal', () => {
  it('is recorded with its reason, and is what the cluster waits for', async () => {
    const bot = await ordered();
    bot.planes.refuse(bot.cluster('k-canary'), 'the disk is full');
    // Longer than stored evidence counts: what the last tick saw is newer.
    await bot.pass(120_000);
    expect(await replies(bot)).toEqual([['k-canary', 1, 'refused', 'the disk is full']]);
    const now = await rolloutNow(bot.loop, FLEET, (await bot.newest()).id);
    expect(now?.holds.clusters.get(bot.cluster('k-canary'))?.reason).toEqual({ kind: 'refused', reason: 'the disk is full' });
  });

  it('comes from us where the policy names no such data plane: an order cannot wait unseen', async () => {
    const bot = await ordered();
    const policy = await bot.store.policy(FLEET);
    await deliverOrders(bot.withStore({ policy: async () => policy && { ...policy, dataPlanes: [] } }), FLEET, 'east');
    expect(await replies(bot)).toEqual([['k-canary', 1, 'refused', 'the Fleet manifest names no data plane east']]);
  });

  it('comes from us where the configuration cannot reach it, and ends when it can', async () => {
    const bot = await ordered();
    bot.unreachable.add('east');
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(await replies(bot)).toEqual([['k-canary', 1, 'refused', 'data-plane.open: no address of east']]);
    bot.unreachable.clear();
    await bot.pass(60_000);
    expect((await replies(bot)).map(([cluster, , kind]) => [cluster, kind])).toEqual([['k-canary', 'accepted']]);
  });
});

describe('what goes wrong', () => {
  it('a data plane that does not answer: the orders stay, and arrive once it does', async () => {
    const bot = await ordered();
    bot.planes.silence('east', true);
    await expect(deliverOrders(bot.loop, FLEET, 'east')).rejects.toBeInstanceOf(PortError);
    expect(await replies(bot)).toEqual([['k-canary', 1, undefined, undefined]]);
    bot.planes.silence('east', false);
    await bot.pass(15_000);
    expect((await replies(bot))[0]).toEqual(['k-canary', 1, 'accepted', undefined]);
  });

  it('a cluster that does not answer: the others are recorded, and it is tried again soon', async () => {
    const bot = await ordered();
    const orders = [order('k-canary', 1), order('mute', 1)];
    const recorded: OrderReply[] = [];
    const loop = bot.withStore({
      undelivered: async () => orders,
      recordReplies: async (_fleet, given) => {
        recorded.push(...given);
        return undefined;
      },
    });
    const answered: OrderReply = { kind: 'accepted', cluster: bot.cluster('k-canary'), epoch: 1 };
    const port = { ...silent, name: 'east', apply: async () => [answered] };
    const failed = deliverOrders({ ...loop, ports: { ...loop.ports, dataPlane: () => port } }, FLEET, 'east');
    await expect(failed).rejects.toMatchObject({ port: 'data-plane', retry: { kind: 'retry-after', waitMs: 5_000 } });
    expect(recorded).toEqual([answered]);
    expect(bot.waiting()).toContain(`tick:${FLEET}`);
  });

  it('the process ends after they were sent: they are sent again, which does no harm', async () => {
    const bot = await ordered();
    let died = false;
    bot.onCall = (name, phase) => {
      if (died || name !== 'data-plane.apply' || phase !== 'after') return;
      died = true;
      throw new Error('the process ended');
    };
    await expect(deliverOrders(bot.loop, FLEET, 'east')).rejects.toThrow('the process ended');
    bot.restart();
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.versionOf('k-two')).toBe('3.9.0');
    expect((await replies(bot)).map(([, epoch]) => epoch)).toEqual([1, 1, 1]);
  });

  it('the store fails with the answers: they are sent again', async () => {
    const bot = await ordered();
    const down = new PortError({ port: 'state-store', operation: 'x', retry: { kind: 'retry-later' }, message: 'down' });
    await expect(deliverOrders(bot.withStore({ recordReplies: () => Promise.reject(down) }), FLEET, 'east')).rejects.toBe(down);
    await deliverOrders(bot.loop, FLEET, 'east');
    expect(await replies(bot)).toEqual([['k-canary', 1, 'accepted', undefined]]);
  });
});
