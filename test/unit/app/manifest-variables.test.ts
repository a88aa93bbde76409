import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';
import { isForManifests } from '../../../src/app/manifest-variables.ts';
import { openDataPlane } from '../../../src/app/open-data-plane.ts';
import { validateFiles } from '../../../src/core/manifest/load.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';

const SECRET = 'https://hunter2.example';
const clock = { now: () => instant(0) };

const fleetNaming = (variable: string) => `apiVersion: flotilla.dev/v1
kind: Fleet
metadata: { name: small }
spec:
  defaultStrategy: standard
  dataPlanes:
    - { name: eu, kind: simulated, urlFromEnv: ${variable} }
`;

/** What is wrong with the name, as a person is told. */
const told = (variable: string) =>
  validateFiles([{ path: 'fleet.yaml', content: { kind: 'text', text: fleetNaming(variable) } }], instant(0)).problems.filter(
    ({ message }) => message.includes('urlFromEnv'),
  );

describe('a manifest names a variable of the bot', () => {
  it.each([
    ['FLOTILLA_EU_URL', true],
    ['FLOTILLA_SIMULATED_URL', true],
    ['FLOTILLA_API_TOKEN_2', true],
    ['FLOTILLA_API_TOKEN', false],
    ['FLOTILLA_API_TOKENS', false],
    ['FLOTILLA_API_TOKENS_FILE', false],
    ['FLOTILLA_', false],
    ['GITHUB_PRIVATE_KEY', false],
    ['PRIVATE_KEY', false],
    ['WEBHOOK_SECRET', false],
    ['DATABASE_URL', false],
    ['XFLOTILLA_URL', false],
    ['flotilla_url', false],
  ])('%s: %s', (variable, may) => {
    expect(told(variable).length === 0).toBe(may);
    // The same again where the variable is read; of a name that is not complete there is none.
    if (variable !== 'FLOTILLA_') expect(isForManifests(variable)).toBe(may);
  });

  it('is told where the mistake is, what it is, and how to fix it', () => {
    expect(told('GITHUB_PRIVATE_KEY')).toEqual([
      expect.objectContaining({
        severity: 'error',
        code: 'schema/pattern',
        file: 'fleet.yaml',
        line: 7,
        column: 48,
        hint: expect.stringContaining('must begin with `FLOTILLA_`'),
      }),
    ]);
  });
});

describe('what the manifests of an older program name', () => {
  const environment = { GITHUB_PRIVATE_KEY: SECRET, FLOTILLA_API_TOKEN: SECRET, FLOTILLA_EU_URL: 'no address', FLOTILLA_X: 'http://x' };
  const openedFor = { fleet: trusted.fleet('acme/fleet'), workloads: async () => undefined };
  const opened = (urlFromEnv: string) => () =>
    openDataPlane({ name: 'eu', kind: 'simulated', urlFromEnv, context: undefined }, environment, clock, openedFor);

  it.each(['GITHUB_PRIVATE_KEY', 'FLOTILLA_API_TOKEN'])('is not read: %s', (variable) => {
    expect(opened(variable)).toThrow(`names ${variable}, but a manifest may only name variables that begin with FLOTILLA_`);
    expect(opened(variable)).not.toThrow(SECRET);
  });

  it('is read, and not shown, when it may be named', () => {
    expect(opened('FLOTILLA_EU_URL')).toThrow('the variable FLOTILLA_EU_URL holds no address');
    expect(opened('FLOTILLA_X')().name).toBe('eu');
  });

  it('is not in the configuration at all', () => {
    const config = readConfig({ SOME_PASSWORD: SECRET, FLOTILLA_API_TOKENS: 'ada:a-token-of-some-length', FLOTILLA_EU_URL: 'http://x' });
    expect(config.ok && config.value.environment).toEqual({ FLOTILLA_EU_URL: 'http://x' });
  });
});
