import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../../src/adapters/git/manifest-source-git.ts';
import { type CommitSha, trusted } from '../../../src/core/model/ids.ts';
import { GitRemote } from './git-remote.ts';

let remote: GitRemote;
let source: ManifestSourceGit;
let mirror: string;
let first: CommitSha;

const FILES = Object.fromEntries(
  Array.from({ length: 300 }, (_, i) => [`fleet-manifests/${i % 7}/f${i}.yaml`, `name: f${i}\n${'# pad\n'.repeat(i % 40)}`]),
);

beforeEach(async () => {
  remote = new GitRemote();
  first = remote.commit(FILES);
  source = open();
  mirror = join(remote.folder, 'mirrors', 'acme', 'fleet.git');
  await source.fetch([]);
});

afterEach(async () => {
  await source.close();
  remote.remove();
});

function open(): ManifestSourceGit {
  return new ManifestSourceGit({
    fleet: trusted.fleet('acme/fleet'),
    cloneUrl: remote.url,
    defaultBranch: 'main',
    folder: remote.folderFor('mirrors'),
    token: async () => undefined,
    allowFile: true,
  });
}

/** Reads everything at a commit, as the bot does when it starts. */
async function readAll(from: ManifestSourceGit, commit: string): Promise<Record<string, unknown>> {
  const files = await from.files(commit);
  const texts = await from.read(
    files.map((file) => file.blob),
    100_000,
  );
  return Object.fromEntries(files.map((file) => [file.path, texts.get(file.blob)]));
}

const expected = Object.fromEntries(Object.entries(FILES).map(([path, text]) => [path, { kind: 'text', text }]));

/** Processes that this one started, and theirs. */
function descendants(matching: RegExp): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null);
  const ours = new Set([process.pid]);
  for (let grown = true; grown; ) {
    const before = ours.size;
    for (const [, pid, parent] of rows) if (ours.has(Number(parent))) ours.add(Number(pid));
    grown = ours.size > before;
  }
  return rows.filter(([, pid, , args]) => ours.has(Number(pid)) && matching.test(args ?? '')).map(([, pid]) => Number(pid));
}

const packs = (): string[] =>
  readdirSync(join(mirror, 'objects', 'pack'))
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(mirror, 'objects', 'pack', name));

function makeWritable(path: string): void {
  execFileSync('chmod', ['u+w', path]);
}

describe('a mirror that is damaged while it is in use is made anew', () => {
  it.each<[string, () => void]>([
    ['the folder is deleted', () => rmSync(mirror, { recursive: true })],
    ['all packs are deleted', () => rmSync(join(mirror, 'objects', 'pack'), { recursive: true })],
    [
      'a pack is cut in half',
      () => {
        for (const pack of packs()) {
          makeWritable(pack);
          truncateSync(pack, statSync(pack).size / 2);
        }
      },
    ],
    [
      'a pack is overwritten in the middle',
      () => {
        for (const pack of packs()) {
          makeWritable(pack);
          const handle = openSync(pack, 'r+');
          for (let at = 100; at < statSync(pack).size - 40; at += 60) writeSync(handle, Buffer.from([0, 1, 2, 3]), 0, 4, at);
        }
      },
    ],
    ['HEAD holds nonsense', () => writeFileSync(join(mirror, 'HEAD'), '\0\0\0')],
    ['the configuration holds nonsense', () => writeFileSync(join(mirror, 'config'), '[core\nnonsense')],
  ])('%s', async (_what, damage) => {
    damage();
    // A second reader has the damaged files not open yet, as after a restart.
    const restarted = open();
    expect(await readAll(restarted, first)).toEqual(expected);
    const second = remote.commit({ 'fleet-manifests/new.yaml': 'new: 1' });
    await restarted.fetch([]);
    expect(await restarted.head()).toBe(second);
    expect(await readAll(source, second)).toEqual({ ...expected, 'fleet-manifests/new.yaml': { kind: 'text', text: 'new: 1' } });
    await restarted.close();
  });

  it('many readers that find the damage at once share one new clone', async () => {
    rmSync(mirror, { recursive: true });
    await source.close();
    source = open();
    const all = await Promise.all(Array.from({ length: 6 }, () => readAll(source, first)));
    for (const one of all) expect(one).toEqual(expected);
  });

  it('one object is missing: it is fetched by its id', async () => {
    const second = remote.commit({ 'fleet-manifests/small.yaml': 'small: 1' });
    await source.fetch([]);
    const blob = (await source.files(second)).find((file) => file.path.endsWith('small.yaml'))?.blob ?? '';
    const loose = join(mirror, 'objects', blob.slice(0, 2), blob.slice(2));
    expect(existsSync(loose)).toBe(true);
    rmSync(loose, { force: true });
    const restarted = open();
    expect(await readAll(restarted, second)).toEqual({ ...expected, 'fleet-manifests/small.yaml': { kind: 'text', text: 'small: 1' } });
    await restarted.close();
  });

  it.each(['', 'nonsense', `${'0'.repeat(40)}\n`])('the ref of the default branch holds %j', async (content) => {
    writeFileSync(join(mirror, 'refs', 'remotes', 'origin', 'main'), content);
    await source.fetch([]);
    expect(await source.head()).toBe(first);
    expect(await readAll(source, first)).toEqual(expected);
  });

  it('but what it has stays while the remote cannot be reached', async () => {
    const before = readFileSync(join(mirror, 'refs', 'remotes', 'origin', 'main'), 'utf8');
    for (const pack of packs()) {
      makeWritable(pack);
      truncateSync(pack, 100);
    }
    rmSync(remote.gitDir, { recursive: true });
    const restarted = open();
    await expect(readAll(restarted, first)).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    await expect(restarted.fetch([])).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    expect(readFileSync(join(mirror, 'refs', 'remotes', 'origin', 'main'), 'utf8')).toBe(before);
    await restarted.close();
  });
});

describe('what a killed git leaves behind', () => {
  it('locks are removed by the next fetch', async () => {
    for (const lock of ['refs/remotes/origin/main.lock', 'packed-refs.lock', 'config.lock', 'HEAD.lock', 'shallow.lock'])
      writeFileSync(join(mirror, lock), '');
    const second = remote.commit({ 'fleet-manifests/new.yaml': 'new: 1' });
    await source.fetch([]);
    expect(await source.head()).toBe(second);
  });

  it('half a clone is begun again', async () => {
    mkdirSync(join(`${mirror}.new`, 'objects'), { recursive: true });
    rmSync(mirror, { recursive: true });
    await source.fetch([]);
    expect(await source.head()).toBe(first);
    expect(existsSync(`${mirror}.new`)).toBe(false);
  });

  it('half a pack is not looked at', async () => {
    writeFileSync(join(mirror, 'objects', 'pack', 'tmp_pack_abc'), 'PACK');
    expect(await readAll(source, first)).toEqual(expected);
  });
});

describe('a cat-file that dies', () => {
  it('is started again, between two readings and in the middle of one', async () => {
    await readAll(source, first);
    const [pid] = descendants(/cat-file/);
    expect(pid).toBeDefined();
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await readAll(source, first)).toEqual(expected);

    const reading = readAll(source, first);
    for (const child of descendants(/cat-file/)) process.kill(child, 'SIGKILL');
    expect(await reading).toEqual(expected);
  });

  it('is one, however much is read, and gone after close', async () => {
    await Promise.all(Array.from({ length: 5 }, () => readAll(source, first)));
    expect(descendants(/cat-file/).length).toBe(1);
    await source.close();
    await expect.poll(() => descendants(/cat-file/)).toEqual([]);
  });
});

describe('what is neither in the mirror nor at the remote', () => {
  it('is an error for a person, and costs no new clone', async () => {
    const inode = statSync(mirror).ino;
    const nowhere = '1'.repeat(40);
    await expect(source.files(nowhere)).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'needs-human' } });
    await expect(source.changed(first, nowhere)).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
    await expect(source.read([trusted.blob(nowhere)], 10)).rejects.toMatchObject({ retry: { kind: 'needs-human' } });
    expect(statSync(mirror).ino).toBe(inode);
  });

  it('is not said to be gone while the remote is down: that passes', async () => {
    const nowhere = '1'.repeat(40);
    rmSync(remote.gitDir, { recursive: true });
    await expect(source.has(nowhere)).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    await expect(source.files(nowhere)).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    expect(await source.has(first)).toBe(true);
  });

  it('a commit of no branch that the remote still has is fetched by its id', async () => {
    const side = remote.commit({ 'fleet-manifests/side.yaml': '1' }, { ref: 'refs/heads/side', from: first });
    expect((await source.changed(first, side)).map((file) => file.path)).toEqual(['fleet-manifests/side.yaml']);
  });
});
