import { describe, expect, it } from 'vitest';
import {
  amount,
  type Decoder,
  decode,
  either,
  flag,
  listOf,
  mapped,
  maybe,
  number,
  object,
  parsed,
  recordOf,
  text,
  word,
} from '../../../src/core/model/decode.ts';
import { parseClusterId } from '../../../src/core/model/ids.ts';

describe('decode', () => {
  it.each<[string, Decoder<unknown>, unknown, unknown]>([
    ['text', text, 'a', 'a'],
    ['a number', number, -1.5, -1.5],
    ['an amount', amount, 0, 0],
    ['a flag', flag, false, false],
    ['a word', word(['a', 'b']), 'b', 'b'],
    ['nothing', maybe(text), undefined, undefined],
    ['null', maybe(text), null, undefined],
    ['something that may be missing', maybe(text), 'a', 'a'],
    ['a list', listOf(number), [1, 2], [1, 2]],
    ['a map', recordOf(flag), { a: true }, { a: true }],
    ['an object, and no more than was asked for', object({ a: text, b: maybe(flag) }), { a: 'x', c: 1 }, { a: 'x', b: undefined }],
    ['the second of two', either(number, text), 'a', 'a'],
    ['what is made of it', mapped(text, (value) => value.length), 'abc', 3],
    ['an id', parsed(text, parseClusterId), 'kafka-1', 'kafka-1'],
  ])('reads %s', (_name, decoder, value, want) => expect(decode(decoder, value)).toEqual({ ok: true, value: want }));

  it.each<[Decoder<unknown>, unknown, string]>([
    [text, 1, 'a text expected, not 1'],
    [text, undefined, 'a text expected, not nothing'],
    [number, Number.NaN, 'a number expected, not NaN'],
    [number, '1', 'a number expected, not "1"'],
    [amount, -1, 'a number from 0 expected, not -1'],
    [flag, 'true', 'true or false expected, not "true"'],
    [word(['a', 'b']), 'c', 'one of a, b expected, not "c"'],
    [maybe(text), 1, 'a text expected, not 1'],
    [listOf(text), { 0: 'a' }, 'a list expected, not an object'],
    [listOf(text), ['a', 2], '1: a text expected, not 2'],
    [recordOf(text), [], 'an object expected, not a list'],
    [recordOf(text), { a: { b: 1 } }, 'a: a text expected, not an object'],
    [object({ a: object({ b: listOf(text) }) }), { a: { b: [null] } }, 'a.b.0: a text expected, not null'],
    [object({ toString: text }), {}, 'toString: a text expected, not nothing'],
    [either(number, text), true, 'a text expected, not true'],
    [parsed(text, parseClusterId), 'A!', 'not a cluster name: "A!"'],
  ])('refuses %#', (decoder, value, want) => expect(decode(decoder, value)).toEqual({ ok: false, error: want }));

  it('lets what is not about the value through', () => {
    const broken: Decoder<never> = () => {
      throw new TypeError('a bug');
    };
    expect(() => decode(listOf(either(broken, text)), ['a'])).toThrow('a bug');
  });
});
