import { describe, expect, it } from 'vitest';
import { readCredentials, sameSecret } from '../../../src/http/token.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('credentials', () => {
  it.each([
    ['Bearer abc', { kind: 'bearer', name: '', secret: 'abc' }],
    ['token abc', { kind: 'bearer', name: '', secret: 'abc' }],
    ['  BEARER   abc ', { kind: 'bearer', name: '', secret: 'abc' }],
    [basic('alice:a:b'), { kind: 'basic', name: 'alice', secret: 'a:b' }],
    [basic('abc'), { kind: 'basic', name: 'abc', secret: '' }],
    ['Digest abc', undefined],
    ['abc', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, credentials) => expect(readCredentials(header)).toEqual(credentials));
});

describe('two secrets', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['ab', 'abc', false],
    ['abcd', 'abc', false],
    ['', 'abc', false],
  ])('%j and %j', (given, wanted, same) => expect(sameSecret(given, wanted)).toBe(same));
});
