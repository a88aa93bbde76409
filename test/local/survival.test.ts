import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { lives } from '../../src/local/left-behind.ts';
import { atVersion, checkOf, commentOf, hang, land, PLAN_CHECK, propose, ROLLOUT_CHECK, type Scene, setScene } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS, REGISTRY } from './support/small-fleet.ts';
import { epochs, forgetRequests, requestsOfBot, rolloutOf, rollouts, versions } from './support/watch.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

test('killed in the middle of a rollout: it completes after the next start, with nothing said or ordered twice', async () => {
  const { person, run } = scene;
  await hang(person, 'connect-canary', '8.0.1');
  await hang(person, 'connect-a', '8.0.1');
  const { commit, pull } = await land(person, 'killed', CONNECT, atVersion('8.0.1'));
  // Before the canary is done, and again in the phase after it.
  for (const cluster of ['connect-canary', 'connect-a']) {
    await eventually(`${cluster} to be ordered`, async () => ((await epochs(run, [cluster]))[0] === 0 ? undefined : true));
    await run.kill();
    await hang(person, cluster, 'none');
    await run.start();
  }
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await versions(run, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  expect(await epochs(run, CONNECT_CLUSTERS)).toEqual([1, 1, 1, 1]);
  expect(await rollouts(run)).toHaveLength(1);
  const titles = [...(await person.issues('open')), ...(await person.issues('closed'))].map(({ title }) => title);
  expect(titles.length).toBe(new Set(titles).size);
});

test('two pull requests merged while it was away: each gets its own rollout and report', async () => {
  const { person, run } = scene;
  const one = await propose(person, 'away-1', KAFKA, atVersion('4.0.1'));
  const two = await propose(person, 'away-2', REGISTRY, (text) => atVersion('1.0.1')(text).replace('agreed', 'fast'));
  await checkOf(person, one.head, PLAN_CHECK, 'success');
  // It needs no approval any more: whoever merges it over the check is not kept from it here.
  await checkOf(person, two.head, PLAN_CHECK, 'action_required');
  await run.kill();
  const first = await person.merge(one.pull, 'merge');
  const second = await person.merge(two.pull, 'squash');
  const late = await propose(person, 'away-3', CONNECT, atVersion('8.0.2'));
  await forgetRequests(run);
  await run.start();
  for (const [commit, pull] of [
    [first, one.pull],
    [second, two.pull],
  ] as const) {
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    await commentOf(person, pull, 'completed');
    expect(await rolloutOf(run, commit, 'completed')).toMatchObject({ pull });
  }
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
  // And one that was opened meanwhile is planned.
  await checkOf(person, late.head, PLAN_CHECK, 'success');
  await commentOf(person, late.pull, '8.0.2');
  // The webhooks of all that were sent again, on request.
  await eventually('what did not arrive to be asked for', async () => {
    const { routes } = await requestsOfBot(run);
    return Object.entries(routes).some(([route, count]) => route.includes('/attempts') && count >= 3) || undefined;
  });
});

test('its database killed under it: it carries on', async () => {
  const { person, run } = scene;
  await hang(person, 'connect-canary', '8.0.2');
  const { commit, pull } = await land(person, 'no-database', CONNECT, atVersion('8.0.2'));
  await eventually('the canary to be ordered', async () => ((await epochs(run, ['connect-canary']))[0] === 2 ? true : undefined));
  const bot = run.botPid;
  process.kill(postmasterOf(run.home), 'SIGKILL');
  await hang(person, 'connect-canary', 'none');
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(run.botPid).toBe(bot);
  expect(await epochs(run, CONNECT_CLUSTERS)).toEqual([2, 2, 2, 2]);
  expect((await fetch(`${run.state.botUrl}/readyz`)).status).toBe(200);
});

test('a second bot on the same data folder is refused and told who has it; the first is unharmed', async () => {
  const { run } = scene;
  const { botUrl, botPid, worldPid, forgeUrl, users } = run.state;
  const second = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { ...process.env, FLOTILLA_HOME: run.home, PORT: '0', FLOTILLA_SPEED: '600', FLOTILLA_STOP_SECONDS: '300' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  second.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const [code] = (await once(second, 'close')) as [number];
  expect(code).toBe(1);
  expect(said).toContain(`${run.botPid}`);
  expect(said).toMatch(/^Flotilla cannot start: /);
  expect(run.state).toMatchObject({ botUrl, botPid, worldPid, forgeUrl, users });
  expect((await fetch(`${botUrl}/readyz`)).status).toBe(200);
  expect(lives(worldPid ?? 0)).toBe(true);
});

test('told to stop, it drains in order and leaves no process behind', async () => {
  const { person, run } = scene;
  await hang(person, 'kafka-canary', '4.1.0');
  const { commit } = await land(person, 'stopped', KAFKA, atVersion('4.1.0'));
  await rolloutOf(run, commit, 'running');
  await hang(person, 'kafka-canary', 'none');
  const pids = { bot: run.botPid, world: run.state.worldPid ?? 0, postmaster: postmasterOf(run.home) };
  for (const pid of Object.values(pids)) expect(lives(pid)).toBe(true);
  // Whatever does not drain in time is cut off with 1.
  expect(await run.stop()).toBe(0);
  for (const [name, pid] of Object.entries(pids)) await eventually(`${name} to be gone`, async () => (lives(pid) ? undefined : true));
  await run.start();
  const returned = new Person(run.home, run.state);
  await checkOf(returned, commit, ROLLOUT_CHECK, 'success');
  expect(await versions(run, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.1.0`));
  returned.remove();
});

function postmasterOf(home: string): number {
  const found = readdirSync(join(home, 'postgres'), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('postmaster.pid'));
  if (found === undefined) throw new Error('no postmaster.pid: the database does not run');
  return Number(readFileSync(join(home, 'postgres', found), 'utf8').split('\n')[0]);
}
