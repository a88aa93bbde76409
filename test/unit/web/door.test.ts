import { describe, expect, it } from 'vitest';
import { mayCommand, mayEnter } from '../../../src/web/door.ts';

const TOKEN = 'a-token-of-the-api';
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
    expect(mayEnter({ token: TOKEN }, authorization)).toBe(enters);
    expect(mayCommand({ token: TOKEN }, authorization)).toBe(commands);
  });

  it('lets nobody in where there is none', () => {
    for (const authorization of ['Bearer ', 'Bearer undefined', basic(':'), ''])
      expect(mayEnter({ token: undefined }, authorization)).toBe(false);
    expect(mayEnter({ token: undefined }, undefined)).toBe(false);
  });
});
