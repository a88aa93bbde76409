import type { Problem } from '../model/problem.ts';
import { layOut } from './lay-out.ts';
import { plural } from './markdown.ts';
import { countProblems, problemRows } from './problem-table.ts';

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
      return `${layOut([verdict(problems, checked), ...(problems.length === 0 ? [] : [problemRows(problems)])])}\n`;
    case 'text':
      return `${problems.map(problemLines).join('')}${verdict(problems, checked)}\n`;
  }
}

/** How many problems there are, or what was found fine. */
export function verdict(problems: readonly Problem[], checked: CheckedSummary | undefined): string {
  if (problems.length > 0) return countProblems(problems);
  if (checked === undefined) return 'No problems.';
  return `No problems: ${plural(checked.clusters, 'cluster')} and ${plural(checked.releases, 'release')} in ${plural(checked.files, 'file')}.`;
}

/** Editors and terminals jump to `file:line:column`. */
function problemLines({ file, line, column, severity, message, hint, code: id }: Problem): string {
  return `${printable(file)}:${line}:${column}: ${severity}: ${printable(message)} [${id}]\n    ${printable(hint)}\n`;
}

/** Text of others on a terminal: control characters could move the cursor or hide lines. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD');
