import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Figure, median } from './figure.ts';

interface Run {
  readonly ms: number;
  readonly clusters: number;
  readonly peakMiB: number;
}

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const RUN = join(import.meta.dirname, 'cold-start-run.ts');
const RUNS = 3;

/** G5: from a bare repository to a validated model, each in a process of its own. */
export async function coldStart(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  try {
    const small = measure(generate(folder, 2_000));
    const large = generate(folder, 100_000);
    const cold = measure(large);
    const cache = join(folder, 'cache');
    start(large, cache);
    const cached = measure(large, cache);
    return [
      atMost('G5', 'cold start, 2,000 clusters', seconds(small), 's', 1),
      atMost('G5', 'cold start, 100,000 clusters', seconds(cold), 's', 15),
      atMost('G5', 'peak memory of it', median(cold.map(({ peakMiB }) => peakMiB)), 'MiB', 900),
      atMost('G5', 'with the parse cache, 100,000 clusters', seconds(cached), 's', 3),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const seconds = (runs: readonly Run[]): number => median(runs.map(({ ms }) => ms)) / 1_000;

export function generate(folder: string, clusters: number): string {
  const repository = join(folder, `fleet-${clusters}.git`);
  execFileSync(process.execPath, [GENERATOR, '--clusters', String(clusters), '--repo', repository], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return repository;
}

const measure = (repository: string, cache?: string): readonly Run[] => Array.from({ length: RUNS }, () => start(repository, cache));

function start(repository: string, cache?: string): Run {
  return JSON.parse(
    execFileSync(process.execPath, [RUN, repository, ...(cache === undefined ? [] : [cache])], { encoding: 'utf8' }),
  ) as Run;
}
