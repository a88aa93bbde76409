import { expect, it } from 'vitest';
import { locateProblems, locatorOf } from '../../../src/core/manifest/locate.ts';

const TEXT = `# first
a:
  - b: 1
    "c d": { e: [x, y] }
  - f:
---
- g
`;

it.each<[index: number, path: readonly (string | number)[], line: number, column: number]>([
  [0, [], 2, 1],
  [0, ['a'], 3, 3],
  [0, ['a', 0], 3, 5],
  [0, ['a', 0, 'b'], 3, 8],
  [0, ['a', 0, 'c d', 'e', 1], 4, 21],
  [0, ['a', 1, 'f'], 5, 5],
  [0, ['a', 0, 'missing'], 3, 5],
  [0, ['a', 7, 'missing'], 2, 1],
  [0, ['missing', 'more'], 2, 1],
  [1, [0], 7, 3],
  [2, ['no such document'], 1, 1],
])('document %i, %j stands at %i:%i', (index, path, line, column) => {
  expect(locatorOf(TEXT)({ index, path })).toEqual({ line, column });
  expect(locatorOf(`\ufeff${TEXT.replaceAll('\n', '\r\n')}`)({ index, path })).toEqual({ line, column });
});

it('places problems of several files, and those of a file that is gone at its beginning', () => {
  const problem = { code: 'duplicate-name', severity: 'error', message: 'm', hint: 'h' } as const;
  const at = (file: string) => ({ ...problem, place: { file, index: 1, path: [0] } });
  const texts = new Map([['a.yaml', TEXT]]);
  expect(locateProblems([at('a.yaml'), at('gone.yaml')], (file) => texts.get(file))).toEqual([
    { file: 'a.yaml', line: 7, column: 3, ...problem },
    { file: 'gone.yaml', line: 1, column: 1, ...problem },
  ]);
});
