import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startForge } from '../../../src/local/forge/forge.ts';
import type { Forge } from '../../../src/local/forge/options.ts';
import { FLEET, git, type Receiver, startReceiver } from '../../support/forge/small-forge.ts';

/** The forge is killed, or finds itself as if it had been. */
let home = '';
let receiver: Receiver;
let forge: Forge;
const R = '/repos/acme/fleet';
const silent = { info: () => undefined, error: () => undefined };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'flotilla-recovery-'));
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
  await rm(home, { recursive: true, force: true });
});

/** A forge with one open pull request. */
async function start(): Promise<void> {
  forge = await startForge({ home, port: 0, app: { id: 42, slug: 'flotilla' }, webhookUrl: () => receiver.url, log: silent });
  forge.seedUser({ login: 'alice' });
  forge.seedUser({ login: 'bob' });
  const pull = { branch: 'change', title: 'Change', body: '', author: 'bob', changes: new Map([['README.md', '# Other\n']]) };
  await forge.seedRepository({ ...FLEET, pull });
  await forge.deliveriesIdle();
}

const bare = async (...args: readonly string[]): Promise<string> => (await git(join(home, 'git/acme/fleet.git'), ...args)).trim();
const names = (): readonly string[] => receiver.delivered.map((delivery) => delivery.name);

/** Stops a forge that has come as far as `state`, and starts it again. */
async function restartFrom(
  state: (pull: { readonly id: number; readonly base: string; readonly result: string }) => Promise<void>,
): Promise<void> {
  await start();
  const base = await bare('rev-parse', 'main');
  const result = await bare('commit-tree', 'change^{tree}', '-p', base, '-p', 'change', '-m', 'Merge');
  await state({ id: forge.store.pulls.byNumber(1, 1)?.issue_id ?? 0, base, result });
  await forge.close();
  receiver.clear();
  await start();
}

/** Pushes a branch with one new file. */
async function pushFile({ url, token }: { readonly url: string; readonly token: string }, branch: string): Promise<void> {
  const clone = await mkdtemp(join(home, 'clone-'));
  await git(clone, 'clone', '-q', `${url.replace('://', `://bob:${token}@`)}/acme/fleet.git`, '.');
  await git(clone, 'switch', '-q', '-c', branch);
  await writeFile(join(clone, `${branch}.txt`), 'a\n');
  await git(clone, 'add', '.');
  await git(clone, 'commit', '-qm', branch);
  await git(clone, 'push', '-q', 'origin', branch);
}

const alice = (): number => forge.store.accounts.byLogin('alice')?.id ?? 0;

it('a merge that was only meant is forgotten', async () => {
  await restartFrom(async ({ id, base, result }) => {
    forge.store.refs.addMergeIntent(1, alice(), { pull: id, baseBefore: base, result });
  });
  expect((await forge.call(undefined, 'GET', `${R}/pulls/1`)).body).toMatchObject({ state: 'open', merged: false, mergeable: true });
  expect(forge.store.refs.intents(1)).toEqual([]);
  expect(names()).toEqual([]);
  await forge.close();
});

it('a merge whose branch has moved is completed, in the name of who merged', async () => {
  await restartFrom(async ({ id, base, result }) => {
    forge.store.refs.addMergeIntent(1, alice(), { pull: id, baseBefore: base, result });
    await bare('update-ref', 'refs/heads/main', result, base);
  });
  const main = await bare('rev-parse', 'main');
  expect((await forge.call(undefined, 'GET', `${R}/pulls/1`)).body).toMatchObject({
    merged: true,
    merged_by: { login: 'alice' },
    merge_commit_sha: main,
  });
  expect(forge.store.refs.intents(1)).toEqual([]);
  expect(names()).toEqual(['pull_request.closed', 'push', 'check_suite.requested']);
  expect(receiver.delivered[1]?.payload).toMatchObject({ after: main, pusher: { name: 'alice' } });
  await forge.close();
});

it('a merge that was recorded but not announced is announced once', async () => {
  await restartFrom(async ({ id, base, result }) => {
    forge.store.refs.addMergeIntent(1, alice(), { pull: id, baseBefore: base, result });
    await bare('update-ref', 'refs/heads/main', result, base);
    forge.store.pulls.setMerged(id, { by: alice(), commit: result, baseBefore: base }, Date.now());
  });
  expect(names()).toEqual(['push', 'check_suite.requested']);
  await forge.close();
});

it('a push whose refs have moved is announced in the name of who pushed', async () => {
  await restartFrom(async ({ result }) => {
    forge.store.refs.addPushIntent(1, alice());
    await bare('update-ref', 'refs/heads/change', result);
  });
  expect(names()).toEqual(['push', 'check_suite.requested', 'pull_request.synchronize']);
  expect(receiver.delivered[0]?.payload).toMatchObject({ ref: 'refs/heads/change', pusher: { name: 'alice' } });
  expect((await forge.call(undefined, 'GET', `${R}/pulls/1`)).body).toMatchObject({ head: { sha: await bare('rev-parse', 'change') } });
  await forge.close();
});

it('a start that changes nothing says nothing, and everything is as it was', async () => {
  await restartFrom(async () => undefined);
  expect(names()).toEqual([]);
  expect(forge.seedUser({ login: 'alice' }).token).toMatch(/^ghp_/);
  expect((await forge.call('alice', 'GET', `${R}/pulls?state=all`)).body).toHaveLength(1);
  await forge.close();
});

it('a delivery that was interrupted counts as failed and is not repeated; a queued one is sent', async () => {
  await restartFrom(async () => {
    const draft = { event: 'push', action: null, redelivery: 0, installation_id: 1, repository_id: 1, payload: '{}' };
    forge.store.deliveries.add({ ...draft, guid: 'interrupted' }, Date.now());
    forge.store.deliveries.takeNext();
    forge.store.deliveries.add({ ...draft, guid: 'queued' }, Date.now());
  });
  expect(receiver.delivered.map((delivery) => delivery.headers['x-github-delivery'])).toEqual(['queued']);
  expect(forge.store.deliveries.sent(Number.MAX_SAFE_INTEGER, 10, true)).toMatchObject([{ guid: 'interrupted', status_code: 502 }]);
  await forge.close();
});

it('killed at any moment, it loses no merge and repeats none', async () => {
  const kills = 8;
  let running = await spawnForge();
  const api = async (
    method: string,
    path: string,
    body: object,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
    const headers = { authorization: `token ${running.token}` };
    const response = await fetch(`${running.url}/api/v3${path}`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  for (let round = 1; round <= kills; round += 1) {
    const branch = `branch-${round}`;
    await pushFile(running, branch);
    const opened = await api('POST', `${R}/pulls`, { title: branch, head: branch, base: 'main' });
    expect(opened.status).toBe(201);
    const answer = api('PUT', `${R}/pulls/${String(opened.body['number'])}/merge`, { merge_method: 'squash' }).catch(() => undefined);
    // Wherever that meets it.
    await new Promise((resolve) => setTimeout(resolve, round * 9));
    running.process.kill('SIGKILL');
    await Promise.all([answer, new Promise((resolve) => running.process.once('exit', resolve))]);
    running = await spawnForge();
    const pull = (await api('GET', `${R}/pulls/${String(opened.body['number'])}`, {})).body;
    const hasLanded = (await bare('ls-tree', '--name-only', 'main')).split('\n').includes(`${branch}.txt`);
    expect(pull['merged'], `round ${round}: the pull request says what git says`).toBe(hasLanded);
    if (!hasLanded)
      expect((await api('PUT', `${R}/pulls/${String(opened.body['number'])}/merge`, { merge_method: 'squash' })).status).toBe(200);
  }
  expect(await bare('rev-list', '--count', 'main')).toBe(String(kills + 1));
  running.process.kill('SIGKILL');
  const shas = (await bare('rev-list', `--max-count=${kills}`, 'main')).split('\n');
  const announced = await deliveriesOf(running.process);
  for (const sha of shas)
    expect(
      announced.filter((after) => after === sha),
      `the push of ${sha}`,
    ).toHaveLength(1);
});

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  readonly token: string;
}

async function spawnForge(): Promise<Running> {
  const script = new URL('../../support/forge/forge-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, home, receiver.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout }))
    return { process: child, ...(JSON.parse(line) as { url: string; token: string }) };
  throw new Error('the forge ended before it had started');
}

/** `after` of every push to main in the log of deliveries, sent or not. */
async function deliveriesOf(ended: ChildProcess): Promise<readonly string[]> {
  if (ended.exitCode === null && ended.signalCode === null) await new Promise((resolve) => ended.once('exit', resolve));
  await start();
  const sent = forge.store.deliveries.sent(Number.MAX_SAFE_INTEGER, 1_000, undefined);
  await forge.close();
  const pushes = sent
    .filter((delivery) => delivery.event === 'push')
    .map((delivery) => JSON.parse(delivery.payload) as { ref: string; after: string });
  return pushes.filter((push) => push.ref === 'refs/heads/main').map((push) => push.after);
}

it('a second forge on the same data folder is refused in words', async () => {
  await start();
  const again = startForge({ home, port: 0, app: { id: 42, slug: 'flotilla' }, webhookUrl: () => undefined, log: silent });
  await expect(again).rejects.toThrow(/another forge is using it: stop that one/);
  await forge.close();
});

it('without git it does not start, and says what to install', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = home;
  try {
    const started = startForge({ home, port: 0, app: { id: 42, slug: 'flotilla' }, webhookUrl: () => undefined, log: silent });
    await expect(started).rejects.toThrow(/needs git, and it cannot be run: install git 2\.38/);
  } finally {
    process.env['PATH'] = path;
  }
});
