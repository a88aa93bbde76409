import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTasks } from '../../../src/app/tasks.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import { observeFleet } from '../../../src/loop/observe-fleet.ts';
import { tick } from '../../../src/loop/tick.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { commitsTo, dyingCommit, overtakenBy } from '../../support/loop/spy.ts';

afterEach(() => void vi.useRealTimers());

/** A bot that has just landed 3.9.0, and has not decided yet. */
async function landed(): Promise<TestBot> {
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.tasks.sync({ fleet: FLEET });
  return bot;
}

const epochs = async (bot: TestBot) => [...(await bot.store.orders(FLEET))].map(([cluster, { epoch }]) => [cluster, epoch]);

describe('a rollout', () => {
  it('goes from the canary to the rest, on every data plane, and is proven in the ledger', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    expect(await Promise.all(['k-canary', 'k-one', 'k-two'].map((name) => bot.statusOf(name)))).toEqual(['rolling', 'waiting', 'waiting']);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect((await bot.rollouts()).map(({ status, counts }) => [status, counts])).toEqual([['completed', { succeeded: 3 }]]);
    expect(['k-canary', 'k-one', 'k-two'].map((name) => bot.versionOf(name))).toEqual(['3.9.0', '3.9.0', '3.9.0']);
    const ledger = await bot.store.ledger(FLEET);
    expect(ledger.get(bot.cluster('k-two'))?.proven.map(({ spec, proof }) => [spec.version, proof])).toEqual([
      ['3.9.0', 'soaked'],
      ['3.8.0', 'adopted'],
    ]);
    expect(bot.failures).toEqual([]);
  });

  it('needs no git, and no manifests in memory', async () => {
    const bot = await landed();
    bot.restart();
    bot.onCall = (name) => {
      if (name.startsWith('manifest-source')) throw new Error('git was asked');
    };
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.versionOf('k-two')).toBe('3.9.0');
    expect(bot.failures.filter(({ job }) => !job.includes('branch') && !job.startsWith('sync') && !job.startsWith('review'))).toEqual([]);
  });

  it('runs faster where the loop does', async () => {
    const bot = await TestBot.begin();
    bot.loop = { ...bot.loop, settings: { ...bot.loop.settings, speed: 2 } };
    bot.tasks = createTasks(bot.loop, () => undefined);
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    const { createdAt, finishedAt } = await bot.newest();
    // Two soaks of a minute take half a minute each; brokers take as long as ever.
    expect((finishedAt ?? 0) - createdAt).toBeLessThan(500_000);
  });

  it('is remembered just as it is stored, after every step of its life', async () => {
    const bot = await landed();
    const compare = async () => {
      const remembered = bot.remembered();
      if (remembered !== undefined) expect(plain(remembered)).toEqual(plain(await bot.storedRecords()));
      return remembered !== undefined;
    };
    let compared = 0;
    for (let step = 0; step < 110; step += 1) {
      await bot.pass(15_000);
      if (step === 3) await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, by: 'lead', reason: 'look' });
      if (step === 8)
        await commandFleet(bot.loop, FLEET, {
          verb: 'resume',
          rollout: (await bot.newest()).id,
          by: 'lead',
          reason: 'fine',
        });
      if (step === 40) await bot.merge({ version: '3.8.0', config: { 'num.io.threads': 8 } }, 8);
      if (await compare()) compared += 1;
    }
    expect(compared).toBeGreaterThan(80);
    expect((await bot.rollouts()).map(({ status }) => status)).toEqual(['completed', 'completed']);
  });
});

/** Maps in whatever layers, as entries. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(plain);
  if ('entries' in value && typeof value.entries === 'function') return [...(value as ReadonlyMap<string, unknown>)].map(plain).sort();
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .map(([name, one]) => [name, plain(one)]),
  );
}

describe('one tick', () => {
  it('writes state, orders, audit, evidence and jobs in one transaction', async () => {
    const bot = await landed();
    const { changes, over } = commitsTo(bot);
    await lookAndTick(bot.withStore(over));
    expect(changes).toHaveLength(1);
    const [change] = changes;
    expect(change?.orders?.map(({ cluster, dataPlane, mode, epoch }) => [cluster, dataPlane, mode, epoch])).toEqual([
      ['k-canary', 'east', 'run', 1],
    ]);
    expect(change?.rollouts?.map(({ status, targets }) => [status, [...targets.keys()]])).toEqual([['running', ['k-canary']]]);
    expect(change?.observations?.length).toBe(3);
    expect(change?.audit?.filter(({ kind }) => kind === 'order').map(({ subject, actor, at }) => [subject, actor, at])).toEqual([
      ['k-canary', 'flotilla', bot.clock.now()],
    ]);
    expect(change?.audit?.some(({ kind, subject }) => kind === 'target' && subject === 'k-canary')).toBe(true);
    const keys = change?.jobs?.map(({ key }) => key);
    expect(keys).toContain(`deliver:${FLEET}:east`);
    expect(keys).not.toContain(`deliver:${FLEET}:west`);
    expect(keys?.some((key) => key.startsWith(`publish:${FLEET}:rollouts:`))).toBe(true);
  });

  it('writes nothing when there is nothing to do', async () => {
    const bot = await TestBot.begin();
    const before = await bot.store.fleet(FLEET);
    await lookAndTick(bot.loop);
    expect(await bot.store.fleet(FLEET)).toEqual(before);
    expect(bot.waiting()).toEqual([]);
  });

  it('writes nothing again at the same instant, and asks to be woken when time changes the answer', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    const before = await bot.store.fleet(FLEET);
    await lookAndTick(bot.loop);
    await lookAndTick(bot.loop);
    expect(await bot.store.fleet(FLEET)).toEqual(before);
    const wake = bot.store.jobs.waiting().find(({ key }) => key === `wake:${FLEET}`);
    expect(wake?.runAt).toBeGreaterThan(bot.clock.now());
  });

  it('sends an order to hold again that was refused, also when no rollout is left to look after it', async () => {
    const bot = await landed();
    await bot.work();
    await commandFleet(bot.loop, FLEET, { verb: 'abort', rollout: (await bot.newest()).id, by: 'lead', reason: 'wrong' });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    const order = async () => (await bot.store.orders(FLEET)).get(bot.cluster('k-canary'));
    const hold = await order();
    expect([hold?.mode, (await bot.store.activeRollouts(FLEET)).length]).toEqual(['hold', 0]);
    const refused = { kind: 'refused', cluster: bot.cluster('k-canary'), epoch: hold?.epoch ?? 0, reason: 'locked' } as const;
    await bot.store.recordReplies(FLEET, [refused], bot.clock.now());
    await lookAndTick(bot.loop);
    for (let minute = 0; minute < 10; minute += 1) await bot.pass(60_000);
    expect((await order())?.reply?.kind).toBe('accepted');
  });

  it('does nothing for a fleet that it does not know, or whose manifests were never valid', async () => {
    const bot = new TestBot();
    await lookAndTick(bot.loop);
    await bot.tasks.install({});
    await lookAndTick(bot.loop);
    expect(bot.failures).toEqual([]);
  });

  it('decides again on what is there when somebody was faster: a pause holds what it was about to start', async () => {
    const bot = await landed();
    const pause = async () => {
      const done = await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, by: 'lead', reason: 'wait' });
      expect(done.ok).toBe(true);
    };
    await lookAndTick(bot.withStore(overtakenBy(bot, pause)));
    expect(await epochs(bot)).toEqual([]);
    expect((await bot.rollouts())[0]?.status).toBe('paused');
  });

  it('gives up after many conflicts, and says when to come back', async () => {
    const bot = await landed();
    const failed = lookAndTick(bot.withStore({ commit: async () => 'conflict' }));
    await expect(failed).rejects.toMatchObject({ port: 'state-store', retry: { kind: 'retry-after' } });
    expect(await epochs(bot)).toEqual([]);
  });

  it.each(['before', 'after'] as const)('is done once when the process ends %s its commit', async (phase) => {
    const bot = await landed();
    const loop = bot.withStore(dyingCommit(bot, phase));
    await expect(lookAndTick(loop)).rejects.toThrow('the process ended');
    // The same process may live on, too: what it remembers must not be believed.
    await lookAndTick({ ...loop, ports: bot.loop.ports });
    bot.restart();
    await bot.work();
    expect(await epochs(bot)).toEqual([['k-canary', 1]]);
    expect(bot.planes.inspect(bot.cluster('k-canary')).accepted?.epoch).toBe(1);
  });

  it('fails with the store, and is done later', async () => {
    const bot = await landed();
    const down = new PortError({ port: 'state-store', operation: 'x', retry: { kind: 'retry-later' }, message: 'down' });
    await expect(lookAndTick(bot.withStore({ fleet: () => Promise.reject(down) }))).rejects.toBe(down);
    await lookAndTick(bot.loop);
    expect(await epochs(bot)).toEqual([['k-canary', 1]]);
  });
});

describe('a data plane', () => {
  it('that does not answer delays nobody else', async () => {
    const bot = await TestBot.begin();
    bot.planes.silence('west', true);
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.pass(540_000);
    expect([bot.versionOf('k-one'), bot.versionOf('k-two')]).toEqual(['3.9.0', '3.8.0']);
  });

  it('that the policy does not name any more leaves its clusters unknown, and orders nothing there', async () => {
    const bot = await landed();
    const policy = await bot.store.policy(FLEET);
    const loop = bot.withStore({
      policy: async () => policy && { ...policy, dataPlanes: policy.dataPlanes.filter(({ name }) => name !== 'east') },
    });
    await lookAndTick(loop);
    const seen = await bot.store.observations(FLEET);
    expect(seen.get(bot.cluster('k-canary'))).toMatchObject({ kind: 'unknown', cause: 'the Fleet manifest names no data plane east' });
  });

  it('that cannot be reached by this configuration is unknown, and the tick goes on', async () => {
    const bot = await landed();
    bot.unreachable.add('east');
    await lookAndTick(bot.loop);
    expect(bot.warnings).toEqual(['data plane could not be observed']);
  });

  it('that cannot be reached is unknown from when it was looked at, and silence counts from there', async () => {
    const bot = await landed();
    bot.planes.silence('east', true);
    await lookAndTick(bot.loop);
    const seen = await bot.store.observations(FLEET);
    expect(seen.get(bot.cluster('k-canary'))?.kind).toBe('unknown');
  });
});

describe('a tick and the network', () => {
  /** East never answers. */
  function hang(bot: TestBot): void {
    const never = new Promise<void>(() => undefined);
    const east = bot.loop.ports.dataPlane;
    bot.loop = {
      ...bot.loop,
      ports: {
        ...bot.loop.ports,
        dataPlane: (fleet, described) => {
          const real = east(fleet, described);
          if (described.name !== 'east') return real;
          return {
            name: real.name,
            apply: () => never.then(() => []),
            observe: () => never.then(() => []),
            list: () => never.then(() => []),
            watch: () => undefined,
          };
        },
      },
    };
    bot.tasks = createTasks(bot.loop, () => undefined);
  }

  it('a tick asks nobody: it decides on what was seen, and asks for looks', async () => {
    const bot = await landed();
    hang(bot);
    const asked: string[] = [];
    bot.onCall = (name) => void asked.push(name);
    await tick(bot.loop, FLEET);
    expect(asked.filter((name) => !name.startsWith('state-store'))).toEqual([]);
    expect(bot.waiting().filter((key) => key.startsWith('observe:'))).toEqual([`observe:${FLEET}`]);
  });

  it('what comes in makes a tick; that one asks for no further look', async () => {
    const bot = await landed();
    await tick(bot.loop, FLEET);
    for (const taken of bot.store.jobs.takeDueJobs(bot.clock.now())) bot.store.jobs.done(taken);
    await observeFleet(bot.loop, FLEET);
    expect(bot.waiting()).toContain(`news:${FLEET}`);
    for (const taken of bot.store.jobs.takeDueJobs(bot.clock.now())) bot.store.jobs.done(taken);
    await bot.tasks.tick({ fleet: FLEET, news: true });
    expect(bot.waiting().filter((key) => key.startsWith('observe:'))).toEqual([]);
    expect((await epochs(bot)).map(([cluster]) => cluster)).toEqual(['k-canary']);
  });

  it('after a start nothing is held against a cluster that nobody has looked at, however long the bot was down', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    expect(await bot.statusOf('k-canary')).toBe('rolling');
    bot.clock.advance(3_600_000);
    bot.restart();
    await tick(bot.loop, FLEET);
    expect([await bot.statusOf('k-canary'), (await bot.newest()).status]).toEqual(['rolling', 'running']);
    bot.planes.advance();
    await bot.work();
    expect(['soaking', 'succeeded']).toContain(await bot.statusOf('k-canary'));
  });

  it('an answer that comes late is taken when it comes', async () => {
    const bot = await landed();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { promise, resolve } = Promise.withResolvers<void>();
    bot.onCall = (name, phase) => (name === 'data-plane.observe' && phase === 'before' ? promise : undefined);
    const look = observeFleet(bot.loop, FLEET);
    await vi.advanceTimersByTimeAsync(500);
    await look;
    expect(bot.waiting()).not.toContain(`news:${FLEET}`);
    // While the questions are open, no others are asked, and nobody waits.
    const calls = vi.fn();
    bot.onCall = calls;
    await observeFleet(bot.loop, FLEET);
    expect(calls.mock.calls.filter(([name]) => name === 'data-plane.observe')).toEqual([]);
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    await vi.waitFor(() => expect(bot.waiting()).toContain(`news:${FLEET}`));
    await tick(bot.loop, FLEET);
    expect((await epochs(bot)).map(([cluster]) => cluster)).toEqual(['k-canary']);
  });

  it('a question that is never answered is given up, and another is asked', async () => {
    const bot = await landed();
    hang(bot);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const look = observeFleet(bot.loop, FLEET);
    await vi.advanceTimersByTimeAsync(30_000);
    await look;
    expect(bot.waiting()).toContain(`news:${FLEET}`);
    await tick(bot.loop, FLEET);
    const seen = await bot.store.observations(FLEET);
    expect(seen.get(bot.cluster('k-canary'))).toMatchObject({ kind: 'unknown', cause: 'data plane east takes long to answer' });
  });

  it('with one data plane that hangs, the others go on as fast as with none: no timer has to fire for them', async () => {
    const clusters = {
      'k-canary': { dataPlane: 'west', tier: 'canary' },
      'k-one': { dataPlane: 'east' },
      'k-two': { dataPlane: 'west' },
    };
    const bot = await TestBot.begin({ clusters });
    await bot.merge({ clusters, version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    hang(bot);
    void bot.tasks.observe({ fleet: FLEET });
    await vi.waitFor(() => expect(bot.waiting()).toContain(`news:${FLEET}`));
    for (const taken of bot.store.jobs.takeDueJobs(bot.clock.now())) bot.store.jobs.done(taken);
    // The first look still waits for the east; the next one does not.
    await bot.tasks.observe({ fleet: FLEET });
    expect(bot.waiting()).toContain(`news:${FLEET}`);
    await bot.tasks.tick({ fleet: FLEET, news: true });
    expect((await epochs(bot)).map(([cluster]) => cluster)).toEqual(['k-canary']);
  });

  it('answers that come close together make one tick, of which each is a part', async () => {
    const bot = await landed();
    const { promise, resolve } = Promise.withResolvers<void>();
    const add = bot.store.enqueue.bind(bot.store);
    const enqueue = vi.spyOn(bot.store, 'enqueue').mockImplementationOnce(async (jobs) => {
      await promise;
      await add(jobs);
    });
    const look = observeFleet(bot.loop, FLEET);
    const { evidence } = memoryOf(bot.loop.memory, FLEET);
    await vi.waitFor(() => expect([...evidence.values()].map(({ newest }) => newest.size > 0)).toEqual([true, true]));
    expect(enqueue).toHaveBeenCalledTimes(1);
    resolve();
    await look;
    // One was being added while the others came; one is added for all of those.
    expect(enqueue).toHaveBeenCalledTimes(2);
    expect(bot.waiting()).toContain(`news:${FLEET}`);
  });

  it('the next look does not wait in line behind one that a data plane keeps waiting', async () => {
    const bot = await landed();
    const observing = () => bot.store.jobs.takeDueJobs(bot.clock.now()).filter(({ task }) => task === 'observe');
    await tick(bot.loop, FLEET);
    expect(observing()).toHaveLength(1);
    await tick(bot.loop, FLEET);
    expect(observing()).toHaveLength(1);
  });
});
