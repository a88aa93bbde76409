import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/app/metrics.ts';
import { storeDelivery } from '../../../src/app/webhooks.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { InMemoryRepository } from '../../../src/ports/in-memory/code-host.ts';
import { FLEET, job, TestBot } from '../../support/loop/bot.ts';

const ID = 1_001;
const REVIEW = `review:${FLEET}:7`;

async function discover(bot: TestBot): Promise<void> {
  await bot.tasks.install({});
  await bot.work();
}

/** Another repository, which the app is installed on as well. */
function stranger(bot: TestBot, name: string, installation = 8): InMemoryRepository {
  const cloneUrl = `https://git.example/acme/${name}-of-a-stranger.git`;
  const repository = new InMemoryRepository({ id: 2_002, installation, owner: 'acme', name, defaultBranch: 'main', cloneUrl });
  bot.app.add(repository);
  return repository;
}

const deliver = (bot: TestBot, event: string, payload: object): Promise<void> =>
  storeDelivery(bot.store, bot.clock, createMetrics())({ id: `${event} ${JSON.stringify(payload)}`, name: event, payload });

describe('a repository that is renamed or transferred', () => {
  it.each([
    ['renamed', { name: 'kafka-clusters' }],
    ['transferred to an owner who has installed the app too', { owner: 'emca', installation: 9 }],
  ])('and %s keeps its fleet, with all that is known of it', async (_how, change) => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([newest]) => newest?.status === 'completed');
    const before = await bot.store.fleet(FLEET);
    bot.repository.change(change);
    await discover(bot);
    expect(await bot.store.fleets()).toEqual([{ ...before, ...change }]);
    await bot.merge({ version: '3.8.1' }, 8);
    await bot.work();
    expect(bot.failures).toEqual([]);
    expect((await bot.rollouts()).length).toBe(2);
  });

  it('lands nothing before its new name is known, and then all of it', async () => {
    const bot = await TestBot.begin();
    bot.repository.change({ name: 'kafka-clusters' });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    expect([(await bot.rollouts()).length, bot.waiting().includes('install')]).toEqual([0, true]);
    await bot.work();
    expect((await bot.rollouts()).length).toBe(1);
  });

  it('leaves nothing to whoever takes its old name', async () => {
    const bot = await TestBot.begin();
    bot.repository.change({ name: 'kafka-clusters' });
    stranger(bot, 'clusters');
    await bot.tasks.install({});
    const fleets = await bot.store.fleets();
    expect(fleets.map(({ id, repository, name }) => [id, repository, name])).toEqual([
      [FLEET, ID, 'kafka-clusters'],
      ['acme/clusters~2002', 2_002, 'clusters'],
    ]);
    expect((await bot.store.desired(trusted.fleet('acme/clusters~2002'))).size).toBe(0);
  });

  it('whose installation lists another repository under its name lands nothing of that', async () => {
    const bot = await TestBot.begin();
    bot.repository.install(false);
    stranger(bot, 'clusters', 7);
    await bot.merge({ version: '3.9.0' });
    await bot.work();
    expect((await bot.rollouts()).length).toBe(0);
    expect((await bot.store.fleet(FLEET))?.retired).toMatchObject({ why: 'not-listed' });
  });
});

describe('a fleet of before ids were kept', () => {
  it('gets its id when its repository is listed next, and keeps all else', async () => {
    const bot = await TestBot.begin();
    const before = await bot.store.fleet(FLEET);
    if (before === undefined) throw new Error('there is a fleet');
    await bot.store.saveFleet({ ...before, repository: undefined });
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    expect((await bot.rollouts()).length, 'nothing lands meanwhile').toBe(0);
    await bot.work();
    expect((await bot.store.fleet(FLEET))?.repository).toBe(ID);
    expect((await bot.rollouts()).length).toBe(1);
  });
});

describe('a fleet of before ids were kept, whose name is another repository now', () => {
  it.each([
    ['in another installation', { installation: 99 }],
    ['after it was retired', { retired: { why: 'not-listed', since: instant(1) } }],
  ] as const)('is not given to a stranger %s', async (_where, change) => {
    const bot = await TestBot.begin();
    const before = await bot.store.fleet(FLEET);
    if (before === undefined) throw new Error('there is a fleet');
    await bot.store.saveFleet({ ...before, ...change, repository: undefined });
    await discover(bot);
    expect((await bot.store.fleet(FLEET))?.repository).toBeUndefined();
  });
});

describe('a delivery', () => {
  const pull = { action: 'opened', pull_request: { number: 7 } };

  it('is for the fleet of its repository, by id: names are not looked at', async () => {
    const bot = await TestBot.begin();
    await deliver(bot, 'pull_request', { ...pull, repository: { id: 2_002, full_name: 'acme/clusters', default_branch: 'main' } });
    expect(bot.waiting()).not.toContain(REVIEW);
    await deliver(bot, 'pull_request', { ...pull, repository: { id: ID, full_name: 'acme/new-name', default_branch: 'main' } });
    expect(bot.waiting()).toContain(REVIEW);
  });

  it('for a retired fleet asks for nothing, and what may bring it back for a look at the installations', async () => {
    const bot = await TestBot.begin();
    bot.repository.install(false);
    await discover(bot);
    await deliver(bot, 'pull_request', { ...pull, repository: { id: ID } });
    expect(bot.waiting()).not.toContain(REVIEW);
    await deliver(bot, 'installation_repositories', { action: 'added' });
    expect(bot.waiting()).toContain('install');
  });
});

describe('a fleet is retired, and taken up again as it was left,', () => {
  it.each<[string, string, (bot: TestBot, isGone: boolean) => void]>([
    ['taken out of the installation, deleted or transferred away', 'not-listed', (bot, isGone) => bot.repository.install(!isGone)],
    ['archived', 'archived', (bot, isGone) => bot.repository.change({ closed: isGone ? 'archived' : undefined })],
    ['suspended', 'suspended', (bot, isGone) => bot.app.suspend(7, isGone)],
    ['uninstalled', 'uninstalled', (bot, isGone) => bot.app.uninstall(7, isGone)],
  ])('when its repository is %s', async (_how, why, go) => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    const { desired, rollouts } = await bot.records();
    go(bot, true);
    await discover(bot);
    const since = bot.clock.now();
    expect((await bot.store.fleet(FLEET))?.retired).toEqual({ why, since });
    bot.repository.calls.splice(0);
    const orders = [...(await bot.store.orders(FLEET)).values()];
    await bot.merge({ version: '3.8.1' });
    for (const task of ['tick', 'observe', 'sweep', 'drift'] as const) await bot.store.enqueue([job(task, `${task}:${FLEET}`)]);
    await bot.store.enqueue([job('deliver', 'deliver', { dataPlane: 'east' }), job('review', REVIEW, { pull: 7 })]);
    await bot.pass(3_600_000, 600_000);
    await discover(bot);
    expect((await bot.store.fleet(FLEET))?.retired, 'of the same cause, since then').toEqual({ why, since });
    expect([bot.failures, bot.repository.calls]).toEqual([[], []]);
    expect([...(await bot.store.orders(FLEET)).values()]).toEqual(orders);
    expect(await bot.records()).toMatchObject({ desired, rollouts });
    go(bot, false);
    await discover(bot);
    expect((await bot.store.fleet(FLEET))?.retired).toBeUndefined();
    expect((await bot.rollouts()).length, 'what was merged meanwhile lands').toBe(2);
  });
});

describe('discovery', () => {
  it('has every repository looked at, and keeps what is known of it', async () => {
    const bot = await TestBot.begin();
    const before = await bot.store.fleet(FLEET);
    await bot.tasks.install({});
    expect(await bot.store.fleets()).toEqual([before]);
    expect(bot.waiting()).toEqual([`sweep:${FLEET}`]);
  });

  it('is not harmed by an installation that cannot be listed, whose fleets stay as they are', async () => {
    const bot = await TestBot.begin();
    stranger(bot, 'other');
    bot.app.breakInstallation(7, true);
    await discover(bot);
    expect((await bot.store.fleets()).map(({ id, retired }) => [id, retired])).toEqual([
      [FLEET, undefined],
      ['acme/other', undefined],
    ]);
  });
});

describe('a repository whose default branch holds no Fleet document', () => {
  function bystander(bot: TestBot, id = 3_003): InMemoryRepository {
    const repository = new InMemoryRepository({
      ...{ id, installation: 7, owner: 'acme', name: `site-${id}`, defaultBranch: 'main', cloneUrl: `https://git.example/acme/${id}.git` },
      holdsFleet: false,
    });
    bot.app.add(repository);
    return repository;
  }

  it('is no fleet, and is looked at once for each push to it', async () => {
    const bot = await TestBot.begin();
    const site = bystander(bot);
    for (let time = 0; time < 3; time += 1) await discover(bot);
    expect((await bot.store.fleets()).map(({ id }) => id)).toEqual([FLEET]);
    expect([bot.app.looks.filter((id) => id === 3_003).length, site.calls]).toEqual([1, []]);
    site.change({ pushedAt: 'later' });
    await discover(bot);
    expect(bot.app.looks.filter((id) => id === 3_003).length).toBe(2);
  });

  it('becomes one with the push that brings the document, without a look at any other', async () => {
    const bot = await TestBot.begin();
    const site = bystander(bot);
    await discover(bot);
    bot.app.looks.splice(0);
    site.holdsFleet = true;
    const push = { ref: 'refs/heads/main', repository: { id: 3_003, default_branch: 'main' }, installation: { id: 7 } };
    await deliver(bot, 'push', { ...push, commits: [{ added: ['README.md'] }] });
    expect(bot.waiting()).toEqual([]);
    await deliver(bot, 'push', { ...push, commits: [{ added: ['fleet.yaml'] }] });
    await bot.work();
    expect((await bot.store.fleets()).map(({ id }) => id)).toEqual([FLEET, 'acme/site-3003']);
    expect(bot.app.looks).toEqual([3_003]);
  });

  it('of thousands is harmless: so many are looked at in one go, and the others later', async () => {
    const bot = await TestBot.begin();
    for (let id = 10_000; id < 10_250; id += 1) bystander(bot, id);
    const looked = async (): Promise<number> => {
      bot.app.looks.splice(0);
      await bot.tasks.install({});
      return bot.app.looks.length;
    };
    expect([await looked(), await looked(), await looked(), await looked()]).toEqual([100, 100, 50, 0]);
  });

  it('and that an older program made a fleet of is retired, until it brings the document', async () => {
    const bot = await TestBot.begin();
    const site = bystander(bot);
    const fleet = await bot.store.fleet(FLEET);
    if (fleet === undefined) throw new Error('there is a fleet');
    const id = trusted.fleet('acme/site-3003');
    await bot.store.saveFleet({
      ...fleet,
      id,
      repository: undefined,
      name: 'site-3003',
      goodHead: undefined,
      seenHead: undefined,
      version: 0,
    });
    await discover(bot);
    expect((await bot.store.fleet(id))?.retired).toMatchObject({ why: 'no-fleet' });
    site.holdsFleet = true;
    const push = { ref: 'refs/heads/main', repository: { id: 3_003, default_branch: 'main' }, installation: { id: 7 }, commits: [] };
    await deliver(bot, 'push', push);
    await bot.work();
    expect((await bot.store.fleet(id))?.retired).toBeUndefined();
  });
});
