import { describe, expect, it } from 'vitest';
import type { GitHubClient } from '../../../src/adapters/github/client.ts';
import { CodeHostGitHub } from '../../../src/adapters/github/code-host-github.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { CheckWrite, IssueWrite } from '../../../src/ports/code-host.ts';
import { type Answer, APP_ID, clientOf, hostOf, LOGIN, scripted } from './fake-fetch.ts';

const SHA = trusted.commit('a'.repeat(40));
const MARKER = '<!-- flotilla:v1 kind=pr -->';

const US = { login: LOGIN, type: 'Bot' };
const ours = (id: number, body = `${MARKER} text`) => ({ id, body, user: US });
const run = (id: number, annotations = 0) => ({ id, external_id: 'x', app: { id: APP_ID }, output: { annotations_count: annotations } });

const check = (fields: Partial<CheckWrite> = {}): CheckWrite => ({
  id: undefined,
  name: 'flotilla / plan',
  headSha: SHA,
  externalId: 'x',
  state: { kind: 'completed', conclusion: 'success' },
  title: 't',
  summary: 's',
  text: undefined,
  annotations: [],
  detailsUrl: undefined,
  ...fields,
});

const annotations = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    path: 'a.yaml',
    line: i + 1,
    column: 2,
    level: 'failure' as const,
    title: 't',
    message: `m${i}`,
  }));

/** The annotation with this number, as GitHub gives it back. */
const seen = (nth: number) => ({ path: 'a.yaml', start_line: nth, annotation_level: 'failure', title: 't', message: `m${nth - 1}` });

const comment = { pull: 5, id: undefined as number | undefined, body: `${MARKER} new`, marker: MARKER };

const issue = (fields: Partial<IssueWrite> = {}): IssueWrite => ({
  number: undefined,
  title: 't',
  body: `${MARKER} b`,
  labels: ['drift'],
  state: 'open',
  marker: MARKER,
  ...fields,
});

const NONE: Answer = { status: 200, body: [] };
const NO_RUNS: Answer = { status: 200, body: { total_count: 0, check_runs: [] } };

const lines = (asked: readonly { readonly method: string; readonly path: string }[]): string[] =>
  asked.map(({ method, path }) => `${method} ${path}`);
const R = '/repos/acme/fleet';

describe('writeCheck', () => {
  it('creates a run with all its fields in one request, when there is none of ours', async () => {
    const { host, asked } = hostOf([NO_RUNS, { status: 201, body: run(9, 1) }]);
    expect(await host.writeCheck(check({ annotations: annotations(1), text: 'more', detailsUrl: 'http://x/' }))).toEqual({ id: 9 });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(asked[1]?.body).toEqual({
      name: 'flotilla / plan',
      head_sha: SHA,
      external_id: 'x',
      details_url: 'http://x/',
      status: 'completed',
      conclusion: 'success',
      actions: [],
      output: {
        title: 't',
        summary: 's',
        text: 'more',
        annotations: [
          {
            path: 'a.yaml',
            start_line: 1,
            end_line: 1,
            start_column: 2,
            end_column: 2,
            annotation_level: 'failure',
            title: 't',
            message: 'm0',
          },
        ],
      },
    });
  });

  it('says in_progress without a conclusion', async () => {
    const { host, asked } = hostOf([{ status: 200, body: run(9) }]);
    await host.writeCheck(check({ id: 9, state: { kind: 'in-progress' } }));
    expect(lines(asked)).toEqual([`PATCH ${R}/check-runs/9`]);
    expect(asked[0]?.body).toMatchObject({ status: 'in_progress' });
    expect(asked[0]?.body).not.toHaveProperty('conclusion');
  });

  it.each([
    [50, [50]],
    [51, [50, 1]],
    [120, [50, 50, 20]],
  ])('sends %i annotations as %j', async (count, portions) => {
    const { host, asked } = hostOf([NO_RUNS, { status: 201, body: run(9, 50) }]);
    await host.writeCheck(check({ annotations: annotations(count) }));
    expect(asked.slice(1).map(({ body }) => (body as { output: { annotations: unknown[] } }).output.annotations.length)).toEqual(portions);
    expect(asked.slice(2).every(({ method, path }) => method === 'PATCH' && path === `${R}/check-runs/9`)).toBe(true);
  });

  it('begins a new run where annotations of an earlier writing are left', async () => {
    const { host, asked } = hostOf([
      { status: 200, body: [{ ...seen(1), message: 'of before' }] },
      { status: 200, body: run(9, 1) },
      { status: 201, body: run(10, 1) },
    ]);
    expect(await host.writeCheck(check({ id: 9, annotations: annotations(1) }))).toEqual({ id: 10 });
    expect(lines(asked)).toEqual([`GET ${R}/check-runs/9/annotations?per_page=100`, `PATCH ${R}/check-runs/9`, `POST ${R}/check-runs`]);
  });

  it('sends only the annotations that a run lacks', async () => {
    const { host, asked } = hostOf([
      { status: 200, body: [seen(2), seen(1)] },
      { status: 200, body: run(9, 3) },
    ]);
    expect(await host.writeCheck(check({ id: 9, annotations: annotations(3) }))).toEqual({ id: 9 });
    expect(asked).toHaveLength(2);
    expect(asked[1]?.body).toMatchObject({ output: { annotations: [{ start_line: 3 }] } });
  });

  it('adopts a run of ours with this name, and none of another app', async () => {
    const foreign = { ...run(3), app: { id: 1 } };
    const { host, asked } = hostOf([
      { status: 200, body: { total_count: 2, check_runs: [foreign, run(4)] } },
      { status: 200, body: run(4) },
    ]);
    expect(await host.writeCheck(check())).toEqual({ id: 4 });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
  });

  it('makes no second one after a creation whose outcome is unknown', async () => {
    const { host, asked } = hostOf([NO_RUNS, { status: 502 }, { status: 200, body: { total_count: 1, check_runs: [run(4)] } }]);
    expect(await host.writeCheck(check())).toEqual({ id: 4 });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  it.each([
    ['summary', { summary: 'x'.repeat(65_536) }],
    ['text', { text: '⚪'.repeat(21_846) }],
    ['title of an annotation', { annotations: annotations(1).map((annotation) => ({ ...annotation, title: 'x'.repeat(256) })) }],
    ['message of an annotation', { annotations: annotations(1).map((annotation) => ({ ...annotation, message: 'ü'.repeat(32_769) })) }],
    ['annotations', { annotations: annotations(1_001) }],
  ])('refuses a %s over the limit without asking', async (what, fields) => {
    const { host, asked } = hostOf([{ status: 201, body: run(1) }]);
    await expect(host.writeCheck(check(fields))).rejects.toMatchObject({
      retry: { kind: 'needs-human' },
      message: expect.stringContaining(what),
    });
    expect(asked).toEqual([]);
  });

  it('takes a summary at the limit', async () => {
    const { host } = hostOf([NO_RUNS, { status: 201, body: run(1) }]);
    expect(await host.writeCheck(check({ summary: 'x'.repeat(65_535) }))).toEqual({ id: 1 });
  });
});

describe('what GitHub calls invalid', () => {
  const invalid = { status: 422, body: { message: 'Validation Failed' } };

  it('leaves a check with its conclusion, which says so', async () => {
    const none = { status: 200, body: { total_count: 0, check_runs: [] } };
    const { host, asked } = hostOf([none, invalid, none, { status: 201, body: run(9) }]);
    const failing = check({
      state: { kind: 'completed', conclusion: 'failure' },
      title: 'Not taken',
      text: 'odd',
      annotations: annotations(1),
    });
    expect(await host.writeCheck(failing)).toEqual({ id: 9 });
    expect(asked.at(-1)?.body).toMatchObject({
      conclusion: 'failure',
      output: { title: 'Not taken', summary: expect.stringContaining('GitHub refused'), annotations: [] },
    });
    expect(asked.at(-1)?.body).not.toHaveProperty('output.text');
  });

  it('leaves a comment with its first line, which says so', async () => {
    const { host, asked } = hostOf([invalid, { status: 200, body: { id: 3 } }]);
    const body = `${MARKER}\n<!-- plan=x -->\n### ✅ Changes 3 clusters\n\nodd`;
    expect(await host.writeComment({ ...comment, id: 3, body })).toEqual({ id: 3 });
    expect(asked.at(-1)?.body).toEqual({
      body: expect.stringMatching(/^<!-- flotilla:v1 kind=pr -->\n### ✅ Changes 3 clusters\n\nGitHub refused/),
    });
  });

  it('twice is an error for a person', async () => {
    const { host } = hostOf([invalid]);
    await expect(host.writeComment({ ...comment, id: 3 })).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
  });
});

it('checks of an app whose client id alone is known are known by its name', async () => {
  const others = { id: 4, app: { id: 5, slug: 'another' }, output: { annotations_count: 0 } };
  const mine = { id: 6, app: { id: 7, slug: 'Flotilla' }, output: { annotations_count: 0 } };
  const { fetch, asked } = scripted([
    { status: 200, body: { total_count: 2, check_runs: [others, mine] } },
    { status: 200, body: run(6) },
  ]);
  const host = new CodeHostGitHub({
    octokit: async () => clientOf(fetch),
    owner: 'acme',
    repo: 'fleet',
    appId: undefined,
    login: async () => LOGIN,
  });
  await host.writeCheck(check());
  expect([asked[1]?.method, asked[1]?.path]).toEqual(['PATCH', '/repos/acme/fleet/check-runs/6']);
});

describe('writeComment', () => {
  it('creates one when there is none', async () => {
    const { host, asked } = hostOf([NONE, { status: 201, body: ours(3) }]);
    expect(await host.writeComment(comment)).toEqual({ id: 3 });
    expect(lines(asked)).toEqual([`GET ${R}/issues/5/comments?per_page=100`, `POST ${R}/issues/5/comments`]);
  });

  it('edits the one it knows', async () => {
    const { host, asked } = hostOf([{ status: 200, body: ours(3) }]);
    expect(await host.writeComment({ ...comment, id: 3 })).toEqual({ id: 3 });
    expect(lines(asked)).toEqual([`PATCH ${R}/issues/comments/3`]);
  });

  it('looks through all pages for the oldest of ours, edits it and deletes the others', async () => {
    const next = { link: `<https://api.github.com/repos/acme/fleet/issues/5/comments?per_page=100&page=2>; rel="next"` };
    const forged = { id: 1, body: `${MARKER} I am the bot`, user: { login: LOGIN, type: 'User' } };
    const otherApp = { id: 2, body: MARKER, user: { login: 'other[bot]', type: 'Bot' } };
    const { host, asked } = hostOf([
      { status: 404 },
      { status: 200, body: [forged, otherApp, ours(3, `quoted: ${MARKER}`), ours(8)], headers: next },
      { status: 200, body: [ours(7), ours(9, 'another marker')] },
      { status: 204 },
      { status: 200, body: ours(7) },
    ]);
    expect(await host.writeComment({ ...comment, id: 3 })).toEqual({ id: 7 });
    expect(lines(asked)).toEqual([
      `PATCH ${R}/issues/comments/3`,
      `GET ${R}/issues/5/comments?per_page=100`,
      `GET ${R}/issues/5/comments?per_page=100&page=2`,
      `DELETE ${R}/issues/comments/8`,
      `PATCH ${R}/issues/comments/7`,
    ]);
  });

  it('makes a new one when ours was deleted', async () => {
    const { host, asked } = hostOf([{ status: 404 }, { status: 200, body: [] }, { status: 201, body: ours(4) }]);
    expect(await host.writeComment({ ...comment, id: 3 })).toEqual({ id: 4 });
    expect(asked.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'POST']);
  });

  it.each([
    ['a broken gateway', { status: 502 } as Answer],
    ['a network that breaks', new TypeError('fetch failed')],
  ])('is never sent twice: after %s it looks for what it may have made', async (_what, failure) => {
    const { host, asked } = hostOf([NONE, failure, { status: 200, body: [ours(4)] }]);
    expect(await host.writeComment(comment)).toEqual({ id: 4 });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  it('is left for later when it did not come through', async () => {
    const { host, asked } = hostOf([NONE, { status: 502 }, NONE]);
    await expect(host.writeComment(comment)).rejects.toMatchObject({ retry: { kind: 'retry-later' } });
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  it('refuses a text over the limit', async () => {
    const { host, asked } = hostOf([NONE, { status: 201, body: ours(3) }]);
    await expect(host.writeComment({ ...comment, body: 'x'.repeat(65_537) })).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
    expect(asked).toEqual([]);
    expect(await host.writeComment({ ...comment, body: 'x'.repeat(65_536) })).toEqual({ id: 3 });
  });
});

describe('writeIssue', () => {
  it('opens one with its labels, when there is none among ours', async () => {
    const { host, asked } = hostOf([NONE, { status: 201, body: { number: 12 } }]);
    expect(await host.writeIssue(issue())).toEqual({ number: 12 });
    expect(lines(asked)).toEqual([
      `GET ${R}/issues?state=all&creator=flotilla%5Bbot%5D&sort=created&direction=desc&per_page=100`,
      `POST ${R}/issues`,
    ]);
    expect(asked[1]?.body).toEqual({ title: 't', body: `${MARKER} b`, labels: ['drift'] });
  });

  it.each(['open', 'closed'] as const)('edits the one it knows to %s, and leaves the labels of people alone', async (state) => {
    const { host, asked } = hostOf([{ status: 200, body: { number: 12 } }]);
    expect(await host.writeIssue(issue({ number: 12, state }))).toEqual({ number: 12 });
    expect(lines(asked)).toEqual([`PATCH ${R}/issues/12`]);
    expect(asked[0]?.body).toMatchObject({ state });
    expect(asked[0]?.body).not.toHaveProperty('labels');
  });

  it('adopts the oldest of ours by marker and author, never a pull request', async () => {
    const mine = (number: number) => ({ number, body: MARKER, user: US });
    const list = [
      mine(9),
      { ...mine(8), pull_request: {} },
      mine(7),
      { ...mine(2), user: { login: 'eve', type: 'User' } },
      { ...mine(1), body: 'x' },
    ];
    const { host, asked } = hostOf([
      { status: 200, body: list },
      { status: 200, body: { number: 7 } },
    ]);
    expect(await host.writeIssue(issue())).toEqual({ number: 7 });
    expect(lines(asked).at(-1)).toBe(`PATCH ${R}/issues/7`);
  });

  it('says that issues are switched off', async () => {
    const { host } = hostOf([{ status: 410, body: { message: 'Issues are disabled for this repo' } }]);
    await expect(host.writeIssue(issue())).rejects.toMatchObject({
      retry: { kind: 'needs-human' },
      message: expect.stringContaining('switch them on'),
    });
  });
});

describe('pull requests', () => {
  const pull = (number: number, fields: object = {}) => ({
    number,
    title: `t${number}`,
    state: 'open',
    draft: false,
    merged_at: null,
    merge_commit_sha: 'b'.repeat(40),
    user: { login: 'ann' },
    head: { sha: SHA, repo: { id: 1 } },
    base: { ref: 'main', repo: { id: 1, default_branch: 'main' } },
    ...fields,
  });

  it('lists the open ones', async () => {
    const fork = pull(2, { head: { sha: SHA, repo: { id: 2 } }, draft: true, user: null });
    const { host } = hostOf([{ status: 200, body: [pull(1), fork, pull(3, { head: { sha: SHA, repo: null } })] }]);
    expect(await host.openPulls()).toEqual([
      {
        number: 1,
        headSha: SHA,
        baseRef: 'main',
        author: 'ann',
        title: 't1',
        draft: false,
        state: 'open',
        merged: false,
        fork: false,
        mergeCommit: undefined,
      },
      {
        number: 2,
        headSha: SHA,
        baseRef: 'main',
        author: 'ghost',
        title: 't2',
        draft: true,
        state: 'open',
        merged: false,
        fork: true,
        mergeCommit: undefined,
      },
      expect.objectContaining({ number: 3, fork: true }),
    ]);
  });

  it('knows none that does not exist', async () => {
    expect(await hostOf([{ status: 404 }]).host.pull(9)).toBeUndefined();
  });

  it('of a commit are those merged into the default branch, newest first', async () => {
    const merged = (number: number, at: string, ref = 'main') =>
      pull(number, { state: 'closed', merged_at: at, base: { ref, repo: { id: 1, default_branch: 'main' } } });
    const { host } = hostOf([
      {
        status: 200,
        body: [merged(1, '2026-01-01T00:00:00Z'), pull(2), merged(3, '2026-03-01T00:00:00Z'), merged(4, '2026-04-01T00:00:00Z', 'side')],
      },
    ]);
    const pulls = await host.pullsOfCommit(SHA);
    expect(pulls.map(({ number, merged: done, mergeCommit }) => [number, done, mergeCommit])).toEqual([
      [3, true, 'b'.repeat(40)],
      [1, true, 'b'.repeat(40)],
    ]);
  });
});

describe('roleOf', () => {
  it.each([
    [{ role_name: 'maintain', permission: 'write' }, 'maintain'],
    [{ role_name: 'triage', permission: 'read' }, 'triage'],
    [{ role_name: 'release captain', permission: 'write' }, 'write'],
    [{ role_name: 'none', permission: 'none' }, 'none'],
    [{ role_name: 'x', permission: 'y' }, 'none'],
    [{}, 'none'],
  ])('%j is %s', async (body, role) => {
    expect(await hostOf([{ status: 200, body }]).host.roleOf('ann')).toBe(role);
  });

  it('is none for nobody, and unknown when GitHub does not say', async () => {
    expect(await hostOf([{ status: 404 }]).host.roleOf('nobody')).toBe('none');
    await expect(hostOf([{ status: 403 }]).host.roleOf('ann')).rejects.toMatchObject({ name: 'PortError' });
    await expect(hostOf([{ status: 500 }]).host.roleOf('ann')).rejects.toMatchObject({ name: 'PortError' });
  });

  it('asks for the login as it is', async () => {
    const { host, asked } = hostOf([{ status: 200, body: {} }]);
    await host.roleOf('../../x?y[bot]');
    expect(asked[0]?.path).toBe(`${R}/collaborators/${encodeURIComponent('../../x?y[bot]')}/permission`);
  });
});

describe('a token that was taken back', () => {
  const hostWith = (answers: readonly Answer[]) => {
    const { fetch, asked } = scripted(answers);
    const renewed: unknown[] = [];
    const auth = async (options: unknown) => void renewed.push(options);
    const client = Object.assign(clientOf(fetch), { auth }) as GitHubClient;
    const host = new CodeHostGitHub({ octokit: async () => client, owner: 'acme', repo: 'fleet', appId: APP_ID, login: async () => LOGIN });
    return { host, asked, renewed };
  };

  it('is replaced, and the work is done with the new one', async () => {
    const { host, asked, renewed } = hostWith([{ status: 401 }, { status: 200, body: ours(3) }]);
    expect(await host.writeComment({ ...comment, id: 3 })).toEqual({ id: 3 });
    expect(renewed).toEqual([{ type: 'installation', refresh: true }]);
    expect(asked.length).toBe(2);
  });

  it('is replaced once: then a person has to look', async () => {
    const { host, asked, renewed } = hostWith([{ status: 401 }]);
    await expect(host.openPulls()).rejects.toMatchObject({
      retry: { kind: 'needs-human' },
      message: expect.stringContaining('credentials'),
    });
    expect([asked.length, renewed.length]).toEqual([2, 1]);
  });
});

describe('the people behind a pull request', () => {
  const ann = { login: 'ann', type: 'User' };
  const sha = 'a'.repeat(40);
  const pull = (over: object = {}) => ({
    ...{ number: 5, user: ann, commits: 1, head: { sha, ref: 'change', repo: { id: 1 } }, base: { ref: 'main', repo: { id: 1 } } },
    ...over,
  });
  const commits = [{ sha, author: ann, committer: { login: 'web-flow', type: 'User' } }];
  const pushed = (actor: object | null, over: object = {}) => ({ before: '', after: sha, actor, activity_type: 'push', ...over });
  const behind = async (...answers: readonly unknown[]) => {
    const { host, asked } = hostOf(answers.map((body) => ({ status: 200, body })));
    const found = await host.peopleBehind({ kind: 'pull', number: 5 });
    return { ...found, asked: asked.length };
  };

  it('are its author, those of its commits, and whoever pushed them, for three requests', async () => {
    const others = [pushed({ login: 'eve' }, { after: 'b'.repeat(40) }), pushed({ login: 'mia' }, { activity_type: 'pr_merge' })];
    expect(await behind(pull(), commits, [pushed({ login: 'bob' }), ...others])).toEqual({
      ...{ logins: ['ann', 'web-flow', 'bob'], whyNotAll: undefined },
      asked: 3,
    });
  });

  it.each<[string, readonly unknown[], string]>([
    ['whose commits GitHub does not list all', [pull({ commits: 251 }), commits], 'has 251 commits, of which GitHub lists 1'],
    ['with a commit of nobody', [pull(), [{ sha, author: null, committer: ann }]], 'no account has claimed'],
    ['with a commit whose committer GitHub leaves out', [pull(), [{ sha, author: ann, committer: {} }]], 'no account has claimed'],
    ['of an account that is gone', [pull({ user: null }), commits], 'the account that opened #5 is gone'],
    ['from a fork', [pull({ head: { sha, ref: 'change', repo: { id: 2 } } }), commits], 'comes from a fork'],
    ['from a fork that is gone', [pull({ head: { sha, ref: 'change', repo: null } }), commits], 'comes from a fork'],
    ['whose pusher is gone', [pull(), commits, [pushed(null)]], 'the account that pushed aaaaaaaaaaaa is gone'],
    ['whose pusher GitHub does not name', [pull(), commits, [pushed({ login: 'eve' }, { after: 'b'.repeat(40) })]], 'push once more'],
  ])('are not all known of one %s', async (_name, answers, why) => {
    expect((await behind(...answers)).whyNotAll).toContain(why);
  });
});
