import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitRepository } from '../../../src/local/forge/git/repository.ts';
import { writeTree } from '../../../src/local/forge/git/write.ts';

/** Counts its children. */
class CountedRepository extends GitRepository {
  children = 0;

  override runRaw(...args: Parameters<GitRepository['runRaw']>): ReturnType<GitRepository['runRaw']> {
    this.children += 1;
    return super.runRaw(...args);
  }
}

let home: string;
let git: CountedRepository;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'flotilla-tree-'));
  git = new CountedRepository(join(home, 'one.git'), home);
  await git.create('main');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const pathsOf = async (tree: string): Promise<readonly string[]> =>
  (await git.run(['ls-tree', '-r', '--name-only', tree])).trim().split('\n');

test('a tree takes as many children for 300 files as for one', async () => {
  git.children = 0;
  const one = await writeTree(git, undefined, new Map([['a.yaml', 'a: 1\n']]));
  const forOne = git.children;
  git.children = 0;
  const files = new Map(Array.from({ length: 300 }, (_, nth) => [`folder/${String(nth).padStart(3, '0')}.yaml`, `nth: ${nth % 200}\n`]));
  const tree = await writeTree(git, one, files);
  expect(git.children).toBe(forOne);
  expect(await pathsOf(tree)).toEqual(['a.yaml', ...files.keys()]);
  for (const path of ['folder/007.yaml', 'folder/207.yaml']) expect(await git.run(['show', `${tree}:${path}`])).toBe('nth: 7\n');
});

test('what is written comes back byte for byte, and what is removed is gone', async () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, nth) => nth % 256);
  const tree = await writeTree(
    git,
    await writeTree(git, undefined, new Map([['gone', 'x']])),
    new Map<string, string | Uint8Array | undefined>([
      ['gone', undefined],
      ['empty', ''],
      ['bytes', bytes],
      ['words', 'blob\nmark :1\ndata 3\nüö\nget-mark :1\n'],
    ]),
  );
  expect(await pathsOf(tree)).toEqual(['bytes', 'empty', 'words']);
  expect((await git.runRaw(['show', `${tree}:bytes`])).stdout).toEqual(Buffer.from(bytes));
  expect(await git.run(['show', `${tree}:empty`])).toBe('');
  expect(await git.run(['show', `${tree}:words`])).toBe('blob\nmark :1\ndata 3\nüö\nget-mark :1\n');
});
