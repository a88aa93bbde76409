import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/http/token.ts';
import { commander, visitor } from '../../../src/web/door.ts';

const TOKEN = 'a-token-of-the-api';
const TOKENS = [
  { login: 'bob', sha256: digestOf('a token of somebody else') },
  { login: 'ada', sha256: digestOf(TOKEN) },
];
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a token names its person, and nobody else', () => {
  it.each<[string, string, string | undefined, string | undefined]>([
    ['as a bearer', `Bearer ${TOKEN}`, 'ada', 'ada'],
    ['in any case of the scheme', `bearer ${TOKEN}`, 'ada', 'ada'],
    ['of another', 'Bearer a token of somebody else'.replaceAll(' ', '\u00a0'), undefined, undefined],
    // Browsers remember it, and send it with what other sites have them post.
    ['as a password, whatever the name', basic(`bob:${TOKEN}`), 'ada', undefined],
    ['as a password that holds a colon', basic(`a:b:${TOKEN}`), undefined, undefined],
    ['as a name', basic(`${TOKEN}:`), undefined, undefined],
    ['cut short', `Bearer ${TOKEN.slice(0, -1)}`, undefined, undefined],
    ['with more behind it', `Bearer ${TOKEN}x`, undefined, undefined],
    ['by its hash', `Bearer ${digestOf(TOKEN)}`, undefined, undefined],
    ['under another scheme', `Digest ${TOKEN}`, undefined, undefined],
    ['by itself', TOKEN, undefined, undefined],
    ['not at all', '', undefined, undefined],
  ])('%s', (_how, authorization, enters, commands) => {
    expect(visitor({ tokens: TOKENS }, authorization)).toBe(enters);
    expect(commander({ tokens: TOKENS }, authorization)).toBe(commands);
  });

  it('lets nobody in where there is none', () => {
    for (const authorization of ['Bearer ', 'Bearer undefined', basic(':'), '', undefined])
      expect(visitor({ tokens: [] }, authorization)).toBe(undefined);
  });
});
