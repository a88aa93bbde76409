import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { MutantResult } from '@stryker-mutator/api/core';

const UNLOADABLE = 'An error occurred outside of a test run';

function partition<T>(items: readonly T[], holds: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}

const shown = (text: string): string => {
  const [first = '', ...more] = text.split('\n');
  return more.length === 0 ? first.trim() : `${first.trim()} … ${more.at(-1)?.trim() ?? ''}`;
};

/** The lines around a mutant, before and after. Locations count from 1. */
function change(source: string, { location: { start, end }, replacement = '' }: MutantResult): { before: string; after: string } {
  const lines = source.split('\n');
  const head = lines[start.line - 1]?.slice(0, start.column - 1) ?? '';
  const tail = lines[end.line - 1]?.slice(end.column - 1) ?? '';
  const before = [...lines.slice(start.line - 1, end.line - 1), lines[end.line - 1]?.slice(0, end.column - 1) ?? ''].join('\n');
  const old = before.slice(head.length);
  return { before: `${head.trimStart()}${shown(old)}${tail}`, after: `${head.trimStart()}${shown(replacement)}${tail}` };
}

function survivor(root: string, mutant: MutantResult): string {
  const { before, after } = change(readFileSync(mutant.fileName, 'utf8'), mutant);
  const reached = mutant.status === 'NoCoverage' ? ', reached by no test' : '';
  const place = `${relative(root, mutant.fileName)}:${mutant.location.start.line}`;
  return `${place}  ${mutant.mutatorName}${reached}\n  - ${before}\n  + ${after}\n`;
}

/** What a run came to, as text for people. */
export function report(root: string, results: readonly MutantResult[]): string {
  const of = (...statuses: MutantResult['status'][]) => results.filter(({ status }) => statuses.includes(status));
  const timedOut = of('Timeout').length;
  // All test files load without a mutant, so one that no longer does has met it.
  const [unloadable, failed] = partition(of('RuntimeError', 'CompileError'), ({ statusReason = '' }) =>
    statusReason.startsWith(UNLOADABLE),
  );
  const killed = of('Killed').length + timedOut + unloadable.length;
  const survivors = of('Survived', 'NoCoverage').sort(
    (a, b) => a.fileName.localeCompare(b.fileName) || a.location.start.line - b.location.start.line,
  );
  const unsure = of('Survived').filter(
    ({ static: fixed, coveredBy, testsCompleted }) => !fixed && (testsCompleted ?? 0) < (coveredBy?.length ?? 0),
  );
  const judged = killed + survivors.length;
  const score = judged === 0 ? 'no mutants' : `${((100 * killed) / judged).toFixed(1)} %`;
  return [
    ...survivors.map((mutant) => survivor(root, mutant)),
    ...failed.map(
      ({ fileName, location, statusReason }) => `${relative(root, fileName)}:${location.start.line}  no result: ${statusReason}\n`,
    ),
    `score ${score}: ${killed} killed (${timedOut} by time), ${survivors.length} survived (${of('NoCoverage').length} reached by no test)`,
    ...(failed.length > 0 ? [`${failed.length} gave no result`] : []),
    ...(unsure.length > 0
      ? [`${unsure.length} survivors did not meet all their tests: does the name of a test change from run to run?`]
      : []),
  ].join('\n');
}
