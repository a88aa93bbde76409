import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSmallFleet } from './support/small-fleet.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../src/cli/flotilla.js');
let folder: string;
let repository: string;

beforeAll(() => {
  folder = writeSmallFleet();
  repository = mkdtempSync(join(tmpdir(), 'flotilla-repository-'));
  cpSync(folder, join(repository, 'fleet-manifests'), { recursive: true });
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Alice');
  git('config', 'user.email', 'alice@example.com');
  commit('all');
  edit((text) => text.replace('version: "4.0.0"', 'version: "4.1.0"'));
  commit('newer');
  git('tag', 'newer');
  edit((text) => text.replace('version: "4.1.0"', 'version: 4.2'));
  commit('broken');
  git('tag', 'broken');
  git('reset', '-q', '--hard', 'newer');
  edit((text) => text.replace('version: "4.1.0"', 'version: "4.0.0"'));
  commit('back');
  git('tag', 'back');
  git('reset', '-q', '--hard', 'newer');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(repository, { recursive: true, force: true });
});

const git = (...args: readonly string[]) => execFileSync('git', ['-C', repository, ...args], { stdio: 'pipe' });
const commit = (message: string) => git('add', '-A') && git('commit', '-qm', message);
const kafka = () => join(repository, 'fleet-manifests/releases/kafka.yaml');
const edit = (change: (text: string) => string) => writeFileSync(kafka(), change(readFileSync(kafka(), 'utf8')));

function flotilla(cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], { cwd, encoding: 'utf8', timeout: 300_000 });
  return { status, stdout, stderr };
}

const broken = () => {
  const copy = mkdtempSync(join(tmpdir(), 'flotilla-broken-'));
  cpSync(folder, copy, { recursive: true });
  writeFileSync(
    join(copy, 'releases/kafka.yaml'),
    readFileSync(join(copy, 'releases/kafka.yaml'), 'utf8').replace('strategy: fast', 'strategy: fasst\n  colour: red'),
  );
  return copy;
};

describe('validate', () => {
  test.each(['text', 'markdown', 'json'])('good manifests, as %s: 0', (format) => {
    const { status, stdout, stderr } = flotilla(folder, 'validate', '--format', format);
    expect([status, stderr]).toEqual([0, '']);
    if (format === 'json') expect(JSON.parse(stdout)).toEqual([]);
    else expect(stdout).toContain('10 clusters');
  });

  test('it makes no difference from where it is called', () => {
    for (const [cwd, dir] of [
      [repository, 'fleet-manifests'],
      [tmpdir(), folder],
      [join(repository, '.git'), '..'],
    ] as const)
      expect(flotilla(cwd, 'validate', dir)).toMatchObject({ status: 0, stderr: '' });
  });

  test.each(['text', 'markdown', 'json'])('broken ones, as %s: 1, with every mistake at its place', (format) => {
    const copy = broken();
    const { status, stdout } = flotilla(copy, 'validate', '--format', format);
    expect(status).toBe(1);
    if (format === 'json') {
      const found = JSON.parse(stdout) as readonly Record<string, unknown>[];
      expect(found).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            file: 'releases/kafka.yaml',
            line: 10,
            column: 3,
            severity: 'error',
            code: expect.any(String),
            hint: expect.any(String),
          }),
        ]),
      );
      for (const problem of found)
        expect(Object.keys(problem).sort()).toEqual(['code', 'column', 'file', 'hint', 'line', 'message', 'severity']);
    } else {
      expect(stdout).toContain('releases/kafka.yaml');
      expect(stdout).toContain('colour');
    }
    rmSync(copy, { recursive: true });
  });

  test.each([[['validate', 'nowhere']], [['validate', '--format', 'xml']], [['validate', '--colour']], [['explode']], [[]]])(
    'wrong usage %j: 2, with the usage on standard error',
    (args) => {
      const { status, stdout, stderr } = flotilla(folder, ...args);
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('Usage: flotilla');
    },
  );

  test('an empty folder is an error, not a success', () => {
    const empty = join(repository, '.git', 'empty');
    mkdirSync(empty, { recursive: true });
    const { status, stdout } = flotilla(empty, 'validate');
    expect(status).toBe(1);
    expect(stdout).toContain('Fleet');
  });
});

interface PrintedPlan {
  readonly digest: string;
  readonly rollouts: readonly { readonly kind: string; readonly targets: Readonly<Record<string, unknown>> }[];
}
const planIn = (stdout: string | undefined): PrintedPlan => JSON.parse(stdout ?? '') as PrintedPlan;

describe('plan', () => {
  test('as text, as Markdown, as JSON: 0', () => {
    const [text, markdown, json] = ['text', 'markdown', 'json'].map((format) =>
      flotilla(repository, 'plan', '--from', 'newer~1', '--to', 'newer', '--format', format),
    );
    for (const done of [text, markdown, json]) expect(done).toMatchObject({ status: 0, stderr: '' });
    const plan = planIn(json?.stdout);
    expect(plan.rollouts.map(({ kind, targets }) => [kind, Object.keys(targets).sort()])).toEqual([
      ['rollout', ['kafka-a', 'kafka-b', 'kafka-c', 'kafka-canary']],
    ]);
    expect(plan.digest).toMatch(/^[0-9a-f]{16}$/);
    for (const done of [text, markdown]) for (const said of ['kafka-canary', '4.1.0']) expect(done?.stdout).toContain(said);
  });

  test('a revert is a rollback, and what never ran is none: the history tells', () => {
    const kinds = (from: string, to: string) =>
      planIn(flotilla(repository, 'plan', '--from', from, '--to', to, '--format', 'json').stdout).rollouts;
    expect(kinds('newer', 'newer~1')).toMatchObject([{ kind: 'rollback' }]);
    expect(kinds('back', 'newer')).toMatchObject([{ kind: 'rollout' }]);
  });

  test('nothing changes: 0, and null', () => {
    expect(flotilla(repository, 'plan', '--from', 'newer', '--to', 'newer', '--format', 'json')).toMatchObject({
      status: 0,
      stdout: 'null\n',
    });
  });

  test.each(['text', 'markdown', 'json'])('broken manifests, as %s: 1', (format) => {
    const { status, stdout } = flotilla(tmpdir(), 'plan', '--repo', repository, '--from', 'newer', '--to', 'broken', '--format', format);
    expect(status).toBe(1);
    expect(stdout).toContain('fleet-manifests/releases/kafka.yaml');
  });

  test.each([
    [['--repo', '/nowhere']],
    [['--repo', tmpdir()]],
    [['--from', 'nowhere']],
    [['--to', '--upload-pack=id']],
    [['--from=--output=x']],
    [['--format', 'xml']],
    [['extra']],
  ])('wrong usage %j: 2', (args) => {
    const { status, stdout, stderr } = flotilla(repository, 'plan', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: flotilla plan');
  });
});
