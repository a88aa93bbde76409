import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CODES } from '../../../src/core/manifest/codes.ts';
import { BROKEN_LAYOUT, BROKEN_YAML, OVER_A_LIMIT, WRONG_SHAPE } from './broken-text.ts';
import { CONTRADICTIONS } from './contradictions.ts';

const CORE = new URL('../../../src/core/', import.meta.url);

/** Sources that emit problems, apart from the table itself. */
const sources = ['manifest', 'plan'].flatMap((folder) =>
  readdirSync(new URL(folder, CORE), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('codes.ts') && !name.endsWith('generated.ts'))
    .map((name) => readFileSync(new URL(`${folder}/${name}`, CORE), 'utf8'))
    .filter((text) => folder === 'manifest' || text.includes('UnlocatedProblem')),
);
const known = new Set(Object.keys(CODES));

it('lists every code that is emitted', () => {
  const emitted = sources.flatMap((text) =>
    [...text.matchAll(/(?:roblemOf\(\s*|refuse\(\s*|found\(\s*|code: )'([^']+)'/g)].map((match) => match[1] ?? ''),
  );
  expect(emitted.length).toBeGreaterThan(50);
  expect(emitted.filter((code) => !known.has(code))).toEqual([]);
});

it('lists no code that is never emitted', () => {
  expect([...known].filter((code) => !sources.some((text) => text.includes(`'${code}'`)))).toEqual([]);
});

it('has a test that provokes each code', () => {
  const provoked = new Set(
    [...BROKEN_LAYOUT, ...BROKEN_YAML, ...OVER_A_LIMIT, ...WRONG_SHAPE, ...CONTRADICTIONS].flatMap(({ want }) =>
      want.map((place) => place.split(' ')[1]),
    ),
  );
  // These need more than one text: other tests of this folder, or of the planner, provoke them.
  const elsewhere = [
    'file/not-utf8',
    'file/link',
    'file/lfs-pointer',
    'limit/problems',
    'limit/files',
    'limit/schedules',
    'limit/clusters',
    'illegal-jump',
    'empty-canary',
    'product-changed',
    'unplaced-change',
  ];
  expect([...known].filter((code) => !provoked.has(code) && !elsewhere.includes(code))).toEqual([]);
});

describe('every entry', () => {
  it.each(Object.entries(CODES))('%s says in sentences what it is and how to fix it', (code, { cause, fix }) => {
    expect(code).toMatch(/^([a-z]+\/)?[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const sentence of [cause, fix]) expect(sentence).toMatch(/^[A-Z`].*[.]$/s);
  });
});
