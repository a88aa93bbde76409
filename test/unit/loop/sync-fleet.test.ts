import { describe, expect, it } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { syncFleet } from '../../../src/loop/sync-fleet.ts';
import { inTurn } from '../../../src/loop/turn.ts';
import type { ManifestSource } from '../../../src/ports/manifest-source.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { CLUSTERS, smallManifests } from '../../support/loop/small-manifests.ts';
import { commitsTo, dyingCommit, overtakenBy } from '../../support/loop/spy.ts';

const hostCalls = (bot: TestBot) => bot.repository.calls.map(({ operation }) => operation);

describe('the first commit', () => {
  it('is taken as it is: policy and desired state in force, all clusters adopted, nothing rolled out', async () => {
    const bot = new TestBot();
    await bot.tasks.install({});
    const head = bot.write({});
    const { changes, over } = commitsTo(bot);
    await syncFleet(bot.withStore(over), FLEET);
    expect(changes).toHaveLength(1);
    expect(changes[0]?.heads).toEqual({ seen: head, good: head });
    const policy = await bot.store.policy(FLEET);
    expect(policy?.dataPlanes.map(({ name }) => name)).toEqual(['east', 'west']);
    const ledger = await bot.store.ledger(FLEET);
    expect([...ledger.values()].map(({ cluster, proven: [top] }) => [cluster, top?.proof, top?.spec.version])).toEqual([
      ['k-canary', 'adopted', '3.8.0'],
      ['k-one', 'adopted', '3.8.0'],
      ['k-two', 'adopted', '3.8.0'],
    ]);
    expect([await bot.rollouts(), hostCalls(bot)]).toEqual([[], []]);
  });

  it('that is broken is looked at; the first good one after it is adopted', async () => {
    const bot = new TestBot();
    await bot.tasks.install({});
    bot.git.commit({ ...smallManifests(), 'release.yaml': 'kind: Release' });
    await syncFleet(bot.loop, FLEET);
    expect(await bot.store.fleet(FLEET)).toMatchObject({ goodHead: undefined });
    bot.write({ version: '3.9.0' });
    await syncFleet(bot.loop, FLEET);
    const { ledger, policy } = await bot.records();
    expect([ledger.size, policy?.fleetMaxConcurrent, await bot.rollouts()]).toEqual([3, 50, []]);
  });
});

describe('the first manifests', () => {
  it('are taken as they are, also where a change to them would not pass: nothing of them is rolled out', async () => {
    const clusters = { ...CLUSTERS, 'k-canary': { ...CLUSTERS['k-canary'], more: '  optOut: { reason: their peak season }\n' } };
    const bot = await TestBot.begin({ clusters });
    expect(await bot.store.fleet(FLEET)).toMatchObject({ goodHead: bot.git.head() });
    const refused = await bot.merge({ clusters, version: '3.9.0' }, 7);
    await bot.work();
    expect((await bot.store.fleet(FLEET))?.goodHead).not.toBe(refused);
  });
});

describe('a merge', () => {
  it('is heads, desired state, policy and rollouts in one transaction, with the jobs that follow', async () => {
    const bot = await TestBot.begin();
    for (const pull of [8, 9]) await bot.propose({ fleet: '  maxConcurrent: 9\n' }, pull);
    await bot.work();
    bot.repository.closePull(9);
    await bot.tasks.review({ fleet: FLEET, pull: 9 });
    const head = await bot.merge({ version: '3.9.0', fleet: '  maxConcurrent: 2\n' }, 7);
    const { changes, over } = commitsTo(bot);
    await syncFleet(bot.withStore(over), FLEET);
    expect(changes).toHaveLength(1);
    const [change] = changes;
    expect(change?.heads).toEqual({ seen: head, good: head });
    expect([change?.desired?.set.length, change?.policy?.fleetMaxConcurrent]).toEqual([3, 2]);
    expect(change?.newRollouts).toMatchObject({ pull: 7, author: 'octocat', title: 'Change 7', states: [{ seq: 1, status: 'pending' }] });
    expect(change?.jobs?.map(({ key }) => key)).toEqual([
      `publish:${FLEET}:branch`,
      `replan:${FLEET}:8`,
      `tick:${FLEET}`,
      `publish:${FLEET}:rollouts:${head}:now`,
      `drift:${FLEET}`,
    ]);
    expect(change?.audit?.map(({ kind, actor }) => [kind, actor])).toEqual([
      ['desired', 'flotilla'],
      ['rollout', 'octocat'],
    ]);
  });

  it('costs nothing when the head is the one that was looked at', async () => {
    const bot = await TestBot.begin();
    const { changes, over } = commitsTo(bot);
    bot.repository.calls.splice(0);
    await syncFleet(bot.withStore(over), FLEET);
    expect([changes, hostCalls(bot)]).toEqual([[], []]);
  });

  it('that was taken before policies were stored gives its policy when it is looked at again, once', async () => {
    const bot = await TestBot.begin();
    const { changes, over } = commitsTo(bot);
    const before = await bot.store.policy(FLEET);
    await syncFleet(bot.withStore({ ...over, policy: async () => undefined }), FLEET);
    expect(changes.map(({ policy, heads, jobs }) => [policy, heads, jobs?.map(({ task }) => task)])).toEqual([
      [before, undefined, ['tick']],
    ]);
  });

  it('that was taken before the rules of commands were stored gives them likewise, and until then nobody may command', async () => {
    const bot = await TestBot.begin();
    const fleet = await bot.store.fleet(FLEET);
    const policy = await bot.store.policy(FLEET);
    if (fleet === undefined || policy === undefined) throw new Error('it has landed');
    const older = { ...policy, commands: undefined };
    await bot.store.commit({ fleet: FLEET, expectedVersion: fleet.version, at: bot.clock.now(), policy: older });
    const stop: FleetCommand = { verb: 'stop', scope: { kind: 'fleet' }, by: 'lead', reason: 'because' };
    expect(await commandFleet(bot.loop, FLEET, stop)).toEqual({
      ok: false,
      error: expect.stringContaining('nobody until the rules have been read'),
    });
    await syncFleet(bot.loop, FLEET);
    expect(await bot.store.policy(FLEET)).toEqual(policy);
    expect(await commandFleet(bot.loop, FLEET, stop)).toMatchObject({ ok: true });
  });

  it('of a change of policy alone stores the policy, and rolls nothing out', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ fleet: '  maxConcurrent: 2\n' }, 7);
    await bot.work();
    expect([(await bot.store.policy(FLEET))?.fleetMaxConcurrent, await bot.rollouts()]).toEqual([2, []]);
  });

  it('that is broken leaves the last good one in force, and is said; what repairs it is taken', async () => {
    const bot = await TestBot.begin();
    const good = bot.git.head();
    const broken = bot.git.commit({ 'release.yaml': 'apiVersion: flotilla.dev/v1\nkind: Release\nmetadata: { name: kafka }\nspec: {}\n' });
    await syncFleet(bot.loop, FLEET);
    await bot.work();
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: broken, goodHead: good });
    expect(bot.repository.issues().map(({ state }) => state)).toEqual(['open']);
    expect(bot.repository.check(broken, 'flotilla / plan')?.state).toEqual({ kind: 'completed', conclusion: 'failure' });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    expect(bot.repository.issues().map(({ state }) => state)).toEqual(['closed']);
    expect((await bot.rollouts()).length).toBe(1);
  });

  it('of several pull requests while the bot was away is one rollout for each, in their order', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.8.1' }, 7);
    await bot.merge({ version: '3.9.0' }, 8);
    await bot.work();
    expect((await bot.rollouts()).map(({ seq, pull, status }) => [seq, pull, status])).toEqual([
      [2, 8, 'running'],
      // Nothing of it was ordered yet.
      [1, 7, 'superseded'],
    ]);
  });

  it('after every other rollout has ended still comes after them', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined && first.guardUntil === undefined);
    bot.restart();
    await bot.merge({ version: '3.9.0', config: { 'num.io.threads': 4 } }, 8);
    await bot.work();
    expect((await bot.rollouts()).map(({ seq }) => seq)).toEqual([2, 1]);
  });

  it('that goes back puts down what it goes back from: merging it again moves nothing until that is lifted', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    await bot.merge({ version: '3.8.0' }, 8);
    await bot.work();
    const stops = await bot.store.stops(FLEET);
    expect(stops.map(({ cause, lets, by, scope }) => [cause, lets, by, scope])).toEqual([
      ['rolled-back', 'rollbacks', 'octocat', { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '3.9.0' }] }],
    ]);
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.versionOf('k-two')).toBe('3.8.0');
    await bot.merge({ version: '3.9.0' }, 9);
    await bot.pass(300_000);
    expect([bot.versionOf('k-canary'), (await bot.newest()).kind]).toEqual(['3.8.0', 'rollout']);
  });

  it('of a branch that was forced back is a landing of the old commit', async () => {
    const bot = await TestBot.begin();
    const first = bot.git.head() ?? '';
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    bot.git.setRef(bot.git.defaultRef, first);
    await syncFleet(bot.loop, FLEET);
    await bot.work();
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: first, goodHead: first });
  });
});

describe('a cluster that is new in the manifests', () => {
  const more = { ...CLUSTERS, 'k-new': { dataPlane: 'east' } };
  const id = trusted.cluster('k-new');

  async function running(version: string): Promise<TestBot> {
    const bot = await TestBot.begin();
    const like = (await bot.records()).desired.get(bot.cluster('k-one'));
    if (like === undefined) throw new Error('k-one is described');
    bot.planes.seed([{ ...like, cluster: id, spec: { ...like.spec, version } }]);
    return bot;
  }

  it('and runs just what they say, is adopted: nothing is ordered', async () => {
    const bot = await running('3.8.0');
    await bot.merge({ clusters: more }, 7);
    await bot.work();
    expect([await bot.rollouts(), (await bot.store.orders(FLEET)).size]).toEqual([[], 0]);
    expect((await bot.store.ledger(FLEET)).get(id)?.proven.map(({ proof }) => proof)).toEqual(['adopted']);
  });

  it('and runs a different version, is rolled out from that', async () => {
    const bot = await running('3.8.1');
    await bot.merge({ clusters: more, version: '3.9.0' }, 7);
    await bot.work();
    const { planned } = (await bot.records()).rollouts[0] ?? {};
    expect(planned?.targets.get(id)).toMatchObject({ change: 'adopt', from: { version: '3.8.1' } });
    expect((await bot.store.ledger(FLEET)).get(id)?.observed?.running.version).toBe('3.8.1');
  });

  it('and cannot be seen, is planned all the same', async () => {
    const bot = await running('3.8.0');
    bot.planes.silence('east', true);
    await bot.merge({ clusters: more }, 7);
    await bot.work();
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([7]);
  });

  it('may be on a data plane that comes with the same commit', async () => {
    const bot = await running('3.8.0');
    const like = bot.planes.state(id);
    bot.planes.restore({ ...like, cluster: trusted.cluster('k-far'), dataPlane: 'north' });
    await bot.merge({ clusters: { ...CLUSTERS, 'k-far': { dataPlane: 'north' } }, dataPlanes: ['east', 'west', 'north'] }, 7);
    await bot.work();
    expect((await bot.store.ledger(FLEET)).get(trusted.cluster('k-far'))?.proven.map(({ proof }) => proof)).toEqual(['adopted']);
  });
});

describe('what happens meanwhile', () => {
  it('a tick that writes first: the commit is planned again, and lands once', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    await bot.merge({ version: '3.9.0', config: { 'num.io.threads': 4 } }, 8);
    await syncFleet(bot.withStore(overtakenBy(bot, () => lookAndTick(bot.loop))), FLEET);
    expect((await bot.rollouts()).map(({ pull, seq }) => [pull, seq])).toEqual([
      [8, 2],
      [7, 1],
    ]);
    expect((await bot.store.orders(FLEET)).size).toBe(1);
  });

  it('another one that lands the same commit: it lands once', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await syncFleet(bot.withStore(overtakenBy(bot, () => syncFleet(bot.loop, FLEET))), FLEET);
    await Promise.all([syncFleet(bot.loop, FLEET), syncFleet(bot.withStore({}), FLEET)]);
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([7]);
  });

  it('another one that has landed only the first of two: the second lands as well', async () => {
    const bot = await TestBot.begin();
    const first = await bot.merge({ version: '3.8.1' }, 7);
    await bot.merge({ version: '3.9.0' }, 8);
    const behind = new Proxy<ManifestSource>(bot.source, {
      get: (source, name) => {
        const value: unknown = name === 'head' ? async () => first : Reflect.get(source, name, source);
        return typeof value === 'function' ? value.bind(source) : value;
      },
    });
    const other = { ...bot.loop, memory: new Map(), ports: { ...bot.loop.ports, source: () => behind } };
    await syncFleet(bot.withStore(overtakenBy(bot, () => syncFleet(other, FLEET))), FLEET);
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([8, 7]);
  });

  it.each(['before', 'after'] as const)('the process ends %s the commit: it lands once', async (phase) => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    const loop = bot.withStore(dyingCommit(bot, phase));
    await expect(syncFleet(loop, FLEET)).rejects.toThrow('the process ended');
    await syncFleet({ ...loop, ports: bot.loop.ports }, FLEET);
    bot.restart();
    await bot.work();
    expect((await bot.rollouts()).map(({ pull, status }) => [pull, status])).toEqual([[7, 'running']]);
  });

  it('git does not answer: nothing is recorded, and the next look catches up', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    const before = await bot.store.fleet(FLEET);
    bot.onCall = (name) => {
      if (name === 'manifest-source.fetch') throw new Error('git is down');
    };
    await bot.work();
    expect(await bot.store.fleet(FLEET)).toEqual(before);
    bot.onCall = undefined;
    await bot.pass(15_000);
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([7]);
  });

  it('a tick after a landing decides on what has landed, not on what it knew before', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    const other = bot.withStore({});
    await lookAndTick(other);
    await bot.merge({ clusters: { 'k-canary': CLUSTERS['k-canary'], 'k-one': CLUSTERS['k-one'] }, version: '3.9.0' }, 8);
    await syncFleet(bot.loop, FLEET);
    await lookAndTick(other);
    expect(await bot.statusOf('k-two')).toBe('removed');
  });
});

describe('a landing and the turns of its fleet', () => {
  const more = { ...CLUSTERS, 'k-new': { dataPlane: 'east' } };

  it('lands at the first attempt in a fleet that is written for without pause', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ clusters: more, version: '3.9.0' }, 7);
    const rivals: Promise<void>[] = [];
    let rivalCommits = 0;
    const others: Loop = { ...bot.loop, memory: new Map() };
    // With each of its questions, somebody else begins to write.
    const asking = (name: 'fleet' | 'ledger' | 'openPulls') =>
      Object.fromEntries([
        [
          name,
          (...given: readonly unknown[]) => {
            rivals.push(
              inTurn(others.memory, FLEET, async () => {
                const version = (await bot.store.fleet(FLEET))?.version ?? 0;
                const outcome = await bot.store.commit({ fleet: FLEET, expectedVersion: version, at: bot.clock.now() });
                if (outcome === 'committed') rivalCommits += 1;
              }),
            );
            return Reflect.apply(bot.store[name], bot.store, given);
          },
        ],
      ]);
    let attempts = 0;
    const commit: StateStore['commit'] = (change) => {
      attempts += 1;
      return bot.store.commit(change);
    };
    const loop = bot.withStore({ ...asking('fleet'), ...asking('ledger'), ...asking('openPulls'), commit });
    await syncFleet({ ...loop, memory: others.memory }, FLEET);
    await Promise.all(rivals);
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([7]);
    expect(rivalCommits).toBeGreaterThan(3);
    expect(attempts).toBe(1);
  });

  it.each([
    'manifest-source.fetch',
    'manifest-source.commit',
    'manifest-source.changed',
    'manifest-source.read',
    'data-plane.observe',
    'code-host.pullsOfCommit',
  ])('keeps nobody waiting while it waits for %s', async (slow) => {
    const bot = await TestBot.begin();
    await bot.merge({ clusters: more, version: '3.9.0' }, 7);
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    bot.onCall = (name, phase) => {
      if (name !== slow || phase !== 'before') return undefined;
      asked.resolve();
      return answered.promise;
    };
    const synced = syncFleet(bot.loop, FLEET);
    await asked.promise;
    await inTurn(bot.loop.memory, FLEET, async () => undefined);
    expect(await bot.rollouts()).toEqual([]);
    answered.resolve();
    await synced;
    expect((await bot.rollouts()).map(({ pull }) => pull)).toEqual([7]);
  });

  it('says of a commit that cannot be planned how many errors it has', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '9.9.9' }, 7);
    const good = (await bot.store.fleet(FLEET))?.goodHead;
    const { changes, over } = commitsTo(bot);
    await syncFleet(bot.withStore(over), FLEET);
    expect((await bot.store.fleet(FLEET))?.goodHead).toBe(good);
    expect(changes[0]?.audit?.map(({ to, why }) => to ?? why)).toEqual([expect.stringMatching(/^not taken: [1-9]/)]);
  });
});
