import { describe, expect, it } from 'vitest';
import { code, grouped, inert, names, plural } from '../../../src/core/report/markdown.ts';

const show = (text: string): string => text.replaceAll('&#8203;', '·');

describe('inert', () => {
  it.each([
    ['kafka 3.8.0 to 3.9.0, 25 % of 41 = 10', 'kafka 3.8.0 to 3.9.0, 25 % of 41 = 10'],
    ['ask @octocat or @org/team', 'ask @·octocat or @·org/team'],
    ['fixes #12, owner/repo#3, GH-4', 'fixes #·12, owner/repo#·3, GH-·4'],
    [':boom: and :+1: and :100: at 12:34:56', ':·boom: and :·+1: and :·100: at 12:34:56'],
    ['https://evil.example and www.evil.example', 'https:·//evil.example and www.·evil.example'],
    ['see deadbeef', 'see deadbe·ef'],
    ['<b> & "c"', '&#60;b&#62; &#38; "c"'],
    ['a | b', 'a &#124; b'],
    ['[x](y) ![z](w)', '&#91;x&#93;(y) !&#91;z&#93;(w)'],
    ['two\nlines\r\nand a\ttab', 'two lines and a tab'],
    ['- no list', '&#45; no list'],
    ['1. no list', '1&#46; no list'],
    ['# no heading', '&#35; no heading'],
    ['turn\u202eed \u200bhidden\u0000', 'turned hidden'],
    ['\ud800 alone', '\ufffd alone'],
    ['', ''],
  ])('%j', (text, want) => expect(show(inert(text))).toBe(want));
});

describe('code', () => {
  it.each([
    ['kafka-1', '`kafka-1`'],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['a|b', '<code>a&#124;b</code>'],
    ['@octocat', '`@octocat`'],
    ['  \n ', '(empty)'],
  ])('%j', (text, want) => expect(code(text)).toBe(want));
});

describe('words', () => {
  it.each([
    [1, '1 cluster'],
    [0, '0 clusters'],
    [1_234_567, '1,234,567 clusters'],
  ])('%i', (count, want) => expect(plural(count, 'cluster')).toBe(want));

  it.each([
    [999, '999'],
    [1_000, '1,000'],
  ])('%i', (count, want) => expect(grouped(count)).toBe(want));

  it.each([
    [2, '`a`, `b`'],
    [1, '`a` and 1 more'],
  ])('the first %i of two', (most, want) => expect(names(['a', 'b'], most)).toBe(want));
});
