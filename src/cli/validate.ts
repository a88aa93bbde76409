import { ownVersion } from '../app/version.ts';
import { validateFiles } from '../core/manifest/load.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { instant } from '../core/model/time.ts';
import { type CheckedSummary, renderProblems, verdict } from '../core/report/problems.ts';
import { PROBLEM_FORMATS } from './commands.ts';
import { type CliIo, EXIT } from './io.ts';
import { asSeenFrom, fleetOf, isFile, readManifestFolder } from './manifest-folder.ts';
import { problemsForGitHub } from './problems-github.ts';
import { problemsAsSarif } from './problems-sarif.ts';
import { oneOf, readArguments, wrongUsage } from './read-arguments.ts';

export const VALIDATE_USAGE = `Usage: flotilla validate [PATH...] [--strict] [--format text|markdown|json|github|sarif]

Checks manifests as the bot checks them in a pull request. A folder (default: this one) is a fleet; in one that holds a
folder fleet-manifests, only that is looked at. A file is checked against the fleet that it lies in, and what is wrong in
other files of that is only counted: name the folder to see it.

  --strict      warnings are findings too
  --format F    text; markdown; json, the list of problems; github, annotations of a workflow; sarif, for code scanning

Exit codes: 0 no errors, 1 errors (with --strict warnings too), 2 wrong usage.
`;

interface Found {
  readonly problems: readonly Problem[];
  readonly checked: CheckedSummary | undefined;
  /** Problems in files that nobody asked about. */
  readonly elsewhere: number;
}

/** @returns the exit code; findings go to standard output in every format. */
export async function runValidate(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = readArguments(argv, {
      format: { type: 'string', default: 'text' },
      strict: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    });
    if (values.help === true) {
      io.out(VALIDATE_USAGE);
      return EXIT.fine;
    }
    const format = oneOf('--format', values.format, PROBLEM_FORMATS);
    const found = validatePaths(io.cwd, positionals.length === 0 ? ['.'] : positionals);
    io.out(render(found, format));
    if (found.elsewhere > 0) {
      io.err(
        `${found.elsewhere} more ${found.elsewhere === 1 ? 'problem' : 'problems'} in other files of the fleet: name its folder to see them\n`,
      );
    }
    return hasErrors(found.problems) || (values.strict === true && found.problems.length > 0) ? EXIT.refused : EXIT.fine;
  } catch (error) {
    return wrongUsage(error, VALIDATE_USAGE, io);
  }
}

function render({ problems, checked }: Found, format: (typeof PROBLEM_FORMATS)[number]): string {
  if (format === 'sarif') return problemsAsSarif(problems, ownVersion());
  // A workflow prints what is no annotation into its log.
  return format === 'github' ? `${problemsForGitHub(problems)}${verdict(problems, checked)}\n` : renderProblems(problems, format, checked);
}

/** Every folder by itself; the files of one fleet together. */
function validatePaths(cwd: string, paths: readonly string[]): Found {
  const folders = new Map<string, Set<string> | 'all'>();
  for (const path of paths) {
    if (!isFile(cwd, path)) {
      folders.set(path, 'all');
      continue;
    }
    const fleet = fleetOf(cwd, path);
    const asked = folders.get(fleet) ?? new Set<string>();
    folders.set(fleet, asked);
    if (asked !== 'all') asked.add(asSeenFrom(cwd, '.', path));
  }
  const found = [...folders].map(([folder, asked]) => validateFolder(cwd, folder, asked));
  const [first, second] = found;
  return {
    problems: found.flatMap(({ problems }) => problems),
    checked: second === undefined ? first?.checked : undefined,
    elsewhere: found.reduce((sum, { elsewhere }) => sum + elsewhere, 0),
  };
}

function validateFolder(cwd: string, folder: string, asked: ReadonlySet<string> | 'all'): Found {
  const files = readManifestFolder(cwd, folder);
  const { model, problems } = validateFiles(files, instant(Date.now()));
  const seen = problems.map((problem) => ({ ...problem, file: asSeenFrom(cwd, folder, problem.file) }));
  const own = asked === 'all' ? seen : seen.filter(({ file }) => asked.has(file));
  const checked = model === undefined ? undefined : { files: files.length, clusters: model.clusters.size, releases: model.releases.size };
  return { problems: own, checked, elsewhere: seen.length - own.length };
}
