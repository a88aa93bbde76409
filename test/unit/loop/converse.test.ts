import { describe, expect, it } from 'vitest';
import { askedBy } from '../../../src/app/webhooks.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import { smallManifests } from '../../support/loop/small-manifests.ts';

const PULL = 7;

/** 3.9.0 is being rolled out. */
async function moving(): Promise<TestBot> {
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, PULL);
  await bot.work();
  return bot;
}

interface Said {
  readonly by?: string;
  readonly pull?: number;
  readonly more?: object;
  readonly comment?: object;
}

/** Somebody comments; the webhook has come. @returns the id of the comment. */
async function say(bot: TestBot, body: string, { by = 'lead', pull = PULL, more = {}, comment = {} }: Said = {}): Promise<number> {
  const id = bot.repository.say(pull, by, body);
  const user = { login: by, type: 'User' };
  const payload = {
    action: 'created',
    repository: { id: 7, default_branch: 'main', private: true },
    issue: { number: pull },
    comment: { id, body, user, author_association: 'MEMBER', ...comment },
    sender: user,
    ...more,
  };
  const asked = askedBy('issue_comment', payload);
  if (asked?.kind === 'fleet') await bot.store.enqueue([asked.job(FLEET)]);
  return id;
}

const repliesTo = (bot: TestBot, id: number): readonly string[] =>
  bot.repository
    .comments(PULL)
    .filter(({ body }) => body.includes(`kind=reply comment=${id} `))
    .map(({ body }) => body);

describe('a comment with a command', () => {
  it('is acknowledged, carried out, and not answered with another comment', async () => {
    const bot = await moving();
    const id = await say(bot, 'slow!\n/fleet pause --reason "latency is up"');
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'rocket']);
    expect(await bot.store.stops(FLEET)).toMatchObject([{ by: 'lead', reason: 'latency is up' }]);
    expect(repliesTo(bot, id)).toEqual([]);
    expect((await bot.newest()).status).toBe('paused');
  });

  it('that is refused is answered once with why, and who could', async () => {
    const bot = await moving();
    const id = await say(bot, '/fleet resume', { by: 'stranger' });
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'confused']);
    expect(repliesTo(bot, id)).toEqual([expect.stringMatching(/stranger may not resume this.*role maintain or more/s)]);
    const wrong = await say(bot, '/fleet resume');
    await bot.work();
    expect(repliesTo(bot, wrong)).toEqual([expect.stringContaining('the rollout is not paused')]);
  });

  it('of several lines is carried out in order, or not at all', async () => {
    const bot = await moving();
    const id = await say(bot, '/fleet pause\n/fleet resume\n/fleet pause');
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'rocket']);
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
    const half = await say(bot, '/fleet resume\n/fleet explode');
    const many = await say(bot, '/fleet help\n'.repeat(6));
    await bot.work();
    expect(repliesTo(bot, half)).toEqual([expect.stringContaining('No command in this comment was carried out')]);
    expect(repliesTo(bot, many)).toEqual([expect.stringContaining('at most 5 commands')]);
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
  });

  it('is one command, however often it is worked on, and wherever that ends', async () => {
    const calls = ['code-host.react', 'code-host.writeComment'] as const;
    for (const call of calls)
      for (const phase of ['before', 'after'] as const) {
        const bot = await moving();
        let failures = 2;
        bot.onCall = (name, now) => {
          if (name !== call || now !== phase || failures === 0) return;
          failures -= 1;
          throw new PortError({ port: 'code-host', operation: call, retry: { kind: 'retry-after', waitMs: 0 }, message: 'cut off' });
        };
        const id = await say(bot, '/fleet pause\n/fleet pause');
        await bot.work();
        bot.clock.advance(60_000);
        await bot.work();
        expect(bot.repository.reactions(id), `${call} ${phase}`).toEqual(['eyes', 'confused']);
        expect(await bot.store.stops(FLEET)).toHaveLength(1);
        expect(repliesTo(bot, id)).toEqual([expect.stringContaining('already paused by lead')]);
        expect((await bot.store.audit(FLEET, { limit: 99 })).filter(({ kind }) => kind === 'command')).toHaveLength(1);
      }
  });

  it('that was carried out is not judged a second time because its answer was lost', async () => {
    const bot = await moving();
    let failures = 1;
    bot.onCall = (name) => {
      if (name !== 'code-host.react' || failures === 0) return;
      failures -= 1;
      throw new PortError({ port: 'code-host', operation: 'react', retry: { kind: 'retry-after', waitMs: 120_000 }, message: 'cut off' });
    };
    const id = await say(bot, '/fleet pause');
    await bot.work();
    bot.repository.setRole('lead', 'read');
    bot.clock.advance(120_000);
    await bot.work();
    expect([bot.repository.reactions(id), repliesTo(bot, id)]).toEqual([['eyes', 'rocket'], []]);
  });

  it('in a locked conversation is carried out all the same', async () => {
    const bot = await moving();
    bot.onCall = (name) => {
      if (name === 'code-host.react')
        throw new PortError({ port: 'code-host', operation: 'react', retry: { kind: 'needs-human' }, message: 'locked (403)' });
    };
    await say(bot, '/fleet pause');
    await bot.work();
    expect(await bot.store.stops(FLEET)).toHaveLength(1);
    expect(bot.failures).toEqual([]);
  });

  it('waits where nobody can say who wrote it, and is never carried out unchecked', async () => {
    const bot = await moving();
    let isDown = true;
    bot.onCall = (name) => {
      if (isDown && name === 'code-host.roleOf')
        throw new PortError({ port: 'code-host', operation: 'roleOf', retry: { kind: 'retry-after', waitMs: 1_000 }, message: 'down' });
    };
    const id = await say(bot, '/fleet pause');
    await bot.pass(15_000);
    expect(await bot.store.stops(FLEET)).toEqual([]);
    isDown = false;
    await bot.pass(15_000);
    expect([await bot.store.stops(FLEET), bot.repository.reactions(id)]).toMatchObject([[{ by: 'lead' }], ['eyes', 'rocket']]);
  });

  it('is stored before anybody has said who wrote it, and refused later with who could', async () => {
    const bot = await moving();
    let isDown = true;
    bot.onCall = (name) => {
      if (isDown && name.startsWith('code-host.'))
        throw new PortError({ port: 'code-host', operation: name, retry: { kind: 'retry-later' }, message: 'GitHub is away' });
    };
    const halt = await say(bot, '/fleet pause\n/fleet stop fleet');
    const other = await say(bot, '/fleet abort --reason "over"', { by: 'stranger' });
    await bot.work();
    expect((await bot.store.waitingCommands(FLEET)).map(({ command: { verb, by } }) => `${verb} by ${by}`).sort()).toEqual([
      'abort by stranger',
      'pause by lead',
      'stop by lead',
    ]);
    for (let minute = 0; minute < 5; minute += 1) {
      bot.clock.advance(60_000);
      await bot.work();
    }
    isDown = false;
    // Sooner than any other work is tried again.
    bot.clock.advance(5_000);
    await bot.work();
    expect(
      (await bot.store.stops(FLEET))
        .filter(({ cause }) => cause === 'person')
        .map(({ scope, by }) => `${scope.kind} by ${by}`)
        .sort(),
    ).toEqual(['fleet by lead', 'release by lead']);
    bot.clock.advance(300_000);
    await bot.work();
    expect([bot.repository.reactions(halt), bot.repository.reactions(other)]).toEqual([
      ['eyes', 'rocket'],
      ['eyes', 'confused'],
    ]);
    expect(repliesTo(bot, other)).toEqual([expect.stringMatching(/stranger may not abort this.*role maintain or more/s)]);
  });

  it('is about the rollouts of its own pull request', async () => {
    const bot = await moving();
    await bot.propose({ version: '3.8.1' }, 9);
    await bot.work();
    const id = await say(bot, '/fleet pause', { pull: 9 });
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'confused']);
    expect(await bot.store.stops(FLEET)).toEqual([]);
  });

  it('for help is answered with every command and who may', async () => {
    const bot = await moving();
    const id = await say(bot, '/fleet');
    await bot.work();
    const [help] = repliesTo(bot, id);
    expect(help).toContain('/fleet take-over');
    expect(help).toContain('people with the role maintain or more');
  });

  it.each<[string, Said]>([
    ['a program', { more: { sender: { login: 'lead', type: 'Bot' } } }],
    ['an edit', { more: { action: 'edited' } }],
    ['somebody in the name of another', { more: { sender: { login: 'second', type: 'User' } } }],
    ['a comment without an author', { comment: { user: null } }],
  ])('by %s is none', async (_name, said) => {
    const bot = await moving();
    const id = await say(bot, '/fleet pause', said);
    await bot.work();
    expect([bot.repository.reactions(id), await bot.store.stops(FLEET)]).toEqual([[], []]);
  });

  it('of a stranger to a public repository gets a reaction, and nobody else is told', async () => {
    const bot = await moving();
    const repository = { id: 7, default_branch: 'main', private: false };
    const id = await say(bot, '/fleet help', { by: 'stranger', more: { repository }, comment: { author_association: 'NONE' } });
    await bot.work();
    expect([bot.repository.reactions(id), repliesTo(bot, id)]).toEqual([['eyes', 'rocket'], []]);
  });
});

describe('a halt by comment', () => {
  it.each<[string, string, Parameters<typeof say>[2]]>([
    ['a plan that somebody else has asked for, while git hangs', 'manifest-source.', { by: 'second' }],
    ['reactions to strangers, while GitHub takes none', 'code-host.react', { by: 'stranger' }],
    ['who a stranger is, while GitHub does not say', 'code-host.roleOf', { by: 'stranger' }],
  ])('does not wait for %s', async (_name, hangs, before) => {
    const bot = await moving();
    const skip = { verb: 'skip', rollout: (await bot.newest()).id, cluster: bot.cluster('k-two'), by: 'lead', reason: 'later' } as const;
    await commandFleet(bot.loop, FLEET, skip);
    bot.restart();
    bot.know();
    let hung = 0;
    bot.onCall = async (name, phase) => {
      if (!name.startsWith(hangs) || phase === 'after') return;
      hung += 1;
      await new Promise(() => undefined);
    };
    for (const words of ['/fleet reconcile kafka', '/fleet pause', '/fleet help']) await say(bot, words, before);
    await bot.workBeside();
    expect(hung).toBeGreaterThan(0);
    await say(bot, '/fleet stop fleet --reason "latency is up"');
    await bot.workBeside();
    expect((await bot.store.stops(FLEET)).map(({ reason }) => reason)).toContain('latency is up');
  });
});

describe('a halt of several lines', () => {
  it('is stored before the code host has said anything; what only together makes sense waits for that', async () => {
    const bot = await moving();
    bot.onCall = (name) => (name === 'code-host.roleOf' ? new Promise<never>(() => undefined) : undefined);
    await say(bot, '/fleet pause\n/fleet stop fleet');
    await say(bot, '/fleet resume\n/fleet expedite --reason "hurry"', { by: 'second' });
    await bot.workBeside();
    expect((await bot.store.waitingCommands(FLEET)).map(({ command: { verb } }) => verb)).toEqual(['pause', 'stop']);
  });
});

describe('an approval by comment', () => {
  /** 3.9.0 waits for the approval of its second phase, which names `lead` and nobody else. */
  async function waiting(): Promise<TestBot> {
    const bot = await TestBot.begin({ approval: true });
    await bot.merge({ version: '3.9.0', approval: true }, PULL);
    await bot.work();
    await bot.passUntil((rollouts) => rollouts[0]?.status === 'awaiting-approval');
    return bot;
  }

  it('is bound to the digest, and is of those whom the phase names; the audit keeps why', async () => {
    const bot = await waiting();
    const { digest } = await bot.newest();
    const wrong = await say(bot, '/fleet approve 0123456789abcdef');
    const other = await say(bot, `/fleet approve ${digest}`, { by: 'second' });
    await bot.work();
    expect(repliesTo(bot, wrong)).toEqual([expect.stringContaining('the plan that runs is')]);
    expect(repliesTo(bot, other)).toEqual([expect.stringMatching(/second may not approve this.*lead/s)]);
    expect((await bot.newest()).status).toBe('awaiting-approval');
    const id = await say(bot, `/fleet approve ${digest}`);
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'rocket']);
    expect((await bot.newest()).status).toBe('running');
    const [line] = (await bot.store.audit(FLEET, { limit: 99 })).filter(({ kind }) => kind === 'command');
    expect(line?.why).toBe(`asked in #${PULL} (named in the manifests, no part in the change)`);
  });

  it('of a member of the team that the phase names counts at once, whatever has to be found out first', async () => {
    const bot = await TestBot.begin({ approval: 'team' });
    bot.repository.setTeam('leads', ['lead']);
    await bot.merge({ version: '3.9.0', approval: 'team' }, PULL);
    await bot.work();
    await bot.passUntil((rollouts) => rollouts[0]?.status === 'awaiting-approval');
    const id = await say(bot, `/fleet approve ${(await bot.newest()).digest}`);
    await bot.work();
    expect(bot.repository.reactions(id)).toEqual(['eyes', 'rocket']);
  });

  it('of what was pushed without a pull request is not of whoever pushed it, and of nobody where that is not known', async () => {
    const bot = await TestBot.begin({ approval: true });
    bot.repository.setRole('lead', 'maintain');
    // Whoever commits may call themselves what they like, and keep nobody from approving by that.
    const files = smallManifests({ version: '3.9.0', approval: true });
    const sha = bot.git.commit(files, { from: bot.git.head() ?? null, author: 'lead' });
    await bot.tasks.sync({ fleet: FLEET });
    await bot.work();
    await bot.passUntil((rollouts) => rollouts[0]?.status === 'awaiting-approval');
    const { id: rollout, digest } = await bot.newest();
    const approve = async () => {
      bot.clock.advance(60_000);
      const id = await say(bot, `/fleet approve rollout:${rollout} digest:${digest} phase:rest`);
      await bot.work();
      return repliesTo(bot, id)[0];
    };
    bot.repository.openPull({ number: PULL, headSha: sha, author: 'octocat', title: 'talk' });
    expect(await approve()).toContain('who did cannot be told: nobody knows who has pushed it');
    bot.repository.setBehindCommit(sha, { logins: ['Lead'], whyNotAll: undefined });
    expect(await approve()).toContain('nobody who took part in the change');
    bot.repository.setBehindCommit(sha, { logins: ['somebody'], whyNotAll: undefined });
    expect(await approve()).toBeUndefined();
    expect((await bot.newest()).status).toBe('running');
  });

  it('is not of whoever has a part in the change', async () => {
    const bot = await waiting();
    bot.repository.setCommitters(PULL, ['Lead']);
    const id = await say(bot, `/fleet approve ${(await bot.newest()).digest}`);
    await bot.work();
    expect(repliesTo(bot, id)).toEqual([expect.stringContaining('nobody who took part in the change')]);
    expect((await bot.newest()).status).toBe('awaiting-approval');
  });
});
