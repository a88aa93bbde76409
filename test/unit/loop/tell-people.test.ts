import { describe, expect, it } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { commandFleet } from '../../support/loop/command-fleet.ts';
import type { SmallFleet } from '../../support/loop/small-manifests.ts';

const PULL = 7;
const RULES = `  commands:
    - { verbs: [resume, lift], teams: [Streaming], users: [anna] }
    - { verbs: [retry], users: [otto] }
    - { verbs: [pause, abort, skip], users: [lead] }
`;
const BY = { by: 'lead', reason: 'because' } as const;

const notices = (bot: TestBot): readonly string[] =>
  bot.repository
    .comments(PULL)
    .map(({ body }) => body)
    .filter((body) => body.startsWith('<!-- flotilla:v1 kind=notice '));

/** As GitHub reads them: not in code, and not where something invisible is between the sign and the name. */
const mentionsIn = (body: string): readonly string[] =>
  body.replaceAll(/```[^`]*```|`[^`]*`/g, '').match(/@[A-Za-z0-9][A-Za-z0-9/-]*/g) ?? [];

/** 3.9.0 does not start on this cluster. */
async function breaking(cluster: string, fleet: SmallFleet = {}): Promise<TestBot> {
  const bot = await TestBot.begin({ fleet: RULES, ...fleet });
  bot.planes.break(bot.cluster(cluster), { kind: 'crash-loop', version: '3.9.0' });
  await bot.merge({ fleet: RULES, version: '3.9.0', ...fleet }, PULL);
  await bot.work();
  return bot;
}

async function paused(fleet: SmallFleet = {}): Promise<TestBot> {
  const bot = await breaking('k-canary', fleet);
  await bot.passUntil(([first]) => first?.status === 'paused');
  await bot.work();
  return bot;
}

async function give(bot: TestBot, verb: 'resume' | 'pause' | 'abort' | 'retry', by = 'lead'): Promise<void> {
  const command: FleetCommand = { verb, rollout: (await bot.newest()).id, by, reason: 'because' };
  expect(await commandFleet(bot.loop, FLEET, command)).toMatchObject({ ok: true });
}

describe('a pause that nobody asked for', () => {
  it('is told once, to those who may let it go on, and to nobody else', async () => {
    const bot = await paused();
    expect(notices(bot)).toHaveLength(1);
    const [notice = ''] = notices(bot);
    expect(notice).toContain('`kafka`: Rollout paused: 0 of 3 clusters done, 1 failed');
    expect(mentionsIn(notice)).toEqual(['@acme/streaming', '@anna']);
    expect(notice).toContain('/fleet resume');
    expect(notice).toContain('**Not touched:** 2 of 3 clusters');
    // The comment that is kept up to date tells nobody.
    const [report] = bot.repository.comments(PULL).filter(({ body }) => body.includes('kind=pull'));
    expect([mentionsIn(report?.body ?? '@'), bot.repository.comments(PULL).length]).toEqual([[], 2]);
    bot.restart();
    await bot.pass(300_000);
    expect(notices(bot)).toEqual([notice]);
  });

  it('is told again when something else goes wrong, and not to those who went on with their eyes open', async () => {
    const bot = await paused();
    await give(bot, 'resume', 'anna');
    await bot.passUntil(([first]) => first?.status === 'paused');
    await bot.pass(60_000);
    // It stops once more, because no canary has proven anything: whoever went on was shown that.
    expect((await bot.store.stops(FLEET)).map(({ cause }) => cause).sort()).toEqual(['quarantine', 'unproven-canary']);
    expect(notices(bot)).toHaveLength(1);
    await give(bot, 'retry', 'otto');
    await give(bot, 'resume', 'anna');
    await bot.pass(1_800_000);
    expect(new Set(notices(bot).map((body) => body.slice(0, body.indexOf('\n')))).size).toBe(2);
  });

  it.each(['before', 'after'] as const)('is told once, also when the process ends %s it is written', async (when) => {
    const bot = await breaking('k-canary');
    let died = 0;
    bot.onCall = async (name, phase) => {
      const isPaused = (await bot.store.recentRollouts(FLEET, 1))[0]?.status === 'paused';
      if (died > 1 || !isPaused || name !== 'code-host.writeComment' || phase !== when) return;
      died += 1;
      throw new Error('the process ended');
    };
    await bot.passUntil(([first]) => first?.status === 'paused');
    for (let nth = 0; nth < 4; nth += 1) {
      bot.restart();
      await bot.pass(30_000);
    }
    expect([died, notices(bot).length, bot.repository.comments(PULL).length]).toEqual([2, 1, 2]);
  });

  it('is not told twice because the database was lost', async () => {
    const bot = await paused();
    const stored = await bot.store.projection(FLEET, `notice:${/of=([^ ]+) /.exec(notices(bot)[0] ?? '')?.[1]}`);
    if (stored === undefined) throw new Error('it is on record');
    await bot.store.saveProjection(FLEET, { ...stored, remoteId: undefined, hash: undefined });
    bot.restart();
    await bot.pass(60_000);
    expect(notices(bot)).toHaveLength(1);
  });

  it('is not told when it is over before that could be done', async () => {
    const bot = await breaking('k-canary');
    const away = new PortError({ port: 'code-host', operation: 'write', retry: { kind: 'retry-after', waitMs: 15_000 }, message: 'away' });
    bot.onCall = (name) => {
      if (name.startsWith('code-host.write')) throw away;
    };
    await bot.passUntil(([first]) => first?.status === 'paused');
    await give(bot, 'abort');
    await bot.work();
    bot.onCall = undefined;
    await bot.pass(120_000);
    expect([notices(bot), bot.repository.comments(PULL).length]).toEqual([[], 1]);
  });

  it('is not told when it is over while its comment waits for its turn', async () => {
    const bot = await breaking('k-canary');
    const { writing } = memoryOf(bot.loop.memory, FLEET);
    const run = writing.run.bind(writing);
    let aborted = false;
    writing.run = async (key, work) => {
      if (key.startsWith('notice:') && !aborted) {
        aborted = true;
        await give(bot, 'abort');
      }
      return await run(key, work);
    };
    await bot.passUntil(() => aborted);
    await bot.work();
    expect([aborted, notices(bot)]).toEqual([true, []]);
  });

  it('in a locked conversation does not keep the check from being written', async () => {
    const bot = await breaking('k-canary');
    const { commit } = await bot.newest();
    const locked = new PortError({ port: 'code-host', operation: 'write', retry: { kind: 'needs-human' }, message: 'locked (403)' });
    bot.onCall = (name) => {
      if (name === 'code-host.writeComment') throw locked;
    };
    await bot.passUntil(([first]) => first?.status === 'paused');
    await bot.work();
    expect(bot.repository.check(commit, 'flotilla / rollout')?.state).toEqual({ kind: 'completed', conclusion: 'action_required' });
    bot.onCall = undefined;
    await bot.store.retryParked(FLEET);
    await bot.work();
    expect(notices(bot)).toHaveLength(1);
  });

  it('mentions nobody where the manifests name nobody', async () => {
    const bot = await paused({ fleet: '' });
    expect(notices(bot).map(mentionsIn)).toEqual([[]]);
    expect(notices(bot)[0]).toContain('For people with the role maintain or more: nothing goes on until somebody decides.');
  });

  it('mentions nobody whom evidence or people name', async () => {
    const bot = await breaking('k-canary');
    await commandFleet(bot.loop, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, by: 'lead', reason: 'ask @octocat, @acme/all' });
    await bot.merge({ fleet: `${RULES}    - { verbs: [stop], users: [lead] }\n`, version: '3.9.0' }, 8);
    await bot.work();
    await commandFleet(bot.loop, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, by: 'lead', reason: 'ask @octocat, @acme/all' });
    await bot.passUntil(() => notices(bot).length > 0);
    expect(notices(bot)[0]).toContain('octocat');
    expect(mentionsIn(notices(bot)[0] ?? '@')).toEqual(['@acme/streaming', '@anna']);
  });
});

describe('what a person has done', () => {
  it.each(['pause', 'abort'] as const)('is no news to people: %s', async (verb) => {
    const bot = await TestBot.begin({ fleet: RULES });
    await bot.merge({ fleet: RULES, version: '3.9.0' }, PULL);
    await bot.work();
    await give(bot, verb);
    await bot.pass(300_000);
    expect([notices(bot), bot.repository.comments(PULL).length]).toEqual([[], 1]);
  });
});

describe('an approval', () => {
  it('is asked for once, of those whom the phase names', async () => {
    const bot = await TestBot.begin({ fleet: RULES, approval: true });
    await bot.merge({ fleet: RULES, approval: true, version: '3.9.0' }, PULL);
    await bot.passUntil(([first]) => first?.status === 'awaiting-approval');
    await bot.pass(600_000);
    expect(notices(bot)).toHaveLength(1);
    const [notice = ''] = notices(bot);
    expect(mentionsIn(notice)).toEqual(['@lead']);
    expect(notice).toContain(`/fleet approve ${(await bot.newest()).digest} phase:rest`);
    await commandFleet(bot.loop, FLEET, { verb: 'approve', rollout: (await bot.newest()).id, digest: (await bot.newest()).digest, ...BY });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    expect(notices(bot)).toEqual([notice]);
  });
});

describe('an end that left something behind', () => {
  it('is told once, to those who may try again', async () => {
    const bot = await breaking('k-two', { mayFail: 1 });
    await bot.passUntil(([first]) => first?.finishedAt !== undefined);
    await bot.pass(120_000);
    expect(notices(bot)).toHaveLength(1);
    expect(notices(bot)[0]).toContain('k-two');
    expect(mentionsIn(notices(bot)[0] ?? '')).toEqual(['@otto']);
  });
});
