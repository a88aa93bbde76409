import { describe, expect, it } from 'vitest';
import { askedBy } from '../../../src/app/webhooks.ts';
import type { CommitSha } from '../../../src/core/model/ids.ts';
import { formatInstant, instant } from '../../../src/core/model/time.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import type { SmallFleet } from '../../support/loop/small-manifests.ts';

const PULL = 7;
const CHECK = 'flotilla / plan';
/** The approval is taken away that the phase `rest` asks of `lead`. */
const BEFORE: SmallFleet = { approval: true };
const LESS: SmallFleet = { approval: false };
const REVIEWS = '  ruleChanges: { users: [lead, second], reviews: true }\n';

interface Proposed {
  readonly bot: TestBot;
  readonly head: CommitSha;
}

async function proposed(before: SmallFleet = BEFORE, after: SmallFleet = LESS): Promise<Proposed> {
  const bot = await TestBot.begin(before);
  const head = await bot.propose(after, PULL);
  await bot.work();
  return { bot, head };
}

const check = ({ bot, head }: Proposed) => bot.repository.check(head, CHECK);
const conclusion = (under: Proposed): string => {
  const state = check(under)?.state;
  return state?.kind === 'completed' ? state.conclusion : 'none';
};
const comment = ({ bot }: Proposed): string => bot.repository.comments(PULL)[0]?.body ?? '';
const digestOf = (under: Proposed): string => /\/fleet approve ([0-9a-f]{16})/.exec(comment(under))?.[1] ?? 'none';
const repliesTo = (bot: TestBot, id: number): readonly string[] =>
  bot.repository.comments(PULL).flatMap(({ body }) => (body.includes(`kind=reply comment=${id} `) ? [body] : []));

const REPOSITORY = { id: 7, default_branch: 'main', private: true };

async function hear(bot: TestBot, event: string, payload: object): Promise<void> {
  const asked = askedBy(event, { repository: REPOSITORY, ...payload });
  if (asked?.kind === 'fleet') await bot.store.enqueue([asked.job(FLEET)]);
  await bot.work();
}

async function say(bot: TestBot, body: string, by = 'lead'): Promise<number> {
  const id = bot.repository.say(PULL, by, body);
  const user = { login: by, type: 'User' };
  const said = { id, body, user, author_association: 'MEMBER' };
  await hear(bot, 'issue_comment', { action: 'created', issue: { number: PULL }, comment: said, sender: user });
  return id;
}

async function press({ bot, head }: Proposed, identifier: string, by = 'lead', type = 'User'): Promise<void> {
  const payload = {
    action: 'requested_action',
    check_run: { head_sha: head },
    requested_action: { identifier },
    sender: { login: by, type },
  };
  await hear(bot, 'check_run', payload);
}

async function review({ bot }: Proposed, login: string, approves: CommitSha | undefined): Promise<void> {
  bot.repository.review(PULL, login, approves);
  await hear(bot, 'pull_request_review', { action: 'submitted', pull_request: { number: PULL } });
}

const auditOf = async (bot: TestBot): Promise<readonly string[]> =>
  (await bot.store.audit(FLEET, { subject: `#${PULL}`, limit: 20 })).map(({ actor, to, why }) => `${actor}: ${to ?? 'withdrawn'}: ${why}`);

describe('a pull request that takes a protection away', () => {
  it('is not green before somebody agrees whom the rules in force name; its comment says who and how', async () => {
    const under = await proposed();
    expect(conclusion(under)).toBe('action_required');
    expect(check(under)?.title).toBe('Changes the rules: 1 approval removed; 2 clusters lose protection, to be approved');
    expect(check(under)?.actions).toEqual([expect.objectContaining({ identifier: `ok:${digestOf(under)}` })]);
    expect(comment(under)).toContain('by `lead`, nobody who took part in the change');
  });

  it('is green once they have, by a comment; the audit keeps why they may', async () => {
    const under = await proposed();
    const { bot } = under;
    const digest = digestOf(under);
    const id = await say(bot, `looks right\n/fleet approve ${digest}`);
    expect([bot.repository.reactions(id), conclusion(under), check(under)?.actions]).toEqual([['eyes', 'rocket'], 'success', undefined]);
    expect(check(under)?.title).toContain('2 clusters lose protection, approved');
    expect(comment(under)).toMatch(/✅ \*\*Approved\*\*.*\n\n- `lead`, 2026.* \(named in the manifests, no part in the change\)/);
    expect(await auditOf(bot)).toEqual([
      'lead: 1 of 1 approvals: lead: asked in #7',
      'lead: approve-rules: asked in #7 (named in the manifests, no part in the change)',
    ]);
  });

  it('is not approved by its author, by whom the pull request itself names, nor with another digest', async () => {
    const under = await proposed(BEFORE, { ...LESS, fleet: '  ruleChanges: { users: [second, octocat] }\n' });
    const { bot } = under;
    const digest = digestOf(under);
    const refused = [await say(bot, `/fleet approve ${digest}`, 'second'), await say(bot, `/fleet approve ${digest}`, 'octocat')];
    const wrong = [await say(bot, '/fleet approve 0123456789abcdef'), await say(bot, '/fleet approve')];
    expect(refused.map((id) => repliesTo(bot, id)[0])).toEqual([
      expect.stringMatching(/second may not approve this. Who may: lead/),
      expect.stringMatching(/octocat may not/),
    ]);
    expect(wrong.map((id) => repliesTo(bot, id)[0])).toEqual([
      expect.stringContaining('look at it, and approve that one'),
      expect.stringContaining(digest),
    ]);
    bot.repository.setCommitters(PULL, ['lead']);
    bot.clock.advance(60_000);
    expect(repliesTo(bot, await say(bot, `/fleet approve ${digest}`))[0]).toContain('nobody who took part in the change');
    expect(conclusion(under)).toBe('action_required');
  });

  it('stays approved over a push that changes nothing of that, and over a restart', async () => {
    const { bot, ...under } = await proposed();
    await say(bot, `/fleet approve ${digestOf({ bot, ...under })}`);
    bot.restart();
    const head = await bot.propose({ ...LESS, version: '3.9.0' }, PULL);
    await bot.work();
    expect(conclusion({ bot, head })).toBe('success');
  });

  it('has to be approved again when a push changes what is lost, even when the next one takes that back', async () => {
    const under = await proposed();
    const { bot } = under;
    const digest = digestOf(under);
    await say(bot, `/fleet approve ${digest}`);
    const worse = { bot, head: await bot.propose({ ...LESS, fleet: '  maxConcurrent: 99\n' }, PULL) };
    await bot.work();
    expect(conclusion(worse)).toBe('action_required');
    expect(digestOf(worse)).not.toBe(digest);
    expect((await auditOf(bot))[0]).toMatch(/^flotilla: withdrawn: the approval of lead is withdrawn: the change of rules is/);
    const back = { bot, head: await bot.propose(LESS, PULL) };
    await bot.work();
    expect([digestOf(back), conclusion(back)]).toEqual([digest, 'action_required']);
  });

  it('loses the approval of whoever pushes to it, or may approve no longer', async () => {
    const under = await proposed({ approval: 'team' });
    const { bot } = under;
    bot.repository.setTeam('leads', ['lead']);
    await say(bot, `/fleet approve ${digestOf(under)}`);
    expect(conclusion(under)).toBe('success');
    bot.repository.setCommitters(PULL, ['lead']);
    const pushed = { bot, head: await bot.propose({ ...LESS, version: '3.9.0' }, PULL) };
    await bot.work();
    expect(conclusion(pushed)).toBe('action_required');
    expect(comment(pushed)).toMatch(/`lead` has approved this too, which does not count: who may: .*part in the change/);
    bot.repository.setCommitters(PULL, []);
    bot.repository.setTeam('leads', []);
    bot.clock.advance(60_000);
    const again = { bot, head: await bot.propose({ ...LESS, version: '3.8.1' }, PULL) };
    await bot.work();
    expect(conclusion(again)).toBe('action_required');
  });

  it('needs as many people as the rules in force ask for, and each of them once', async () => {
    const under = await proposed({ ...BEFORE, fleet: '  ruleChanges: { users: [lead, second], count: 2 }\n' }, LESS);
    const { bot } = under;
    const digest = digestOf(under);
    await say(bot, `/fleet approve ${digest}`);
    expect([conclusion(under), check(under)?.title]).toEqual(['action_required', expect.stringContaining('1 of 2 approvals given')]);
    expect(repliesTo(bot, await say(bot, `/fleet approve ${digest}`, 'LEAD'))[0]).toContain('another person must');
    await say(bot, `/fleet approve ${digest}`, 'second');
    expect(conclusion(under)).toBe('success');
  });

  it('where the rules name nobody is approved by a maintainer who has no part in it, and by nobody with less', async () => {
    const under = await proposed({ fleet: '  maxConcurrent: 5\n' }, { fleet: '  maxConcurrent: 6\n' });
    const { bot } = under;
    expect(comment(under)).toContain(
      'by a maintainer or an admin of the repository, as the rules name nobody, nobody who took part in the change',
    );
    bot.repository.setRole('writer', 'write');
    bot.repository.setRole('octocat', 'admin');
    for (const by of ['writer', 'octocat']) expect(repliesTo(bot, await say(bot, `/fleet approve ${digestOf(under)}`, by))).toHaveLength(1);
    expect(conclusion(under)).toBe('action_required');
    await say(bot, `/fleet approve ${digestOf(under)}`, 'ada');
    expect(conclusion(under)).toBe('success');
  });

  it('of somebody who works alone is approved by its author, where the rules in force say so', async () => {
    const under = await proposed({ ...BEFORE, fleet: '  ruleChanges: { users: [octocat], notAuthor: false }\n' }, LESS);
    await say(under.bot, `/fleet approve ${digestOf(under)}`, 'octocat');
    expect(conclusion(under)).toBe('success');
  });

  it('is approved for as long as the rules in force say, and says until when', async () => {
    const under = await proposed({ ...BEFORE, fleet: '  ruleChanges: { users: [lead], validFor: 10m }\n' }, LESS);
    const { bot } = under;
    const digest = digestOf(under);
    const id = await say(bot, `/fleet approve ${digest}`);
    expect(repliesTo(bot, id)[0]).toContain('it counts for 10m');
    const until = formatInstant(instant(bot.clock.now() + 600_000));
    expect([conclusion(under), comment(under)]).toEqual(['success', expect.stringContaining(`counts until ${until}`)]);
    bot.clock.advance(599_999);
    await bot.work();
    expect(conclusion(under)).toBe('success');
    bot.clock.advance(1);
    await bot.work();
    expect(conclusion(under)).toBe('action_required');
    expect((await auditOf(bot))[0]).toBe(`flotilla: withdrawn: the approval of lead is withdrawn: it counted until ${until}`);
    await say(bot, `/fleet approve ${digest}`);
    expect(conclusion(under)).toBe('success');
  });

  it('waits where nobody can say who approves it, and counts nobody unchecked', async () => {
    const under = await proposed({ approval: 'team' });
    const { bot } = under;
    bot.repository.setTeam('leads', ['lead']);
    let isDown = true;
    bot.onCall = (name) => {
      if (isDown && name === 'code-host.isMember')
        throw new PortError({ port: 'code-host', operation: 'isMember', retry: { kind: 'retry-after', waitMs: 1_000 }, message: 'down' });
    };
    await say(bot, `/fleet approve ${digestOf(under)}`);
    expect(conclusion(under)).toBe('action_required');
    isDown = false;
    await bot.pass(15_000);
    expect(conclusion(under)).toBe('success');
  });

  it('that is closed, or takes nothing away, has nothing to approve', async () => {
    const gaining = await proposed(LESS, BEFORE);
    expect(conclusion(gaining)).toBe('success');
    expect(repliesTo(gaining.bot, await say(gaining.bot, '/fleet approve 0123456789abcdef'))[0]).toContain('takes no protection away');
    const under = await proposed();
    const digest = digestOf(under);
    under.bot.repository.closePull(PULL);
    await hear(under.bot, 'pull_request', { action: 'closed', pull_request: { number: PULL } });
    const id = await say(under.bot, `/fleet approve-rules ${digest} pull:${PULL}`);
    expect(repliesTo(under.bot, id)[0]).toContain('is not open any more');
  });
});

describe('the button of its check', () => {
  it('approves like a comment, also when it is pressed twice', async () => {
    const under = await proposed();
    const identifier = `ok:${digestOf(under)}`;
    await press(under, identifier);
    expect(conclusion(under)).toBe('success');
    await press(under, identifier);
    expect(under.bot.repository.comments(PULL)).toHaveLength(1);
  });

  it('answers whoever may not, once, with who could; a program presses nothing', async () => {
    const under = await proposed();
    const identifier = `ok:${digestOf(under)}`;
    for (const by of ['second', 'second']) await press(under, identifier, by);
    await press(under, identifier, 'lead', 'Bot');
    expect(conclusion(under)).toBe('action_required');
    expect(under.bot.repository.comments(PULL).map(({ body }) => body.split('\n')[1])).toEqual([
      expect.anything(),
      expect.stringMatching(/`second` pressed a button of the check: .*Who may: lead/),
    ]);
  });

  it('of an older change of rules approves nothing', async () => {
    const under = await proposed();
    const { bot } = under;
    const identifier = `ok:${digestOf(under)}`;
    const head = await bot.propose({ ...LESS, fleet: '  maxConcurrent: 99\n' }, PULL);
    await bot.work();
    await press({ bot, head }, identifier);
    expect(conclusion({ bot, head })).toBe('action_required');
    expect(bot.repository.comments(PULL)[1]?.body).toContain('approve that one');
  });
});

describe('a review', () => {
  it('approves where the rules in force let it, until it is dismissed', async () => {
    const under = await proposed({ ...BEFORE, fleet: REVIEWS });
    expect(comment(under)).toContain('approve the newest commit in a review');
    await review(under, 'second', under.head);
    expect(conclusion(under)).toBe('success');
    expect(comment(under)).toMatch(/- `second`, in a review, 2026/);
    await review(under, 'second', undefined);
    expect(conclusion(under)).toBe('action_required');
    expect(await auditOf(under.bot)).toEqual([
      'flotilla: withdrawn: the approval of second is withdrawn: the review does not approve the newest commit, or was dismissed',
      expect.stringMatching(/^second: approved [0-9a-f]{16}: approved in a review \(named in the manifests, no part in the change\)$/),
    ]);
  });

  it('whose dismissal nobody heard of is looked at by the sweep', async () => {
    const under = await proposed({ ...BEFORE, fleet: REVIEWS });
    await review(under, 'second', under.head);
    under.bot.repository.review(PULL, 'second', undefined);
    await under.bot.tasks.sweep({ fleet: FLEET });
    await under.bot.work();
    expect(conclusion(under)).toBe('action_required');
  });

  it('of an earlier commit, of the author or of somebody else does not count; nor any where the rules do not say so', async () => {
    const under = await proposed({ ...BEFORE, fleet: REVIEWS });
    const { bot } = under;
    await review(under, 'second', under.head);
    for (const by of ['octocat', 'ada']) await review(under, by, under.head);
    const pushed = { bot, head: await bot.propose({ ...LESS, version: '3.9.0' }, PULL) };
    await bot.work();
    expect(conclusion(pushed)).toBe('action_required');
    for (const by of ['octocat', 'ada']) await review(pushed, by, pushed.head);
    expect(conclusion(pushed)).toBe('action_required');
    const strict = await proposed();
    strict.bot.repository.calls.splice(0);
    await review(strict, 'lead', strict.head);
    expect(conclusion(strict)).toBe('action_required');
    expect(strict.bot.repository.calls.map(({ operation }) => operation)).toEqual([]);
  });
});
