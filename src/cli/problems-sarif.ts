import { CODES } from '../core/manifest/codes.ts';
import { hash16 } from '../core/model/hash.ts';
import type { Problem } from '../core/model/problem.ts';

const ADDRESS = 'https://github.com';

/** SARIF 2.1.0, which code scanning and editors read. @param version - of the program, as the tool's. */
export function problemsAsSarif(problems: readonly Problem[], version: string): string {
  const codes = [...new Set(problems.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'flotilla', informationUri: ADDRESS, semanticVersion: version, rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => resultOf(problem, codes.indexOf(problem.code))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const ENTRIES: Readonly<
  Record<string, { readonly severity: 'error' | 'warning'; readonly cause: string; readonly fix: string } | undefined>
> = CODES;

function ruleOf(code: string) {
  const entry = ENTRIES[code];
  return {
    id: code,
    ...(entry === undefined
      ? {}
      : { shortDescription: { text: entry.cause }, help: { text: entry.fix }, defaultConfiguration: { level: entry.severity } }),
  };
}

function resultOf({ file, line, column, severity, code, message, hint }: Problem, ruleIndex: number) {
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${message}\nHow to fix: ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
    // The same mistake a few lines further down is the same one.
    partialFingerprints: { 'flotilla/v1': hash16(`${file}\n${code}\n${message}`) },
  };
}
