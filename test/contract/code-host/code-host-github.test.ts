import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../../src/adapters/git/manifest-source-git.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Annotation, CodeHost } from '../../../src/ports/code-host.ts';
import { InMemoryRepository } from '../../../src/ports/in-memory/code-host.ts';
import { commitFile } from '../../support/forge/commit-file.ts';
import { annotations, checkOf, commentOf, describeCodeHost, double, issueOf } from './contract.ts';
import { type GitHubHarness, startGitHub } from './github-harness.ts';

describeCodeHost('GitHub', startGitHub);

let github: GitHubHarness;

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());
beforeEach(() => {
  github.forge.clearFaults();
  github.sent();
});

describe('requests', () => {
  it('are one for a comment that is edited', async () => {
    const first = commentOf(github, 'one');
    const { id } = await github.host.writeComment(first);
    github.sent();
    await github.host.writeComment({ ...first, id, body: `${first.marker}\ntwo` });
    expect(github.sent()).toEqual(['PATCH /repos/{owner}/{repo}/issues/comments/{id}']);
  });

  it.each<[string, () => Promise<unknown>, readonly string[]]>([
    [
      'comment',
      () => github.host.writeComment(commentOf(github)),
      ['GET /repos/{owner}/{repo}/issues/{id}/comments', 'POST /repos/{owner}/{repo}/issues/{id}/comments'],
    ],
    [
      'check',
      () => github.host.writeCheck(checkOf(github)),
      ['GET /repos/{owner}/{repo}/commits/{ref}/check-runs', 'POST /repos/{owner}/{repo}/check-runs'],
    ],
    ['issue', () => github.host.writeIssue(issueOf()), ['GET /repos/{owner}/{repo}/issues', 'POST /repos/{owner}/{repo}/issues']],
  ])('are two for a new %s: it is looked for first', async (_what, write, requests) => {
    await write();
    expect(github.sent()).toEqual(requests);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['comment', () => github.host.writeComment({ ...commentOf(github), isNew: true }), 'POST /repos/{owner}/{repo}/issues/{id}/comments'],
    ['check', () => github.host.writeCheck({ ...checkOf(github), isNew: true }), 'POST /repos/{owner}/{repo}/check-runs'],
  ])('are one for a %s of which nothing can be there', async (_what, write, request) => {
    await write();
    expect(github.sent()).toEqual([request]);
  });

  it('are as many as the host in memory counts, of the same kinds', async () => {
    const memory = new InMemoryRepository({
      installation: 7,
      owner: 'acme',
      name: 'fleet',
      defaultBranch: 'main',
      cloneUrl: 'https://example.com/f.git',
    });
    const pull = memory.openPull({ headSha: github.headSha, author: 'ann', title: 'Change a' });
    const check = checkOf(github, { isNew: true });
    const failing = checkOf(github, { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(60) });
    const [fresh, plain] = [commentOf(github), commentOf(github)];
    const [drift, closed] = [issueOf(), issueOf({ state: 'closed' })];
    const story = async (host: CodeHost, on: number): Promise<void> => {
      const { id } = await host.writeCheck(check);
      await host.writeCheck({ ...check, id, state: { kind: 'completed', conclusion: 'success' } });
      await host.writeCheck({ ...check, isNew: false, title: 'its id was lost' });
      const { id: failed } = await host.writeCheck(failing);
      await host.writeCheck({ ...failing, id: failed, title: 'again' });
      const { id: comment } = await host.writeComment({ ...fresh, pull: on, isNew: true });
      await host.writeComment({ ...fresh, pull: on, id: comment, body: `${fresh.marker}\nedited` });
      await host.writeComment({ ...plain, pull: on });
      await host.writeComment({ ...plain, pull: on, body: `${plain.marker}\nfound` });
      const { number } = await host.writeIssue(drift);
      await host.writeIssue({ ...drift, number, state: 'closed' });
      await host.writeIssue(drift);
      await host.writeIssue(closed);
      await host.pull(on);
      await host.openPulls();
      await host.pullsOfCommit(github.headSha);
      await host.repository();
      await host.roleOf('ann');
      await host.isMember('leads', 'ann');
      await host.peopleBehind({ kind: 'pull', number: on });
      await host.react(comment, 'eyes');
    };
    await story(memory, pull);
    github.sent();
    await story(github.host, github.pull);
    const kinds: Readonly<Record<string, string>> = { GET: 'read', POST: 'create', PATCH: 'change' };
    // As whom the app writes is asked once in its life.
    const sent = github
      .sent()
      .filter((request) => request !== 'GET /app')
      .map((request) => kinds[request.split(' ')[0] ?? ''] ?? request);
    expect(memory.requests.toSorted()).toEqual(sent.toSorted());
  });

  it('for issues ask for ours alone, however many there are of other people', async () => {
    for (let nth = 0; nth < 101; nth += 1) await github.forge.call('ann', 'POST', '/repos/acme/fleet/issues', { title: `talk ${nth}` });
    const drift = issueOf();
    const { number } = await github.host.writeIssue(drift);
    github.sent();
    expect(await github.host.writeIssue(drift)).toEqual({ number });
    expect(github.sent()).toEqual(['GET /repos/{owner}/{repo}/issues', 'PATCH /repos/{owner}/{repo}/issues/{id}']);
  });

  it('are two for a check that is created, and one when it is completed', async () => {
    const begun = checkOf(github);
    const { id } = await github.host.writeCheck(begun);
    await github.host.writeCheck({ ...begun, id, state: { kind: 'completed', conclusion: 'success' } });
    expect(github.sent().filter((line) => line.includes('check-runs'))).toEqual([
      'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      'POST /repos/{owner}/{repo}/check-runs',
      'PATCH /repos/{owner}/{repo}/check-runs/{id}',
    ]);
  });

  it('are none for a comment that is too long', async () => {
    await expect(github.host.writeComment({ ...commentOf(github), body: 'x'.repeat(65_537) })).rejects.toThrow();
    expect(github.sent()).toEqual([]);
  });
});

describe('a check that takes several requests', () => {
  const annotations = (count: number): readonly Annotation[] =>
    Array.from({ length: count }, (_, nth) => ({
      path: 'fleet-manifests/a.yaml',
      line: nth + 1,
      column: 1,
      level: 'failure',
      title: 'same',
      message: nth < 2 ? 'twice' : `message ${nth}`,
    }));

  it.each([
    ['after the first', 1, 50],
    ['after the second', 2, 100],
  ])('is one, with each annotation once, when a crash %s is followed by another try', async (_name, requests, written) => {
    const failing = checkOf(github, { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(120) });
    // What a process leaves that was killed then: nobody has told it the id, so it is not on record.
    const { id } = await github.host.writeCheck({ ...failing, annotations: failing.annotations.slice(0, requests * 50) });
    expect((await github.allChecks(failing.name)).map((check) => check.annotations)).toEqual([written]);
    expect(await github.host.writeCheck({ ...failing })).toEqual({ id });
    expect(await github.allChecks(failing.name)).toMatchObject([{ id, annotations: 120 }]);
  });

  it('and breaks in the middle goes on at the next try', async () => {
    const failing = checkOf(github, { state: { kind: 'completed', conclusion: 'failure' }, annotations: annotations(120) });
    const route = '/repos/:owner/:repo/check-runs/:run';
    // More often than the client itself tries again.
    github.forge.addFault({ method: 'PATCH', route, when: 'before', status: 403, body: { message: 'no' }, times: 1 });
    await expect(github.host.writeCheck(failing)).rejects.toThrow();
    await github.host.writeCheck({ ...failing });
    expect((await github.allChecks(failing.name)).map((check) => check.annotations)).toEqual([120]);
  });
});

describe('the people behind', () => {
  const file = { path: 'fleet-manifests/a.yaml', author: { name: 'ann', email: '' } };
  const push = (by: string, branch: string, text: string, author = by) => {
    const email = github.forge.store.accounts.byLogin(author)?.email ?? `${author}@nowhere.example`;
    return commitFile(github.forge, { ...file, by, branch, text, author: { name: author, email } });
  };
  const open = async (branch: string): Promise<number> => {
    const { body } = await github.forge.call('ann', 'POST', '/repos/acme/fleet/pulls', {
      title: branch,
      head: branch,
      base: 'main',
      body: '',
    });
    return Number((body as { readonly number: number }).number);
  };
  const behindPull = async (branch: string) => await github.host.peopleBehind({ kind: 'pull', number: await open(branch) });

  it('a pull request are also those who have only pushed to it, before it was opened or after', async () => {
    await push('bob', 'pushed', 'a: 3\n', 'ann');
    await push('mia', 'pushed', 'a: 4\n', 'ann');
    await push('ann', 'pushed', 'a: 5\n');
    const { logins, whyNotAll } = await behindPull('pushed');
    expect([[...logins].sort(), whyNotAll]).toEqual([['ann', 'bob', 'mia'], undefined]);
  });

  it('a pull request are not all known where a commit is by an address that nobody has claimed', async () => {
    await push('ann', 'unclaimed', 'a: 3\n', 'whoever');
    const head = await push('ann', 'unclaimed', 'a: 4\n');
    const { logins, whyNotAll } = await behindPull('unclaimed');
    expect(logins).toEqual(['ann']);
    expect(whyNotAll).toMatch(/^commit [0-9a-f]{12} is by an address that no account has claimed/);
    expect(whyNotAll).not.toContain(head.slice(0, 12));
  });

  it('a commit on the default branch are its author and whoever pushed it, whatever name its author has chosen', async () => {
    const forged = trusted.commit(await push('bob', 'main', 'a: 6\n', 'mia'));
    expect(await github.host.peopleBehind({ kind: 'commit', sha: forged })).toEqual({ logins: ['mia', 'bob'], whyNotAll: undefined });
    const nobody = trusted.commit(await push('bob', 'main', 'a: 7\n', 'mallory'));
    expect((await github.host.peopleBehind({ kind: 'commit', sha: nobody })).whyNotAll).toContain('no account has claimed');
  });

  it('a commit are not known where GitHub does not say who pushed it, or does not have it', async () => {
    await push('ann', 'main', 'a: 8\n');
    const root = trusted.commit(github.forge.store.refs.activities(github.seeded.id, 'refs/heads/main').at(-1)?.before_sha ?? '');
    expect((await github.host.peopleBehind({ kind: 'commit', sha: root })).whyNotAll).toContain('does not say who has pushed');
    await expect(github.host.peopleBehind({ kind: 'commit', sha: trusted.commit('9'.repeat(40)) })).rejects.toMatchObject({
      retry: { kind: 'needs-human' },
    });
  });
});

it('the repository is fetched by git with the token of the installation', async () => {
  const { host, seeded, folder, pull, headSha } = github;
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

it('a comment is found again among more than a page', async () => {
  const { host, say, comments } = github;
  const first = commentOf(github, 'oldest');
  const { id } = await host.writeComment(first);
  for (let i = 0; i < 101; i += 1) await say('ann', `talk ${i}`);
  await double(host, github, first.marker);
  expect(await host.writeComment({ ...first })).toEqual({ id });
  expect((await comments()).filter(({ body }) => body.includes(first.marker)).length).toBe(1);
});

describe('failures', () => {
  it('of a reading are tried again', async () => {
    github.forge.addFault({ method: 'GET', route: '*', when: 'before', status: 502, times: 1 });
    expect((await github.host.pull(github.pull))?.number).toBe(github.pull);
  });

  it('by rate limits say when to come back', async () => {
    github.forge.addFault({
      method: 'PATCH',
      route: '*',
      when: 'before',
      status: 403,
      headers: { 'retry-after': '42' },
      body: { message: 'secondary rate limit' },
      times: 1,
    });
    await expect(github.host.writeComment({ ...commentOf(github), id: 1 })).rejects.toMatchObject({
      retry: { kind: 'retry-after', waitMs: 42_000 },
    });
  });

  it('of permission are for a person', async () => {
    github.forge.addFault({
      method: 'POST',
      route: '*',
      when: 'before',
      status: 403,
      body: { message: 'Resource not accessible by integration' },
      times: 1,
    });
    await expect(github.host.writeComment(commentOf(github))).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
  });
});
