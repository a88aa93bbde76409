import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../../src/core/reconcile/state.ts';
import { rolloutCheckState } from '../../../src/core/report/check-state.ts';
import { publishRollouts } from '../../../src/loop/publish-rollouts.ts';
import type { StateStore } from '../../../src/ports/state-store.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { sha, t } from '../../support/state/builders.ts';

const CHECK = 'flotilla / rollout';

async function moving(): Promise<{ readonly bot: TestBot; readonly commit: ReturnType<typeof sha> }> {
  const bot = await TestBot.begin();
  const commit = await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  return { bot, commit };
}

const writes = (bot: TestBot) => bot.repository.calls.map(({ operation }) => operation).filter((name) => name.startsWith('write'));

describe('the report of a commit', () => {
  it('is one check on the commit and one comment on its pull request, from the beginning to the end', async () => {
    const { bot, commit } = await moving();
    expect(bot.repository.check(commit, CHECK)?.state).toEqual({ kind: 'in-progress' });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(bot.repository.checks(commit).filter(({ name }) => name === CHECK)).toHaveLength(1);
    expect(bot.repository.check(commit, CHECK)).toMatchObject({
      state: { kind: 'completed', conclusion: 'success' },
      externalId: (await bot.newest()).digest,
      detailsUrl: `http://127.0.0.1:3000/fleets/${FLEET}/rollouts/${(await bot.newest()).id}`,
    });
    expect(bot.repository.comments(7)).toHaveLength(1);
    expect(bot.failures).toEqual([]);
  });

  it('that reads as before costs no request', async () => {
    const { bot, commit } = await moving();
    await publishRollouts(bot.loop, FLEET, commit);
    bot.repository.calls.splice(0);
    await publishRollouts(bot.loop, FLEET, commit);
    expect(writes(bot)).toEqual([]);
  });

  it('of a rollout that somebody paused asks for a person', async () => {
    const { bot, commit } = await moving();
    await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: (await bot.newest()).id, by: 'lead', reason: 'a strange smell' });
    await bot.work();
    expect(bot.repository.check(commit, CHECK)?.state).toEqual({ kind: 'completed', conclusion: 'action_required' });
    expect(bot.repository.comments(7)[0]?.body).toContain('a strange smell');
  });

  it('is of one moment: what is paused while it is written is not said without why', async () => {
    const { bot, commit } = await moving();
    const { id } = await bot.newest();
    const pause = async () => {
      await commandFleet(bot.loop, FLEET, { verb: 'pause', rollout: id, by: 'lead', reason: 'a strange smell' });
      await bot.tasks.tick({ fleet: FLEET });
    };
    let pausing: Promise<void> | undefined;
    const over: Partial<StateStore> = {
      rollout: async (...asked) => {
        pausing ??= pause();
        await pausing;
        return await bot.store.rollout(...asked);
      },
    };
    await publishRollouts(bot.withStore(over), FLEET, commit);
    const body = bot.repository.comments(7)[0]?.body ?? '';
    expect(body.includes('Rollout paused')).toBe(body.includes('a strange smell'));
    await (pausing ?? pause());
    await bot.work();
    expect(bot.repository.comments(7)[0]?.body).toContain('a strange smell');
  });

  it('of a commit without a pull request is the check alone', async () => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: '3.9.0' });
    await bot.work();
    expect(bot.repository.check(commit, CHECK)?.state).toEqual({ kind: 'in-progress' });
    expect(writes(bot)).not.toContain('writeComment');
  });

  it.each([
    ['a commit that brought no rollouts', sha('9'), true],
    ['a fleet that is not known', sha('9'), false],
  ])('of %s is nothing', async (_name, commit, isKnown) => {
    const bot = isKnown ? await TestBot.begin() : new TestBot();
    await publishRollouts(bot.loop, FLEET, commit);
    expect(writes(bot)).toEqual([]);
  });

  it('names the rollout that took over', async () => {
    const { bot } = await moving();
    await bot.merge({ version: '3.9.0', release: '  urgency: hotfix\n', config: { 'num.io.threads': 4 } }, 8);
    await bot.work();
    expect((await bot.rollouts()).map(({ status }) => status)).toEqual(['running', 'superseded']);
    await bot.pass(60_000);
    expect(bot.repository.comments(7)[0]?.body).toContain('#8');
  });

  it('says so when what runs is not the plan that was shown', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    await bot.work();
    await bot.merge({ config: { 'num.io.threads': 4 } }, 8);
    // The base moves, and the merge comes before the new plan.
    await bot.tasks.sync({ fleet: FLEET });
    await bot.merge({ version: '3.9.0', config: { 'num.io.threads': 4 } }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    await bot.work();
    const shown = bot.repository.comments(7)[0]?.body ?? '';
    expect(shown).toContain('not the one that was shown');
  });

  it('does not say so when it is', async () => {
    const bot = await TestBot.begin();
    await bot.propose({ version: '3.9.0' }, 7);
    await bot.work();
    await bot.mergeProposed(7);
    await bot.work();
    expect(bot.repository.comments(7)).toHaveLength(1);
    expect(bot.repository.comments(7)[0]?.body).not.toContain('not the one that was shown');
  });
});

describe('what goes wrong', () => {
  it.each(['writeCheck', 'writeComment'])('the process ends after %s: there is still one of each', async (operation) => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: '3.9.0' }, 7);
    let died = false;
    bot.onCall = (name, phase) => {
      if (died || name !== `code-host.${operation}` || phase !== 'after') return;
      died = true;
      throw new Error('the process ended');
    };
    await bot.work();
    expect(died).toBe(true);
    bot.restart();
    await bot.pass(30_000);
    expect(bot.repository.checks(commit).filter(({ name }) => name === CHECK)).toHaveLength(1);
    expect(bot.repository.comments(7)).toHaveLength(1);
  });

  it('the code host does not answer: the rollout goes on, and is reported later', async () => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: '3.9.0' }, 7);
    await bot.tasks.sync({ fleet: FLEET });
    bot.onCall = (name) => {
      if (name.startsWith('code-host')) throw new Error('502');
    };
    await bot.pass(60_000);
    expect((await bot.newest()).status).toBe('running');
    expect(bot.repository.checks(commit)).toEqual([]);
    bot.onCall = undefined;
    await bot.pass(300_000);
    expect(bot.repository.check(commit, CHECK)).toBeDefined();
    expect(bot.repository.comments(7)).toHaveLength(1);
  });

  it('somebody deletes the comment: there is one again with the next news', async () => {
    const { bot } = await moving();
    const [comment] = bot.repository.comments(7);
    bot.repository.deleteComment(comment?.id ?? 0);
    await bot.pass(120_000);
    expect(bot.repository.comments(7)).toHaveLength(1);
  });
});

describe('rolloutCheckState', () => {
  const of = (...statuses: readonly [RolloutStatus, boolean][]) =>
    rolloutCheckState(statuses.map(([status, isFinished]) => ({ status, finishedAt: isFinished ? t(1) : undefined })));
  const words = (state: ReturnType<typeof of>) => (state.kind === 'completed' ? state.conclusion : state.kind);

  it.each<[RolloutStatus, boolean, string]>([
    ['pending', false, 'in-progress'],
    ['awaiting-approval', false, 'action_required'],
    ['running', false, 'in-progress'],
    ['paused', false, 'action_required'],
    ['aborted', false, 'in-progress'],
    ['aborted', true, 'cancelled'],
    ['superseded', false, 'in-progress'],
    ['superseded', true, 'neutral'],
    ['completed', true, 'success'],
    ['completed-with-deferrals', true, 'neutral'],
  ])('%s, finished: %s: %s', (status, isFinished, want) => expect(words(of([status, isFinished]))).toBe(want));

  it('is that of the rollout that matters most', () => {
    expect(words(of(['completed', true], ['running', false], ['paused', false]))).toBe('action_required');
    expect(words(of(['completed', true], ['running', false], ['aborted', true]))).toBe('in-progress');
    expect(words(of(['completed', true], ['aborted', true], ['superseded', true]))).toBe('cancelled');
    expect(words(of(['completed', true], ['superseded', true]))).toBe('neutral');
  });
});
