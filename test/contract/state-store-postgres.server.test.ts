import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectedState, connectState } from '../../src/adapters/postgres/connect.ts';
import { isAlive, readPostmaster } from '../../src/adapters/postgres/postmaster.ts';
import { stopProcess } from '../../src/adapters/postgres/server-process.ts';
import { PortError } from '../../src/ports/port-error.ts';
import { BotProcess } from '../support/state/bot-processes.ts';
import { change, delivery, entry, FLEET, fleetRecord, job } from '../support/state/builders.ts';
import { eventually, memoryLog } from '../support/state/test-database.ts';
import { TestSql } from '../support/state/test-sql.ts';

/** A data folder that was used once and closed: a copy is there sooner than a new one. */
let used: string;
let home: string;
let folder: string;
let closers: (() => Promise<unknown>)[];

beforeAll(async () => {
  used = await mkdtemp(join(tmpdir(), 'flotilla-used-'));
  await (await connectState({ databaseUrl: undefined, folder: join(used, 'postgres'), log: memoryLog() })).close();
});
afterAll(() => rm(used, { recursive: true, force: true }));

const copyUsed = () => promisify(execFile)('cp', ['-a', join(used, 'postgres'), folder]);

beforeEach(async () => {
  // Mode 700, as most people's: under root the server's own user cannot walk into it.
  home = await mkdtemp(join(tmpdir(), 'flotilla-server-'));
  folder = join(home, 'postgres');
  closers = [];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  const left = await readPostmaster(join(folder, 'data'));
  if (left !== undefined && isAlive(left.pid)) await stopProcess(left.pid, 5_000);
  await rm(home, { recursive: true, force: true });
});

const open = async (log = memoryLog()): Promise<ConnectedState> => {
  const state = await connectState({ databaseUrl: undefined, folder, log });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await state.close();
  };
  closers.push(close);
  return { ...state, close };
};

const bot = (): BotProcess => {
  const started = new BotProcess(folder);
  closers.push(() => started.kill());
  return started;
};

const serverPid = async (): Promise<number> => (await readPostmaster(join(folder, 'data')))?.pid ?? -1;

const refusal = async (attempt: Promise<unknown>): Promise<PortError> => {
  const error = await attempt.then(
    () => new Error('was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PortError)) throw error;
  return error;
};

describe('the embedded server', () => {
  it('keeps what was stored over a stop and a start, listens on loopback only, and is gone after the stop', async () => {
    const first = await open();
    await first.store.saveFleet(fleetRecord());
    const pid = await serverPid();
    await first.close();
    expect(isAlive(pid)).toBe(false);
    const second = await open();
    expect(await second.store.fleets()).toStrictEqual([fleetRecord()]);
    const { rows } = await ask<{ readonly listen_addresses: string; readonly fsync: string; readonly sockets: string }>(
      `select current_setting('listen_addresses') as listen_addresses, current_setting('fsync') as fsync, current_setting('unix_socket_directories') as sockets`,
    );
    expect(rows).toEqual([{ listen_addresses: '127.0.0.1', fsync: 'on', sockets: '' }]);
  });

  it('of a bot that was killed is adopted, with all that was committed', async () => {
    await copyUsed();
    const killed = bot();
    await killed.hears('ready');
    const pid = await serverPid();
    await killed.kill();
    expect(isAlive(pid)).toBe(true);
    const state = await open();
    expect(await serverPid()).toBe(pid);
    expect(await state.store.fleets()).toHaveLength(1);
    await state.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('that was killed together with its bot starts again from what it left', async () => {
    await copyUsed();
    const killed = bot();
    await killed.hears('ready');
    process.kill(await serverPid(), 'SIGKILL');
    await killed.kill();
    const state = await open();
    expect(await state.store.fleets()).toHaveLength(1);
  });

  it('does not take a stranger for itself whose process id is in a stale file', async () => {
    await copyUsed();
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    closers.push(async () => stranger.kill());
    await writeFile(
      join(folder, 'data', 'postmaster.pid'),
      `${stranger.pid}\n${folder}/data\n1790000000\n28000\n\n127.0.0.1\n0 0\nready\n`,
    );
    expect(await (await open()).store.healthy()).toBe(true);
  });

  it('outlives the Ctrl-C that goes to the whole group, until its bot has drained', async () => {
    await copyUsed();
    const drained = bot();
    await drained.hears('ready');
    const pid = await serverPid();
    drained.signalGroup('SIGINT');
    expect(await drained.ended()).toBe(0);
    expect(drained.said).toContain('committed');
    expect(isAlive(pid)).toBe(false);
  });

  it('comes back by itself when it is killed under the bot: what was committed is there, what was not is an error', async () => {
    await copyUsed();
    const { store } = await open();
    await store.saveFleet(fleetRecord());
    expect(await store.commit(change(0, { audit: [entry('k1', 'before')] }))).toBe('committed');
    const killed = await serverPid();
    const inFlight = Array.from({ length: 5 }, (_, nth) => store.receive(delivery(`g${nth}`), [job(`g${nth}`)]));
    process.kill(killed, 'SIGKILL');
    const outcomes = await Promise.allSettled(inFlight);
    await eventually('an unhealthy store', async () => !(await store.healthy()), 5_000).catch(() => undefined);
    await eventually('a healthy store', () => store.healthy(), 20_000);
    expect(await serverPid()).not.toBe(killed);
    expect((await store.audit(FLEET, { limit: 5 })).map((one) => one.why)).toEqual(['before']);
    expect(await store.commit(change(1, { audit: [entry('k1', 'after')] }))).toBe('committed');
    for (const [nth, outcome] of outcomes.entries()) {
      // An acknowledged delivery is there; one that failed may be, and is not there twice.
      if (outcome.status === 'fulfilled') expect(await store.receive(delivery(`g${nth}`), [])).toBe('known');
      else expect(outcome.reason).toBeInstanceOf(PortError);
    }
    expect((await refusal(connectState({ databaseUrl: undefined, folder, log: memoryLog() }))).message).toContain(`pid ${process.pid}`);
  });
});

describe('a second bot on the same folder', () => {
  it('is refused within a second, with the process id of the first, and harms nothing', async () => {
    await copyUsed();
    const first = await open();
    const begun = performance.now();
    const second = bot();
    await second.ended();
    expect(second.said.join()).toContain(`(pid ${process.pid} on `);
    expect(second.said.join()).toContain('FLOTILLA_HOME');
    // A process that starts Node and reads all modules, on a machine that does other things too.
    expect(performance.now() - begun).toBeLessThan(10_000);
    const inProcess = performance.now();
    const error = await refusal(connectState({ databaseUrl: undefined, folder, log: memoryLog() }));
    expect(performance.now() - inProcess).toBeLessThan(2_000);
    expect(error.retry).toEqual({ kind: 'needs-human' });
    expect(await first.store.healthy()).toBe(true);
  });

  it('wins or loses, and never both, when two start at once on an empty folder', async () => {
    const both = [bot(), bot()];
    await eventually('both have spoken', () => both.every((one) => one.said.length > 0), 30_000);
    const winners = both.filter((one) => one.said.includes('ready'));
    expect(winners).toHaveLength(1);
    expect(both.find((one) => !winners.includes(one))?.said.join()).toContain(`(pid ${winners[0]?.pid} on `);
  });

  it('is let in as soon as the first is dead', async () => {
    await copyUsed();
    const first = bot();
    await first.hears('ready');
    await first.kill();
    const begun = performance.now();
    await open();
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe('a folder that cannot be used', () => {
  const data = (...path: readonly string[]): string => join(folder, 'data', ...path);
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'written by another PostgreSQL',
      () => writeFile(data('PG_VERSION'), '17\n'),
      /written by PostgreSQL "17", and this Flotilla brings 18; .*pg_dump/,
    ],
    ['open to other users', () => chmod(data(), 0o777), /other users can reach the data.* chmod 700 .*data/],
    [
      'with an empty control file',
      () => truncate(data('global', 'pg_control')),
      /damaged: global\/pg_control is missing or empty; restore/,
    ],
    ['without its version', () => rm(data('PG_VERSION')), /damaged: PG_VERSION is missing or empty; restore/],
    [
      'with a damaged control file',
      () => writeFile(data('global', 'pg_control'), Buffer.alloc(8192, 7)),
      /did not start; see its log.*server says: .*FATAL/,
    ],
    ['without its password', () => rm(join(folder, 'password')), /cannot read the database password in .*password; .*restore the folder/],
  ])('%s is refused with the mend', async (_name, damage, words) => {
    await copyUsed();
    await damage();
    const error = await refusal(connectState({ databaseUrl: undefined, folder, log: memoryLog() }));
    expect(error.message).toMatch(words);
    expect(error).toMatchObject({ port: 'state-store', operation: 'start', retry: { kind: 'needs-human' } });
  });

  it('is refused when there is a file in its place', async () => {
    await writeFile(folder, 'not a folder');
    const error = await refusal(connectState({ databaseUrl: undefined, folder, log: memoryLog() }));
    expect(error.message).toMatch(/cannot read the data folder .*FLOTILLA_HOME/);
  });

  it('is refused when it holds something else, and that is left alone', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'diary.txt'), 'dear diary');
    await refusal(connectState({ databaseUrl: undefined, folder, log: memoryLog() }));
    expect(await readFile(join(folder, 'diary.txt'), 'utf8')).toBe('dear diary');
  });
});

describe('DATABASE_URL', () => {
  it.each([['postgres://'], ['mysql://u:secret@127.0.0.1/x'], ['postgres://u:secret@127.0.0.1:5432'], ['nonsense']])(
    '%s is refused without repeating it',
    async (databaseUrl) => {
      const error = await refusal(connectState({ databaseUrl, folder, log: memoryLog() }));
      expect(error.message).toMatch(/DATABASE_URL is not of the form/);
      expect(error.message).not.toContain('secret');
    },
  );

  it('opens a database of a server of one’s own, for one bot', async () => {
    await copyUsed();
    await open();
    await ask('create database mine');
    const { port } = (await readPostmaster(join(folder, 'data'))) ?? {};
    const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
    const databaseUrl = `postgres://flotilla:${password}@127.0.0.1:${port}/mine`;
    const state = await connectState({ databaseUrl, folder: '/nowhere', log: memoryLog() });
    closers.push(() => state.close());
    await state.store.saveFleet(fleetRecord());
    expect((await refusal(connectState({ databaseUrl, folder: '/nowhere', log: memoryLog() }))).message).toContain(
      'has this database open',
    );
    const wrong = await refusal(connectState({ databaseUrl: databaseUrl.replace(password, 'guess'), folder, log: memoryLog() }));
    expect(wrong.message).toMatch(/refused the login; check user and password in DATABASE_URL/);
    const absent = await refusal(connectState({ databaseUrl: databaseUrl.replace('/mine', '/absent'), folder, log: memoryLog() }));
    expect(absent.message).toMatch(/does not exist; create it/);
  });

  it('a server that is not there is tried again later', async () => {
    const error = await refusal(connectState({ databaseUrl: 'postgres://u:p@127.0.0.1:9/x', folder, log: memoryLog() }));
    expect(error.retry).toEqual({ kind: 'retry-later' });
  });
});

async function ask<Row extends pg.QueryResultRow>(sql: string): Promise<pg.QueryResult<Row>> {
  const { client } = await TestSql.open(folder);
  try {
    return await client.query<Row>(sql);
  } finally {
    await client.end();
  }
}
