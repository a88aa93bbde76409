import fc from 'fast-check';
import { lexer, type Token, type Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { cut, layOut } from '../../../src/core/report/lay-out.ts';
import { code, inert, prose, table } from '../../../src/core/report/markdown.ts';

/** Text as an attacker would write it: pieces of markup, references and hidden characters, glued to ordinary words. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '@octocat',
          '@org/team',
          '#1',
          'owner/repo#12',
          'GH-7',
          'gh-7',
          'fixes #3',
          'deadbeefcafe',
          '0123456789012345678901234567890123456789',
        ],
        ...[
          'https://evil.example/x',
          'www.evil.example',
          'mailto:a@b.example',
          '[a](b)',
          '![i](http://x)',
          '<img src=x>',
          '<!-- x -->',
          '</details>',
        ],
        ...[
          '-->',
          '<!-- flotilla:v1 kind=pull -->',
          '|',
          '||',
          '\\',
          '\\|',
          '`',
          '``',
          '```',
          '````',
          '\n',
          '\r\n',
          '\n\n',
          '\t',
          '    ',
          '* ',
          '- ',
          '1. ',
          '# ',
        ],
        ...[
          '> ',
          '---',
          '===',
          '**b**',
          '_i_',
          '~~s~~',
          '$x$',
          '$$',
          '&amp;',
          '&#64;',
          '&lt;b&gt;',
          '[x]: y',
          '\u202e',
          '\u200b',
          '\ufeff',
          '\u0000',
          '\ud800',
          '\u2028',
          '😀',
        ],
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** What a browser would show. */
const decode = (text: string): string =>
  text.replace(/&(?:#(\d+)|(amp|lt|gt|quot));/g, (_, number: string | undefined, name: string) =>
    number === undefined ? (ENTITIES[name] ?? '') : String.fromCodePoint(Number(number)),
  );

/** What GitHub makes of finished text, outside of code. */
const REFERENCES = [/@[a-z0-9]/i, /#\d/, /\bGH-\d/i, /[0-9a-f]{7}/i, /:\/\//, /\bwww\.[a-z0-9]/i];

function kinds(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token) => [
    token.type,
    ...(token.type === 'list' ? kinds((token as Tokens.List).items) : []),
    ...('tokens' in token && token.tokens ? kinds(token.tokens) : []),
  ]);
}

/** Only what the text is made of, never how long it is: the three cells of a table with the text in the middle. */
function middleCell(markdown: string): readonly Token[] {
  const tokens = lexer(table(['a', 'b', 'c'], [['x', markdown, 'y']]));
  expect(tokens.map(({ type }) => type)).toEqual(['table']);
  const rows = (tokens[0] as Tokens.Table).rows;
  expect(rows).toHaveLength(1);
  expect(rows[0]?.map(({ text }, at) => (at === 1 ? '' : text))).toEqual(['x', '', 'y']);
  return rows[0]?.[1]?.tokens ?? [];
}

const visible = (tokens: readonly Token[]): string => decode(tokens.map((token) => ('text' in token ? token.text : token.raw)).join(''));

describe('text of others', () => {
  it('is nothing but text as prose: in a cell, in a list, and as a paragraph', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const prose = inert(text);
        expect(new Set(kinds(middleCell(prose)))).toEqual(new Set(prose === '' ? [] : ['text']));
        expect(new Set(kinds(lexer(`- ${prose}.`)))).toEqual(new Set(['list', 'list_item', 'text']));
        expect(new Set(kinds(lexer(`x ${prose}`)))).toEqual(new Set(['paragraph', 'text']));
        const shown = visible(middleCell(prose));
        for (const reference of REFERENCES) expect(shown).not.toMatch(reference);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps ids of ours whole, as code, and is nothing but text beside them', () => {
    const id = '0123456789abcdef';
    const ids = fc.constantFrom(id, `aaaaaaaaaaaa-${id}`, `${id}0`, `0${id}`, `${id}${id}`);
    fc.assert(
      fc.property(hostile, ids, hostile, (before, middle, after) => {
        const text = `${before} ${middle} ${after}`;
        const cell = middleCell(prose(text));
        expect(visible(cell).replaceAll('\u200b', '')).toBe(visible(middleCell(inert(text))).replaceAll('\u200b', ''));
        for (const token of cell) {
          if (token.type === 'codespan') expect((token as Tokens.Codespan).text).toMatch(/^([0-9a-f]{12}-)?[0-9a-f]{16}$/);
          else expect(token.type).toBe('text');
        }
        if (middle === id || middle.includes('-'))
          expect(cell.some((token) => token.type === 'codespan' && (token as Tokens.Codespan).text === middle)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is one piece of code, and shows what was written', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cell = middleCell(code(text));
        const wanted = visible(middleCell(inert(text))).replaceAll('\u200b', '') || '(empty)';
        if (code(text).startsWith('<code>')) {
          expect(kinds(cell)).toEqual(['html', 'text', 'html']);
          expect(
            visible(cell)
              .replace(/^<code>|<\/code>$/g, '')
              .replaceAll('\u200b', ''),
          ).toBe(wanted);
        } else if (wanted !== '(empty)') {
          expect(kinds(cell)).toEqual(['codespan']);
          expect((cell[0] as Tokens.Codespan).text).toBe(wanted);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a limit on length', () => {
  const row = fc.array(hostile.map(inert), { minLength: 2, maxLength: 2 });
  const parts = fc.array(
    fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.record({
        heads: fc.constant(['a', 'b']),
        rows: fc.array(row, { maxLength: 30 }),
        of: fc.constant(['row', 'rows'] as const),
        rest: fc.constant('See the log.'),
        summary: fc.constantFrom(undefined, 'folded'),
      }),
    ),
    { maxLength: 6 },
  );

  it('is kept, and what is left out is counted', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 100, max: 4_000 }), (all, charsMax) => {
        const text = layOut(all, charsMax);
        expect(text.length).toBeLessThanOrEqual(charsMax);
        if (text.includes('Cut here')) return;
        const tables = all.filter((part) => typeof part !== 'string');
        const shown = lexer(text).flatMap((token) => (token.type === 'table' ? (token as Tokens.Table).rows.length : []));
        const missing = [...text.matchAll(/_([\d,]+) (more )?rows? left out/g)].map(([, count]) => Number(count));
        const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
        expect(sum(shown) + sum(missing)).toBe(sum(tables.map(({ rows }) => rows.length)));
      }),
    );
  });

  it('never splits a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 40, max: 100 }), (text, charsMax) => {
        const short = cut(`${'😀'.repeat(20)}${text}${'😀'.repeat(20)}`, charsMax);
        expect(short.length).toBeLessThanOrEqual(charsMax);
        expect(short.isWellFormed()).toBe(true);
      }),
    );
  });
});
