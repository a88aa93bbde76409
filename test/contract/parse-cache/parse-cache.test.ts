import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ParseCacheOnDisk, type ParseCacheOptions } from '../../../src/adapters/git/parse-cache.ts';
import { parserKey } from '../../../src/adapters/git/parser-key.ts';
import type { ParsedFile } from '../../../src/core/manifest/model.ts';
import { type BlobId, trusted } from '../../../src/core/model/ids.ts';
import type { Log } from '../../../src/ports/log.ts';

let folder: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-cache-'));
  warnings = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ignore = (): void => undefined;
const log: Log = { debug: ignore, info: ignore, warn: (_, message) => warnings.push(message), error: ignore };
const open = (options: ParseCacheOptions = {}): Promise<ParseCacheOnDisk> => ParseCacheOnDisk.open(folder, log, { key: 'k1', ...options });
const path = (): string => join(folder, 'parsed-files');
const blob = (i: number): BlobId => trusted.blob(i.toString(16).padStart(40, '0'));
const parsed = (i: number, size = 10): ParsedFile => ({
  documents: [undefined],
  problems: [{ line: i + 1, column: 1, code: 'c', severity: 'error', message: `ü\n"${'x'.repeat(size)}"`, hint: `h${i}` }],
});

async function filled(count: number, options: ParseCacheOptions = {}): Promise<void> {
  const cache = await open(options);
  for (let i = 0; i < count; i += 1) cache.put(blob(i), parsed(i));
  await cache.close();
}

it('gives back what was put, at once and after a restart', async () => {
  const cache = await open();
  const one = parsed(1);
  expect(cache.get(blob(1))).toBeUndefined();
  cache.put(blob(1), one);
  expect(cache.get(blob(1))).toBe(one);
  await cache.flush();
  expect(cache.get(blob(1))).toBe(one);
  await cache.close();
  const again = await open();
  const read = again.get(blob(1));
  expect(read).toEqual(one);
  // JSON would make it null.
  expect(read?.documents[0]).toBeUndefined();
  expect(again.get(blob(1))).toBe(read);
  await again.close();
});

it('writes by itself, so that a kill costs a second of work', async () => {
  const cache = await open();
  cache.put(blob(1), parsed(1));
  const empty = statSync(path()).size;
  await expect.poll(() => statSync(path()).size).toBeGreaterThan(empty);
  const other = await open();
  expect(other.get(blob(1))).toEqual(parsed(1));
  await other.close();
  await cache.close();
});

it('forgets everything under another key', async () => {
  await filled(3);
  const cache = await open({ key: 'k2' });
  expect([cache.size, cache.get(blob(1))]).toEqual([0, undefined]);
  await cache.close();
  const back = await open();
  expect(back.size).toBe(0);
  await back.close();
});

it('has a key of its own that depends on the schemas and the parser', async () => {
  expect(await parserKey()).toMatch(/^[0-9a-f]{32}$/);
  const cache = await ParseCacheOnDisk.open(folder, log);
  await cache.close();
  expect(readFileSync(path(), 'utf8')).toContain(await parserKey());
});

it.each([1, 5, 30, 60])('drops a last line of which the last %i bytes are missing, and goes on after it', async (cut) => {
  await filled(3);
  truncateSync(path(), statSync(path()).size - cut);
  const cache = await open();
  expect([0, 1, 2].map((i) => cache.get(blob(i)))).toEqual([parsed(0), parsed(1), undefined]);
  cache.put(blob(2), parsed(2));
  await cache.close();
  const again = await open();
  expect([0, 1, 2].map((i) => again.get(blob(i)))).toEqual([parsed(0), parsed(1), parsed(2)]);
  await again.close();
});

it('never gives what is not what was written, wherever a byte is changed', async () => {
  await filled(3);
  const good = readFileSync(path());
  for (let at = 30; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad.writeUInt8((bad.readUInt8(at) + 1) % 256, at);
    writeFileSync(path(), bad);
    const cache = await open();
    for (let i = 0; i < 3; i += 1) expect([parsed(i), undefined]).toContainEqual(cache.get(blob(i)));
    await cache.close();
  }
});

it.each([
  ['zeros, as a power failure leaves them', Buffer.alloc(5_000)],
  ['nonsense lines', Buffer.from('\n\nx\n{}\n{"a":1}\n')],
])('survives %s', async (_what, garbage) => {
  await filled(2);
  appendFileSync(path(), garbage);
  const cache = await open();
  expect([cache.get(blob(0)), cache.get(blob(1))]).toEqual([parsed(0), parsed(1)]);
  await cache.close();
});

it('begins anew over a file of something else', async () => {
  writeFileSync(path(), Buffer.alloc(100, 7));
  await filled(1);
  const cache = await open();
  expect(cache.get(blob(0))).toEqual(parsed(0));
  await cache.close();
});

it('over its size keeps what was used last, in a smaller file', async () => {
  const options = { fileBytesMax: 40_000 };
  const cache = await open(options);
  for (let i = 0; i < 100; i += 1) cache.put(blob(i), parsed(i, 200));
  await cache.flush();
  for (let i = 0; i < 20; i += 1) cache.get(blob(i));
  for (let i = 100; i < 150; i += 1) cache.put(blob(i), parsed(i, 200));
  await cache.flush();
  expect(statSync(path()).size).toBeLessThanOrEqual(20_100);
  const kept = Array.from({ length: 150 }, (_, i) => i).filter((i) => cache.get(blob(i)) !== undefined);
  expect(kept.length).toBeGreaterThan(40);
  // 20 to 99 were used longest ago.
  expect(kept.every((i) => i < 20 || i >= 100)).toBe(true);
  cache.put(blob(999), parsed(999));
  await cache.close();
  const again = await open(options);
  for (const i of [...kept, 999]) expect(again.get(blob(i))).toEqual(parsed(i, i === 999 ? 10 : 200));
  await again.close();
});

it('holds no object that nobody else holds, and gives an equal one', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const cache = await open();
  const released = new WeakRef(parsed(1));
  cache.put(blob(1), released.deref() ?? parsed(1));
  await cache.flush();
  await expect
    .poll(() => {
      collect();
      return released.deref();
    })
    .toBeUndefined();
  expect(cache.get(blob(1))).toEqual(parsed(1));
  await cache.close();
});

it('a disk that cannot be written costs time and nothing else', async () => {
  const cache = await open();
  await cache.close();
  // Closed underneath: every write fails from here on.
  cache.put(blob(1), parsed(1));
  await cache.flush();
  expect(warnings.length).toBe(1);
  expect(cache.get(blob(1))).toBeUndefined();
});
