import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Probot } from 'probot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../../src/adapters/git/manifest-source-git.ts';
import { CodeHostAppGitHub } from '../../../src/adapters/github/code-host-app-github.ts';
import { CodeHostGitHub } from '../../../src/adapters/github/code-host-github.ts';
import { githubClient } from '../../../src/adapters/github/octokit.ts';
import type { CountedRequest } from '../../../src/adapters/github/request-counter.ts';
import { type CommitSha, trusted } from '../../../src/core/model/ids.ts';
import { startForge } from '../../../src/local/forge/forge.ts';
import type { Forge } from '../../../src/local/forge/options.ts';
import type { SeededRepository } from '../../../src/local/forge/seed.ts';
import type { CheckWrite, IssueWrite } from '../../../src/ports/code-host.ts';

const APP_ID = 4711;
const SILENT = { info: () => undefined, error: () => undefined };
const R = '/repos/acme/fleet';

let folder: string;
let forge: Forge;
let seeded: SeededRepository;
let probot: Probot;
let host: CodeHostGitHub;
let counted: CountedRequest[];
let pull: number;
let headSha: CommitSha;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-code-host-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const app = { id: APP_ID, slug: 'flotilla', privateKeyPem, webhookSecret: 'a secret of the test' };
  forge = await startForge({ home: folder, port: 0, app, webhookUrl: () => undefined, log: SILENT });
  for (const login of ['ann', 'bob', 'mia', 'stranger']) forge.seedUser({ login });
  seeded = await forge.seedRepository({
    owner: 'acme',
    name: 'fleet',
    files: new Map([['fleet-manifests/a.yaml', 'a: 1\n']]),
    author: 'ann',
    collaborators: [
      { login: 'ann', role: 'admin' },
      { login: 'bob', role: 'triage' },
      { login: 'mia', role: 'maintain' },
    ],
    pull: { branch: 'change', title: 'Change a', body: 'b', author: 'ann', changes: new Map([['fleet-manifests/a.yaml', 'a: 2\n']]) },
  });
  pull = seeded.pull ?? 0;
  counted = [];
  const client = githubClient({ writeIntervalMs: 0, onRequest: (request) => counted.push(request) });
  probot = new Probot({
    appId: APP_ID,
    privateKey: privateKeyPem,
    secret: app.webhookSecret,
    baseUrl: forge.apiUrl,
    logLevel: 'fatal',
    ...client,
  });
  host = hostOf('fleet');
  headSha = (await host.pull(pull))?.headSha ?? trusted.commit('0'.repeat(40));
});

afterAll(async () => {
  await forge.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  forge.clearFaults();
  counted.length = 0;
});

const hostOf = (repo: string): CodeHostGitHub =>
  new CodeHostGitHub({ octokit: () => probot.auth(seeded.installationId), owner: 'acme', repo, appId: APP_ID });

/** As a person sees it. */
async function seen<T>(path: string): Promise<T> {
  const answer = await forge.call('ann', 'GET', path);
  return JSON.parse(JSON.stringify(answer.body)) as T;
}

interface SeenComment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string };
}
const comments = (): Promise<SeenComment[]> => seen(`${R}/issues/${pull}/comments?per_page=100`);
const sent = (): string[] => counted.map(({ method, route }) => `${method} ${route}`);

let markers = 0;
function comment(body = 'text') {
  markers += 1;
  const marker = `<!-- flotilla test ${markers} -->`;
  return { pull, id: undefined as number | undefined, adopt: false, marker, body: `${marker}\n${body}` };
}

function check(fields: Partial<CheckWrite> = {}): CheckWrite {
  markers += 1;
  return {
    id: undefined,
    adopt: false,
    name: `flotilla / ${markers}`,
    headSha,
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

const annotations = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    path: 'fleet-manifests/a.yaml',
    line: i + 1,
    column: 1,
    level: 'failure' as const,
    title: 't',
    message: `m${i}`,
  }));

describe('the repository', () => {
  it('is one that the app is installed on', async () => {
    const repositories = await new CodeHostAppGitHub((installation) => probot.auth(installation)).repositories();
    expect(repositories).toEqual([
      { installation: seeded.installationId, owner: 'acme', name: 'fleet', defaultBranch: 'main', cloneUrl: seeded.cloneUrl },
    ]);
    expect(await host.repository()).toEqual({ defaultBranch: 'main', cloneUrl: seeded.cloneUrl });
  });

  it('is fetched by git with the token of the installation', async () => {
    const source = new ManifestSourceGit({
      fleet: trusted.fleet('acme/fleet'),
      cloneUrl: seeded.cloneUrl,
      defaultBranch: 'main',
      folder: join(folder, 'mirrors'),
      token: () => host.gitToken(),
    });
    await source.fetch([pull]);
    expect(await source.pullHead(pull)).toBe(headSha);
    const head = await source.head();
    expect((await source.changed(head ?? '', headSha)).map((file) => file.path)).toEqual(['fleet-manifests/a.yaml']);
    await source.close();
  });

  it.each([
    ['ann', 'admin'],
    ['mia', 'maintain'],
    ['bob', 'triage'],
    ['nobody-of-that-name', 'none'],
  ] as const)('gives %s the role %s', async (login, role) => expect(await host.roleOf(login)).toBe(role));

  it('gives a stranger no right to write', async () => expect(['none', 'read']).toContain(await host.roleOf('stranger')));

  it('that is not there is an error for a person', async () => {
    await expect(hostOf('nowhere').repository()).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'needs-human' } });
    await expect(hostOf('nowhere').openPulls()).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
  });
});

describe('pull requests', () => {
  it('are listed while they are open', async () => {
    const expected = {
      number: pull,
      headSha,
      baseRef: 'main',
      author: 'ann',
      title: 'Change a',
      draft: false,
      state: 'open',
      merged: false,
      fork: false,
    };
    expect(await host.openPulls()).toEqual([{ ...expected, mergeCommit: undefined }]);
    expect(await host.pull(pull)).toEqual({ ...expected, mergeCommit: undefined });
    expect(await host.pull(9_999)).toBeUndefined();
    expect(await host.pullsOfCommit(headSha)).toEqual([]);
  });
});

describe('a comment', () => {
  it('is made once and edited in place, with one request each', async () => {
    const first = comment('one');
    const { id } = await host.writeComment(first);
    counted.length = 0;
    expect(await host.writeComment({ ...first, id, body: `${first.marker}\ntwo` })).toEqual({ id });
    expect(sent()).toEqual(['PATCH /repos/{owner}/{repo}/issues/comments/{id}']);
    expect((await comments()).filter(({ body }) => body.includes(first.marker)).map(({ body }) => body)).toEqual([`${first.marker}\ntwo`]);
  });

  it('that a person deleted is made again', async () => {
    const first = comment();
    const { id } = await host.writeComment(first);
    await forge.call('ann', 'DELETE', `${R}/issues/comments/${id}`);
    const again = await host.writeComment({ ...first, id });
    expect(again.id).not.toBe(id);
    expect((await comments()).filter(({ body }) => body.includes(first.marker)).length).toBe(1);
  });

  it('is found again when its id was lost, among more than a page, and its doubles are removed', async () => {
    const first = comment('oldest');
    const { id } = await host.writeComment(first);
    for (let i = 0; i < 101; i += 1) await forge.call('ann', 'POST', `${R}/issues/${pull}/comments`, { body: `talk ${i}` });
    await host.writeComment({ ...first, body: `${first.marker}\ndouble` });
    expect(await host.writeComment({ ...first, adopt: true, body: `${first.marker}\nnew` })).toEqual({ id });
    const all = [...(await comments()), ...(await seen<SeenComment[]>(`${R}/issues/${pull}/comments?per_page=100&page=2`))];
    expect(all.filter(({ body }) => body.includes(first.marker)).map(({ body }) => body)).toEqual([`${first.marker}\nnew`]);
  });

  it('of a person is never taken for ours, whatever it says', async () => {
    const mine = comment('ours');
    await forge.call('bob', 'POST', `${R}/issues/${pull}/comments`, { body: `${mine.marker}\nforged` });
    const { id } = await host.writeComment({ ...mine, adopt: true });
    expect((await seen<SeenComment>(`${R}/issues/comments/${id}`)).user.login).toBe('flotilla[bot]');
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const first = comment();
    forge.addFault({ method: 'POST', route: '/repos/:owner/:repo/issues/:number/comments', when, status: 502, times: 1 });
    const write = async (adopt: boolean) => host.writeComment({ ...first, adopt });
    await write(false).catch(() => write(true));
    expect(
      (await comments())
        .concat(await seen(`${R}/issues/${pull}/comments?per_page=100&page=2`))
        .filter(({ body }) => body.includes(first.marker)).length,
    ).toBe(1);
  });

  it('that is too long is refused before GitHub refuses it', async () => {
    await expect(host.writeComment({ ...comment(), body: 'x'.repeat(65_537) })).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
    expect(counted).toEqual([]);
  });
});

describe('a check', () => {
  interface SeenRun {
    readonly id: number;
    readonly status: string;
    readonly conclusion: string | null;
    readonly output: { readonly title: string; readonly annotations_count: number };
  }
  const runs = async (name: string): Promise<SeenRun[]> =>
    (await seen<{ check_runs: SeenRun[] }>(`${R}/commits/${headSha}/check-runs?check_name=${encodeURIComponent(name)}`)).check_runs;

  it('is created, then completed, with one request each', async () => {
    const begun = check();
    const { id } = await host.writeCheck(begun);
    await host.writeCheck({ ...begun, id, state: { kind: 'completed', conclusion: 'success' }, title: 'done', text: 'more' });
    expect(sent().filter((line) => line.includes('check-runs'))).toEqual([
      'POST /repos/{owner}/{repo}/check-runs',
      'PATCH /repos/{owner}/{repo}/check-runs/{id}',
    ]);
    expect(await runs(begun.name)).toMatchObject([{ id, status: 'completed', conclusion: 'success', output: { title: 'done' } }]);
  });

  it('takes more annotations than a request does', async () => {
    const failing = check({ state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(120) });
    await host.writeCheck(failing);
    expect(await runs(failing.name)).toMatchObject([{ conclusion: 'failure', output: { annotations_count: 120 } }]);
  });

  it('that failed and is mended shows no annotation of before', async () => {
    const failing = check({ state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(3) });
    const { id } = await host.writeCheck(failing);
    await host.writeCheck({ ...failing, id, state: { kind: 'completed', conclusion: 'success' }, annotations: [] });
    expect(await runs(failing.name)).toMatchObject([{ conclusion: 'success', output: { annotations_count: 0 } }]);
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const one = check({ annotations: annotations(1) });
    forge.addFault({ method: 'POST', route: '/repos/:owner/:repo/check-runs', when, status: 502, times: 1 });
    await host.writeCheck(one).catch(() => host.writeCheck({ ...one, adopt: true }));
    const all = await seen<{ check_runs: SeenRun[] }>(
      `${R}/commits/${headSha}/check-runs?check_name=${encodeURIComponent(one.name)}&filter=all`,
    );
    expect(all.check_runs.length).toBe(1);
  });
});

describe('an issue', () => {
  interface SeenIssue {
    readonly number: number;
    readonly state: string;
    readonly title: string;
    readonly body: string;
    readonly labels: readonly { readonly name: string }[];
  }
  function issue(fields: Partial<IssueWrite> = {}): IssueWrite {
    markers += 1;
    const marker = `<!-- flotilla issue ${markers} -->`;
    return {
      number: undefined,
      adopt: false,
      title: `Drift ${markers}`,
      body: `${marker}\nb`,
      labels: ['drift'],
      state: 'open',
      marker,
      ...fields,
    };
  }
  const withMarker = async (marker: string): Promise<SeenIssue[]> =>
    (await seen<SeenIssue[]>(`${R}/issues?state=all&per_page=100`)).filter(({ body }) => body?.includes(marker));

  it('is opened, closed and opened again in place, and keeps what people put on it', async () => {
    const drift = issue();
    const { number } = await host.writeIssue(drift);
    await forge.call('ann', 'POST', `${R}/issues/${number}/labels`, { labels: ['mine'] });
    await host.writeIssue({ ...drift, number, state: 'closed' });
    expect(await withMarker(drift.marker)).toMatchObject([{ number, state: 'closed' }]);
    await host.writeIssue({ ...drift, number, title: 'Drift again' });
    const [again] = await withMarker(drift.marker);
    expect(again).toMatchObject({ number, state: 'open', title: 'Drift again' });
    expect(again?.labels.map(({ name }) => name).sort()).toEqual(['drift', 'mine']);
  });

  it('is found again by its marker, when closed too', async () => {
    const drift = issue();
    const { number } = await host.writeIssue(drift);
    await host.writeIssue({ ...drift, number, state: 'closed' });
    expect(await host.writeIssue({ ...drift, adopt: true })).toEqual({ number });
  });

  it.each(['before', 'after'] as const)('whose creation broke %s it was done exists once after the next try', async (when) => {
    const drift = issue();
    forge.addFault({ method: 'POST', route: '/repos/:owner/:repo/issues', when, status: 502, times: 1 });
    await host.writeIssue(drift).catch(() => host.writeIssue({ ...drift, adopt: true }));
    expect((await withMarker(drift.marker)).length).toBe(1);
  });

  it('where issues are switched off is an error for a person', async () => {
    await forge.seedRepository({
      owner: 'acme',
      name: 'no-issues',
      hasIssues: false,
      files: new Map([['a.yaml', '1']]),
      author: 'ann',
      collaborators: [{ login: 'ann', role: 'admin' }],
    });
    await expect(hostOf('no-issues').writeIssue(issue())).rejects.toMatchObject({
      retry: { kind: 'needs-human' },
      message: expect.stringContaining('switch'),
    });
  });
});

describe('failures', () => {
  it('of a reading are tried again', async () => {
    forge.addFault({ method: 'GET', route: '*', when: 'before', status: 502, times: 1 });
    expect((await host.pull(pull))?.number).toBe(pull);
  });

  it('by rate limits say when to come back', async () => {
    forge.addFault({
      method: 'PATCH',
      route: '*',
      when: 'before',
      status: 403,
      headers: { 'retry-after': '42' },
      body: { message: 'secondary rate limit' },
      times: 1,
    });
    await expect(host.writeComment({ ...comment(), id: 1 })).rejects.toMatchObject({ retry: { kind: 'retry-after', waitMs: 42_000 } });
  });

  it('of permission are for a person', async () => {
    forge.addFault({
      method: 'POST',
      route: '*',
      when: 'before',
      status: 403,
      body: { message: 'Resource not accessible by integration' },
      times: 1,
    });
    await expect(host.writeComment(comment())).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
  });
});

describe('a merge, last', () => {
  it('is known by the commit that it made', async () => {
    const merged = await forge.call('ann', 'PUT', `${R}/pulls/${pull}/merge`, { merge_method: 'squash' });
    const { sha } = JSON.parse(JSON.stringify(merged.body)) as { sha: string };
    const [found, ...others] = await host.pullsOfCommit(trusted.commit(sha));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ number: pull, merged: true, state: 'closed', mergeCommit: sha });
    expect(await host.openPulls()).toEqual([]);
  });
});
