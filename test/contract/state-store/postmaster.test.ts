import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, isPostgres, readPostmaster, removeStale } from '../../../src/adapters/postgres/postmaster.ts';
import { eventually } from '../../support/state/test-database.ts';

describe('the file of a server', () => {
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'flotilla-postmaster-'));
  });
  afterEach(() => rm(data, { recursive: true }));

  const write = (...lines: readonly string[]) => writeFile(join(data, 'postmaster.pid'), lines.join('\n'));

  it.each([
    [
      'one that accepts connections',
      ['4711', '/d', '1', '28000', '', '127.0.0.1', '0 0', 'ready   '],
      { pid: 4711, data: '/d', port: 28000, ready: true },
    ],
    [
      'one that stops',
      ['4711', '/d', '1', '28000', '', '127.0.0.1', '0 0', 'stopping'],
      { pid: 4711, data: '/d', port: 28000, ready: false },
    ],
    ['one that has only begun', ['4711', '/d', '1', '28000'], { pid: 4711, data: '/d', port: 28000, ready: false }],
    ['half a file', ['4711', '/d'], undefined],
    ['nonsense', ['none', 'of', 'this', 'counts'], undefined],
    ['a process that everybody has', ['1', '/d', '1', '28000'], undefined],
  ])('%s', async (_name, lines, wanted) => {
    await write(...lines);
    expect(await readPostmaster(data)).toEqual(wanted);
  });

  it('none is no server', async () => expect(await readPostmaster(data)).toBeUndefined());

  it('is removed when it is stale, and not when another server has written it since', async () => {
    await write('4711', data, '1', '28000');
    await removeStale(data, { pid: 4710, data, port: 28000, ready: true });
    expect((await readPostmaster(data))?.pid).toBe(4711);
    await removeStale(data, { pid: 4711, data, port: 28000, ready: true });
    expect(await readPostmaster(data)).toBeUndefined();
  });
});

describe('a process', () => {
  it('of another program is alive and no server; one that does not exist is neither', async () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(await isPostgres(process.pid)).toBe(false);
    expect(isAlive(2 ** 22 + 1)).toBe(false);
  });

  it.runIf(platform() === 'linux')('that has ended and was never asked about is not alive', async () => {
    // The shell becomes a program that never asks about the child it inherits, which ends when nothing more is to be read.
    const parent = spawn('sh', ['-c', 'cat <&3 & exec sleep 600 3<&-'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    try {
      await eventually('another program', async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n');
      const children = () => readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8');
      await eventually('a child', async () => (await children()) !== '');
      const child = Number(await children());
      expect(isAlive(child)).toBe(true);
      (parent.stdio[3] as Writable).end();
      await eventually('its end', async () => !isAlive(child));
      expect(await readFile(`/proc/${child}/stat`, 'utf8')).toContain(') Z ');
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
