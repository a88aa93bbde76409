import { expect, it } from 'vitest';
import { isPlain } from '../../../src/core/manifest/plain-text.ts';
import { SMALL_FLEET } from './small-fleet.ts';

it('covers the manifests of a fleet, or bulk reading would be slow', () => {
  expect(Object.entries(SMALL_FLEET).filter(([, text]) => !isPlain(text))).toEqual([
    // A map inside a map in brackets is left to the careful parser.
    ['strategy.yaml', SMALL_FLEET['strategy.yaml']],
  ]);
});

it.each([
  ['a: b', true],
  ['---\na: b\n---\nc: d\n', true],
  ['# c\na: b # c\n', true],
  ['a:\n  - b: 1\n    c: "x: # y"\n  - [d, e]\n', true],
  ['a: [1, "b", c:d]\n', true],
  ['a: A sentence, with a comma.', true],
  ['a: 2026-12-24T18:00:00Z', true],
  // Scalars that go on in the next line, though the line looks like one of its own.
  ['a: b\n  - c\n', false],
  ['a: b\n  c: d\n', false],
  ['- a\n  - b\n', false],
  ['a: b\n  c\n', false],
  ['a: "b\n  c"\n', false],
  ['a: |\n  b\n', false],
  // What the parsers resolve in different ways, or what hides a meaning.
  ['a: 007', false],
  ['a: 1e5', false],
  ['a: 0b1', false],
  ['a: 1_000', false],
  ['a: .5', false],
  ['a: 1234567890123456', false],
  ['true: a', false],
  ['1: a', false],
  ['<<: a', false],
  ['constructor: a', false],
  ['__proto__: a', false],
  ['a: &x b', false],
  ['a: *x', false],
  ['a: !x b', false],
  ['a: "\\n"', false],
  ["a: 'it''s'", false],
  ['a: b #c\n', true],
  ['a: b#c\n', false],
  ['a:\tb', false],
  ['%YAML 1.2\n---\na: b', false],
  ['a: b\n...\n', false],
  // Documents that the parsers count in different ways.
  ['', false],
  ['# c\n', false],
  ['a: b\n---\n', false],
  ['---\n---\na: b\n', false],
  ['--- # c\na: b\n', false],
])('%j: %s', (text, plain) => expect(isPlain(text)).toBe(plain));

it('leaves long lines and large documents to the careful parser, which knows the limits', () => {
  expect(isPlain(`a: ${'b'.repeat(497)}`)).toBe(true);
  expect(isPlain(`a: ${'b'.repeat(498)}`)).toBe(false);
  const keys = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}: 1\n`).join('');
  expect([isPlain(keys(1_000)), isPlain(keys(1_001)), isPlain(`${keys(1_000)}---\n${keys(1_000)}`)]).toEqual([true, false, true]);
});
