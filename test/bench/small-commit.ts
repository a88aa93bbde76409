import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from './cold-start.ts';
import { atMost, type Figure, median, quantile } from './figure.ts';

const RUN = join(import.meta.dirname, 'small-commit-run.ts');

/** G6: a commit that touches 25 of 100,000 clusters, from fetch to new plan. */
export async function smallCommit(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  try {
    const repository = generate(folder, 100_000);
    const { times } = JSON.parse(execFileSync(process.execPath, [RUN, repository, join(folder, 'mirror')], { encoding: 'utf8' })) as {
      times: number[];
    };
    return [
      atMost('G6', 'fetch to new plan, 25 of 100,000 clusters, median', median(times), 'ms', 200),
      atMost('G6', 'the slowest of them', quantile(times, 1), 'ms', 200),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
