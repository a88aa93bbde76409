import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { git, type SmallForge, startSmallForge } from '../../support/forge/small-forge.ts';

/** Real git against the forge, over HTTP. */
let world: SmallForge;
let scratch = '';
let folders = 0;

beforeAll(async () => {
  world = await startSmallForge();
  scratch = await mkdtemp(join(tmpdir(), 'flotilla-git-'));
});

afterAll(async () => {
  await world.close();
  await rm(scratch, { recursive: true, force: true });
});

async function clone(login: 'alice' | 'bob' | 'eve' = 'bob'): Promise<string> {
  folders += 1;
  const folder = join(scratch, `clone-${folders}`);
  await git(scratch, 'clone', '--quiet', world.remote(login), folder);
  return folder;
}

async function commit(folder: string, path: string, content: string | Uint8Array, message = `Write ${path}`): Promise<string> {
  await writeFile(join(folder, path), content);
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '-m', message);
  return (await git(folder, 'rev-parse', 'HEAD')).trim();
}

it('clones without signing in, and fetches what was pushed', async () => {
  const folder = join(scratch, 'anonymous');
  await git(scratch, 'clone', '--quiet', `${world.forge.url}/acme/fleet.git`, folder);
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe('# Fleet\n');
  const other = await clone();
  const sha = await commit(other, 'pushed.txt', 'hello\n');
  await git(other, 'push', '--quiet', 'origin', 'HEAD:main');
  await git(folder, 'fetch', '--quiet');
  expect((await git(folder, 'rev-parse', 'origin/main')).trim()).toBe(sha);
});

it('answers addresses without .git, and names in any case', async () => {
  expect(await git(scratch, 'ls-remote', `${world.forge.url}/ACME/Fleet`, 'HEAD')).toContain('HEAD');
});

it.each([
  ['nobody', () => `${world.forge.url}/acme/fleet.git`, /could not read Username/],
  ['somebody without a role', () => world.remote('eve'), /403/],
  ['a wrong token', () => `http://bob:wrong@${world.forge.url.slice(7)}/acme/fleet.git`, /Authentication failed|could not read/],
])('a push by %s is refused', async (_who, remote, message) => {
  const folder = await clone();
  await commit(folder, 'refused.txt', 'x');
  await expect(git(folder, 'push', remote(), 'HEAD:refused')).rejects.toThrow(message);
});

it('takes a large push, which git sends in chunks', async () => {
  const folder = await clone();
  const sha = await commit(folder, 'large.bin', randomBytes(12 * 1_024 * 1_024));
  await git(folder, '-c', 'http.postBuffer=65536', 'push', '--quiet', 'origin', 'HEAD:large');
  expect(await git(scratch, 'ls-remote', world.remote('bob'), 'large')).toContain(sha);
});

it('takes a compressed request, as a fetch with many commits sends it', async () => {
  const body = '0011command=ls-refs00010009peel\n0000'.replace('0011command=ls-refs', '0013command=ls-refs');
  const response = await fetch(`${world.forge.url}/acme/fleet.git/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip', 'git-protocol': 'version=2' },
    body: gzipSync(body),
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('refs/heads/main');
});

it('tells of a push: branch, pull request and webhooks', async () => {
  const folder = await clone();
  const first = await commit(folder, 'feature.txt', 'one\n');
  await git(folder, 'push', '--quiet', 'origin', 'HEAD:feature');
  const opened = await world.forge.call('bob', 'POST', '/repos/acme/fleet/pulls', { title: 'Feature', head: 'feature', base: 'main' });
  const { number } = opened.body as { number: number };
  const refs = async (): Promise<string> => git(scratch, 'ls-remote', world.remote('bob'), `refs/pull/${number}/*`);
  expect(await refs()).toContain(`${first}\trefs/pull/${number}/head`);
  world.receiver.clear();
  const second = await commit(folder, 'feature.txt', 'two\n');
  await git(folder, 'push', '--quiet', 'origin', 'HEAD:feature');
  // No waiting: what a push moves is known when git has its answer.
  expect((await world.forge.call(undefined, 'GET', `/repos/acme/fleet/pulls/${number}`)).body).toMatchObject({
    head: { sha: second },
    commits: 2,
  });
  expect(await refs()).toContain(`${second}\trefs/pull/${number}/head`);
  await world.forge.deliveriesIdle();
  expect(world.receiver.delivered.map((delivery) => delivery.name)).toEqual(['push', 'check_suite.requested', 'pull_request.synchronize']);
  expect(world.receiver.delivered[2]?.payload).toMatchObject({ before: first, after: second, number });
  expect(world.receiver.delivered[0]?.payload).toMatchObject({
    before: first,
    after: second,
    commits: [{ id: second, modified: ['feature.txt'] }],
  });
});

it('a force push is called one, and a deleted branch closes its pull request', async () => {
  const folder = await clone();
  await commit(folder, 'forced.txt', 'one\n');
  await git(folder, 'push', '--quiet', 'origin', 'HEAD:forced');
  const opened = await world.forge.call('bob', 'POST', '/repos/acme/fleet/pulls', { title: 'Forced', head: 'forced', base: 'main' });
  const { number } = opened.body as { number: number };
  await git(folder, 'commit', '--quiet', '--amend', '-m', 'Other words');
  world.receiver.clear();
  await git(folder, 'push', '--quiet', '--force', 'origin', 'HEAD:forced');
  await world.forge.deliveriesIdle();
  expect(world.receiver.delivered[0]?.payload).toMatchObject({ ref: 'refs/heads/forced', forced: true });
  world.receiver.clear();
  await git(folder, 'push', '--quiet', 'origin', ':forced');
  await world.forge.deliveriesIdle();
  expect(world.receiver.delivered.map((delivery) => delivery.name)).toEqual(['push', 'pull_request.closed']);
  expect(world.receiver.delivered[0]?.payload).toMatchObject({ deleted: true, head_commit: null, after: '0'.repeat(40) });
  expect((await world.forge.call(undefined, 'GET', `/repos/acme/fleet/pulls/${number}`)).body).toMatchObject({
    state: 'closed',
    merged: false,
  });
});

it('a direct push that brings the commits of a pull request merges it', async () => {
  const folder = await clone();
  await git(folder, 'pull', '--quiet', 'origin', 'main');
  await commit(folder, 'direct.txt', 'one\n');
  await git(folder, 'push', '--quiet', 'origin', 'HEAD:direct');
  const opened = await world.forge.call('bob', 'POST', '/repos/acme/fleet/pulls', { title: 'Direct', head: 'direct', base: 'main' });
  const { number } = opened.body as { number: number };
  await git(folder, 'push', '--quiet', 'origin', 'HEAD:main');
  expect((await world.forge.call(undefined, 'GET', `/repos/acme/fleet/pulls/${number}`)).body).toMatchObject({
    state: 'closed',
    merged: true,
    merged_by: { login: 'bob' },
  });
});

it('only the forge writes the refs of pull requests', async () => {
  const folder = await clone();
  await commit(folder, 'hidden.txt', 'x');
  await expect(git(folder, 'push', 'origin', 'HEAD:refs/pull/1/head')).rejects.toThrow(/deny updating a hidden ref/);
});

it('two pushes at once: each is announced once, in the name of who made it', async () => {
  const [one, two] = [await clone('alice'), await clone('bob')];
  await Promise.all([commit(one, 'a.txt', 'a'), commit(two, 'b.txt', 'b')]);
  world.receiver.clear();
  await Promise.all([git(one, 'push', '--quiet', 'origin', 'HEAD:at-once-a'), git(two, 'push', '--quiet', 'origin', 'HEAD:at-once-b')]);
  await world.forge.deliveriesIdle();
  const pushes = world.receiver.delivered
    .filter((delivery) => delivery.name === 'push')
    .map(({ payload }) => [payload['ref'], payload['pusher']]);
  expect(pushes.toSorted()).toMatchObject([
    ['refs/heads/at-once-a', { name: 'alice' }],
    ['refs/heads/at-once-b', { name: 'bob' }],
  ]);
});

it('a push for the same branch that comes too late is refused by git, and the first one stands', async () => {
  const [one, two] = [await clone(), await clone()];
  const first = await commit(one, 'race-1.txt', 'a');
  await commit(two, 'race-2.txt', 'b');
  await git(one, 'push', '--quiet', 'origin', 'HEAD:main');
  await expect(git(two, 'push', 'origin', 'HEAD:main')).rejects.toThrow(/rejected/);
  expect(await git(scratch, 'ls-remote', world.remote('bob'), 'refs/heads/main')).toContain(first);
});

it.each([
  ['a folder above', '/acme/..%2f..%2fhome.git/info/refs?service=git-upload-pack'],
  ['dots', '/acme/../../etc/passwd'],
  ['a NUL', '/acme/fleet%00.git/info/refs?service=git-upload-pack'],
  ['an unknown repository', '/acme/none.git/info/refs?service=git-upload-pack'],
  ['a file of the repository', '/acme/fleet.git/HEAD'],
  ['a file of the objects', '/acme/fleet.git/objects/info/packs'],
])('an address with %s is not found', async (_what, path) => {
  expect(await rawStatus(path)).toBe(404);
});

it.each([
  ['the dumb protocol', '/acme/fleet.git/info/refs', 403],
  ['another service', '/acme/fleet.git/info/refs?service=git-upload-archive', 403],
])('%s is refused', async (_what, path, status) => {
  expect(await rawStatus(path)).toBe(status);
});

it('answers only to its own name, so that no page of another site reaches it', async () => {
  expect(await rawStatus('/api/v3/meta', { host: 'evil.example' })).toBe(403);
  expect(await rawStatus('/api/v3/meta', { host: 'localhost' })).toBe(200);
});

/** A request whose path is sent exactly as it is written. */
function rawStatus(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const { hostname, port } = new URL(world.forge.url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}
