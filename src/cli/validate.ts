import { parseArgs } from 'node:util';
import { validateFiles } from '../core/manifest/load.ts';
import { instant } from '../core/model/time.ts';
import { type ProblemFormat, renderProblems } from '../core/report/problems.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import { asSeenFrom, readManifestFolder } from './manifest-folder.ts';

export const VALIDATE_USAGE = `Usage: flotilla validate [DIR] [--format text|markdown|json]

Checks the manifests of a folder (default: this one), as the bot checks them in a pull request. In a folder that
holds a folder fleet-manifests, only that one is looked at.

Exit codes: 0 all is well, 1 there are findings, 2 wrong usage.
`;

/** @returns the exit code; findings go to standard output in every format. */
export async function runValidate(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { format: { type: 'string', default: 'text' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      io.out(VALIDATE_USAGE);
      return EXIT.fine;
    }
    if (positionals.length > 1) throw new UsageError(`one folder at a time, not ${positionals.length}`);
    const folder = positionals[0] ?? '.';
    const files = await readManifestFolder(io.cwd, folder);
    const { model, problems: found } = validateFiles(files, instant(Date.now()));
    const problems = found.map((problem) => ({ ...problem, file: asSeenFrom(io.cwd, folder, problem.file) }));
    const summary = model === undefined ? undefined : { files: files.length, clusters: model.clusters.size, releases: model.releases.size };
    io.out(renderProblems(problems, parseFormat(values.format), summary));
    return problems.length === 0 ? EXIT.fine : EXIT.refused;
  } catch (error) {
    return wrongUsage(error, VALIDATE_USAGE, io);
  }
}

export function parseFormat(text: string | undefined): ProblemFormat {
  if (text === 'text' || text === 'markdown' || text === 'json') return text;
  throw new UsageError(`--format is text, markdown or json, not ${JSON.stringify(text)}`);
}

/** Whatever keeps a command from starting is the caller's to fix. @throws the error, when it is a mistake of ours. */
export function wrongUsage(error: unknown, usage: string, io: CliIo): number {
  const mistaken =
    error instanceof UsageError || (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!mistaken) throw error;
  io.err(`flotilla: ${error.message}\n\n${usage}`);
  return EXIT.usage;
}
