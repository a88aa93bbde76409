import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isForLoopback, mayCommand, mayEnter } from '../../../src/web/door.ts';

const TOKEN = 'a-token-of-the-api';
const request = (headers: Readonly<Record<string, string>>) => ({ headers }) as unknown as IncomingMessage;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the token', () => {
  it.each([
    ['as a bearer', `Bearer ${TOKEN}`, true, true],
    ['in any case of the scheme', `bearer ${TOKEN}`, true, true],
    // Browsers remember it, and send it with what other sites have them post.
    ['as a password', basic(`anybody:${TOKEN}`), true, false],
    ['as a password that holds a colon', basic(`a:b:${TOKEN}`), false, false],
    ['as a name', basic(`${TOKEN}:`), false, false],
    ['cut short', `Bearer ${TOKEN.slice(0, -1)}`, false, false],
    ['with more behind it', `Bearer ${TOKEN}x`, false, false],
    ['under another scheme', `Digest ${TOKEN}`, false, false],
    ['by itself', TOKEN, false, false],
    ['not at all', '', false, false],
  ])('%s', (_how, authorization, enters, commands) => {
    expect(mayEnter({ token: TOKEN }, request({ authorization }))).toBe(enters);
    expect(mayCommand({ token: TOKEN }, request({ authorization }))).toBe(commands);
  });

  it('lets nobody in where there is none', () => {
    for (const authorization of ['Bearer ', 'Bearer undefined', basic(':'), ''])
      expect(mayEnter({ token: undefined }, request({ authorization }))).toBe(false);
    expect(mayEnter({ token: undefined }, request({}))).toBe(false);
  });
});

describe('this machine', () => {
  it.each([
    ['127.0.0.1:3000', true],
    ['localhost', true],
    ['[::1]:3000', true],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example:3000', false],
    ['evil.example', false],
    ['127.0.0.1:3000@evil.example', false],
    ['', false],
  ])('%s', (host, own) => {
    expect(isForLoopback(request({ host }))).toBe(own);
  });
});
