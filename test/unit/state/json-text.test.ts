import { describe, expect, it } from 'vitest';
import { jsonText } from '../../../src/adapters/postgres/json-text.ts';

describe('jsonText', () => {
  it.each<[string, unknown, unknown]>([
    ['leaves plain data alone', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
    ['replaces NUL', 'a\u0000b', 'a\ufffdb'],
    ['replaces each of several', '\u0000\u0000', '\ufffd\ufffd'],
    ['in keys too', { '\u0000': 1 }, { '\ufffd': 1 }],
    ['replaces a first half of a pair', 'a\ud83db', 'a\ufffdb'],
    ['replaces a second half of a pair', '\ude80', '\ufffd'],
    ['keeps whole pairs', '🚀', '🚀'],
    ['keeps text that looks like an escape', '\\u0000 \\ud800', '\\u0000 \\ud800'],
    ['tells them apart behind backslashes', '\\\u0000\\\\\u0000', '\\\ufffd\\\\\ufffd'],
    ['keeps other control characters', '\u0001\u001f\b', '\u0001\u001f\b'],
    ['keeps what follows the letters of an escape', '\ud7ff\ue000', '\ud7ff\ue000'],
  ])('%s', (_name, value, wanted) => expect(JSON.parse(jsonText(value))).toEqual(wanted));

  it('says null where there is nothing', () => expect(jsonText(undefined)).toBe('null'));
});
