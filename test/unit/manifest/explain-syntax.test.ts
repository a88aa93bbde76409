import { expect, it } from 'vitest';
import { explainSyntax } from '../../../src/core/manifest/explain-syntax.ts';
import { MAX_PROBLEMS_PER_FILE } from '../../../src/core/manifest/limits.ts';
import { parseYaml } from '../../../src/core/manifest/parse-file.ts';
import { positionsIn } from '../../../src/core/manifest/positions.ts';

const QUOTES = 3_000;

it('goes through a document once, however many quotes are open in it', () => {
  const text = 'a: "x\n'.repeat(QUOTES);
  const [document] = parseYaml(text);
  if (document === undefined) throw new Error('there is a document');
  const { contents } = document;
  let walks = 0;
  Object.defineProperty(document, 'contents', {
    get: () => {
      walks += 1;
      return contents;
    },
  });
  const problems = explainSyntax(document, positionsIn(text));
  expect(problems.length).toBeGreaterThan(MAX_PROBLEMS_PER_FILE);
  expect(walks).toBe(1);
});

it('names the innermost bracket that is open, and not one that was closed before', () => {
  const text = 'a: [1]\nb: [2, [3], {c: "x"\n';
  const [document] = parseYaml(text);
  if (document === undefined) throw new Error('there is a document');
  expect(explainSyntax(document, positionsIn(text)).map(({ line, column }) => `${line}:${column}`)).toEqual(['2:13']);
});
