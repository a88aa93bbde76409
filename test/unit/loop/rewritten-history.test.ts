import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { CallPhase } from '../../../src/ports/in-memory/on-call.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, job, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { smallManifests } from '../../support/loop/small-manifests.ts';

const REWRITTEN = { version: '3.9.0', config: { 'num.io.threads': 16 } };

const openIssues = (bot: TestBot) => bot.repository.issues().filter(({ state }) => state === 'open');

/** Nobody has the commits any more that no branch holds: neither the git server nor our disk. */
function loseOldCommits(bot: TestBot): void {
  bot.git.collectGarbage();
  bot.source.lose();
  bot.restart();
}

/** 3.9.0 was merged and looked at; a force-push has put another commit in its place. */
async function rewritten(): Promise<{ bot: TestBot; first: string; gone: string; head: string }> {
  const bot = await TestBot.begin();
  const first = bot.git.head() ?? '';
  const gone = await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  const head = bot.git.commit(smallManifests(REWRITTEN), { from: first });
  await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
  return { bot, first, gone, head };
}

describe('a branch whose last seen and last valid commit are gone for good', () => {
  it('lands as one change, compared with what is stored, and moves nothing until a person lifts the stop', async () => {
    const { bot, head } = await rewritten();
    loseOldCommits(bot);
    await bot.work();
    expect(bot.failures).toEqual([]);
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: head, goodHead: head });
    const [newest] = await bot.rollouts();
    expect(newest?.commit).toBe(head);
    const orders = [...(await bot.store.orders(FLEET)).values()].length;
    await bot.pass(3_600_000);
    expect((await bot.store.orders(FLEET)).size).toBe(orders);
    const [stop, ...others] = await bot.store.stops(FLEET);
    expect([stop, others]).toMatchObject([{ scope: { kind: 'fleet' }, cause: 'unrelated-history', lets: 'nothing' }, []]);
    const by = { by: 'alice', reason: 'it was meant' };
    expect((await commandFleet(bot.loop, FLEET, { verb: 'lift', stop: stop?.id ?? trusted.stop(''), ...by })).ok).toBe(true);
    await bot.passUntil((rollouts) => rollouts.some(({ commit, status }) => commit === head && status === 'completed'));
  });

  it('is told in one issue: the old head, the new one, and what it changes', async () => {
    const { bot, gone, head } = await rewritten();
    loseOldCommits(bot);
    await bot.work();
    const [issue, ...others] = openIssues(bot);
    expect(others).toEqual([]);
    expect(issue?.title).toContain('rewritten');
    for (const word of [
      gone,
      head,
      'nor the last valid one can be found',
      '/fleet lift',
      '3 clusters should run something else',
      (await bot.newest()).id,
    ])
      expect(issue?.body).toContain(word);
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    expect(bot.repository.issues().length).toBe(1);
  });

  it('is followed by merges as before', async () => {
    const { bot } = await rewritten();
    loseOldCommits(bot);
    await bot.work();
    const next = await bot.merge({ version: '3.8.0' }, 8);
    await bot.work();
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: next, goodHead: next });
    expect(openIssues(bot).length).toBe(1);
  });

  it('and is broken, leaves in force what is stored, and the next good commit lands', async () => {
    const { bot, first, gone } = await rewritten();
    const broken = bot.git.commit({ 'release.yaml': 'kind: Release' }, { from: first });
    loseOldCommits(bot);
    await bot.work();
    expect(bot.failures).toEqual([]);
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: broken, goodHead: gone });
    expect(openIssues(bot).some(({ body }) => body.includes('Its manifests are broken'))).toBe(true);
    bot.restart();
    const fixed = bot.git.commit(smallManifests(REWRITTEN));
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    expect([bot.failures, (await bot.store.fleet(FLEET))?.goodHead]).toEqual([[], fixed]);
  });

  it('while the program runs on, what it remembers of the old commit is of no use and does no harm', async () => {
    const { bot, head } = await rewritten();
    bot.git.collectGarbage();
    bot.source.lose();
    await bot.work();
    expect([bot.failures, (await bot.store.fleet(FLEET))?.goodHead]).toEqual([[], head]);
  });
});

describe('a branch that was rewritten while we still have the old commit', () => {
  it('lands as one change too, and is told', async () => {
    const { bot, gone } = await rewritten();
    const head = bot.git.commit(smallManifests({ ...REWRITTEN, fleet: '  maxConcurrent: 2\n' }));
    await bot.work();
    expect((await bot.rollouts()).map(({ commit }) => commit)).toEqual([head, gone]);
    expect(openIssues(bot).map(({ body }) => [body.includes(gone), body.includes(head)])).toEqual([[true, true]]);
    expect(await bot.store.stops(FLEET)).toEqual([]);
  });

  it('is no more than a merge when commits were added', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    expect(bot.repository.issues()).toEqual([]);
  });
});

describe('a branch that shares no commit with what was seen', () => {
  async function replaced() {
    const bot = await TestBot.begin();
    const seen = bot.git.head() ?? '';
    const head = bot.git.commit(smallManifests({ version: '3.9.0' }), { from: null });
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    return { bot, seen, head };
  }

  it('stops the fleet until a person lifts that; then it goes on', async () => {
    const { bot, head } = await replaced();
    expect(await bot.store.fleet(FLEET)).toMatchObject({ seenHead: head });
    const [stop, ...others] = await bot.store.stops(FLEET);
    expect([stop, others]).toMatchObject([{ scope: { kind: 'fleet' }, cause: 'unrelated-history', lets: 'nothing', by: 'flotilla' }, []]);
    await bot.pass(3_600_000);
    expect((await bot.store.orders(FLEET)).size).toBe(0);
    const lifted = await commandFleet(bot.loop, FLEET, {
      verb: 'lift',
      stop: stop?.id ?? trusted.stop(''),
      by: 'alice',
      reason: 'the new repository',
    });
    expect(lifted.ok).toBe(true);
    await bot.passUntil(([first]) => first?.status === 'completed');
    expect(bot.versionOf('k-two')).toBe('3.9.0');
  });

  it('is told in an issue that names the stop and how to lift it', async () => {
    const { bot, seen, head } = await replaced();
    const [stop] = await bot.store.stops(FLEET);
    const [issue] = openIssues(bot);
    for (const word of [seen, head, stop?.id, `/fleet lift ${stop?.id}`]) expect(issue?.body).toContain(word);
  });

  it('stops it as well where its manifests are broken: the commit that fixes them must not land unseen', async () => {
    const bot = await TestBot.begin();
    bot.git.commit({ ...smallManifests(), 'release.yaml': 'kind: Release' }, { from: null });
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    expect(await bot.store.stops(FLEET)).toMatchObject([{ cause: 'unrelated-history' }]);
  });

  it('is judged by the last good commit when the last one seen is gone', async () => {
    const bot = await TestBot.begin();
    bot.git.commit({ 'release.yaml': 'kind: Release' });
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    bot.git.setRef('refs/heads/kept', (await bot.store.fleet(FLEET))?.goodHead ?? '');
    bot.git.commit(smallManifests({ version: '3.9.0' }), { from: null });
    loseOldCommits(bot);
    await bot.store.enqueue([job('sync', `sync:${FLEET}`)]);
    await bot.work();
    expect(await bot.store.stops(FLEET)).toMatchObject([{ cause: 'unrelated-history' }]);
  });
});

describe('right after a restart, while git cannot be reached at all', () => {
  const noGit = (name: string, phase: CallPhase): void => {
    if (!name.startsWith('manifest-source.') || phase !== 'before') return;
    throw new PortError({ port: 'manifest-source', operation: 'fetch', retry: { kind: 'needs-human' }, message: 'no git' });
  };

  it('ticks, holds, pauses, resumes and deliveries work from what is stored', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.work();
    bot.restart();
    bot.onCall = noGit;
    bot.source.lose();
    await bot.passUntil(([first]) => (first?.counts.succeeded ?? 0) >= 1);
    const { id } = await bot.newest();
    expect(await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: id, by: 'alice', reason: 'latency' })).toMatchObject({ ok: true });
    await bot.pass(30_000);
    expect((await bot.newest()).status).toBe('paused');
    bot.restart();
    await bot.pass(30_000);
    expect((await bot.newest()).status).toBe('paused');
    expect(await commandFleet(bot.loop, FLEET, { verb: 'resume', rollout: id, by: 'alice', reason: 'fine again' })).toMatchObject({
      ok: true,
    });
    await bot.passUntil(([first]) => first?.status === 'completed');
    expect(bot.failures).toEqual([]);
  });
});
