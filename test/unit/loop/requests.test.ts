import { describe, expect, it } from 'vitest';
import type { CommitSha } from '../../../src/core/model/ids.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { countingApp, spent, tell } from '../../support/loop/requests.ts';
import type { SmallFleet } from '../../support/loop/small-manifests.ts';

function open(bot: TestBot, number: number, fleet: SmallFleet): CommitSha {
  const headSha = bot.write(fleet, `refs/pull/${number}/head`);
  bot.repository.openPull({ number, headSha, author: 'octocat', title: `Change ${number}` });
  return headSha;
}

const setting = (value: number): SmallFleet => ({ config: { 'num.io.threads': value } });

describe('requests to GitHub', () => {
  it('are at most 3 for each event of a pull request', async () => {
    const bot = countingApp(await TestBot.begin());
    const head = open(bot, 7, { version: '3.9.0' });
    spent(bot);
    const costs: Record<string, number> = {};
    const event = async (name: string, action: string, sha: CommitSha, state?: string) => {
      await tell(bot, action, 7, sha, state);
      await bot.work();
      costs[name] = spent(bot).all;
    };
    await event('opened', 'opened', head);
    const next = bot.write({ version: '3.8.1' }, 'refs/pull/7/head');
    bot.repository.changePull(7, { headSha: next });
    await event('pushed to', 'synchronize', next);
    await event('edited', 'edited', next);
    bot.repository.closePull(7);
    await event('closed', 'closed', next, 'closed');
    bot.repository.changePull(7, { state: 'open' });
    await event('reopened', 'reopened', next);
    expect(costs).toEqual({ opened: 3, 'pushed to': 3, edited: 0, closed: 2, reopened: 2 });
  });

  it('write nothing for a push that changes no plan, with 100 open pull requests', async () => {
    const bot = countingApp(await TestBot.begin());
    for (let nth = 1; nth <= 100; nth += 1) await tell(bot, 'opened', nth, open(bot, nth, setting(nth)));
    await bot.work();
    expect(bot.repository.comments(100)).toHaveLength(1);
    spent(bot);
    bot.clock.advance(600_000);
    const head = bot.git.head() ?? null;
    bot.git.commit({ '.github/README.md': 'hello' }, { from: head });
    await bot.store.enqueue([{ task: 'sync', key: 'sync', queue: undefined, runAt: undefined, payload: { fleet: FLEET } }]);
    await bot.work();
    expect((await bot.store.openPulls(FLEET)).length).toBe(100);
    expect(spent(bot)).toEqual({ all: 2, writes: 0, created: 0 });
    // And a change of what is described, that none of them touches.
    bot.git.commit({ 'more.yaml': FREEZE }, { from: bot.git.head() ?? null });
    await bot.store.enqueue([{ task: 'sync', key: 'sync', queue: undefined, runAt: undefined, payload: { fleet: FLEET } }]);
    await bot.work();
    expect((await bot.store.openPulls(FLEET)).every(({ planned }) => planned?.base === bot.git.head())).toBe(true);
    expect(spent(bot).writes).toBe(0);
  });

  it('are none while nothing happens', async () => {
    const bot = countingApp(await TestBot.begin());
    spent(bot);
    await bot.pass(3_600_000, 60_000);
    expect(spent(bot).all).toBe(0);
  });

  it('are at most 8 for a rebase merge, however many commits it brings', async () => {
    const bot = countingApp(await TestBot.begin());
    const head = open(bot, 7, setting(40));
    await tell(bot, 'opened', 7, head);
    await bot.work();
    spent(bot);
    const commits = Array.from({ length: 40 }, (_, nth) => bot.write(setting(nth + 1)));
    const landed = new Set<string>(commits);
    const own = bot.repository.pullsOfCommit.bind(bot.repository);
    bot.repository.mergePull(7, commits.at(-1) ?? head);
    bot.repository.pullsOfCommit = (sha) => own(landed.has(sha) ? (commits.at(-1) ?? sha) : sha);
    await tell(bot, 'closed', 7, head, 'closed');
    await bot.store.enqueue([{ task: 'sync', key: 'sync', queue: undefined, runAt: undefined, payload: { fleet: FLEET } }]);
    await bot.work();
    expect((await bot.rollouts()).length).toBe(1);
    expect(spent(bot).all).toBeLessThanOrEqual(8);
  });
});

const FREEZE = `apiVersion: flotilla.dev/v1
kind: Freeze
metadata: { name: far }
spec: { select: {}, from: 2030-01-01T00:00:00Z, to: 2030-01-02T00:00:00Z, reason: far away }
`;
