import { describe, expect, it } from 'vitest';
import { redactor } from '../../../src/app/log.ts';

const SECRET = 'webhook-secret-of-ours';
const redact = redactor([SECRET, 'short']);
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

describe('takes out', () => {
  it.each([
    ['a secret that is known', `the secret is ${SECRET}.`, SECRET],
    ['a token of an installation', 'got ghs_16C7e42F292c6912E7710c838347Ae178B4a', '16C7e42F292c6912E7710c838347Ae178B4a'],
    ['one that is a JWT behind a prefix', `got ghs_123456_${JWT} here`, 'c2lnbmF0dXJl'],
    ['a fine-grained token', 'github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz', 'mnopqrstuvwxyz'],
    ['the JWT of the app', `"jwt":"${JWT}"`, 'eyJpc3Mi'],
    ['a bearer header', 'authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
    ['a token header', '"authorization":"token abcdefghijklmnop"', 'abcdefghijklmnop'],
    ['a basic header', 'Authorization: Basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0', 'eC1hY2Nlc3M'],
    ['the password of a database', 'connect postgres://flotilla:hunter2@db:5432/flotilla', 'hunter2'],
    ['a password without a name', 'https://:hunter2@git.example/x', 'hunter2'],
    ['a key', '-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAK\\n-----END RSA PRIVATE KEY-----', 'MIIEowIBAAK'],
    ['a key over many lines', '-----BEGIN PRIVATE KEY-----\nMIIEowIBAAK\n-----END PRIVATE KEY-----', 'MIIEowIBAAK'],
  ])('%s', (_what, text, secret) => {
    expect(text).toContain(secret);
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  it('every one of several', () => {
    expect(redact(`${SECRET} ${SECRET} postgres://a:b@c/ amqp://d:e@f/`)).toBe(
      '[redacted] [redacted] postgres://[redacted]@c/ amqp://[redacted]@f/',
    );
  });
});

describe('leaves alone', () => {
  it.each([
    'https://github.com/acme/fleet/pull/12',
    'http://127.0.0.1:3000/fleets/acme/fleet/rollouts/0123456789abcdef',
    'flotilla.dev/v1 and v1.35.1-20261001120000',
    '4bc1b21d0c6a4f0f9f1d2b3c4d5e6f708192a3b4',
    'a short secret',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text);
  });
});
