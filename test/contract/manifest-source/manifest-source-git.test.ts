import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../../src/adapters/git/manifest-source-git.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { describeManifestSource } from './contract.ts';
import { GitRemote } from './git-remote.ts';

type Options = ConstructorParameters<typeof ManifestSourceGit>[0];

function openSource(remote: GitRemote, options: Partial<Options> = {}): ManifestSourceGit {
  return new ManifestSourceGit({
    fleet: trusted.fleet('acme/fleet'),
    cloneUrl: remote.url,
    defaultBranch: 'main',
    folder: remote.folderFor('mirrors'),
    token: async () => undefined,
    allowFile: true,
    ...options,
  });
}

describeManifestSource('git', () => {
  const remote = new GitRemote();
  const source = openSource(remote);
  return {
    source,
    remote,
    loseMirror: () => rmSync(join(remote.folder, 'mirrors'), { recursive: true }),
    stop: async () => {
      await source.close();
      remote.remove();
    },
  };
});

let remote: GitRemote;
let source: ManifestSourceGit;

beforeEach(() => {
  remote = new GitRemote();
  source = open();
});

afterEach(async () => {
  await source.close();
  remote.remove();
});

const open = (options: Partial<Options> = {}): ManifestSourceGit => openSource(remote, options);

describe('links and submodules', () => {
  it('are told as such, and never read', async () => {
    const first = remote.commit({ 'a.yaml': '1' });
    const head = remote.commit({
      'link.yaml': { link: '/etc/passwd' },
      'sub.yaml': { submodule: first },
      'fleet-manifests': { link: 'a.yaml' },
    });
    await source.fetch([]);
    const kinds = (files: readonly { readonly path: string; readonly link?: string }[]) => files.map(({ path, link }) => [path, link]);
    const links = [
      ['fleet-manifests', 'symbolic link'],
      ['link.yaml', 'symbolic link'],
      ['sub.yaml', 'submodule'],
    ];
    expect(kinds(await source.files(head))).toEqual([['a.yaml', undefined], ...links]);
    expect(kinds(await source.changed(first, head))).toEqual(links);
  });

  it('a file that becomes a link is changed', async () => {
    const before = remote.commit({ 'a.yaml': '1' });
    const after = remote.commit({ 'a.yaml': { link: 'b' } });
    await source.fetch([]);
    expect((await source.changed(before, after)).map((file) => [file.path, file.link])).toEqual([['a.yaml', 'symbolic link']]);
  });
});

describe('what a review asks', () => {
  /** They are told of before they are given their arguments. */
  const children: ChildProcess[] = [];
  const note = (message: unknown): void => void children.push((message as { readonly process: ChildProcess }).process);

  beforeEach(() => {
    children.length = 0;
    subscribe('child_process', note);
  });
  afterEach(() => void unsubscribe('child_process', note));

  it('takes one git for the merge, and one for all comparisons of the same two trees', async () => {
    const start = remote.commit({ 'a.yaml': '1', 'b.yaml': '1' });
    const head = remote.commit({ 'b.yaml': '2' }, { ref: 'refs/pull/1/head', from: start });
    const base = remote.commit({ 'a.yaml': '2' });
    await source.fetch([1]);
    await source.head();
    children.length = 0;
    const merged = await source.mergeTree(base, head);
    const tree = merged.kind === 'tree' ? merged.tree : '';
    const touched = await source.changed(base, tree);
    expect(touched.map(({ path }) => path)).toEqual(['b.yaml']);
    expect(await source.changed(base, tree)).toEqual(touched);
    expect(children.map(({ spawnargs }) => spawnargs[1])).toEqual(['merge-tree', 'diff-tree']);
    expect((await source.changed(start, tree)).map(({ path }) => path)).toEqual(['a.yaml', 'b.yaml']);
    expect((await source.changed(start, base)).map(({ path }) => path)).toEqual(['a.yaml']);
  });
});

describe('opening', () => {
  it.each([
    ['ext::sh -c id', 'main'],
    ['ssh://git@example.com/a/b', 'main'],
    ['https://user:secret@example.com/a/b.git', 'main'],
    ['--upload-pack=id', 'main'],
    ['https://example.com/a/b.git', '--upload-pack=id'],
    ['https://example.com/a/b.git', 'a:refs/heads/b'],
    ['https://example.com/a/b.git', 'a..b'],
    ['https://example.com/a/b.git', 'a\nb'],
    ['https://example.com/a/b.git', '*'],
  ])('refuses %s at %j, and repeats no password', (cloneUrl, defaultBranch) => {
    const opening = (): ManifestSourceGit => open({ cloneUrl, defaultBranch });
    expect(opening).toThrow(expect.objectContaining({ name: 'PortError', retry: { kind: 'needs-human' } }));
    expect(opening).not.toThrow(/secret/);
  });

  it('file:// only when it was allowed', () => {
    expect(() => open({ allowFile: false })).toThrow(expect.objectContaining({ name: 'PortError' }));
  });

  it('takes a branch with slashes, dots and letters of any language', async () => {
    const head = remote.commit({ 'a.yaml': '1' }, { ref: 'refs/heads/release/v1.2-grün' });
    const other = open({ defaultBranch: 'release/v1.2-grün', folder: remote.folderFor('other') });
    await other.fetch([]);
    expect(await other.head()).toBe(head);
    await other.close();
  });
});
