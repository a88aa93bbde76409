import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataFolder } from '../../src/adapters/postgres/data-folder.ts';
import { readPostmaster } from '../../src/adapters/postgres/postmaster.ts';
import { eventually } from '../../src/local/demo/person.ts';
import { endLocalMode, lives } from '../../src/local/left-behind.ts';
import { readLocalState } from '../../src/local/local-state.ts';
import { atVersion, checkOf, PLAN_CHECK, propose, type Scene, setScene } from './support/scene.ts';
import { KAFKA, writeSmallFleet } from './support/small-fleet.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../src/cli/flotilla.js');

describe('forge and data planes that die under a living bot', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene();
  });
  afterAll(() => scene.remove());

  test.each(['SIGKILL', 'SIGTERM'] as const)('are started again at the same address, with all that they knew: %s', async (signal) => {
    const { run, person } = scene;
    const { worldPid, forgeUrl, dataPlaneUrl } = run.state;
    if (worldPid === undefined) throw new Error('there is no world');
    process.kill(worldPid, signal);
    await eventually('others in their place', async () => {
      const now = readLocalState(run.home);
      return now?.worldPid !== undefined && now.worldPid !== worldPid && now.forgeUrl !== undefined ? true : undefined;
    });
    expect(run.state).toMatchObject({ forgeUrl, dataPlaneUrl, worldStartedBy: 'bot' });
    const { head } = await propose(person, `after-${signal}`, KAFKA, atVersion(signal === 'SIGKILL' ? '4.0.1' : '4.1.0'));
    await checkOf(person, head, PLAN_CHECK, 'success');
  });

  test('end with the bot, and do not come back', async () => {
    const { run } = scene;
    const { worldPid } = run.state;
    await run.stop();
    await eventually('their end', async () => (lives(worldPid) ? undefined : true));
    expect(lives(readLocalState(run.home)?.worldPid)).toBe(false);
  });
});

test('a bot that is cut off while it stops leaves nobody behind', async () => {
  const { run, remove } = await setScene({ FLOTILLA_STOP_SECONDS: '3' });
  const server = (await readPostmaster(dataFolder(join(run.home, 'postgres')).data))?.pid;
  const { worldPid } = run.state;
  if (server === undefined || worldPid === undefined) throw new Error('not everything runs');
  try {
    // Its database never says that it has ended.
    process.kill(server, 'SIGSTOP');
    expect(await run.stop()).toBe(1);
    await eventually('the end of forge and data planes', async () => (lives(worldPid) ? undefined : true));
    process.kill(server, 'SIGCONT');
    await eventually('the end of the database', async () => (lives(server) ? undefined : true));
  } finally {
    if (lives(server)) process.kill(server, 'SIGCONT');
    await remove();
  }
});

describe('flotilla local, in a fresh clone', () => {
  const place = mkdtempSync(join(tmpdir(), 'flotilla-fresh-'));
  const home = join(place, 'not', 'there', 'yet');
  const manifests = writeSmallFleet();
  afterAll(async () => {
    await endLocalMode(home);
    rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    rmSync(manifests, { recursive: true, force: true });
  });

  function flotilla(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [LAUNCHER, 'local', ...args], {
      cwd: place,
      env: { ...process.env, FLOTILLA_HOME: home, FLOTILLA_MANIFESTS: manifests, PORT: '0', FLOTILLA_STOP_SECONDS: '300', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
    return { child, said, ended };
  }

  test.each([
    [['status'], 1, /^flotilla local: there is no local mode here .*\n$/],
    [['break', 'kafka-a', '--with', 'slow'], 1, /^flotilla local: there is no local mode here .*\n$/],
    [['set', 'kafka-a', '--version', '4.0.1'], 1, /^flotilla local: there is no local mode here .*\n$/],
    [['stop'], 0, /^$/],
    [['forge', 'now'], 2, /^flotilla local: local forge takes nothing more\n/],
  ] as const)('%j has nothing to work on, and says so', async (args, code, err) => {
    const ended = await flotilla(args).ended;
    expect(ended).toMatchObject({ code, err: expect.stringMatching(err) });
  });

  test.each([
    [
      'a folder that cannot be made',
      { FLOTILLA_HOME: '/dev/null/x' },
      /^flotilla local: the data folder \/dev\/null\/x cannot be written .*\n$/,
    ],
    ['manifests that are not there', { FLOTILLA_MANIFESTS: '/nowhere' }, /^flotilla local: the local forge did not start: .*nowhere/],
  ])('forge with %s is refused with the fix', async (_name, env, err) => {
    const ended = await flotilla(['forge'], env).ended;
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(err) });
    expect(ended.err).not.toMatch(/\n {4}at /);
  });

  test('forge with a port that is taken names it', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ended = await flotilla(['forge'], { PORT: String(port - 1) }).ended;
    other.close();
    expect(ended).toMatchObject({ code: 1, err: expect.stringContaining(`another program listens on port ${port}`) });
  });

  test('forge runs until it is ended', async () => {
    const { child, said, ended } = flotilla(['forge']);
    await eventually('its addresses', async () => (said.out.includes('Ctrl-C ends them') ? true : undefined));
    const { worldPid } = readLocalState(home) ?? {};
    expect(await flotilla(['status']).ended).toMatchObject({ code: 0, out: expect.stringContaining('kafka-a') });
    child.kill('SIGINT');
    // On a busy machine it says why it takes long.
    expect(await ended).toMatchObject({ code: 0, err: expect.not.stringMatching(/Error|\n {4}at /) });
    await eventually('its end', async () => (lives(worldPid) ? undefined : true));
    writeFileSync(join(home, 'local.json'), 'nonsense');
    expect(await flotilla(['stop']).ended).toMatchObject({ code: 0, out: 'nothing was running\n' });
  });
});
