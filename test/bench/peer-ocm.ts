import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasureDecide } from './decide.ts';
import { type Figure, median, noGoal } from './figure.ts';

/** One size of fleet, and how long the next clusters took to find: Open Cluster Management, and we if we were asked. */
export interface Comparison {
  readonly clusters: number;
  /** Share of the clusters that are done, 0 to 1. */
  readonly done: number;
  /** Median of OCM. */
  readonly ms: number;
  /** Median of ours, taken in turns with OCM. */
  readonly oursMs: number | undefined;
}

interface Case {
  readonly clusters: number;
  readonly done: number;
  /** How often OCM and we take turns. */
  readonly rounds: number;
  /** Runs of OCM in each turn: each turn is a new process, whose first runs are slow, and the median must be of the others. */
  readonly runs: number;
}

const SOURCES = join(import.meta.dirname, 'ocm');
const CACHE = join(import.meta.dirname, '../../.cache/bench-ocm');
const CASES: readonly Case[] = [
  { clusters: 2_000, done: 0, rounds: 5, runs: 15 },
  { clusters: 2_000, done: 0.99, rounds: 5, runs: 15 },
  { clusters: 100_000, done: 0, rounds: 3, runs: 7 },
  // One run takes about 20 s.
  { clusters: 100_000, done: 0.99, rounds: 1, runs: 1 },
];

/** The peer beside us: `GetRolloutCluster` of OCM, unmodified, and `ours` if it is given. */
export async function peerOcm(ours?: MeasureDecide): Promise<readonly Figure[]> {
  return ((await measureOcm(ours)) ?? []).flatMap(({ clusters, done, ms, oursMs }) => {
    const what = `${clusters.toLocaleString('en')} clusters, ${done * 100} % done`;
    const ocm = noGoal('OCM', `next clusters by OCM, ${what}`, ms, 'ms');
    if (oursMs === undefined) return [ocm];
    return [ocm, noGoal('OCM', `next clusters by us, ${what}`, oursMs, 'ms'), noGoal('OCM', 'OCM ÷ us', ms / oursMs, 'times')];
  });
}

/** @returns undefined where OCM cannot be built: one line on stderr then says why. */
export async function measureOcm(ours?: MeasureDecide): Promise<readonly Comparison[] | undefined> {
  const program = build();
  return program === undefined ? undefined : CASES.map((size) => compare(program, size, ours));
}

/** In turns, so that a busy machine slows both alike. */
function compare(program: string, { clusters, done, rounds, runs }: Case, ours: MeasureDecide | undefined): Comparison {
  const theirTimes: number[] = [];
  const ourTimes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    theirTimes.push(...run(program, [clusters, done, runs]));
    if (ours !== undefined) ourTimes.push(ours(clusters, done));
  }
  return { clusters, done, ms: median(theirTimes), oursMs: ours === undefined ? undefined : median(ourTimes) };
}

/** One JSON line for each run. */
function run(program: string, args: readonly number[]): readonly number[] {
  const output = execFileSync(program, args.map(String), { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { ms: number }).ms);
}

/** Builds the program unless the same sources were built before. @returns its path. */
function build(): string | undefined {
  const compiler = spawnSync('go', ['env', 'GOVERSION'], { cwd: SOURCES, encoding: 'utf8' });
  if (compiler.error !== undefined) return skip('Go is not installed');
  const folder = join(CACHE, version(compiler.stdout));
  const program = join(folder, 'bench-ocm');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // Under another name first: a build that is cut short must not pass for a whole one.
  const unfinished = join(folder, `unfinished-${process.pid}`);
  const built = spawnSync('go', ['build', '-o', unfinished, '.'], { cwd: SOURCES, encoding: 'utf8' });
  if (built.status !== 0) return skip(`go build failed: ${built.stderr.trim().split('\n').at(-1)}`);
  renameSync(unfinished, program);
  return program;
}

/** The version of OCM to be read by people, and a hash of all that goes into the program. */
function version(compiler: string): string {
  const sources = ['go.mod', 'go.sum', 'main.go'].map((file) => readFileSync(join(SOURCES, file), 'utf8')).join('\n');
  const ocm = /sdk-go (v\S+)/.exec(sources)?.[1] ?? 'unknown';
  const hash = createHash('sha256').update(compiler).update(sources);
  return `${ocm}-${hash.digest('hex').slice(0, 12)}`;
}

function skip(why: string): undefined {
  process.stderr.write(`peer-ocm: skipped, ${why}\n`);
  return undefined;
}
