import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommitSha, trusted } from '../../../src/core/model/ids.ts';
import type { Annotation, CheckWrite, CodeHost, CodeHostApp, InstalledRepository, IssueWrite } from '../../../src/ports/code-host.ts';

/** As whom the bot writes. */
export const APP_LOGIN = 'flotilla[bot]';

export interface SeenComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
}
export interface SeenCheck {
  readonly id: number;
  readonly status: 'in-progress' | 'completed';
  readonly conclusion: string | undefined;
  readonly title: string;
  readonly annotations: number;
}
export interface SeenIssue {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/**
 * What the contract needs of a code host besides the port: what people do there and see. It has the repository acme/fleet with
 * the default branch main, ann (admin, and alone in team leads), mia (maintain), bob (triage) and stranger, and one open pull request by ann, `Change a`.
 */
export interface CodeHostHarness {
  readonly host: CodeHost;
  readonly app: CodeHostApp;
  /** A webhook is sent that nobody takes. */
  readonly missDelivery: () => Promise<void>;
  /** Whatever was to be sent has been. */
  readonly settle: () => Promise<void>;
  readonly installed: InstalledRepository;
  readonly pull: number;
  readonly headSha: CommitSha;
  /** Hosts of a repository that is not there, and of one without issues. */
  readonly nowhere: CodeHost;
  readonly withoutIssues: CodeHost;
  /** Lets the next creation fail: `before` it is done, or `after`, when its answer is lost. */
  readonly failCreation: (of: 'comment' | 'check' | 'issue', when: 'before' | 'after') => void;
  readonly comments: () => Promise<readonly SeenComment[]>;
  readonly say: (author: string, body: string) => Promise<void>;
  readonly deleteComment: (id: number) => Promise<void>;
  /** On a comment, in the order in which they were put there. */
  readonly reactions: (id: number) => Promise<readonly string[]>;
  /** All runs of this name on the head of the pull request, replaced ones too. */
  readonly allChecks: (name: string) => Promise<readonly SeenCheck[]>;
  /** What the buttons of the run of this name tell us. */
  readonly buttons: (name: string) => Promise<readonly string[]>;
  /** The runs of this name that a person sees there. */
  readonly checks: (name: string) => Promise<readonly SeenCheck[]>;
  readonly issues: () => Promise<readonly SeenIssue[]>;
  readonly label: (issue: number, label: string) => Promise<void>;
  readonly unlabel: (issue: number, label: string) => Promise<void>;
  /** An issue of a person. @returns its number. */
  readonly open: (author: string, body: string) => Promise<number>;
  /** A person reviews the pull request as it stands: approves it, asks for changes, or has the approval of before dismissed. */
  readonly review: (login: string, verdict: 'approve' | 'ask-for-changes' | 'dismissed' | 'comment') => Promise<void>;
  /** Merges the pull request. @returns the commit that it made. */
  readonly merge: () => Promise<CommitSha>;
  readonly stop: () => Promise<void>;
}

/** The port's contract: the adapter and the one in memory must pass it. */
export function describeCodeHost(name: string, start: () => Promise<CodeHostHarness>): void {
  describe(`code host contract: ${name}`, () => {
    let running: CodeHostHarness | undefined;
    const harness = (): CodeHostHarness => {
      if (running === undefined) throw new Error('the harness has not started');
      return running;
    };
    beforeAll(async () => {
      running = await start();
    });
    afterAll(() => running?.stop());
    describe('the repository', () => testRepository(harness));
    describe('pull requests', () => testPulls(harness));
    describe('a change', () => testPeople(harness));
    describe('a review', () => testReviews(harness));
    describe('a comment', () => testComments(harness));
    describe('a check', () => testChecks(harness));
    describe('a button of a check', () => testButtons(harness));
    describe('an issue', () => testIssues(harness));
    describe('a merge, last', () => testMerge(harness));
  });
}

type Get = () => CodeHostHarness;

let markers = 0;

export function commentOf(harness: CodeHostHarness, body = 'text') {
  markers += 1;
  const marker = `<!-- flotilla test ${markers} -->`;
  return { pull: harness.pull, id: undefined as number | undefined, marker, body: `${marker}\n${body}` };
}

/** A second comment of ours with this marker, as two writers make it who do not see each other. */
export async function double(host: CodeHost, harness: CodeHostHarness, marker: string): Promise<void> {
  const other = commentOf(harness);
  const { id } = await host.writeComment(other);
  await host.writeComment({ ...other, id, body: `${marker}\ndouble` });
}

export function checkOf(harness: CodeHostHarness, fields: Partial<CheckWrite> = {}): CheckWrite {
  markers += 1;
  return {
    id: undefined,
    name: `flotilla / ${markers}`,
    headSha: harness.headSha,
    externalId: `digest ${markers}`,
    state: { kind: 'in-progress' },
    title: 't',
    summary: 's',
    text: undefined,
    annotations: [],
    detailsUrl: undefined,
    ...fields,
  };
}

export function issueOf(fields: Partial<IssueWrite> = {}): IssueWrite {
  markers += 1;
  const marker = `<!-- flotilla issue ${markers} -->`;
  const title = `Drift ${markers}`;
  return { number: undefined, title, body: `${marker}\nb`, labels: ['drift'], state: 'open', marker, ...fields };
}

export const annotations = (count: number): readonly Annotation[] =>
  Array.from({ length: count }, (_, i) => ({
    path: 'fleet-manifests/a.yaml',
    line: i + 1,
    column: 1,
    level: 'failure',
    title: 't',
    message: `m${i}`,
  }));

const FOR_A_PERSON = { name: 'PortError', retry: { kind: 'needs-human' } };

function testRepository(harness: Get): void {
  it('has its deliveries listed, newest first, and sent again under the same GUID', async () => {
    const { app, missDelivery, settle } = harness();
    const before = (await app.deliveries(0, 100))[0]?.id ?? 0;
    await missDelivery();
    const [missed, ...others] = await app.deliveries(before, 100);
    expect(others).toEqual([]);
    expect(missed).toMatchObject({ delivered: false, guid: expect.any(String), status: expect.stringContaining('502') });
    await app.redeliver(missed?.id ?? 0);
    await settle();
    const again = await app.deliveries(before, 100);
    expect(again.map(({ guid }) => guid)).toEqual([missed?.guid, missed?.guid]);
    expect(again[0]?.id).toBeGreaterThan(again[1]?.id ?? 0);
    expect(await app.deliveries(before, 1)).toEqual(again.slice(0, 1));
    expect(await app.deliveries(again[0]?.id ?? 0, 100)).toEqual([]);
    await expect(app.redeliver(999_999_999)).rejects.toMatchObject({ name: 'PortError' });
  });

  it('is one that the app is installed on', async () => {
    const { app, host, installed } = harness();
    expect(await app.installations()).toEqual([{ id: installed.installation, isSuspended: false }]);
    expect(await app.repositories(installed.installation)).toContainEqual({ ...installed, pushedAt: expect.any(String) });
    expect(await host.repository()).toEqual({ defaultBranch: 'main', cloneUrl: installed.cloneUrl });
    expect(await host.gitToken()).not.toBe('');
  });

  it('is told by its id, whatever it is called, and only while the installation lists it', async () => {
    const { app, installed } = harness();
    const { id, installation, owner, name } = installed;
    expect(await app.repository(installation, id)).toMatchObject({ id, owner, name, defaultBranch: 'main' });
    expect(await app.repository(installation, 999_999)).toBeUndefined();
    expect(await app.repository(999_999, id)).toBeUndefined();
  });

  it('holds a Fleet document, or none', async () => {
    const { app, installed } = harness();
    const all = await app.repositories(installed.installation);
    const found = new Map<string, boolean>();
    for (const one of all) found.set(one.name, await app.holdsFleet(one));
    expect(found).toEqual(
      new Map([
        ['fleet', true],
        ['no-issues', false],
      ]),
    );
  });

  it.each([
    ['ann', ['admin']],
    ['Ann', ['admin']],
    ['mia', ['maintain']],
    ['bob', ['triage']],
    ['stranger', ['none', 'read']],
    ['nobody-of-that-name', ['none']],
  ])('gives %s one of the roles %j', async (login, roles) => expect(roles).toContain(await harness().host.roleOf(login)));

  it.each([
    ['ann', 'leads', true],
    ['Ann', 'Leads', true],
    ['mia', 'leads', false],
    ['ann', 'no-such-team', false],
    ['nobody-of-that-name', 'leads', false],
  ])('knows of %s in team %s: %s', async (login, team, isMember) => expect(await harness().host.isMember(team, login)).toBe(isMember));

  it('that is not there is an error for a person', async () => {
    const { nowhere } = harness();
    await expect(nowhere.repository()).rejects.toMatchObject(FOR_A_PERSON);
    await expect(nowhere.openPulls()).rejects.toMatchObject(FOR_A_PERSON);
    await expect(nowhere.writeComment(commentOf(harness()))).rejects.toMatchObject(FOR_A_PERSON);
  });
}

function testPulls(harness: Get): void {
  it('are listed while they are open', async () => {
    const { host, pull, headSha } = harness();
    const facts = { author: 'ann', title: 'Change a', draft: false, state: 'open', merged: false, fork: false, mergeCommit: undefined };
    const expected = { number: pull, headSha, baseRef: 'main', ...facts };
    expect(await host.openPulls()).toEqual([expected]);
    expect(await host.pull(pull)).toEqual(expected);
    expect(await host.pull(9_999)).toBeUndefined();
    expect(await host.pullsOfCommit(headSha)).toEqual([]);
  });
}

function testPeople(harness: Get): void {
  it('has the people who have a part in it', async () => {
    const { host, pull } = harness();
    expect(await host.peopleBehind({ kind: 'pull', number: pull })).toEqual({ logins: ['ann'], whyNotAll: undefined });
    await expect(host.peopleBehind({ kind: 'pull', number: 99_999 })).rejects.toMatchObject(FOR_A_PERSON);
  });
}

function testReviews(harness: Get): void {
  it('that approves this head counts while it is the newest of its author', async () => {
    const { host, pull, headSha, review } = harness();
    const approving = async () => [...(await host.approvingReviewers(pull, headSha))].sort();
    expect(await approving()).toEqual([]);
    for (const login of ['mia', 'bob']) await review(login, 'approve');
    expect(await approving()).toEqual(['bob', 'mia']);
    expect(await host.approvingReviewers(pull, trusted.commit('9'.repeat(40)))).toEqual([]);
    await review('mia', 'comment');
    await review('bob', 'ask-for-changes');
    expect(await approving()).toEqual(['mia']);
    await review('mia', 'dismissed');
    expect(await approving()).toEqual([]);
    await review('mia', 'approve');
    expect(await approving()).toEqual(['mia']);
  });
}

function testComments(harness: Get): void {
  const withMarker = async (marker: string) => (await harness().comments()).filter(({ body }) => body.includes(marker));

  it('is made once and edited in place', async () => {
    const { host } = harness();
    const first = commentOf(harness(), 'one');
    const { id } = await host.writeComment(first);
    expect(await host.writeComment({ ...first, id, body: `${first.marker}\ntwo` })).toEqual({ id });
    expect(await withMarker(first.marker)).toEqual([{ id, author: APP_LOGIN, body: `${first.marker}\ntwo` }]);
  });

  it('that is new is made at once, and edited from then on', async () => {
    const { host } = harness();
    const first = commentOf(harness());
    const { id } = await host.writeComment({ ...first, isNew: true });
    expect(await host.writeComment({ ...first, id, isNew: true, body: `${first.marker}\ntwo` })).toEqual({ id });
    expect((await withMarker(first.marker)).map((comment) => comment.id)).toEqual([id]);
  });

  it('that a person deleted is made again', async () => {
    const { host, deleteComment } = harness();
    const first = commentOf(harness());
    const { id } = await host.writeComment(first);
    await deleteComment(id);
    const again = await host.writeComment({ ...first, id });
    expect(again.id).not.toBe(id);
    expect((await withMarker(first.marker)).map((comment) => comment.id)).toEqual([again.id]);
  });

  it('with the annotations that it has already stays the same, and has them once', async () => {
    const { host, allChecks } = harness();
    const failing = checkOf(harness(), { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(60) });
    const { id } = await host.writeCheck(failing);
    expect(await host.writeCheck({ ...failing, id, title: 'again' })).toEqual({ id });
    expect(await allChecks(failing.name)).toMatchObject([{ id, title: 'again', annotations: 60 }]);
  });

  it('of ours is found before another is made: nothing of it may be on record', async () => {
    const { host } = harness();
    const first = commentOf(harness(), 'one');
    const { id } = await host.writeComment(first);
    expect(await host.writeComment({ ...first, body: `${first.marker}\ntwo` })).toEqual({ id });
    expect(await withMarker(first.marker)).toEqual([{ id, author: APP_LOGIN, body: `${first.marker}\ntwo` }]);
  });

  it('is found again when its id was lost, and its doubles are removed', async () => {
    const { host } = harness();
    const first = commentOf(harness(), 'oldest');
    const { id } = await host.writeComment(first);
    await double(host, harness(), first.marker);
    expect((await withMarker(first.marker)).length).toBe(2);
    expect(await host.writeComment({ ...first, body: `${first.marker}\nnew` })).toEqual({ id });
    expect(await withMarker(first.marker)).toEqual([{ id, author: APP_LOGIN, body: `${first.marker}\nnew` }]);
  });

  it('of a person gets our reactions, each once; one that is gone gets none', async () => {
    const { host, say, comments, reactions, deleteComment } = harness();
    await say('ann', '/fleet help');
    const id = (await comments()).at(-1)?.id ?? 0;
    for (const reaction of ['eyes', 'eyes', 'rocket'] as const) await host.react(id, reaction);
    expect(await reactions(id)).toEqual(['eyes', 'rocket']);
    await deleteComment(id);
    await host.react(id, 'confused');
  });

  it('of a person is never taken for ours, whatever it says', async () => {
    const { host, say } = harness();
    const mine = commentOf(harness(), 'ours');
    await say('bob', `${mine.marker}\nforged`);
    const { id } = await host.writeComment({ ...mine });
    expect((await withMarker(mine.marker)).map((comment) => [comment.author, comment.id === id])).toEqual([
      ['bob', false],
      [APP_LOGIN, true],
    ]);
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const { host, failCreation } = harness();
    const first = commentOf(harness());
    failCreation('comment', when);
    await host.writeComment(first).catch(() => host.writeComment({ ...first }));
    expect((await withMarker(first.marker)).length).toBe(1);
  });

  it('may be of the largest length, and no longer', async () => {
    const { host } = harness();
    const first = commentOf(harness());
    await host.writeComment({ ...first, body: first.body.padEnd(65_536, 'x') });
    await expect(host.writeComment({ ...first, body: first.body.padEnd(65_537, 'x') })).rejects.toMatchObject(FOR_A_PERSON);
    expect((await withMarker(first.marker)).length).toBe(1);
  });
}

function testChecks(harness: Get): void {
  it('that is new is made at once, and completed from then on', async () => {
    const { host, allChecks } = harness();
    const begun = checkOf(harness(), { isNew: true });
    const { id } = await host.writeCheck(begun);
    expect(await host.writeCheck({ ...begun, id, state: { kind: 'completed', conclusion: 'success' } })).toEqual({ id });
    expect(await allChecks(begun.name)).toMatchObject([{ id }]);
  });

  it('is created, then completed', async () => {
    const { host, checks } = harness();
    const begun = checkOf(harness());
    const { id } = await host.writeCheck(begun);
    expect(await checks(begun.name)).toMatchObject([{ id, status: 'in-progress', conclusion: undefined }]);
    expect(
      await host.writeCheck({ ...begun, id, state: { kind: 'completed', conclusion: 'success' }, title: 'done', text: 'more' }),
    ).toEqual({
      id,
    });
    expect(await checks(begun.name)).toMatchObject([{ id, status: 'completed', conclusion: 'success', title: 'done' }]);
  });

  it('takes more annotations than a request does', async () => {
    const { host, checks } = harness();
    const failing = checkOf(harness(), { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(120) });
    await host.writeCheck(failing);
    expect(await checks(failing.name)).toMatchObject([{ conclusion: 'failure', annotations: 120 }]);
  });

  it('that failed and is fixed shows no annotation of before', async () => {
    const { host, checks } = harness();
    const failing = checkOf(harness(), { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(3) });
    const { id } = await host.writeCheck(failing);
    const fixed = await host.writeCheck({ ...failing, id, state: { kind: 'completed', conclusion: 'success' }, annotations: [] });
    expect(await checks(failing.name)).toMatchObject([{ id: fixed.id, conclusion: 'success', annotations: 0 }]);
  });

  it('is found again when its id was lost, whatever plan it is of by now', async () => {
    const { host, allChecks } = harness();
    const begun = checkOf(harness());
    const { id } = await host.writeCheck(begun);
    expect(await host.writeCheck({ ...begun, title: 'again' })).toEqual({ id });
    expect(await host.writeCheck({ ...begun, externalId: 'another' })).toEqual({ id });
    expect((await host.writeCheck(checkOf(harness()))).id).not.toBe(id);
    expect((await allChecks(begun.name)).length).toBe(1);
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const { host, failCreation, allChecks } = harness();
    const one = checkOf(harness());
    failCreation('check', when);
    await host.writeCheck(one).catch(() => host.writeCheck({ ...one }));
    expect((await allChecks(one.name)).length).toBe(1);
  });
}

function testButtons(harness: Get): void {
  const action = { label: 'Approve', description: 'what it takes away', identifier: 'ok:0123456789abcdef' };

  it('is there as long as the check says so', async () => {
    const { host, buttons } = harness();
    const asking = checkOf(harness(), { state: { kind: 'completed', conclusion: 'action_required' }, actions: [action] });
    const { id } = await host.writeCheck(asking);
    expect(await buttons(asking.name)).toEqual(['ok:0123456789abcdef']);
    const { actions: _, ...done } = asking;
    await host.writeCheck({ ...done, id, state: { kind: 'completed', conclusion: 'success' } });
    expect(await buttons(asking.name)).toEqual([]);
  });

  it('is one of three at most, and short', async () => {
    const { host } = harness();
    const many = checkOf(harness(), { actions: [action, action, action, action] });
    await expect(host.writeCheck(many)).rejects.toMatchObject(FOR_A_PERSON);
    for (const long of [
      { ...action, label: 'x'.repeat(21) },
      { ...action, description: 'x'.repeat(41) },
      { ...action, identifier: 'x'.repeat(21) },
    ])
      await expect(host.writeCheck(checkOf(harness(), { actions: [long] }))).rejects.toMatchObject(FOR_A_PERSON);
  });
}

function testIssues(harness: Get): void {
  const withMarker = async (marker: string) => (await harness().issues()).filter(({ body }) => body.includes(marker));

  it('is opened, closed and opened again in place, and keeps what people put on it', async () => {
    const { host, label } = harness();
    const drift = issueOf();
    const { number } = await host.writeIssue(drift);
    await label(number, 'mine');
    await host.writeIssue({ ...drift, number, state: 'closed' });
    expect(await withMarker(drift.marker)).toMatchObject([{ number, state: 'closed' }]);
    await host.writeIssue({ ...drift, number, title: 'Drift again' });
    const [again] = await withMarker(drift.marker);
    expect(again).toMatchObject({ number, state: 'open', title: 'Drift again' });
    expect([...(again?.labels ?? [])].sort()).toEqual(['drift', 'mine']);
  });

  it('is found again when a person took its labels off', async () => {
    const { host, unlabel } = harness();
    const drift = issueOf();
    const { number } = await host.writeIssue(drift);
    await unlabel(number, 'drift');
    expect(await host.writeIssue({ ...drift })).toEqual({ number });
  });

  it('of a person is never taken for ours, nor one of ours that quotes the marker', async () => {
    const { host, open } = harness();
    const drift = issueOf();
    const forged = await open('bob', `${drift.marker}\nforged`);
    const quoting = issueOf();
    const quoted = await host.writeIssue({ ...quoting, body: `${quoting.body} ${drift.marker}` });
    const { number } = await host.writeIssue(drift);
    expect([forged, quoted.number]).not.toContain(number);
  });

  it('may be closed from the beginning', async () => {
    const drift = issueOf({ state: 'closed' });
    await harness().host.writeIssue(drift);
    expect(await withMarker(drift.marker)).toMatchObject([{ state: 'closed' }]);
  });

  it('is found again by its marker, when closed too', async () => {
    const { host } = harness();
    const drift = issueOf();
    const { number } = await host.writeIssue(drift);
    await host.writeIssue({ ...drift, number, state: 'closed' });
    expect(await host.writeIssue({ ...drift })).toEqual({ number });
  });

  it('is told apart from others of ours by its marker alone, whatever people call it', async () => {
    const { host } = harness();
    const [one, two] = [issueOf({ title: 'Drift' }), issueOf({ title: 'Drift' })];
    const first = await host.writeIssue(one);
    const second = await host.writeIssue(two);
    expect(second.number).not.toBe(first.number);
    expect([await host.writeIssue({ ...one, title: 'a' }), await host.writeIssue({ ...two, title: 'b' })]).toEqual([first, second]);
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const { host, failCreation } = harness();
    const drift = issueOf();
    failCreation('issue', when);
    await host.writeIssue(drift).catch(() => host.writeIssue({ ...drift }));
    expect((await withMarker(drift.marker)).length).toBe(1);
  });

  it('where issues are switched off is an error for a person', async () => {
    await expect(harness().withoutIssues.writeIssue(issueOf())).rejects.toMatchObject({
      ...FOR_A_PERSON,
      message: expect.stringContaining('switch'),
    });
  });
}

function testMerge(harness: Get): void {
  it('is known by the commit that it made', async () => {
    const { host, merge, pull } = harness();
    const sha = await merge();
    const [found, ...others] = await host.pullsOfCommit(sha);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ number: pull, merged: true, state: 'closed', mergeCommit: sha });
    expect(await host.openPulls()).toEqual([]);
    expect(await host.pull(pull)).toEqual(found);
    // Also where nobody knew that it came by a pull request.
    expect(await host.peopleBehind({ kind: 'commit', sha })).toEqual({ logins: ['ann'], whyNotAll: undefined });
  });
}
