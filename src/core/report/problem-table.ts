import type { Problem } from '../model/problem.ts';
import type { CheckAnnotation } from './check-output.ts';
import type { Part } from './lay-out.ts';
import { code, inert, plain, plural } from './markdown.ts';

/** `2 errors and 1 warning`. */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const counts = [...(errors > 0 ? [plural(errors, 'error')] : []), ...(warnings > 0 ? [plural(warnings, 'warning')] : [])];
  return counts.join(' and ') || 'no errors';
}

/** Every problem with its place, what is wrong and how to fix it; errors first, in order of file and line. */
export function problemRows(problems: readonly Problem[]): Part {
  return {
    heads: ['', 'Where', 'What is wrong', 'How to fix'],
    rows: inOrder(problems).map((problem) => [
      problem.severity === 'error' ? '❌ error' : '⚠️ warning',
      code(placeOf(problem)),
      `${inert(problem.message)} (${code(problem.code)})`,
      inert(problem.hint),
    ]),
    of: ['problem', 'problems'],
    rest: 'Run `npx flotilla validate` in the repository to see all.',
    summary: undefined,
  };
}

/** `FILE:LINE:COLUMN`, as editors and terminals understand it. */
const placeOf = ({ file, line, column }: Problem): string => `${file}:${line}:${column}`;

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const rank = ({ severity }: Problem): number => (severity === 'error' ? 0 : 1);
  const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
  return [...problems].sort((a, b) => rank(a) - rank(b) || byText(a.file, b.file) || a.line - b.line || a.column - b.column);
}

/** GitHub shows annotations as plain text: nothing in them is read as Markdown. */
export function annotationsOf(problems: readonly Problem[]): readonly CheckAnnotation[] {
  return inOrder(problems)
    .slice(0, ANNOTATIONS_MAX)
    .map(({ file, line, column, severity, message, hint, code }) => ({
      path: file,
      line,
      column,
      level: severity === 'error' ? 'failure' : 'warning',
      title: code,
      message: `${plain(message)}\nHow to fix: ${plain(hint)}`,
    }));
}

/** Each 50 cost a request, and nobody reads more; the table has them all. */
const ANNOTATIONS_MAX = 200;
