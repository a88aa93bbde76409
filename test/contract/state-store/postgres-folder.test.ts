import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverBinaries } from '../../../src/adapters/postgres/binaries.ts';
import { connectState } from '../../../src/adapters/postgres/connect.ts';
import { readPostmaster } from '../../../src/adapters/postgres/postmaster.ts';
import { reachableBinaries } from '../../../src/adapters/postgres/reachable-binaries.ts';
import { serverUser } from '../../../src/adapters/postgres/server-user.ts';
import { BotHome, refusal } from '../../support/state/bot-home.ts';
import { fleetRecord } from '../../support/state/builders.ts';
import { memoryLog } from '../../support/state/test-database.ts';
import { TestSql } from '../../support/state/test-sql.ts';

let used: BotHome;
let home: BotHome;
beforeAll(async () => {
  used = await BotHome.used();
});
afterAll(() => used.remove());
beforeEach(async () => {
  home = await BotHome.make();
});
afterEach(() => home.remove());

describe('a folder that cannot be used', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'written by another PostgreSQL',
      () => writeFile(home.data('PG_VERSION'), '17\n'),
      /written by PostgreSQL "17", and this Flotilla brings 18; .*pg_dump/,
    ],
    ['open to other users', () => chmod(home.data(), 0o777), /other users can reach the data.* chmod 700 .*data/],
    [
      'with an empty control file',
      () => truncate(home.data('global', 'pg_control')),
      /damaged: global\/pg_control is missing or empty; restore/,
    ],
    ['without its version', () => rm(home.data('PG_VERSION')), /damaged: PG_VERSION is missing or empty; restore/],
    [
      'with a damaged control file',
      () => writeFile(home.data('global', 'pg_control'), Buffer.alloc(8192, 7)),
      /did not start; see its log.*server says: .*FATAL/,
    ],
    [
      'without its password',
      () => rm(join(home.folder, 'password')),
      /cannot read the database password in .*password; .*restore the folder/,
    ],
  ])('%s is refused with the fix', async (_name, damage, words) => {
    await home.copy(used);
    await damage();
    const error = await refusal(home.open());
    expect(error.message).toMatch(words);
    expect(error).toMatchObject({ port: 'state-store', operation: 'start', retry: { kind: 'needs-human' } });
  });

  it('is refused when there is a file in its place', async () => {
    await writeFile(home.folder, 'not a folder');
    const error = await refusal(home.open());
    expect(error.message).toMatch(/cannot read the data folder .*FLOTILLA_HOME/);
  });

  it('is refused when it holds something else, and that is left alone', async () => {
    await mkdir(home.folder);
    await writeFile(join(home.folder, 'diary.txt'), 'dear diary');
    await refusal(home.open());
    expect(await readFile(join(home.folder, 'diary.txt'), 'utf8')).toBe('dear diary');
  });
});

describe('DATABASE_URL', () => {
  it.each([['postgres://'], ['mysql://u:secret@127.0.0.1/x'], ['postgres://u:secret@127.0.0.1:5432'], ['nonsense']])(
    '%s is refused without repeating it',
    async (databaseUrl) => {
      const error = await refusal(connectState({ databaseUrl, folder: home.folder, log: memoryLog() }));
      expect(error.message).toMatch(/DATABASE_URL is not of the form/);
      expect(error.message).not.toContain('secret');
    },
  );

  it('opens a database of a server of one’s own, as one replica of several', async () => {
    await home.copy(used);
    await home.open();
    const sql = await TestSql.open(home.folder);
    await sql.client.query('create database mine');
    await sql.close();
    const { port } = (await readPostmaster(home.data())) ?? {};
    const password = (await readFile(join(home.folder, 'password'), 'utf8')).trim();
    const databaseUrl = `postgres://flotilla:${password}@127.0.0.1:${port}/mine`;
    const state = await connectState({ databaseUrl, folder: '/nowhere', log: memoryLog() });
    home.beforeRemoval(() => state.close());
    await state.store.saveFleet(fleetRecord());
    const another = await connectState({ databaseUrl, folder: '/nowhere', log: memoryLog() });
    home.beforeRemoval(() => another.close());
    expect(await another.store.fleets()).toEqual([fleetRecord()]);
    const wrong = await refusal(
      connectState({ databaseUrl: databaseUrl.replace(password, 'guess'), folder: home.folder, log: memoryLog() }),
    );
    expect(wrong.message).toMatch(/refused the login; check user and password in DATABASE_URL/);
    const absent = await refusal(
      connectState({ databaseUrl: databaseUrl.replace('/mine', '/absent'), folder: home.folder, log: memoryLog() }),
    );
    expect(absent.message).toMatch(/does not exist; create it/);
  });

  it('a server that is not there is tried again later', async () => {
    const error = await refusal(connectState({ databaseUrl: 'postgres://u:p@127.0.0.1:9/x', folder: home.folder, log: memoryLog() }));
    expect(error.retry).toEqual({ kind: 'retry-later' });
  });
});

describe.runIf(process.getuid?.() === 0)('programs in a folder that only root can enter', () => {
  it('run from a copy, which is made once and trusted only while it is root’s own', async () => {
    const place = await mkdtemp(join(tmpdir(), 'flotilla-closed-'));
    const open = await mkdtemp(join(tmpdir(), 'flotilla-open-'));
    await chmod(open, 0o755);
    vi.stubEnv('TMPDIR', open);
    try {
      const { postgres } = await serverBinaries();
      await cp(dirname(dirname(postgres)), join(place, 'native'), { recursive: true, verbatimSymlinks: true });
      const closed = { postgres: join(place, 'native/bin/postgres'), initdb: join(place, 'native/bin/initdb') };
      const user = await serverUser(place);
      const found = await reachableBinaries(closed, user, memoryLog());
      const version = (file: string) => promisify(execFile)(file, ['--version'], { ...user, cwd: '/' });
      await expect(version(closed.postgres)).rejects.toThrow(/EACCES/);
      expect((await version(found.postgres)).stdout).toMatch(/^postgres \(PostgreSQL\) 18\./);
      expect(await reachableBinaries(closed, user, memoryLog())).toEqual(found);
      await chmod(dirname(dirname(found.postgres)), 0o777);
      expect((await refusal(reachableBinaries(closed, user, memoryLog()))).message).toMatch(
        /cannot reach its programs .* move Flotilla out of folders/,
      );
    } finally {
      vi.unstubAllEnvs();
      await Promise.all([rm(place, { recursive: true }), rm(open, { recursive: true })]);
    }
  });
});
