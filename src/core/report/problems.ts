import type { Problem } from '../model/problem.ts';
import { code, inert, plural, table } from './markdown.ts';

export type ProblemFormat = 'text' | 'markdown' | 'json';

/** What was looked at, for the line that says that all is well. */
export interface CheckedSummary {
  readonly files: number;
  readonly clusters: number;
  readonly releases: number;
}

/** Findings for a person at a terminal, for a pull request, or for a program: the array of problems as it is. */
export function renderProblems(problems: readonly Problem[], format: ProblemFormat, checked: CheckedSummary | undefined): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(problems, null, 2)}\n`;
    case 'markdown':
      return `${verdict(problems, checked)}\n${problems.length === 0 ? '' : `\n${problemTable(problems)}\n`}`;
    case 'text':
      return `${problems.map(problemLines).join('')}${verdict(problems, checked)}\n`;
  }
}

/** Every problem in a row. */
export function problemTable(problems: readonly Problem[]): string {
  const rows = problems.map(({ file, line, column, severity, message, hint, code: id }) => [
    code(`${file}:${line}:${column}`),
    severity === 'error' ? '❌ error' : '⚠️ warning',
    inert(message),
    inert(hint),
    code(id),
  ]);
  return table(['where', 'severity', 'what is wrong', 'how to mend it', 'code'], rows);
}

function verdict(problems: readonly Problem[], checked: CheckedSummary | undefined): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  if (problems.length > 0) return [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : ''].filter((part) => part !== '').join(', ');
  if (checked === undefined) return 'No problems.';
  return `No problems: ${plural(checked.clusters, 'cluster')} and ${plural(checked.releases, 'release')} in ${plural(checked.files, 'file')}.`;
}

/** Editors and terminals jump to `file:line:column`. */
function problemLines({ file, line, column, severity, message, hint, code: id }: Problem): string {
  return `${printable(file)}:${line}:${column}: ${severity}: ${printable(message)} [${id}]\n    ${printable(hint)}\n`;
}

/** Text of others on a terminal: control characters could move the cursor or hide lines. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');
