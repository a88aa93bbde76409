import { describe, expect, it } from 'vitest';
import { isOpenIssue, isProjected, openIssues, projectComment, projectIssue } from '../../../src/loop/project.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { fleetRecord, OTHER_FLEET, sha } from '../../support/state/builders.ts';

/** A pull request 7, and the next writes to the code host: `refused`, or `lost`, which go through without our learning of it. */
async function world() {
  const bot = await TestBot.begin();
  await bot.store.saveFleet(fleetRecord(OTHER_FLEET));
  bot.repository.openPull({ number: 7, headSha: sha('a'), author: 'octocat', title: 'x' });
  const outcomes: ('refused' | 'lost')[] = [];
  bot.onCall = async (name, phase) => {
    if (!name.startsWith('code-host.write')) return;
    if (phase === 'before') await new Promise((resolve) => setTimeout(resolve, 1));
    if (phase === 'before' && outcomes[0] === 'refused') throw new Error(`502 ${outcomes.shift()}`);
    if (phase === 'after' && outcomes.shift() === 'lost') throw new Error('timeout');
  };
  const write = (body: string, key = 'comment:7', fleet = fleetRecord()) =>
    projectComment(bot.loop, fleet, key, { pull: 7, body, marker: `<!-- ${fleet.id} ${key} -->` });
  const bodies = () => bot.repository.comments(7).map(({ body }) => body);
  const asked = () => bot.repository.calls.filter(({ operation }) => operation === 'writeComment').map(({ argument }) => argument);
  return { bot, outcomes, write, bodies, asked };
}

describe('a comment', () => {
  it('is made once, edited in place, and not written when it reads as before', async () => {
    const { write, bodies, asked } = await world();
    for (const body of ['one', 'one', 'two', 'one']) await write(body);
    expect([bodies(), asked().length]).toEqual([['one'], 3]);
  });

  it('is looked for before it is made again, when nobody knows whether it was made', async () => {
    const { bot, outcomes, write, asked } = await world();
    const marked = '<!-- acme/clusters comment:7 --> one';
    outcomes.push('lost');
    await expect(write(marked)).rejects.toThrow('timeout');
    await write(marked);
    expect(asked()).toMatchObject([{ id: undefined }, { id: undefined }]);
    expect(bot.repository.comments(7)).toHaveLength(1);
  });

  it('is written again after a failure, though it reads as it was meant to read then', async () => {
    const { outcomes, write, bodies } = await world();
    await write('one');
    outcomes.push('refused');
    await expect(write('two')).rejects.toThrow('502');
    await write('two');
    expect(bodies()).toEqual(['two']);
  });

  it('is one, when two jobs write it at once; the later one is what stays', async () => {
    const { write, bodies } = await world();
    await Promise.all([write('plan'), write('rollout'), write('rollout, a moment later')]);
    expect(bodies()).toEqual(['rollout, a moment later']);
  });

  it('is written although the write before it, of another job, failed', async () => {
    const { outcomes, write, bodies } = await world();
    outcomes.push('refused');
    const [first, second] = await Promise.allSettled([write('plan'), write('rollout')]);
    expect([first?.status, second?.status, bodies()]).toEqual(['rejected', 'fulfilled', ['rollout']]);
  });

  it('waits for none of another key, or of another fleet', async () => {
    const { write, bodies } = await world();
    await Promise.all([write('a'), write('b', 'comment:8'), write('c', 'comment:7', fleetRecord(OTHER_FLEET))]);
    expect([...bodies()].sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('an issue', () => {
  it('is known as soon as it is begun, and remembers whether it is open', async () => {
    const { bot } = await world();
    const { store } = bot;
    const known: boolean[] = [];
    bot.onCall = async (name, phase) => {
      if (name === 'code-host.writeIssue' && phase === 'before') known.push(await isProjected(store, fleetRecord(), 'issue:x'));
    };
    const issue = { title: 'Drift', body: 'text <!-- x -->', labels: ['flotilla'] as const, marker: '<!-- x -->' };
    const open = async () => [
      await isOpenIssue(store, fleetRecord(), 'issue:x'),
      (await openIssues(store, fleetRecord(), 'issue:')).map(({ key }) => key),
    ];
    expect([await isProjected(store, fleetRecord(), 'issue:x'), await open()]).toEqual([false, [false, []]]);
    await projectIssue(bot.loop, fleetRecord(), 'issue:x', { ...issue, state: 'open' });
    expect([known, await open()]).toEqual([[true], [true, ['issue:x']]]);
    await projectIssue(bot.loop, fleetRecord(), 'issue:x', { ...issue, state: 'closed' });
    expect(await open()).toEqual([false, []]);
    expect((await store.projections(FLEET, 'issue:')).length).toBe(1);
  });
});
