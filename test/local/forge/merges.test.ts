import { afterEach, beforeEach, expect, it } from 'vitest';
import { commitFile } from '../../support/forge/commit-file.ts';
import { git, type SmallForge, startSmallForge } from '../../support/forge/small-forge.ts';

/** Merges of all three kinds and reverts, done by real git and read back with real git. */
let world: SmallForge;
const R = '/repos/acme/fleet';

beforeEach(async () => {
  world = await startSmallForge();
});

afterEach(() => world.close());

const call = async <Body = { number: number; sha: string }>(
  login: string,
  method: string,
  path: string,
  body: object = {},
): Promise<{ readonly status: number; readonly body: Body }> => {
  const answer = await world.forge.call(login, method, `${R}${path}`, { ...body });
  return { status: answer.status, body: answer.body as Body };
};

const bare = (...args: readonly string[]): Promise<string> => git(`${world.home}/git/acme/fleet.git`, ...args);

const head = async (branch: string): Promise<string> => (await bare('rev-parse', `refs/heads/${branch}`)).trim();

/** Sets files on a branch that starts where `main` is now; one commit for each. */
async function branch(name: string, ...edits: readonly (readonly [path: string, text: string, message: string])[]): Promise<void> {
  for (const edit of edits) await write(name, ...edit);
}

async function write(name: string, path: string, text: string, message: string): Promise<void> {
  await commitFile(world.forge, { by: 'bob', branch: name, path, text, message });
}

const RELEASE = 'fleet/release.yaml';
const version = (text: string): string => `version: ${text}\nreplicas: 3\nflags: none\n`;

async function open(name: string, title = 'Raise the version'): Promise<number> {
  const opened = await call('bob', 'POST', '/pulls', { title, head: name, base: 'main', body: 'Why' });
  expect(opened.status).toBe(201);
  return opened.body.number;
}

const log = (revision: string, format: string): Promise<string> => bare('log', '-1', `--format=${format}`, revision);

it('merge: a commit with two parents, in the name of who merged', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'Raise']);
  const before = await head('main');
  const tip = await head('change');
  const merged = await call('alice', 'PUT', `/pulls/${await open('change')}/merge`, {});
  expect(merged.status).toBe(200);
  expect(await head('main')).toBe(merged.body.sha);
  expect((await log('main', '%P')).trim()).toBe(`${before} ${tip}`);
  expect((await log('main', '%an|%cn|%B')).trim()).toBe('alice|Local Forge|Merge pull request #1 from acme/change\n\nRaise the version');
  expect(await bare('show', `main:${RELEASE}`)).toBe(version('3.8.0'));
});

it('squash of one commit: its own words and the number, in the name of who opened', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'Raise to 3.8.0\n\nBecause of a fix.']);
  const before = await head('main');
  await call('alice', 'PUT', `/pulls/${await open('change')}/merge`, { merge_method: 'squash' });
  expect((await log('main', '%P')).trim()).toBe(before);
  expect((await log('main', '%an|%B')).trim()).toBe('bob|Raise to 3.8.0 (#1)\n\nBecause of a fix.');
});

it('squash of several commits: the title, and all messages as a list', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'First'], ['README.md', '# Other\n', 'Second']);
  await call('alice', 'PUT', `/pulls/${await open('change')}/merge`, { merge_method: 'squash' });
  expect((await log('main', '%B')).trim()).toBe('Raise the version (#1)\n\n* First\n\n* Second');
});

it('title and message of the caller win', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'First']);
  await call('alice', 'PUT', `/pulls/${await open('change')}/merge`, {
    merge_method: 'squash',
    commit_title: 'Mine',
    commit_message: 'Text',
  });
  expect((await log('main', '%B')).trim()).toBe('Mine\n\nText');
});

it('rebase: every commit again on the moved base, with its author', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'First'], ['README.md', '# Other\n', 'Second']);
  const number = await open('change');
  await write('main', 'unrelated.txt', 'x\n', 'Meanwhile');
  const base = await head('main');
  const merged = await call('alice', 'PUT', `/pulls/${number}/merge`, { merge_method: 'rebase' });
  expect(merged.status).toBe(200);
  expect((await bare('log', '--reverse', '--format=%an|%cn|%s', `${base}..main`)).trim().split('\n')).toEqual([
    'bob|alice|First',
    'bob|alice|Second',
  ]);
  expect((await bare('rev-list', '--min-parents=2', 'main')).trim()).toBe('');
  expect(await bare('show', 'main:unrelated.txt')).toBe('x\n');
  const pulls = await call<{ number: number }[]>('bob', 'GET', `/commits/${(await bare('rev-parse', 'main~1')).trim()}/pulls`);
  expect(pulls.body, 'a commit in the middle of a rebase').toMatchObject([{ number }]);
});

it('a conflict is seen before, and refused by every kind of merge', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'Mine']);
  const number = await open('change');
  await write('main', RELEASE, version('3.9.0'), 'Theirs');
  const before = await head('main');
  expect((await call('bob', 'GET', `/pulls/${number}`)).body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
  expect(await bare('for-each-ref', `refs/pull/${number}/merge`)).toBe('');
  for (const merge_method of ['merge', 'squash', 'rebase']) {
    expect((await call('alice', 'PUT', `/pulls/${number}/merge`, { merge_method })).status, merge_method).toBe(405);
  }
  expect(await head('main')).toBe(before);
});

it('a second merge, a draft and a head that has moved are refused', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'One']);
  const number = await open('change');
  const seen = await head('change');
  await write('change', 'README.md', '# More\n', 'Two');
  expect((await call('alice', 'PUT', `/pulls/${number}/merge`, { sha: seen })).status).toBe(409);
  expect((await call('alice', 'PUT', `/pulls/${number}/merge`, { sha: await head('change') })).status).toBe(200);
  expect((await call('alice', 'PUT', `/pulls/${number}/merge`)).status).toBe(405);
  await branch('draft', ['draft.txt', 'x', 'Draft']);
  const draft = await call('bob', 'POST', '/pulls', { title: 'Draft', head: 'draft', base: 'main', draft: true });
  expect((await call('alice', 'PUT', `/pulls/${draft.body.number}/merge`)).status).toBe(405);
});

it('of many merges at once each is done once, and the branch has all of them', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const numbers: number[] = [];
  for (const name of names) {
    await branch(name, [`${name}.txt`, name, name]);
    numbers.push(await open(name, name));
  }
  const answers = await Promise.all(
    [...numbers, ...numbers].map((number) => call('alice', 'PUT', `/pulls/${number}/merge`, { merge_method: 'squash' })),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(4);
  expect(answers.filter((answer) => answer.status === 405)).toHaveLength(4);
  expect((await bare('ls-tree', '--name-only', 'main')).trim().split('\n')).toEqual([
    'README.md',
    'a.txt',
    'b.txt',
    'c.txt',
    'd.txt',
    'fleet',
  ]);
});

it.each(['merge', 'squash', 'rebase'])('a revert of a %s takes back all of it, and keeps what came after', async (merge_method) => {
  await branch('change', [RELEASE, version('3.8.0'), 'One'], ['new.txt', 'x', 'Two']);
  const number = await open('change');
  await call('alice', 'PUT', `/pulls/${number}/merge`, { merge_method });
  await write('main', 'later.txt', 'later\n', 'Later');
  const reverted = await world.forge.call('alice', 'POST', `/_forge${R}/pulls/${number}/revert`, {});
  expect(reverted.body).toMatchObject({
    number: 2,
    title: 'Revert "Raise the version"',
    body: 'Reverts acme/fleet#1',
    mergeable: true,
    changed_files: 2,
  });
  expect((await call('alice', 'PUT', '/pulls/2/merge', { merge_method: 'squash' })).status).toBe(200);
  expect((await bare('ls-tree', '--name-only', 'main')).trim().split('\n')).toEqual(['README.md', 'fleet', 'later.txt']);
  expect(await bare('show', `main:${RELEASE}`)).toBe(version('3.7.0'));
  expect(await log('main', '%B')).toContain('This reverts commit');
  const again = await world.forge.call('alice', 'POST', `/_forge${R}/pulls/${number}/revert`, {});
  expect(again.status, 'nothing is left to revert').toBe(422);
});

it('a revert of lines that have changed since is refused in words', async () => {
  await branch('change', [RELEASE, version('3.8.0'), 'One']);
  const number = await open('change');
  await call('alice', 'PUT', `/pulls/${number}/merge`);
  await write('main', RELEASE, version('3.9.0'), 'Later');
  const answer = await world.forge.call('alice', 'POST', `/_forge${R}/pulls/${number}/revert`, {});
  expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining('changed again since') } });
});
