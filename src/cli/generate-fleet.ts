/** `npm run fleet -- --clusters 100000 --out DIR`: writes a fleet of any size, for trying out and for measuring. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { fleetFiles, type GeneratedFile } from './fleet-files.ts';
import { commitToRepository } from './git-fast-import.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';

const CLUSTERS_MAX = 1_000_000;
const USAGE = `Usage: npm run fleet -- --clusters N (--out DIR | --repo REPOSITORY.git) [--seed TEXT]

  --clusters N   how many clusters, 1 to ${CLUSTERS_MAX}
  --out DIR      writes files to a new or empty folder
  --repo GIT     commits to main of a bare git repository, which is made when it is not there
  --seed TEXT    another seed gives another fleet; default "flotilla"
`;

/** @param argv - options as in the usage. @returns the exit code; see `EXIT`. */
export async function runGenerateFleet(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const { clusters, seed, out, repository } = parse(argv);
    const started = performance.now();
    const files = fleetFiles({ clusters, seed });
    const target = resolve(io.cwd, out ?? repository ?? '');
    if (out === undefined) await commitToRepository(target, files, { message: `Generate a fleet of ${clusters} clusters`, root: '' });
    else writeFolder(target, files);
    io.out(`${clusters} clusters in ${target}, in ${((performance.now() - started) / 1_000).toFixed(1)} s\n`);
    return EXIT.fine;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const wrongUsage = error instanceof UsageError;
    io.err(`fleet: ${message}\n${wrongUsage ? `\n${USAGE}` : ''}`);
    return wrongUsage ? EXIT.usage : EXIT.refused;
  }
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  let values: { clusters?: string; out?: string; repo?: string; seed?: string };
  try {
    ({ values } = parseArgs({ args: [...argv], options: { clusters: text, out: text, repo: text, seed: text }, strict: true }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { out, repo: repository, seed = 'flotilla' } = values;
  const clusters = /^[0-9]{1,7}$/.test(values.clusters ?? '') ? Number(values.clusters) : 0;
  if (clusters < 1 || clusters > CLUSTERS_MAX) throw new UsageError(`--clusters must be a whole number from 1 to ${CLUSTERS_MAX}`);
  if ((out === undefined) === (repository === undefined)) throw new UsageError('say where to: --out DIR or --repo REPOSITORY.git');
  return { clusters, seed, out, repository };
}

/** @throws Error when the folder holds anything: a fleet mixed with another is neither. */
function writeFolder(folder: string, files: Iterable<GeneratedFile>): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new Error(`${folder} is not empty: name a new folder`);
  const made = new Set<string>();
  for (const { path, text } of files) {
    const file = join(folder, path);
    const parent = dirname(file);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(file, text);
  }
}

if (import.meta.main) {
  process.exitCode = await runGenerateFleet(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    cwd: process.cwd(),
    env: process.env,
  });
}
