import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommitSha, trusted } from '../../../src/core/model/ids.ts';
import type { ManifestSource } from '../../../src/ports/manifest-source.ts';

/** The watched repository as people push to it; its default branch is main. */
export interface RemoteRepository {
  /** Adds one commit to a ref, on top of `from` (the ref's own head when left out). `null` removes a file. */
  commit(
    files: Readonly<Record<string, string | Uint8Array | null | { readonly link: string } | { readonly submodule: string }>>,
    options?: { readonly ref?: string; readonly from?: string | null; readonly merge?: string; readonly message?: string },
  ): CommitSha;
  head(ref: string): string | undefined;
  deleteRef(ref: string): void;
  /** Throws away the commits that no ref holds. */
  collectGarbage(): void;
}

export interface ManifestSourceHarness {
  readonly source: ManifestSource;
  readonly remote: RemoteRepository;
  /** The disk of the mirror is gone. */
  readonly loseMirror: () => void;
  readonly stop: () => Promise<void>;
}

/** The port's contract: the adapter and the one in memory must pass it. */
export function describeManifestSource(name: string, start: () => ManifestSourceHarness): void {
  describe(`manifest source contract: ${name}`, () => {
    let running: ManifestSourceHarness | undefined;
    beforeEach(() => {
      running = start();
    });
    afterEach(() => running?.stop());
    const get: Get = () => {
      if (running === undefined) throw new Error('the harness has not started');
      return running;
    };
    describe('heads', () => testHeads(get));
    describe('files', () => testFiles(get));
    describe('changed', () => testChanged(get));
    describe('read', () => testRead(get));
    describe('history', () => testHistory(get));
    describe('mergeTree', () => testMergeTree(get));
  });
}

type Get = () => ManifestSourceHarness;

export const paths = (files: readonly { readonly path: string }[]): string[] => files.map((file) => file.path);

function testHeads(get: Get): void {
  it('an empty repository has none', async () => {
    const { source } = get();
    await source.fetch([]);
    expect(await source.head()).toBeUndefined();
    expect(await source.pullHead(1)).toBeUndefined();
  });

  it('clones when first asked, and sees what is new after a fetch', async () => {
    const { source, remote } = get();
    const first = remote.commit({ 'a.yaml': '1' });
    expect(await source.head()).toBe(first);
    const second = remote.commit({ 'a.yaml': '2' });
    expect(await source.head()).toBe(first);
    await source.fetch([]);
    expect(await source.head()).toBe(second);
  });

  it('brings the pull requests asked for, and no others', async () => {
    const { source, remote } = get();
    remote.commit({ 'a.yaml': '1' });
    const one = remote.commit({ 'a.yaml': '2' }, { ref: 'refs/pull/1/head', from: remote.head('refs/heads/main') ?? null });
    remote.commit({ 'a.yaml': '3' }, { ref: 'refs/pull/2/head', from: remote.head('refs/heads/main') ?? null });
    await source.fetch([1]);
    expect(await source.pullHead(1)).toBe(one);
    expect(await source.pullHead(2)).toBeUndefined();
  });

  it('brings the rest when a pull request is not there', async () => {
    const { source, remote } = get();
    const head = remote.commit({ 'a.yaml': '1' });
    const one = remote.commit({ 'a.yaml': '2' }, { ref: 'refs/pull/1/head', from: head });
    await source.fetch([1, 7]);
    expect(await source.head()).toBe(head);
    expect(await source.pullHead(1)).toBe(one);
    expect(await source.pullHead(7)).toBeUndefined();
  });

  it('follows a force-push, and still compares with the commit that it took away', async () => {
    const { source, remote } = get();
    const first = remote.commit({ 'a.yaml': '1' });
    const gone = remote.commit({ 'a.yaml': '2', 'b.yaml': '1' });
    await source.fetch([]);
    const forced = remote.commit({ 'a.yaml': '3' }, { from: first });
    await source.fetch([]);
    expect(await source.head()).toBe(forced);
    expect(paths(await source.changed(gone, forced))).toEqual(['a.yaml', 'b.yaml']);
    expect(await source.mergeBase(gone, forced)).toBe(first);
  });

  it.each(['nothing', 'the server', 'the mirror', 'the server and the mirror'])(
    'tells whether a commit can be read when %s lost it',
    async (who) => {
      const { source, remote, loseMirror } = get();
      const first = remote.commit({ 'a.yaml': '1' });
      const forced = remote.commit({ 'a.yaml': '2' });
      await source.fetch([]);
      const head = remote.commit({ 'a.yaml': '3' }, { from: first });
      await source.fetch([]);
      if (who.includes('server')) remote.collectGarbage();
      if (who.includes('mirror')) loseMirror();
      expect(await source.has(forced)).toBe(who !== 'the server and the mirror');
      expect([await source.has(first), await source.has(head), await source.has('1'.repeat(40))]).toEqual([true, true, false]);
      expect(await source.head()).toBe(head);
      if (who === 'the server and the mirror') {
        await expect(source.changed(forced, head)).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'needs-human' } });
      }
    },
  );

  it('says so when the default branch is gone, and keeps the head it has', async () => {
    const { source, remote } = get();
    const head = remote.commit({ 'a.yaml': '1' });
    await source.fetch([]);
    remote.deleteRef('refs/heads/main');
    await expect(source.fetch([])).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'needs-human' } });
    expect(await source.head()).toBe(head);
  });

  it('joins fetches that are asked for while one is under way', async () => {
    const { source, remote } = get();
    const head = remote.commit({ 'a.yaml': '1' });
    for (let pull = 1; pull <= 5; pull += 1) remote.commit({ 'a.yaml': `${pull}` }, { ref: `refs/pull/${pull}/head`, from: head });
    await Promise.all([1, 2, 3, 4, 5].map((pull) => source.fetch([pull])));
    expect(await Promise.all([1, 2, 3, 4, 5].map((pull) => source.pullHead(pull)))).toEqual(
      [1, 2, 3, 4, 5].map((pull) => remote.head(`refs/pull/${pull}/head`)),
    );
  });
}

function testFiles(get: Get): void {
  it('are the YAML files, outside folders that begin with a dot, in order of path', async () => {
    const { source, remote } = get();
    const head = remote.commit({
      'z.yaml': '1',
      'a/b/c.yml': '1',
      'a.yaml': '1',
      '.github/workflows/ci.yaml': '1',
      'a/.hidden/x.yaml': '1',
      '.editor.yaml': '1',
      'README.md': '1',
      'a.yaml.bak': '1',
    });
    await source.fetch([]);
    expect(paths(await source.files(head))).toEqual(['.editor.yaml', 'a.yaml', 'a/b/c.yml', 'z.yaml']);
  });

  it('are those of fleet-manifests/ where there is one, with their path in the repository', async () => {
    const { source, remote } = get();
    const head = remote.commit({
      'fleet-manifests/a.yaml': '1',
      'fleet-manifests/.x/b.yaml': '1',
      'b.yaml': '1',
      'x/fleet-manifests/c.yaml': '1',
    });
    await source.fetch([]);
    expect(paths(await source.files(head))).toEqual(['fleet-manifests/a.yaml']);
  });

  it('come with the links that stand where one could be, told as such', async () => {
    const { source, remote } = get();
    const before = remote.commit({ 'fleet-manifests/a.yaml': '1', 'fleet-manifests/b.yaml': '1' });
    const head = remote.commit({
      'fleet-manifests/b.yaml': { link: 'a.yaml' },
      'fleet-manifests/clusters': { link: '../elsewhere' },
      'fleet-manifests/notes.md': { link: '../README.md' },
      'fleet-manifests/shared': { submodule: '1'.repeat(40) },
      'fleet-manifests/.theme': { submodule: '1'.repeat(40) },
      elsewhere: { link: 'x' },
    });
    await source.fetch([]);
    const kinds = (files: readonly { readonly path: string; readonly link?: string }[]) => files.map(({ path, link }) => [path, link]);
    expect(kinds(await source.files(head))).toEqual([
      ['fleet-manifests/a.yaml', undefined],
      ['fleet-manifests/b.yaml', 'symbolic link'],
      ['fleet-manifests/clusters', 'symbolic link'],
      ['fleet-manifests/shared', 'submodule'],
    ]);
    expect(kinds(await source.changed(before, head))).toEqual([
      ['fleet-manifests/b.yaml', 'symbolic link'],
      ['fleet-manifests/clusters', 'symbolic link'],
      ['fleet-manifests/shared', 'submodule'],
    ]);
  });

  it('keep hostile names as they are', async () => {
    const { source, remote } = get();
    const names = ['-rf.yaml', 'a\nb.yaml', 'a"b.yaml', "it's.yaml", 'tab\there.yaml', '*.yaml', ':(top).yaml', 'ü/ß.yaml', 'a\\b.yaml'];
    const head = remote.commit(Object.fromEntries(names.map((name) => [name, name])));
    await source.fetch([]);
    const files = await source.files(head);
    expect(new Set(paths(files))).toEqual(new Set(names));
    const texts = await source.read(
      files.map((file) => file.blob),
      1_000,
    );
    for (const file of files) expect(texts.get(file.blob)).toEqual({ kind: 'text', text: file.path });
    // A commit that was never fetched is looked for by its id.
    expect(paths(await source.changed(head, remote.commit({ 'a\nb.yaml': 'x' })))).toEqual(['a\nb.yaml']);
  });
}

function testChanged(get: Get): void {
  it('names what was added, changed and removed, and nothing else', async () => {
    const { source, remote } = get();
    const before = remote.commit({ 'same.yaml': '1', 'changed.yaml': '1', 'removed.yaml': '1', 'x.md': '1' });
    const after = remote.commit({ 'changed.yaml': '2', 'removed.yaml': null, 'added.yaml': '1', 'x.md': '2', '.ci/x.yaml': '1' });
    await source.fetch([]);
    const changed = await source.changed(before, after);
    expect(changed.map(({ path, before: b, after: a }) => [path, b !== undefined, a !== undefined])).toEqual([
      ['added.yaml', false, true],
      ['changed.yaml', true, true],
      ['removed.yaml', true, false],
    ]);
    expect(await source.changed(after, after)).toEqual([]);
  });

  it('turns round when asked the other way', async () => {
    const { source, remote } = get();
    const before = remote.commit({ 'fleet-manifests/a.yaml': '1' });
    const after = remote.commit({ 'fleet-manifests/a.yaml': '2', 'fleet-manifests/b.yaml': '1' });
    await source.fetch([]);
    const forth = await source.changed(before, after);
    const back = await source.changed(after, before);
    expect(back).toEqual(forth.map((file) => ({ path: file.path, before: file.after, after: file.before })));
  });

  it('when fleet-manifests/ appears, everything outside it is gone', async () => {
    const { source, remote } = get();
    const before = remote.commit({ 'a.yaml': '1', 'b.yaml': '1' });
    const after = remote.commit({ 'fleet-manifests/a.yaml': '1' });
    await source.fetch([]);
    expect((await source.changed(before, after)).map((file) => [file.path, file.after !== undefined])).toEqual([
      ['a.yaml', false],
      ['b.yaml', false],
      ['fleet-manifests/a.yaml', true],
    ]);
  });
}

function testRead(get: Get): void {
  it('gives text, and says what is too large or not UTF-8', async () => {
    const { source, remote } = get();
    const head = remote.commit({
      'a.yaml': 'a: ü\n',
      'at-limit.yaml': 'x'.repeat(100),
      'over.yaml': 'x'.repeat(101),
      'bad.yaml': Uint8Array.from([0x61, 0xff, 0xfe]),
      'bom.yaml': Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]),
      'empty.yaml': '',
      'crlf.yaml': 'a: 1\r\nb: 2\r\n',
    });
    await source.fetch([]);
    const files = await source.files(head);
    const texts = await source.read(
      files.map((file) => file.blob),
      100,
    );
    expect(Object.fromEntries(files.map((file) => [file.path, texts.get(file.blob)]))).toEqual({
      'a.yaml': { kind: 'text', text: 'a: ü\n' },
      'at-limit.yaml': { kind: 'text', text: 'x'.repeat(100) },
      'over.yaml': { kind: 'too-large', bytes: 101 },
      'bad.yaml': { kind: 'not-utf8' },
      'bom.yaml': { kind: 'text', text: 'a' },
      'empty.yaml': { kind: 'text', text: '' },
      'crlf.yaml': { kind: 'text', text: 'a: 1\r\nb: 2\r\n' },
    });
  });

  it('answers many readers at once, each with its own', async () => {
    const { source, remote } = get();
    const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}.yaml`, `${i}: ${'y'.repeat(i * 7)}`]));
    const head = remote.commit(files);
    await source.fetch([]);
    const listed = await source.files(head);
    const parts = Array.from({ length: 8 }, (_, part) => listed.filter((_, i) => i % 8 === part));
    await Promise.all(
      parts.map(async (part) => {
        const texts = await source.read(
          part.map((file) => file.blob),
          100_000,
        );
        for (const file of part) expect(texts.get(file.blob)).toEqual({ kind: 'text', text: files[file.path] });
      }),
    );
  });
}

function testHistory(get: Get): void {
  it('is an error where an object is missing, unless it is only asked whether there is such a commit', async () => {
    const { source, remote } = get();
    const head = remote.commit({ 'a.yaml': '1' });
    await source.fetch([]);
    const none = trusted.commit('1'.repeat(40));
    await expect(source.files(none)).rejects.toMatchObject({ name: 'PortError' });
    await expect(source.changed(head, none)).rejects.toMatchObject({ name: 'PortError' });
    await expect(source.read([trusted.blob(none)], 10)).rejects.toMatchObject({ name: 'PortError' });
    expect(await source.commit(none)).toBeUndefined();
    expect(await source.head()).toBe(head);
  });

  it('gives the commits of the first-parent line, oldest first', async () => {
    const { source, remote } = get();
    const first = remote.commit({ 'a.yaml': '1' }, { message: 'first' });
    const side = remote.commit({ 'b.yaml': '1' }, { ref: 'refs/heads/side', from: first, message: 'on the side' });
    const merge = remote.commit({ 'b.yaml': '1' }, { merge: side, message: 'Merge side (#12)\n\nWith a body.\n\nTwo paragraphs of it.\n' });
    const last = remote.commit({ 'a.yaml': '3' }, { message: 'last' });
    await source.fetch([]);
    expect(await source.commitsBetween(first, last, 10)).toEqual([
      { sha: merge, author: 'A Person', subject: 'Merge side (#12)', body: 'With a body.\n\nTwo paragraphs of it.' },
      { sha: last, author: 'A Person', subject: 'last', body: '' },
    ]);
    expect((await source.commitsBetween(first, last, 1)).map((commit) => commit.sha)).toEqual([last]);
    expect(await source.commitsBetween(last, last, 10)).toEqual([]);
    expect((await source.commit(merge))?.subject).toBe('Merge side (#12)');
    expect(await source.commit(trusted.commit('1'.repeat(40)))).toBeUndefined();
  });

  it('finds no merge base of unrelated histories', async () => {
    const { source, remote } = get();
    const one = remote.commit({ 'a.yaml': '1' });
    const other = remote.commit({ 'b.yaml': '1' }, { ref: 'refs/pull/1/head', from: null });
    await source.fetch([1]);
    expect(await source.mergeBase(one, other)).toBeUndefined();
    expect(await source.mergeTree(one, other)).toEqual({ kind: 'conflict', paths: [] });
  });
}

function testMergeTree(get: Get): void {
  it('gives the tree of both, without touching the default branch', async () => {
    const { source, remote } = get();
    const start = remote.commit({ 'a.yaml': '1', 'b.yaml': '1' });
    const head = remote.commit({ 'b.yaml': '2' }, { ref: 'refs/pull/1/head', from: start });
    const base = remote.commit({ 'a.yaml': '2' });
    await source.fetch([1]);
    const merged = await source.mergeTree(base, head);
    expect(merged.kind).toBe('tree');
    if (merged.kind !== 'tree') return;
    expect(paths(await source.changed(base, merged.tree))).toEqual(['b.yaml']);
    expect(paths(await source.files(merged.tree))).toEqual(['a.yaml', 'b.yaml']);
    expect(await source.head()).toBe(base);
  });

  it('names the paths in conflict', async () => {
    const { source, remote } = get();
    const start = remote.commit({ 'a.yaml': '1', 'n\nl.yaml': '1', 'c.yaml': '1' });
    const head = remote.commit({ 'a.yaml': '2', 'n\nl.yaml': '2', 'c.yaml': '2' }, { ref: 'refs/pull/1/head', from: start });
    const base = remote.commit({ 'a.yaml': '3', 'n\nl.yaml': '3' });
    await source.fetch([1]);
    expect(await source.mergeTree(base, head)).toEqual({ kind: 'conflict', paths: ['a.yaml', 'n\nl.yaml'] });
  });
}
