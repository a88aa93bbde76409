import { describe, expect, it, vi } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { verdictOnGiven } from '../../../src/loop/authorise.ts';
import { carryOutNow } from '../../../src/loop/carry-out-now.ts';
import { acceptCommand } from '../../../src/loop/give-command.ts';
import { rolloutNow } from '../../../src/loop/rollouts-now.ts';
import { syncFleet } from '../../../src/loop/sync-fleet.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
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
    expect(changes[0]?.audit?.map(({ actor, kind, rollout, at }) => [actor, kind, rollout, at])).toEqual([
      ['lead', 'command', id, bot.clock.now()],
      ['lead', 'stop', id, bot.clock.now()],
    ]);
  });

  it('that is refused changes nothing but its own outcome, and says why', async () => {
    const bot = await moving();
    const { changes, over } = commitsTo(bot);
    const done = await commandFleet(bot.withStore(over), FLEET, { verb: 'take-over', rollout: (await bot.newest()).id, ...BY });
    expect([done.ok, changes.map(({ carriedOut, rollouts, stops, audit }) => [carriedOut?.outcome.kind, rollouts, stops, audit])]).toEqual([
      false,
      [['refused', undefined, undefined, []]],
    ]);
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

  it('is looked at again when the fleet has moved on since it was read', async () => {
    const bot = await moving();
    const { id } = await bot.newest();
    const loop = bot.withStore(overtakenBy(bot, () => lookAndTick(bot.loop)));
    const pause: FleetCommand = { verb: 'pause', rollout: id, ...BY };
    expect(await commandFleet(loop, FLEET, pause)).toMatchObject({ ok: true });
    // The tick was faster, and took it along.
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
    expect((await bot.store.audit(FLEET, { limit: 99 })).filter(({ kind }) => kind === 'command')).toHaveLength(1);
  });

  it.each(['before', 'after'] as const)('is carried out once when the process ends %s its commit', async (phase) => {
    const bot = await moving();
    const pause: FleetCommand = { verb: 'pause', rollout: (await bot.newest()).id, ...BY };
    await expect(commandFleet(bot.withStore(dyingCommit(bot, phase)), FLEET, pause)).rejects.toThrow('ended');
    bot.restart();
    await bot.work();
    expect(await bot.store.waitingCommands(FLEET)).toEqual([]);
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
    expect((await bot.store.command(FLEET, 1))?.outcome).toMatchObject({ kind: 'done' });
  });

  it('given twice under one key, because the first answer was lost, is one command; the key of another is refused', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    const pause: FleetCommand = { verb: 'pause', rollout, ...BY };
    const first = await acceptCommand(bot.loop.ports, FLEET, pause, 'mine');
    await bot.work();
    bot.clock.advance(1_000);
    const again = await acceptCommand(bot.loop.ports, FLEET, pause, 'mine');
    expect(again).toMatchObject({ ok: true, value: { id: first.ok && first.value.id, outcome: { kind: 'done' } } });
    expect(await acceptCommand(bot.loop.ports, FLEET, { verb: 'abort', rollout, ...BY }, 'mine')).toMatchObject({ ok: false });
    expect(await bot.store.waitingCommands(FLEET)).toEqual([]);
  });

  it('is decided on at once where its fleet is held, and no job is waited for; but what needs a plan, or is over, is not', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    const asked: string[] = [];
    const desk = { ...bot.loop.ports, decide: (fleet: string) => void asked.push(fleet) };
    const pause: FleetCommand = { verb: 'pause', rollout, ...BY };
    await acceptCommand(desk, FLEET, pause, 'mine');
    expect(asked).toEqual([FLEET]);
    await acceptCommand(desk, FLEET, { verb: 'reconcile', release: 'kafka', ...BY });
    await bot.work();
    await acceptCommand(desk, FLEET, pause, 'mine');
    expect(asked).toEqual([FLEET]);
    expect(await bot.store.waitingCommands(FLEET)).toEqual([]);
  });

  it('is judged again when it is carried out, by the rules in force then', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    const pause: FleetCommand = { verb: 'pause', rollout, ...BY };
    expect(await verdictOnGiven(bot.loop, FLEET, pause)).toMatchObject({ kind: 'may' });
    await acceptCommand(bot.loop.ports, FLEET, pause);
    // Merged meanwhile, and looked at before the command is.
    bot.write({ version: '3.9.0', fleet: '  commands: [{ verbs: [pause], users: [ada] }]\n' });
    await syncFleet(bot.loop, FLEET);
    await bot.work();
    expect(await bot.store.stops(FLEET)).toEqual([]);
    expect((await bot.store.command(FLEET, 1))?.outcome).toMatchObject({ kind: 'refused', why: 'lead may not pause this. Who may: ada' });
  });

  it('of a person who cannot be found out waits, with those that they gave after it, and nobody else does', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    bot.know();
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'pause', rollout, by: 'newcomer', reason: 'because' });
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...BY });
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'resume', rollout, by: 'Newcomer', reason: 'because' });
    await lookAndTick(bot.loop);
    expect((await bot.store.waitingCommands(FLEET)).map(({ id }) => id)).toEqual([1, 3]);
    expect((await bot.store.stops(FLEET)).map(({ by }) => by)).toEqual(['lead']);
    await bot.work();
    expect((await bot.store.command(FLEET, 3))?.outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining('may not resume') });
  });

  it('waits for no answer about somebody else: each is carried out when its own person is known', async () => {
    const bot = await moving();
    const answer = Promise.withResolvers<void>();
    let asked = 0;
    const host = bot.repository;
    const roleOf: typeof host.roleOf = async (login) => {
      asked += login === 'newcomer' ? 1 : 0;
      if (login === 'newcomer') await answer.promise;
      // After the decision that is made at once.
      else for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return await host.roleOf(login);
    };
    const slow = new Proxy(host, { get: (own, name) => (name === 'roleOf' ? roleOf : Reflect.get(own, name, own).bind?.(own)) });
    const loop = { ...bot.loop, ports: { ...bot.loop.ports, host: () => slow } };
    await acceptCommand(loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, by: 'newcomer', reason: 'because' });
    await acceptCommand(loop.ports, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, ...BY });
    const first = carryOutNow(loop, FLEET);
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await bot.store.stops(FLEET)).map(({ by }) => by)).toEqual(['lead']);
    // Whoever asks meanwhile waits for the same answer.
    const second = carryOutNow(loop, FLEET);
    bot.repository.setRole('newcomer', 'write');
    answer.resolve();
    await Promise.all([first, second]);
    expect([asked, (await bot.store.stops(FLEET)).map(({ by }) => by).sort()]).toEqual([1, ['lead', 'newcomer']]);
  });

  it('is looked at again soon where the code host does not answer in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const bot = await moving();
      bot.onCall = (name) => (name === 'code-host.roleOf' ? new Promise<never>(() => undefined) : undefined);
      await acceptCommand(bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...BY });
      const carried = carryOutNow(bot.loop, FLEET);
      const failed = expect(carried).rejects.toMatchObject({ retry: { kind: 'retry-after', waitMs: 1_000 } });
      await vi.advanceTimersByTimeAsync(2_000);
      await failed;
      expect(await bot.store.waitingCommands(FLEET)).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits behind an earlier one of the same person, also where it needs no answer itself', async () => {
    const bot = await moving();
    bot.write({ version: '3.9.0', fleet: '  commands: [{ verbs: [pause], teams: [ops] }, { verbs: [stop], users: [newcomer] }]\n' });
    await syncFleet(bot.loop, FLEET);
    const by = { by: 'newcomer', reason: 'because' };
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, ...by });
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...by });
    await lookAndTick(bot.loop);
    expect(await bot.store.stops(FLEET)).toEqual([]);
    bot.repository.setTeam('ops', ['newcomer']);
    await bot.work();
    expect((await bot.store.stops(FLEET)).map(({ scope }) => scope.kind).sort()).toEqual(['fleet', 'release']);
  });

  it('that halts waits for no approval of the same person that nobody can judge yet', async () => {
    const bot = await moving();
    bot.write({ version: '3.9.0', fleet: '  commands: [{ verbs: [approve], teams: [ops] }, { verbs: [stop], users: [newcomer] }]\n' });
    await syncFleet(bot.loop, FLEET);
    const by = { by: 'newcomer', reason: 'because' };
    const { id, digest } = await bot.newest();
    const approval = await acceptCommand(bot.loop.ports, FLEET, { verb: 'approve', rollout: id, phase: 'rest', digest, ...by });
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...by });
    await lookAndTick(bot.loop);
    expect((await bot.store.stops(FLEET)).map(({ scope }) => scope.kind)).toEqual(['fleet']);
    expect(approval.ok && (await bot.store.command(FLEET, approval.value.id))?.outcome).toBeUndefined();
  });

  it('is not judged by what was known of the person more than a minute ago', async () => {
    const bot = await moving();
    bot.know();
    bot.clock.advance(60_000);
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, ...BY });
    await lookAndTick(bot.loop);
    expect(await bot.store.stops(FLEET)).toEqual([]);
  });

  it('of somebody about whom the code host refuses to speak is refused, and does not wait for ever', async () => {
    const bot = await moving();
    bot.onCall = (name) => {
      if (name === 'code-host.roleOf')
        throw new PortError({ port: 'code-host', operation: 'roleOf', retry: { kind: 'needs-human' }, message: 'no permission (403)' });
    };
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, ...BY });
    await bot.work();
    expect((await bot.store.command(FLEET, 1))?.outcome).toMatchObject({ kind: 'refused' });
    expect([await bot.store.stops(FLEET), bot.failures]).toEqual([[], []]);
  });

  it('is known by who gave it and when, and when it was carried out', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    const given = bot.clock.now();
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'pause', rollout, ...BY });
    bot.clock.advance(60_000);
    await bot.work();
    const line = (await bot.store.audit(FLEET, { subject: rollout, limit: 99 })).find(({ kind }) => kind === 'command');
    expect(line).toMatchObject({ actor: 'lead', to: 'pause', why: 'because (has the role maintain)', givenAt: given, at: bot.clock.now() });
  });

  it('that breaks us ends as failed, and those behind it are carried out', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    // As a row would be that a later program has written.
    await acceptCommand(bot.loop.ports, FLEET, { ...JSON.parse('{"verb":"stop","scope":{"kind":"nowhere"}}'), ...BY });
    await acceptCommand(bot.loop.ports, FLEET, { verb: 'pause', rollout, ...BY });
    await bot.work();
    expect((await bot.store.command(FLEET, 1))?.outcome).toMatchObject({ kind: 'failed' });
    expect((await bot.store.command(FLEET, 2))?.outcome).toMatchObject({ kind: 'done' });
  });

  it('several at one instant are carried out in the order in which they were given, before the decision', async () => {
    const bot = await moving();
    const { id: rollout } = await bot.newest();
    const { changes, over } = commitsTo(bot);
    const loop = bot.withStore(over);
    bot.know(loop);
    for (const verb of ['pause', 'resume', 'pause'] as const) await acceptCommand(loop.ports, FLEET, { verb, rollout, ...BY });
    await lookAndTick(loop);
    expect(changes.map(({ carriedOut }) => carriedOut?.command)).toEqual([1, 2, 3, undefined]);
    expect(changes.at(-1)?.orders?.map(({ mode }) => mode)).toEqual(['hold']);
    expect(new Set(changes.flatMap(({ stops = [] }) => stops.map(({ id }) => id))).size).toBe(2);
  });

  it('says when to come back after many conflicts, and waits still', async () => {
    const bot = await moving();
    const pause: FleetCommand = { verb: 'pause', rollout: (await bot.newest()).id, ...BY };
    await expect(commandFleet(bot.withStore({ commit: async () => 'conflict' }), FLEET, pause)).rejects.toMatchObject({
      retry: { kind: 'retry-after' },
    });
    expect([await bot.store.stops(FLEET), (await bot.store.waitingCommands(FLEET)).length]).toEqual([[], 1]);
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
    expect(await bot.newest()).toMatchObject({ commit, pull: 7, author: 'octocat', seq: 2, title: 'Reconcile kafka: because' });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(['k-canary', 'k-one', 'k-two'].map((name) => bot.versionOf(name))).toEqual(['3.9.0', '3.9.0', '3.9.0']);
  });

  it('belongs to what brought the release there, whatever was merged since, and tells it where that was told', async () => {
    const bot = await moving();
    const { id, commit } = await bot.newest();
    await commandFleet(bot.loop, FLEET, { verb: 'abort', rollout: id, ...BY });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    for (const { id: stop } of await bot.store.stops(FLEET)) await commandFleet(bot.loop, FLEET, { verb: 'lift', stop, ...BY });
    await bot.merge({ version: '3.9.0', fleet: '  maxConcurrent: 9\n' }, 8);
    await bot.work();
    await commandFleet(bot.loop, FLEET, { verb: 'reconcile', release: 'kafka', ...BY });
    await bot.work();
    const again = await bot.newest();
    expect(again).toMatchObject({ pull: 7, author: 'octocat', origin: commit });
    expect(again.commit).not.toBe(commit);
    expect(bot.repository.comments(7)[0]?.body).toContain(again.commit.slice(0, 12));
    const [line] = (await bot.store.audit(FLEET, { subject: again.id, limit: 9 })).toReversed();
    expect(line?.actor).toBe('lead');
  });

  it('of a release that is where it should be starts nothing', async () => {
    const bot = await TestBot.begin();
    const { changes, over } = commitsTo(bot);
    const done = await commandFleet(bot.withStore(over), FLEET, { verb: 'reconcile', release: 'kafka', ...BY });
    expect([done.ok, changes.map(({ carriedOut }) => carriedOut?.outcome.kind), await bot.rollouts()]).toEqual([false, ['refused'], []]);
  });
});
