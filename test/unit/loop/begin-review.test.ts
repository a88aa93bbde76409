import { describe, expect, it } from 'vitest';
import { askedBy } from '../../../src/app/webhooks.ts';
import type { CommitSha } from '../../../src/core/model/ids.ts';
import { reviewHead } from '../../../src/loop/review-pull-request.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

const CHECK = 'flotilla / plan';
const PULL = 7;

interface Told {
  readonly base?: string;
  readonly state?: string;
  readonly draft?: boolean;
}

/** GitHub tells of a pull request with this head. */
async function tell(
  bot: TestBot,
  action: string,
  head: CommitSha,
  { base = 'main', state = 'open', draft = false }: Told = {},
): Promise<void> {
  const payload = {
    action,
    repository: { id: 1_001, default_branch: 'main' },
    pull_request: {
      ...{ number: PULL, state, draft, title: `Change ${PULL}`, user: { login: 'octocat' } },
      ...{ head: { sha: head, repo: { id: 1_001 } }, base: { ref: base, repo: { id: 1_001 } } },
    },
  };
  const asked = askedBy('pull_request', payload);
  if (asked?.kind !== 'fleet') throw new Error('it asks for something');
  await bot.store.enqueue([asked.job(FLEET)]);
}

/** A push to the pull request; nobody has told of it yet. */
function push(bot: TestBot, version: string): CommitSha {
  const headSha = bot.write({ version }, `refs/pull/${PULL}/head`);
  if (bot.repository.comments(PULL).length === 0)
    bot.repository.openPull({ number: PULL, headSha, author: 'octocat', title: `Change ${PULL}` });
  else bot.repository.changePull(PULL, { headSha });
  return headSha;
}

const asked = (bot: TestBot) => bot.repository.calls.map(({ operation }) => operation);
const news = (bot: TestBot) =>
  bot.repository.calls.filter(({ argument }) => (argument as { isNew?: boolean } | undefined)?.isNew === true).length;
const stateOf = (bot: TestBot, head: CommitSha) => {
  const state = bot.repository.check(head, CHECK)?.state;
  return state?.kind === 'completed' ? state.conclusion : state?.kind;
};
const titleOf = (bot: TestBot, head: CommitSha) => bot.repository.check(head, CHECK)?.title;

async function planned(): Promise<{ readonly bot: TestBot; readonly head: CommitSha }> {
  const bot = await TestBot.begin();
  const head = push(bot, '3.9.0');
  await tell(bot, 'opened', head);
  await bot.work();
  bot.repository.calls.splice(0);
  return { bot, head };
}

describe('a push to a pull request', () => {
  it('has its check before git is asked for anything', async () => {
    const bot = await TestBot.begin();
    bot.onCall = (name) => (name.startsWith('manifest-source.') ? new Promise<never>(() => undefined) : undefined);
    const head = push(bot, '3.9.0');
    await tell(bot, 'opened', head);
    await bot.workBeside();
    expect([stateOf(bot, head), titleOf(bot, head)]).toEqual(['in-progress', 'Planning']);
  });

  it('costs three calls: its check begun, its check ended, its comment; nothing is looked for where nothing can be', async () => {
    const bot = await TestBot.begin();
    bot.repository.calls.splice(0);
    const head = push(bot, '3.9.0');
    await tell(bot, 'opened', head);
    await bot.work();
    expect([asked(bot), news(bot), stateOf(bot, head)]).toEqual([['writeCheck', 'writeCheck', 'writeComment'], 2, 'success']);
    bot.repository.calls.splice(0);
    const next = push(bot, '3.8.1');
    await tell(bot, 'synchronize', next);
    await bot.work();
    expect([asked(bot), news(bot), stateOf(bot, next)]).toEqual([['writeCheck', 'writeCheck', 'writeComment'], 1, 'success']);
  });

  it('is planned also where its check cannot be begun, which is then looked for', async () => {
    const bot = await TestBot.begin();
    let failed = false;
    bot.onCall = (name, phase) => {
      if (failed || name !== 'code-host.writeCheck' || phase !== 'after') return;
      failed = true;
      throw new PortError({ port: 'code-host', operation: 'writeCheck', retry: { kind: 'retry-later' }, message: 'the answer is lost' });
    };
    const head = push(bot, '3.9.0');
    await tell(bot, 'opened', head);
    await bot.work();
    expect([failed, bot.repository.checks(head).length, stateOf(bot, head), bot.failures]).toEqual([true, 1, 'success', []]);
  });

  it('that is overtaken by another ends its check', async () => {
    const bot = await TestBot.begin();
    const first = push(bot, '3.9.0');
    await tell(bot, 'opened', first);
    const second = bot.write({ version: '3.8.1' }, `refs/pull/${PULL}/head`);
    bot.repository.changePull(PULL, { headSha: second });
    await bot.work();
    expect([stateOf(bot, first), titleOf(bot, first), stateOf(bot, second)]).toEqual([
      'cancelled',
      'Not planned: there is a newer commit',
      'success',
    ]);
  });

  it.each<[string, (bot: TestBot) => void, string]>([
    ['closed', (bot) => bot.repository.closePull(PULL), 'Not planned: closed before'],
    ['sent to another branch', (bot) => bot.repository.changePull(PULL, { baseRef: 'next' }), 'Not planned: it goes into another branch'],
  ])('that is %s meanwhile ends its check', async (_name, happens, title) => {
    const bot = await TestBot.begin();
    const head = push(bot, '3.9.0');
    await tell(bot, 'opened', head);
    bot.onCall = async (name, phase) => {
      if (name !== 'code-host.writeCheck' || phase !== 'after') return;
      bot.onCall = undefined;
      happens(bot);
      const { baseRef = 'main', state = 'open' } = (await bot.repository.pull(PULL)) ?? {};
      await tell(bot, state === 'closed' ? 'closed' : 'edited', head, { base: baseRef, state });
    };
    await bot.work();
    expect([stateOf(bot, head), titleOf(bot, head), bot.repository.comments(PULL)]).toEqual(['cancelled', title, []]);
  });

  it('whose commit git does not have ends its check', async () => {
    const bot = await TestBot.begin();
    const head = bot.write({ version: '3.9.0' }, 'refs/heads/elsewhere');
    bot.repository.openPull({ number: PULL, headSha: head, author: 'octocat', title: 'gone' });
    await tell(bot, 'opened', head);
    for (let nth = 0; nth < 3; nth += 1) {
      await bot.work();
      bot.clock.advance(60_000);
    }
    expect([stateOf(bot, head), titleOf(bot, head)]).toEqual(['failure', 'Not planned yet: it failed 3 times']);
    expect(bot.repository.check(head, CHECK)?.summary).toContain('does not have the newest commit');
  });

  it('waits for its commit where git is behind, and takes none before it for the newest', async () => {
    const { bot, head } = await planned();
    const next = bot.write({ version: '3.9.0', config: { 'num.io.threads': 4 } }, 'refs/heads/elsewhere');
    bot.repository.changePull(PULL, { headSha: next });
    await tell(bot, 'synchronize', next);
    await bot.work();
    expect([stateOf(bot, next), stateOf(bot, head)]).toEqual(['in-progress', 'success']);
  });

  it('whose plan fails again and again says why, and is planned when it can be', async () => {
    const bot = await TestBot.begin();
    const head = push(bot, '3.9.0');
    let isBroken = true;
    bot.onCall = (name) => {
      if (isBroken && name === 'manifest-source.mergeTree')
        throw new PortError({
          port: 'manifest-source',
          operation: 'mergeTree',
          retry: { kind: 'retry-after', waitMs: 1_000 },
          message: 'no space left',
        });
    };
    await tell(bot, 'opened', head);
    await bot.work();
    for (let nth = 0; nth < 2; nth += 1) {
      expect(stateOf(bot, head)).toBe('in-progress');
      bot.clock.advance(1_000);
      await bot.work();
    }
    expect([stateOf(bot, head), titleOf(bot, head)]).toEqual(['failure', 'Not planned yet: it failed 3 times']);
    expect(bot.repository.check(head, CHECK)?.summary).toContain('no space left');
    isBroken = false;
    bot.clock.advance(1_000);
    await bot.work();
    expect([stateOf(bot, head), bot.repository.checks(head).length]).toEqual(['success', 1]);
  });

  it('keeps the verdict of its plan, however often the comment cannot be written', async () => {
    const bot = await TestBot.begin();
    const head = push(bot, '3.9.0');
    bot.onCall = (name, phase) => {
      if (name !== 'code-host.writeComment' || phase !== 'before') return;
      throw new PortError({
        port: 'code-host',
        operation: 'writeComment',
        retry: { kind: 'retry-after', waitMs: 1_000 },
        message: 'locked',
      });
    };
    await tell(bot, 'opened', head);
    for (let nth = 0; nth < 5; nth += 1) {
      await bot.work();
      bot.clock.advance(1_000);
    }
    expect([stateOf(bot, head), bot.repository.checks(head).length]).toEqual(['success', 1]);
  });

  it('that is told of after the pull request was closed is not planned', async () => {
    const { bot, head } = await planned();
    bot.repository.closePull(PULL);
    await tell(bot, 'closed', head, { state: 'closed' });
    await bot.work();
    await tell(bot, 'synchronize', head);
    await bot.work();
    expect((await bot.store.pull(FLEET, PULL))?.isOpen).toBe(false);
    expect(bot.repository.comments(PULL)[0]?.body).toContain('Closed without a merge');
  });
});

describe('the comment on a pull request', () => {
  it('says that it was closed without a merge, and is a plan again when it is opened again', async () => {
    const { bot, head } = await planned();
    bot.repository.closePull(PULL);
    await tell(bot, 'closed', head, { state: 'closed' });
    await bot.work();
    expect(bot.repository.comments(PULL).map(({ body }) => body)).toEqual([
      expect.stringContaining('Closed without a merge: nothing of it was rolled out'),
    ]);
    bot.repository.changePull(PULL, { state: 'open' });
    await tell(bot, 'reopened', head);
    await bot.work();
    expect(bot.repository.comments(PULL).map(({ body }) => body)).toEqual([expect.stringContaining('3.9.0')]);
  });

  it('says that it goes into another branch', async () => {
    const { bot, head } = await planned();
    bot.repository.changePull(PULL, { baseRef: 'next' });
    await tell(bot, 'edited', head, { base: 'next' });
    await bot.work();
    expect(bot.repository.comments(PULL)[0]?.body).toContain('Goes into `next` now');
  });

  it('says that it is a draft', async () => {
    const { bot, head } = await planned();
    bot.repository.changePull(PULL, { draft: true });
    await tell(bot, 'converted_to_draft', head, { draft: true });
    await bot.work();
    expect(bot.repository.comments(PULL)[0]?.body).toContain('📝 **Draft:**');
    await tell(bot, 'ready_for_review', head);
    await bot.work();
    expect(bot.repository.comments(PULL)[0]?.body).not.toContain('**Draft:**');
  });
});

describe('"Re-run"', () => {
  it('writes the check of a rollout anew', async () => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: '3.9.0' });
    await bot.work();
    bot.repository.calls.splice(0);
    await reviewHead(bot.loop, FLEET, commit);
    expect(asked(bot)).toEqual(['writeCheck']);
    expect(bot.repository.check(commit, 'flotilla / rollout')?.state).toEqual({ kind: 'in-progress' });
  });

  it('writes the check of a broken branch anew', async () => {
    const bot = await TestBot.begin();
    const commit = await bot.merge({ version: 'nothing' });
    await bot.work();
    expect(stateOf(bot, commit)).toBe('failure');
    bot.repository.calls.splice(0);
    await reviewHead(bot.loop, FLEET, commit);
    expect([asked(bot)[0], stateOf(bot, commit)]).toEqual(['writeCheck', 'failure']);
  });

  it('ends what is over', async () => {
    const { bot, head } = await planned();
    bot.repository.closePull(PULL);
    await tell(bot, 'closed', head, { state: 'closed' });
    await bot.work();
    await reviewHead(bot.loop, FLEET, head);
    expect([stateOf(bot, head), titleOf(bot, head)]).toEqual(['cancelled', 'Nothing left to check']);
  });
});
