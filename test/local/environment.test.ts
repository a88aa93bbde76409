import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const home = mkdtempSync(join(tmpdir(), 'flotilla-environment-'));

afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(environment: Readonly<Record<string, string>>) {
  const { status, stderr, stdout } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { PATH: process.env['PATH'], FLOTILLA_HOME: home, ...environment },
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { status, said: `${stdout}${stderr}` };
}

test('every mistake is named at once, and nothing is started', () => {
  const { status, said } = start({
    APP_ID: 'seven',
    PRIVATE_KEY_PATH: join(home, 'nowhere.pem'),
    WEBHOOK_SECRET: 'short',
    PORT: '-1',
    FLOTILLA_SPEED: 'fast',
    DATABASE_URL: 'mysql://x',
    FLOTILLA_API_TOKENS: 'x',
    LOG_LEVEL: 'loud',
    GITHUB_API_URL: 'ftp://x',
  });
  expect(status).toBe(78);
  for (const name of [
    'APP_ID',
    'PRIVATE_KEY_PATH',
    'WEBHOOK_SECRET',
    'PORT',
    'FLOTILLA_SPEED',
    'DATABASE_URL',
    'FLOTILLA_API_TOKENS',
    'LOG_LEVEL',
    'GITHUB_API_URL',
  ])
    expect(said).toMatch(new RegExp(`^ {2}- ${name}`, 'm'));
});

test.each([
  ['half of the credentials', { APP_ID: '1' }, 'WEBHOOK_SECRET'],
  ['a port that is no number', { PORT: '30x' }, 'PORT'],
  ['a port between two', { PORT: '3000.5' }, 'PORT'],
  ['an address that others can reach', { HOST: '0.0.0.0' }, 'HOST'],
  ['no speed at all', { FLOTILLA_SPEED: '0' }, 'FLOTILLA_SPEED'],
])('%s', (_what, environment, name) => {
  const { status, said } = start(environment);
  expect(status).toBe(78);
  expect(said).toContain(name);
});

test.each([
  ['a folder without manifests', { FLOTILLA_MANIFESTS: home, PORT: '0' }, 'no document of kind Fleet'],
  ['a folder that there is not', { FLOTILLA_MANIFESTS: join(home, 'nowhere'), PORT: '0' }, 'nowhere'],
  ['a data folder that cannot be made', { FLOTILLA_HOME: '/dev/null/x', PORT: '0' }, '/dev/null/x'],
])('%s: refused, with what is wrong', (_what, environment, saying) => {
  const { status, said } = start(environment);
  expect(status).toBe(1);
  expect(said).toMatch(/^Flotilla cannot start: /m);
  expect(said).toContain(saying);
});
