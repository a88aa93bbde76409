import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../../src/loop/memory.ts';
import { commentKey } from '../../../src/loop/projection-keys.ts';
import { reviewHead, reviewPullRequest } from '../../../src/loop/review-pull-request.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { CLUSTERS } from '../../support/loop/small-manifests.ts';

const CHECK = 'flotilla / plan';
const asked = (bot: TestBot) => bot.repository.calls.map(({ operation }) => operation);

async function proposed(): Promise<{ readonly bot: TestBot; readonly head: Awaited<ReturnType<TestBot['propose']>> }> {
  const bot = await TestBot.begin();
  const head = await bot.propose({ version: '3.9.0' }, 7);
  bot.repository.calls.splice(0);
  await bot.work();
  return { bot, head };
}

describe('a pull request', () => {
  it('gets a check and one comment, for three requests, and nothing of it is in force', async () => {
    const { bot, head } = await proposed();
    expect(asked(bot)).toEqual(['pull', 'writeCheck', 'writeComment']);
    expect(bot.repository.check(head, CHECK)?.state).toEqual({ kind: 'completed', conclusion: 'success' });
    expect(bot.repository.comments(7)[0]?.body).toContain('3.9.0');
    expect([await bot.rollouts(), (await bot.records()).desired.get(bot.cluster('k-one'))?.spec.version]).toEqual([[], '3.8.0']);
  });

  it('shows the plan that its merge then runs', async () => {
    const { bot, head } = await proposed();
    const shown = bot.repository.check(head, CHECK)?.externalId;
    await bot.mergeProposed(7);
    await bot.work();
    expect((await bot.newest()).digest).toBe(shown);
  });

  it('that takes a protection away says so first, and is not green', async () => {
    const bot = await TestBot.begin({ approval: true });
    const head = await bot.propose({ approval: false }, 7);
    await bot.work();
    expect(bot.repository.check(head, CHECK)?.state).toEqual({ kind: 'completed', conclusion: 'action_required' });
    expect(bot.repository.comments(7)[0]?.body).toContain('### ⚠️ Changes the rules: 1 approval removed; 2 clusters lose protection');
    expect(bot.repository.comments(7)[0]?.body).toContain('would lose protection: by `lead`');
  });

  it('that is merged before its plan is made gets its check afterwards, which says what came of it', async () => {
    const bot = await TestBot.begin();
    const head = bot.write({ version: '3.9.0' }, 'refs/pull/7/head');
    bot.repository.openPull({ number: 7, headSha: head, author: 'octocat', title: 'Change 7' });
    const sha = await bot.mergeProposed(7);
    await bot.work();
    const check = bot.repository.check(head, CHECK);
    expect([check?.title, check?.state]).toEqual([
      'Merged before it was planned: 1 rollout of 3 clusters',
      { kind: 'completed', conclusion: 'neutral' },
    ]);
    expect(check?.summary).toContain(sha.slice(0, 12));
    bot.repository.calls.splice(0);
    await reviewPullRequest(bot.loop, FLEET, 7);
    expect(asked(bot)).toEqual(['pull']);
  });

  it('that is merged before its plan is made gets its check, also when the process ends before that is written', async () => {
    const bot = await TestBot.begin();
    const head = bot.write({ version: '3.9.0' }, 'refs/pull/7/head');
    bot.repository.openPull({ number: 7, headSha: head, author: 'octocat', title: 'Change 7' });
    await bot.mergeProposed(7);
    let died = false;
    bot.onCall = (name, phase) => {
      if (died || name !== 'code-host.writeCheck' || phase !== 'before') return;
      died = true;
      throw new Error('the process ended');
    };
    await bot.work();
    bot.restart();
    await bot.pass(60_000);
    expect([died, bot.repository.check(head, CHECK)?.state.kind]).toEqual([true, 'completed']);
  });

  it('that is pushed to keeps its one comment', async () => {
    const { bot } = await proposed();
    const head = await bot.propose({ version: '3.8.1' }, 7);
    await bot.work();
    expect(bot.repository.comments(7)).toHaveLength(1);
    expect(bot.repository.comments(7)[0]?.body).toContain('3.8.1');
    expect(bot.repository.check(head, CHECK)).toBeDefined();
  });

  it('that touches nothing of ours gets a check, and no comment', async () => {
    const bot = await TestBot.begin();
    const head = bot.git.commit({ 'README.txt': 'hello' }, { ref: 'refs/pull/7/head', from: bot.git.head() ?? null });
    bot.repository.openPull({ number: 7, headSha: head, author: 'octocat', title: 'docs' });
    await reviewPullRequest(bot.loop, FLEET, 7);
    expect([bot.repository.check(head, CHECK)?.state.kind, bot.repository.comments(7)]).toEqual(['completed', []]);
  });

  it('that no longer touches anything of ours says so in the comment that is there', async () => {
    const { bot } = await proposed();
    await bot.propose({}, 7);
    await bot.work();
    expect(bot.repository.comments(7)).toHaveLength(1);
    expect(bot.repository.comments(7)[0]?.body).toMatch(/no longer changes/);
  });

  it('that is broken fails its check, with what is wrong at its line', async () => {
    const bot = await TestBot.begin();
    const files = { 'release.yaml': 'apiVersion: flotilla.dev/v1\nkind: Release\nmetadata: { name: kafka }\nspec: { product: nothing }\n' };
    const head = bot.git.commit(files, { ref: 'refs/pull/7/head', from: bot.git.head() ?? null });
    bot.repository.openPull({ number: 7, headSha: head, author: 'octocat', title: 'oops' });
    await reviewPullRequest(bot.loop, FLEET, 7);
    const check = bot.repository.check(head, CHECK);
    expect([check?.state, check?.annotations[0]?.path]).toEqual([{ kind: 'completed', conclusion: 'failure' }, 'release.yaml']);
  });

  it('that conflicts with its base fails its check', async () => {
    const { bot, head } = await proposed();
    await bot.merge({ version: '3.8.1' }, 8);
    await bot.work();
    expect(bot.repository.check(head, CHECK)?.state).toEqual({ kind: 'completed', conclusion: 'failure' });
    expect(bot.repository.comments(7)[0]?.body).toContain('release.yaml');
  });

  it('into another branch, closed, or gone is none of ours', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    bot.repository.changePull(7, { baseRef: 'next' });
    await bot.work();
    await reviewPullRequest(bot.loop, FLEET, 99);
    expect(asked(bot).filter((name) => name.startsWith('write'))).toEqual([]);
  });

  it('never has its data planes asked: it could name any address', async () => {
    const bot = await TestBot.begin();
    const opened: string[] = [];
    const dataPlane: typeof bot.loop.ports.dataPlane = (fleet, described) => {
      opened.push(described.name);
      return bot.loop.ports.dataPlane(fleet, described);
    };
    await bot.propose(
      { clusters: { ...CLUSTERS, 'k-evil': { dataPlane: 'evil' }, 'k-new': { dataPlane: 'west' } }, dataPlanes: ['east', 'west', 'evil'] },
      7,
    );
    await reviewPullRequest({ ...bot.loop, ports: { ...bot.loop.ports, dataPlane } }, FLEET, 7);
    expect(opened).toEqual(['west']);
  });

  it('knows what a new cluster runs already', async () => {
    const bot = await TestBot.begin();
    bot.planes.restore({ ...bot.planes.state(bot.cluster('k-one')), cluster: bot.cluster('k-new') });
    const head = await bot.propose({ clusters: { ...CLUSTERS, 'k-new': { dataPlane: 'east' } } }, 7);
    await bot.work();
    expect(bot.repository.check(head, CHECK)?.externalId).toBe('none');
    expect((await bot.store.ledger(FLEET)).has(bot.cluster('k-new'))).toBe(false);
  });
});

describe('when the base moves', () => {
  it('it is planned again, without asking for the pull request, and written only where it reads differently', async () => {
    const { bot } = await proposed();
    bot.repository.calls.splice(0);
    await bot.merge({ clusters: { ...CLUSTERS, 'k-new': { dataPlane: 'east' } } }, 8);
    await bot.work();
    expect(bot.repository.calls.filter(({ operation, argument }) => operation === 'pull' && argument === 7)).toEqual([]);
    expect(bot.repository.comments(7)[0]?.body).toContain(bot.git.head()?.slice(0, 12));
  });

  it('and was not looked at yet, that is done first', async () => {
    const bot = await TestBot.begin();
    bot.write({ version: '3.8.1' });
    const head = await bot.propose({ version: '3.9.0' }, 7);
    await bot.work();
    expect((await bot.rollouts()).length).toBe(1);
    expect(bot.repository.check(head, CHECK)?.state).toEqual({ kind: 'completed', conclusion: 'success' });
  });

  it('a pull request that is closed by then is left alone', async () => {
    const { bot } = await proposed();
    bot.repository.closePull(7);
    await reviewPullRequest(bot.loop, FLEET, 7);
    bot.repository.calls.splice(0);
    await reviewPullRequest(bot.loop, FLEET, 7, { isKnown: true });
    expect(asked(bot)).toEqual([]);
  });
});

describe('what happens meanwhile', () => {
  it('it is merged while it is planned: the comment tells of the rollout, not of the plan', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    let merged = false;
    bot.onCall = async (name, phase) => {
      if (merged || name !== 'code-host.writeCheck' || phase !== 'before') return;
      merged = true;
      await bot.mergeProposed(7);
      await bot.tasks.sync({ fleet: FLEET });
      const { commit } = await bot.newest();
      await bot.tasks.publish({ fleet: FLEET, what: 'rollouts', commit });
    };
    await reviewPullRequest(bot.loop, FLEET, 7);
    expect(merged).toBe(true);
    expect(bot.repository.comments(7).map(({ body }) => body.includes('landed as'))).toEqual([true]);
  });

  it('it is merged while its comment waits to be written: the plan is not written any more', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    const held = Promise.withResolvers<void>();
    const holding = memoryOf(bot.loop.memory, FLEET).writing.run(commentKey(7), () => held.promise);
    const review = reviewPullRequest(bot.loop, FLEET, 7);
    while ((await bot.store.pull(FLEET, 7))?.isOpen !== true) await new Promise((resolve) => setTimeout(resolve, 1));
    await bot.mergeProposed(7);
    await bot.tasks.sync({ fleet: FLEET });
    held.resolve();
    await Promise.all([holding, review]);
    expect(bot.repository.comments(7)).toEqual([]);
    await bot.work();
    expect(bot.repository.comments(7).map(({ body }) => body.includes('landed as'))).toEqual([true]);
  });

  it.each(['writeCheck', 'writeComment'])('the process ends after %s: there is one of each', async (operation) => {
    const bot = await TestBot.begin();
    const head = await bot.propose({ version: '3.9.0' }, 7);
    let died = false;
    bot.onCall = (name, phase) => {
      if (died || name !== `code-host.${operation}` || phase !== 'after') return;
      died = true;
      throw new Error('the process ended');
    };
    await bot.work();
    bot.restart();
    await bot.pass(30_000);
    expect([died, bot.repository.comments(7).length, bot.repository.checks(head).length]).toEqual([true, 1, 1]);
  });

  it('somebody asks for the check again: it is written anew', async () => {
    const { bot, head } = await proposed();
    bot.repository.calls.splice(0);
    await reviewHead(bot.loop, FLEET, head);
    expect(asked(bot)).toContain('writeCheck');
  });
});
