import { describe, expect, it } from 'vitest';
import { utf8Length, utf8Start } from '../../../src/core/model/utf8.ts';

const TEXTS = ['', 'plain', 'grün', 'a → b', '⚪ waiting', '𝕏 and 😀', '\u07ff\u0800\uffff\u{10000}'];

describe('the length of a text in bytes', () => {
  it.each(TEXTS)('of %j is what an encoder makes of it', (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  });
});

describe('the start of a text within so many bytes', () => {
  it.each(TEXTS)('of %j is as long as it can be, and splits nothing', (text) => {
    for (let most = 0; most <= Buffer.byteLength(text) + 1; most += 1) {
      const start = utf8Start(text, most);
      expect(text.startsWith(start)).toBe(true);
      expect(start.isWellFormed()).toBe(true);
      expect(Buffer.byteLength(start)).toBeLessThanOrEqual(most);
      const [next] = text.slice(start.length);
      if (next !== undefined) expect(Buffer.byteLength(start + next)).toBeGreaterThan(most);
    }
  });
});
