import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----';
const GITHUB = { APP_ID: '123456', PRIVATE_KEY: PEM, WEBHOOK_SECRET: 'a-secret-of-our-own' };

type Environment = Readonly<Record<string, string>>;

function configOf(env: Environment) {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.error.join('\n'));
  return config.value;
}

const mistakesIn = (env: Environment): readonly string[] => {
  const config = readConfig(env);
  return config.ok ? [] : config.error;
};

describe('without credentials', () => {
  it('is local mode on loopback', () => {
    expect(configOf({})).toMatchObject({
      mode: 'local',
      port: 3000,
      host: '127.0.0.1',
      home: resolve('.flotilla'),
      manifests: resolve('fleet-manifests'),
      speed: 60,
      logLevel: 'warn',
      github: undefined,
      apiTokens: [],
      databaseUrl: undefined,
      historyDays: 30,
      stopWithinMs: 9_000,
    });
  });

  it('takes a variable that is set to nothing as not set', () => {
    const names = ['PORT', 'HOST', 'FLOTILLA_HOME', 'FLOTILLA_API_TOKENS', 'LOG_LEVEL', 'APP_ID', 'PRIVATE_KEY', 'GITHUB_API_URL'];
    const { environment: _with, ...nothing } = configOf(Object.fromEntries(names.map((name) => [name, ''])));
    const { environment: _without, ...absent } = configOf({});
    expect(nothing).toEqual(absent);
  });

  it('listens on loopback only', () => {
    expect(mistakesIn({ HOST: '0.0.0.0' })).toEqual([expect.stringContaining('local mode listens on loopback only')]);
    expect(mistakesIn({ HOST: '::1' })).toEqual([]);
  });
});

describe('with credentials', () => {
  it('is GitHub, at the speed of the wall clock, at the pace that GitHub asks for', () => {
    expect(configOf(GITHUB)).toMatchObject({
      mode: 'github',
      host: '0.0.0.0',
      speed: 1,
      logLevel: 'info',
      github: { appId: '123456', apiUrl: 'https://api.github.com', writeIntervalMs: 1_000 },
    });
  });

  it('takes a key whose line ends were escaped, as one line of a file of variables has them', () => {
    expect(configOf(GITHUB).github?.privateKey).toBe('-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----');
  });

  it('takes the address of an Enterprise Server without its last slash', () => {
    expect(configOf({ ...GITHUB, GITHUB_API_URL: 'https://git.example/api/v3/' }).github?.apiUrl).toBe('https://git.example/api/v3');
  });

  it('takes a private key in base64, on one line or several, and a client id', () => {
    const line = Buffer.from(PEM).toString('base64');
    for (const given of [line, line.replaceAll(/(.{10})/g, '$1\n')]) {
      const config = readConfig({ ...GITHUB, APP_ID: 'Iv23liABCdef01234567', PRIVATE_KEY: given });
      expect(config).toMatchObject({ ok: true, value: { github: { appId: 'Iv23liABCdef01234567', privateKey: PEM } } });
    }
    expect(readConfig({ ...GITHUB, PRIVATE_KEY: Buffer.from('no key').toString('base64') })).toMatchObject({ ok: false });
  });

  it.each([['APP_ID'], ['PRIVATE_KEY'], ['WEBHOOK_SECRET']] as const)('is refused without %s, and never becomes local mode', (missing) => {
    expect(mistakesIn({ ...GITHUB, [missing]: '' })).toEqual([expect.stringContaining(missing)]);
  });

  it('does not run faster than the wall clock', () => {
    expect(mistakesIn({ ...GITHUB, FLOTILLA_SPEED: '60' })).toEqual([expect.stringContaining('FLOTILLA_SPEED')]);
  });
});

describe('limits', () => {
  it.each([
    ['PORT', '0', true],
    ['PORT', '65533', true],
    ['PORT', '65534', false],
    ['PORT', '-1', false],
    ['PORT', '80.5', false],
    ['PORT', 'http', false],
    ['FLOTILLA_SPEED', '1', true],
    ['FLOTILLA_SPEED', '0.5', false],
    ['FLOTILLA_SPEED', '100000', true],
    ['FLOTILLA_SPEED', '100001', false],
    ['FLOTILLA_SPEED', 'Infinity', false],
    ['FLOTILLA_STOP_SECONDS', '3', true],
    ['FLOTILLA_STOP_SECONDS', '2', false],
    ['FLOTILLA_STOP_SECONDS', '3601', false],
    ['FLOTILLA_API_TOKENS', `ada:${'x'.repeat(16)}`, true],
    ['FLOTILLA_API_TOKENS', `ada:${'x'.repeat(15)}`, false],
    ['FLOTILLA_API_TOKENS', `ada:sha256:${'0'.repeat(64)}, bob:${'y'.repeat(16)}`, true],
    ['FLOTILLA_API_TOKENS', `ada:sha256:${'A'.repeat(64)}`, false],
    ['FLOTILLA_API_TOKENS', `ada:SHA256:${'0'.repeat(63)}`, false],
    ['FLOTILLA_API_TOKENS', 'x'.repeat(32), false],
    ['FLOTILLA_API_TOKENS', `../x:${'x'.repeat(16)}`, false],
    // It let whoever had it speak for anybody.
    ['FLOTILLA_API_TOKEN', 'x'.repeat(32), false],
    ['FLOTILLA_API_TOKENS_FILE', join(import.meta.dirname, 'no-such-file'), false],
    ['LOG_LEVEL', 'debug', true],
    ['LOG_LEVEL', 'loud', false],
    ['DATABASE_URL', 'postgres://u:p@db/flotilla', true],
    ['DATABASE_URL', 'mysql://u:p@db/flotilla', false],
    ['FLOTILLA_PUBLIC_URL', 'https://flotilla.example.com', true],
    ['FLOTILLA_PUBLIC_URL', 'flotilla.example.com', false],
  ])('%s=%s', (name, value, fine) => {
    expect(mistakesIn({ [name]: value }).some((mistake) => mistake.includes(name))).toBe(!fine);
  });

  it('names every mistake at once, and repeats no secret', () => {
    const secret = 'hunter2-hunter2';
    const mistakes = mistakesIn({
      APP_ID: 'x',
      PRIVATE_KEY: secret,
      WEBHOOK_SECRET: 'short',
      FLOTILLA_API_TOKENS: secret,
      DATABASE_URL: `mysql://u:${secret}@db/x`,
      PORT: 'x',
      LOG_LEVEL: 'x',
    });
    expect(mistakes).toHaveLength(7);
    expect(mistakes.join('\n')).not.toContain(secret);
  });

  it('says that the file of the key cannot be read, and why', () => {
    const path = join(import.meta.dirname, 'no-such-key.pem');
    expect(mistakesIn({ APP_ID: '1', WEBHOOK_SECRET: GITHUB.WEBHOOK_SECRET, PRIVATE_KEY_PATH: path })).toEqual([
      expect.stringContaining('ENOENT'),
    ]);
  });
});
