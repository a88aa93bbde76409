import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/main.ts';
import { edited, manifest, SMALL_FLEET } from '../manifest/small-fleet.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, 'fleet-manifests'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, 'fleet-manifests', path), text);
}

async function flotilla(...argv: readonly string[]) {
  const said = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
    cwd: folder,
    env: {},
  };
  return { code: await main(argv, io), ...said };
}

const WARNED = edited({
  files: {
    'w.yaml': manifest(
      'Window',
      'w',
      'schedule: { cron: "0 1 * * *", duration: 1h }\nreason: for the test\nselect: { matchLabels: { tier: gold } }',
    ),
  },
});
const BROKEN = edited({ replace: { 'release.yaml': ['"3.9.0"', 'v3.9.0, 100%'], 'clusters.yaml': ['dataPlane: eu', 'dataPlane: ue'] } });

describe('validate', () => {
  it('takes warnings for fine, unless it is to be strict', async () => {
    write(WARNED);
    expect(await flotilla('validate')).toMatchObject({ code: 0, out: expect.stringContaining('1 warning') });
    expect(await flotilla('validate', '--strict')).toMatchObject({ code: 1 });
    rmSync(join(folder, 'fleet-manifests', 'w.yaml'));
    expect(await flotilla('validate', '--strict')).toMatchObject({ code: 0 });
  });

  it('takes files, and counts what is wrong in others', async () => {
    write(BROKEN);
    const release = await flotilla('validate', 'fleet-manifests/release.yaml');
    expect(release).toMatchObject({ code: 1, err: '1 more problem in other files of the fleet: name its folder to see them\n' });
    expect(release.out).toMatch(/^fleet-manifests\/release\.yaml:7:12: error: .*\n.*\n1 error\n$/);
    expect(await flotilla('validate', 'fleet-manifests/fleet.yaml', 'fleet-manifests/product.yaml')).toMatchObject({ code: 0 });
    const both = await flotilla('validate', 'fleet-manifests/release.yaml', 'fleet-manifests/clusters.yaml');
    expect(both).toMatchObject({ code: 1, err: '', out: expect.stringContaining('2 errors') });
  });

  it('writes annotations for a workflow of GitHub, in which no text can begin a command of its own', async () => {
    write(BROKEN);
    const { code, out } = await flotilla('validate', '--format', 'github');
    expect(code).toBe(1);
    const [first = '', second = ''] = out.split('\n');
    expect(first).toMatch(
      /^::error file=fleet-manifests\/clusters\.yaml,line=8,col=14,title=unknown-data-plane::the Fleet has no data plane `ue`%0AHow to fix: /,
    );
    expect(second).toMatch(/^::error file=fleet-manifests\/release\.yaml,line=7,col=12,title=schema\/pattern::/);
    writeFileSync(join(folder, 'fleet-manifests', 'a,b:100%.yaml'), 'hello');
    expect((await flotilla('validate', '--format', 'github')).out).toContain('file=fleet-manifests/a%2Cb%3A100%25.yaml,line=1');
  });

  it('writes SARIF: every result has a rule, a place and a level', async () => {
    write(BROKEN);
    const { code, out } = await flotilla('validate', '--format', 'sarif');
    expect(code).toBe(1);
    const log = JSON.parse(out);
    expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-schema-2.1.0.json') });
    const [run] = log.runs;
    expect(run.tool.driver).toMatchObject({ name: 'flotilla', semanticVersion: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(run.results).toHaveLength(2);
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex]).toMatchObject({
        id: result.ruleId,
        shortDescription: { text: expect.any(String) },
        help: { text: expect.any(String) },
        defaultConfiguration: { level: 'error' },
      });
      expect(result).toMatchObject({
        level: 'error',
        message: { text: expect.stringContaining('How to fix') },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: expect.stringMatching(/^fleet-manifests\//) },
              region: { startLine: expect.any(Number), startColumn: expect.any(Number) },
            },
          },
        ],
        partialFingerprints: { 'flotilla/v1': expect.stringMatching(/^[0-9a-f]{16}$/) },
      });
    }
  });

  it('names links in the place of manifests', async () => {
    write(SMALL_FLEET);
    symlinkSync('release.yaml', join(folder, 'fleet-manifests', 'other.yaml'));
    const { code, out } = await flotilla('validate');
    expect([code, out.split(': ')[0]]).toEqual([1, 'fleet-manifests/other.yaml:1:1']);
    expect(out).toContain('this is a symbolic link');
  });
});

describe('says what was meant', () => {
  it.each([
    [['valdate'], 'there is no command "valdate"; did you mean validate?'],
    [['validate', '--fromat', 'json'], 'there is no option --fromat; did you mean --format?'],
    [['validate', '--format', 'jsno'], '--format is text, markdown, json, github or sarif, not "jsno"; did you mean json?'],
    [['plan', '--repository', '.'], 'there is no option --repository; '],
    [['plan', 'main'], 'plan takes options only, not "main"'],
    [['local', 'stauts'], 'there is no command "local stauts"; did you mean status?'],
    [['completion', 'bsh'], 'the shell is bash, zsh or fish, not "bsh"; did you mean bash?'],
    [['validate', 'nowhere.yaml'], 'nowhere.yaml is not there'],
    [[], 'say what to do'],
  ])('%j', async (argv, want) => {
    const { code, out, err } = await flotilla(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(want);
    expect(err).toContain('Usage: flotilla');
  });
});

describe('every command', () => {
  it.each(Object.entries(COMMANDS))(
    '%s says in its help which options it has, and takes help in every form',
    async (name, { options, words }) => {
      const { code, out } = await flotilla(name, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^Usage: flotilla ${name}`));
      for (const option of Object.keys(options)) expect(out).toContain(`--${option}`);
      for (const word of words ?? []) expect(out).toContain(word);
      for (const option of out.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)) expect([...Object.keys(options), 'help']).toContain(option[1]);
      expect((await flotilla('help', name)).out).toBe(out);
      expect((await flotilla('--help')).out).toContain(`  ${name} `);
    },
  );

  it.each(['--version', '-V', 'version'])('%s', async (word) => expect((await flotilla(word)).out).toMatch(/^\d+\.\d+\.\d+\S*\n$/));
});

describe('completion', () => {
  it('for bash completes commands, options and their values', async () => {
    const { out } = await flotilla('completion', 'bash');
    const complete = (...words: readonly string[]): string => {
      const script = `${out}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})\nCOMP_CWORD=${words.length - 1}\n_flotilla\necho "\${COMPREPLY[@]}"\n`;
      return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: folder }).trim();
    };
    expect(complete('flotilla', 'va')).toBe('validate');
    expect(complete('flotilla', 'validate', '--f')).toBe('--format');
    expect(complete('flotilla', 'validate', '--format', 's')).toBe('sarif');
    expect(complete('flotilla', 'local', 'st')).toBe('status stop');
  });

  it.each(['zsh', 'fish'])('for %s names every command and option', async (shell) => {
    const { code, out } = await flotilla('completion', shell);
    expect(code).toBe(0);
    for (const [name, { options }] of Object.entries(COMMANDS))
      for (const word of [name, ...Object.keys(options)]) expect(out).toContain(word);
  });
});
