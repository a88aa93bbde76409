import type { Problem } from '../core/model/problem.ts';

/** Workflow commands of GitHub Actions: they become annotations at the line, in the run and in the diff. */
export const problemsForGitHub = (problems: readonly Problem[]): string =>
  problems
    .map(({ file, line, column, severity, code, message, hint }) => {
      const place = `file=${inProperty(file)},line=${line},col=${column},title=${inProperty(code)}`;
      return `::${severity} ${place}::${inText(`${message}\nHow to fix: ${hint}`)}\n`;
    })
    .join('');

const inText = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const inProperty = (text: string): string => inText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
