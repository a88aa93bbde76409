import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetFiles } from '../../src/cli/fleet-files.ts';
import { runGenerateFleet } from '../../src/cli/generate-fleet.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'flotilla-fleet-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function run(...argv: string[]) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text), cwd: home, env: {} };
  return { code: await runGenerateFleet(argv, io), out, err };
}
const git = (...argv: string[]) => execFileSync('git', ['--git-dir', join(home, 'fleet.git'), ...argv], { encoding: 'utf8' });

describe('npm run fleet', () => {
  const expected = [...fleetFiles({ clusters: 30, seed: 'flotilla' })].map(({ path }) => path).sort();

  it('writes a folder, once', async () => {
    expect((await run('--clusters', '30', '--out', 'fleet')).code).toBe(0);
    const written = readdirSync(join(home, 'fleet'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
    expect(written.sort()).toEqual(expected);
    expect(readFileSync(join(home, 'fleet/fleet.yaml'), 'utf8')).toContain('30 clusters');
    expect(await run('--clusters', '30', '--out', 'fleet')).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
  });

  it('commits to a bare repository, and again on top, in place of what was there', async () => {
    expect(await run('--clusters', '30', '--repo', 'fleet.git')).toMatchObject({ code: 0, err: '' });
    expect(git('ls-tree', '-r', '--name-only', 'main').trim().split('\n').sort()).toEqual(expected);
    expect((await run('--clusters', '10', '--repo', 'fleet.git')).code).toBe(0);
    expect(git('rev-list', '--count', 'main').trim()).toBe('2');
    expect(git('ls-tree', '-r', '--name-only', 'main', 'clusters/').trim().split('\n').length).toBe(10);
    expect(git('fsck', '--strict')).toBe('');
  });

  it('says what git said when it fails', async () => {
    expect(await run('--clusters', '1', '--repo', 'fleet/fleet.yaml')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/git init failed \(128\): .+/),
    });
  });

  it.each([
    [[], '--clusters must be'],
    [['--clusters', '0', '--out', 'x'], '--clusters must be'],
    [['--clusters', '1000001', '--out', 'x'], '--clusters must be'],
    [['--clusters', '5'], 'say where to'],
    [['--clusters', '5', '--out', 'x', '--repo', 'y'], 'say where to'],
    [['--cluster', '5'], "Unknown option '--cluster'"],
  ])('%j is wrong usage', async (argv, words) => {
    expect(await run(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(words) });
  });
});
