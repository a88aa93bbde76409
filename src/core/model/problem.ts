/**
 * One thing that is wrong with the input, for the person who wrote it.
 *
 * `code` is stable and has an entry in the reference of codes; `line` and `column` count from 1.
 */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong, in plain words. */
  readonly message: string;
  /** How to fix it. */
  readonly hint: string;
}

/** Where a problem stands before its line is known: a document of a file, and a path of keys in it. */
export interface DocumentPlace {
  readonly file: string;
  /** Counts the documents of the file from 0. */
  readonly index: number;
  /** Keys and array indices from the document's root; a missing last key points at its parent. */
  readonly path: readonly (string | number)[];
}

export const hasErrors = (problems: readonly Problem[]): boolean => problems.some((problem) => problem.severity === 'error');
