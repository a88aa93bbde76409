import type { DocumentPlace } from '../model/problem.ts';
import { CODES, type Code } from './codes.ts';
import type { FileProblem, Located, UnlocatedProblem } from './model.ts';
import type { Position } from './positions.ts';

/** A problem at a place in a document. Its severity is that of its code. */
export function problemOf(code: Code, place: DocumentPlace, message: string, hint: string): UnlocatedProblem {
  return { place, code, severity: CODES[code].severity, message, hint };
}

/** A problem at a line and column of a file. */
export function fileProblemOf(code: Code, position: Position, message: string, hint: string): FileProblem {
  return { line: position.line, column: position.column, code, severity: CODES[code].severity, message, hint };
}

/** A place inside a document; without keys, the document itself. */
export function placeIn(document: Located<unknown>, ...path: readonly (string | number)[]): DocumentPlace {
  return { file: document.file, index: document.index, path };
}
