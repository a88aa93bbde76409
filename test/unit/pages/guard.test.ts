import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../src/local/forge/pages/guard.ts';

describe('refusalOf', () => {
  it.each(['127.0.0.1', '127.0.0.1:3001', 'localhost:3001', 'LOCALHOST:3001', '[::1]:3001'])('answers a request for %s', (host) => {
    expect(refusalOf({ method: 'GET', headers: { host } })).toBeUndefined();
  });

  it.each([
    'forge.example',
    '127.0.0.1.example:3001',
    'localhost.example',
    '192.168.1.4:3001',
    '0.0.0.0:3001',
    '127.0.0.1@evil',
    '',
    undefined,
  ])('refuses a name that can be made to resolve here: %s', (host) => {
    expect(refusalOf({ method: 'GET', headers: host === undefined ? {} : { host } })).toContain('127.0.0.1');
  });

  it.each([
    ['of the same page', 'http://127.0.0.1:3001', false],
    ['that is not named, as by a program', undefined, false],
    ['of another port', 'http://127.0.0.1:3000', true],
    ['of another site', 'https://evil.example', true],
    ['that is hidden', 'null', true],
  ])('judges a form by its origin: one %s', (_name, origin, refused) => {
    const headers = { host: '127.0.0.1:3001', ...(origin === undefined ? {} : { origin }) };
    expect(refusalOf({ method: 'POST', headers }) !== undefined).toBe(refused);
  });
});
