import fc from 'fast-check';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { expect, it } from 'vitest';
import type { Node } from 'yaml';
import { explainSyntax } from '../../../src/core/manifest/explain-syntax.ts';
import { parseFile, parseYaml } from '../../../src/core/manifest/parse-file.ts';
import { isPlain } from '../../../src/core/manifest/plain-text.ts';
import { positionsIn } from '../../../src/core/manifest/positions.ts';
import { readTree } from '../../../src/core/manifest/read-tree.ts';

/** What the careful parser makes of a text; `undefined` when it objects to anything. */
function carefully(text: string): unknown[] | undefined {
  const positionOf = positionsIn(text);
  const read = parseYaml(text).map((document) => ({
    ...readTree(document.contents as Node | null, positionOf),
    syntax: explainSyntax(document, positionOf),
  }));
  return read.every(({ problems, syntax }) => problems.length + syntax.length === 0) ? read.map(({ value }) => value) : undefined;
}

/** What the quick parser makes of it; `undefined` when it throws. */
function quickly(text: string): unknown[] | undefined {
  try {
    return loadAll(text, { schema: CORE_SCHEMA });
  } catch {
    return undefined;
  }
}

/** Scalars from the edges: what looks like a number, a truth value, a date, a version, a flow, a comment. */
const wildScalar = fc.oneof(
  fc.constantFrom(
    ...[
      'true',
      'True',
      'yes',
      'no',
      'null',
      '~',
      'Null',
      'nullable',
      'truely',
      '0',
      '-0',
      '007',
      '1',
      '-1',
      '1.50',
      '3.10',
      '3.9.1',
      '1e5',
      '0x10',
      '0o17',
      '0b1',
    ],
    ...[
      '1_000',
      '.5',
      '5.',
      '.inf',
      '-.inf',
      '.nan',
      '12345678901234567890',
      '2026-12-24',
      '2026-12-24T18:00:00Z',
      '10m',
      '1h30m',
      '25%',
      '12:30',
      '1:2:3',
    ],
    ...[
      'a b',
      'a, b',
      'a: b',
      'a #b',
      'a#b',
      'a:b',
      'a:',
      '- a',
      'a - b',
      '[a, b]',
      '[a,b]',
      '[]',
      '{}',
      '{ a: b }',
      '{a: b}',
      '{ a: [b] }',
      '[1.0, "x", true]',
      '{ a: b, c: }',
    ],
    ...[
      "'it'",
      "'it''s'",
      '"q"',
      '"a\\nb"',
      '"a\\"b"',
      "''",
      '""',
      '"a # b"',
      "'a: b'",
      '*a',
      '&a b',
      '!t a',
      '|',
      '>',
      '%a',
      '@a',
      '`a',
      'A.',
      'A;b',
      'x y.',
      'https://h/p?q',
      'é',
      '"é\u00a0"',
    ],
    ...['a  b', 'a ', 'a # c', "'a' # c", '? a', '---', '...', '<<', '=', '(a)', 'a(b)', 'a@b.c', 'a+b=c', '+1', '1 2', '1,2'],
  ),
  fc.stringMatching(/^[A-Za-z0-9 .,:#'"[\]{}_%/@=+()-]{0,12}$/),
);
const wildKey = fc.constantFrom('a', 'b', 'c', 'true', 'null', '1', '__proto__', 'constructor', 'toString', 'a b', '<<', '"a"', '? a', 'é');
/** Scalars that manifests are made of: most of them are in the subset. */
const tameScalar = fc.oneof(
  fc.constantFrom(
    'kafka',
    '3',
    '1.50',
    '"3.9.1"',
    '3.9.1',
    'true',
    'no',
    '25%',
    '10m',
    '1h30m',
    '2026-12-24T18:00:00Z',
    "'a: b'",
    '"a # b"',
    'a:b',
    'https://h/p',
    '{}',
    '[]',
  ),
  fc.constantFrom(
    'A sentence, with a comma.',
    '[a, "b c", 1.0]',
    '{ a: b, c: 1 }',
    '{a: b}',
    'x # comment',
    'null',
    '0',
    '-1',
    '1.0-rc1',
    '1.2.3.4',
    'a (b)',
    'True',
    '"é"',
    'a;',
  ),
  fc.stringMatching(/^[A-Za-z0-9 .,:_%/@=+()-]{1,10}$/),
);
const tameKey = fc
  .tuple(fc.constantFrom('a', 'log.retention', 'x/y', 'nullable', 'n', 'Yes', 'toString'), fc.integer({ min: 0, max: 99 }))
  .map((parts) => parts.join(''));

const lines = (key: fc.Arbitrary<string>, scalar: fc.Arbitrary<string>, odd: number) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.tuple(key, fc.constantFrom(': ', ': ', ':  '), scalar).map((parts) => parts.join('')) },
    { weight: 4, arbitrary: fc.tuple(key, fc.constantFrom(':', ':', ': ', ': # c')).map((parts) => parts.join('')) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom('- ', '- ', '- - '), scalar).map((parts) => parts.join('')) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('- '), key, fc.constant(': '), scalar).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.constantFrom('', '# comment', '---') },
    { weight: odd, arbitrary: fc.oneof(scalar, fc.constantFrom('--- # c', '...', '\t', '  ', '-', '%a')) },
  );

/** Lines that are mostly indented as the line before allows, so that many of the texts are valid. */
const textOf = (line: fc.Arbitrary<string>, lengthMax: number) =>
  fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 0, 1, -1, -1, -2, 0.5), line), { minLength: 1, maxLength: lengthMax }).map((given) => {
    let depth = 0;
    let opened = false;
    return given
      .map(([step, content]) => {
        // Below a key without a value most lines go in, and elsewhere most stay.
        depth = Math.max(0, content.startsWith('---') ? 0 : depth + (opened && step === 0 ? 1 : step === 1 ? 0 : step));
        opened = /:\s*$/.test(content);
        return `${' '.repeat(Math.floor(depth * 2))}${content}`;
      })
      .join('\n');
  });

const tame = textOf(lines(tameKey, tameScalar, 0), 8);
const wild = textOf(lines(fc.oneof(tameKey, wildKey), fc.oneof(tameScalar, wildScalar), 2), 6);
const text = fc.oneof(tame, wild);

it('what counts as plain means the same to both parsers', () => {
  let plain = 0;
  fc.assert(
    fc.property(text, (given) => {
      if (!isPlain(given)) return;
      const quick = quickly(given);
      if (quick === undefined) return;
      plain += 1;
      expect(carefully(given)).toEqual(quick);
    }),
    { numRuns: 15_000 },
  );
  // Or the property would say nothing.
  expect(plain).toBeGreaterThan(1_000);
});

it('reads any text without throwing, and places every problem inside it', () => {
  const anything = fc.oneof(
    text,
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'[]{}:-?,&*!|>\'"%@`#\n\r\t ab') }),
  );
  fc.assert(
    fc.property(anything, (given) => {
      const { problems } = parseFile({ kind: 'text', text: given });
      const lines = given.split(/\r\n|\n/);
      for (const { line: at, column } of problems) {
        expect(at).toBeGreaterThanOrEqual(1);
        expect(at).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[at - 1] ?? '').length + 1);
      }
    }),
    { numRuns: 1_500 },
  );
});
