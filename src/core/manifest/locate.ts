import type { DocumentPlace, Problem } from '../model/problem.ts';
import type { UnlocatedProblem } from './model.ts';
import { parseYaml } from './parse-file.ts';
import { type Position, positionsIn, spotAt } from './positions.ts';
import { normalise } from './scan-text.ts';

/**
 * Finds lines and columns in one file, which is parsed once for all of them. A path that leads nowhere
 * gives the key of the last part that exists; a document that does not exist gives the first line.
 */
export function locatorOf(text: string): (place: Pick<DocumentPlace, 'index' | 'path'>) => Position {
  const source = normalise(text);
  const documents = parseYaml(source);
  const positionOf = positionsIn(source);
  return ({ index, path }) => {
    const root = documents[index]?.contents ?? null;
    if (root === null) return { line: 1, column: 1 };
    const spot = spotAt(root, path);
    return positionOf(spot.complete ? spot.valueOffset : spot.keyOffset);
  };
}

/** Gives each problem its line and column. A file whose text is gone gives the first line. */
export function locateProblems(problems: readonly UnlocatedProblem[], textOf: (file: string) => string | undefined): readonly Problem[] {
  const locators = new Map<string, ReturnType<typeof locatorOf>>();
  return problems.map(({ place, code, severity, message, hint }) => {
    const locate = locators.get(place.file) ?? locatorOf(textOf(place.file) ?? '');
    locators.set(place.file, locate);
    return { file: place.file, ...locate(place), code, severity, message, hint };
  });
}
