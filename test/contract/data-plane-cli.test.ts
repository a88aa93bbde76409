import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLocal } from '../../src/cli/local.ts';
import { main } from '../../src/cli/main.ts';
import { revisionOf } from '../../src/core/model/hash.ts';
import { trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import { type DataPlaneServer, startDataPlaneServer } from '../../src/local/data-plane/data-plane-server.ts';
import { type LocalState, writeLocalState } from '../../src/local/local-state.ts';
import { collectingLog } from './data-plane-support.ts';

const spec = { product: 'kafka', version: '4.0.1', image: 'apache/kafka:4.0.1', replicas: 3, config: { 'a.b': 1 }, featureFlags: {} };
let home: string;
let server: DataPlaneServer;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'flotilla-cli-'));
  const clock = { now: () => instant(Date.now()) };
  server = await startDataPlaneServer({ home, port: 0, clock, speed: 1, seed: 'cli', log: collectingLog() });
  const seeded = (cluster: string) => ({ cluster: trusted.cluster(cluster), dataPlane: 'plane-1', spec, revision: revisionOf(spec) });
  server.seed([seeded('kafka-orders'), seeded('kafka-logs')]);
  writeLocalState(home, localState(server.url));
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const localState = (dataPlaneUrl: string | undefined): LocalState => ({
  worldStartedBy: 'bot',
  worldPid: undefined,
  botPid: undefined,
  botUrl: undefined,
  forgeUrl: undefined,
  dataPlaneUrl,
  speed: 1,
  webhookSecret: 's',
  appId: 1,
  users: [],
});

async function run(line: string, env: Record<string, string> = { FLOTILLA_HOME: home }) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), cwd: tmpdir(), env };
  const code = await runLocal(
    line.split(' ').filter((word) => word !== ''),
    io,
  );
  return { code, out, err };
}

describe('flotilla local', () => {
  it('breaks, shows, changes and fixes a cluster', async () => {
    expect(await run('break kafka-orders --with crash-loop --version 4.1.1 --broker 2')).toMatchObject({
      code: 0,
      out: 'kafka-orders: crash-loop for 4.1.1, broker 2: broker 2 that gets 4.1.1 never gets ready\n',
    });
    expect(await run('set kafka-orders --version 4.1.0 --replicas 4 --config a.b=2 --config c=true')).toMatchObject({
      code: 0,
      out: 'kafka-orders now runs version 4.1.0, 4 replicas, a.b=2, c=true, whatever it was ordered to\n',
    });
    const { code, out } = await run('status kafka-orders');
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'kafka-orders (kafka) on plane-1',
        '  order     none yet',
        '  running   4.1.0, 4 replicas, apache/kafka:4.0.1',
        '            a.b=2',
        '            c=true',
        '  broker 0  4.1.0 ready',
        '  broker 1  4.1.0 ready',
        '  broker 2  4.1.0 ready',
        '  broker 3  4.1.0 ready',
        '  changed by hand',
        '  fault: crash-loop for 4.1.1, broker 2',
        '',
      ],
    ]);
    expect(await run('break --all --with none')).toMatchObject({ code: 0, out: '2 clusters, and those to come: all faults cleared\n' });
    expect((await run('status')).out).toContain('2 clusters, 1 times as fast as real ones');
  });

  it('makes a data plane unreachable, and reachable again', async () => {
    expect((await run('break --data-plane plane-1 --with unreachable')).out).toContain('answers nobody now');
    expect((await run('status')).out).toContain('data plane plane-1 is made unreachable');
    expect((await run('break --data-plane plane-1 --with none')).code).toBe(0);
  });

  it.each([
    ['break kafka-ordres --with slow', 'did you mean kafka-orders?'],
    ['break kafka-orders --with slow --broker 7', 'no broker 7'],
    ['set kafka-orders --version four', 'not a version: "four"'],
    ['set kafka-orders --replicas 0', 'from 1 to 1000'],
    ['status kafka-nothing-like-it', 'there is no cluster "kafka-nothing-like-it"'],
  ])('%s is refused with the reason', async (line, reason) => {
    expect(await run(line)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(reason) });
  });

  it.each([
    ['', 'say what to do'],
    ['explode', 'no command "local explode"'],
    ['break kafka-orders', '--with must be one of'],
    ['break --with slow', 'name a cluster, or say --all'],
    ['break kafka-orders --all --with slow', 'not both'],
    ['break kafka-orders --with slow --brocker 1', 'there is no option --brocker; did you mean --broker?'],
    ['break kafka-orders --with slow --broker two', '--broker must be a whole number'],
    ['set kafka-orders', 'say what to change'],
    ['set --version 4.1.1', 'name the cluster'],
    ['set kafka-orders --config a.b', '--config must be KEY=VALUE'],
    ['status one two', 'one cluster at a time'],
  ])('"%s" is wrong usage', async (line, reason) => {
    expect(await run(line)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/Usage: flotilla local COMMAND/) });
    expect((await run(line)).err).toContain(reason);
  });

  it('says how to start local mode when there is none, and when it does not answer', async () => {
    expect(await run('status', {})).toMatchObject({ code: 1, err: expect.stringContaining('npm start') });
    const gone = mkdtempSync(join(tmpdir(), 'flotilla-cli-'));
    writeLocalState(gone, localState('http://127.0.0.1:9'));
    expect(await run('status', { FLOTILLA_HOME: gone })).toMatchObject({ code: 1, err: expect.stringContaining('do not answer') });
    writeLocalState(gone, localState(undefined));
    expect(await run('status', { FLOTILLA_HOME: gone })).toMatchObject({ code: 1, err: expect.stringContaining('names no data planes') });
    writeFileSync(join(gone, 'local.json'), '{ "token": ');
    expect(await run('status', { FLOTILLA_HOME: gone })).toMatchObject({ code: 1, err: expect.stringContaining('no local mode here') });
    rmSync(gone, { recursive: true });
  });
});

describe('flotilla', () => {
  const launcher = join(import.meta.dirname, '../../src/cli/flotilla.js');
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [['--help'], 0, /Usage: flotilla COMMAND/, /^$/],
    [[], 2, /^$/, /say what to do/],
    [['explode'], 2, /^$/, /no command "explode"/],
    [['local', 'break'], 2, /^$/, /--with must be one of/],
  ])('%s', (argv, code, out, err) => {
    const ran = spawnSync(process.execPath, [launcher, ...argv], { encoding: 'utf8' });
    expect(ran.status).toBe(code);
    expect(ran.stdout).toMatch(out);
    expect(ran.stderr).toMatch(err);
  });

  it('runs a command that it knows', async () => {
    let out = '';
    const io = { out: (text: string) => (out += text), err: () => undefined, cwd: tmpdir(), env: { FLOTILLA_HOME: home } };
    expect(await main(['local', 'status', 'kafka-logs'], io)).toBe(0);
    expect(out).toContain('kafka-logs (kafka) on plane-1');
  });
});
