import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../src/local/demo/local-run.ts';
import { atMost, type Figure, noGoal } from './figure.ts';

const RUN = join(import.meta.dirname, 'concurrent-rollouts-run.ts');

/** What `concurrent-rollouts-run.ts` measures. */
export interface ConcurrentRun {
  readonly seconds: number;
  /** Of the bot; the database has its own. */
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  readonly commits: number;
  readonly logMiB: number;
}

/** A hundred rollouts at once, each of a hundred clusters in three phases, in a process of its own; the database is real. */
export async function concurrentRollouts(): Promise<readonly Figure[]> {
  const run = JSON.parse(
    execFileSync(process.execPath, [...NODE_FLAGS, RUN], { stdio: ['ignore', 'pipe', 'inherit'] }).toString(),
  ) as ConcurrentRun;
  return [
    atMost('G10', '100 rollouts of 100 clusters at once, to the end', run.seconds, 's', 30),
    atMost('G10', 'cores that the bot used for it', run.cpuSeconds / run.seconds, 'cores', 2),
    atMost('G10', 'most memory of the bot', run.residentMiB / 1_024, 'GiB', 1.5),
    noGoal('G10', 'commits of state', run.commits, ''),
    noGoal('G10', 'log that PostgreSQL wrote', run.logMiB, 'MiB'),
  ];
}
