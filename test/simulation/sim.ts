import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { SHELL_BUGS } from './crash-points/planted/bugs.ts';
import { playCrashPoints } from './crash-points/planted/play.ts';
import { tellCrashPoints } from './crash-points/tell.ts';
import { PLANTED_BUGS } from './planted/bugs.ts';
import { playPlanted, playSeeds } from './planted/play.ts';
import { runSeed } from './run.ts';
import { type Report, reportOf, type Tally, tallied } from './tally.ts';

const NAMED = new Set(['--planted', '--planted-shell', '--crash-points']);

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    /** Ends at the first seed that fails. */
    first: { type: 'boolean', default: false },
    planted: { type: 'string' },
    'planted-shell': { type: 'string' },
    /** A story, or all: every fault at every call. */
    'crash-points': { type: 'string' },
    /** And of every pair of crashes, every so many. */
    pairs: { type: 'string' },
  },
  // Without a name they mean all of them.
  args: process.argv
    .slice(2)
    .flatMap((arg, at, all) => (NAMED.has(arg) && (all[at + 1] ?? '--').startsWith('--') ? [`${arg}=all`] : [arg])),
});

function count(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

if (values.seed !== undefined) await tell(count('seed', values.seed));
else if (values.planted !== undefined)
  process.exitCode = await playPlanted(
    PLANTED_BUGS,
    values.planted,
    count('jobs', values.jobs),
    playSeeds(count('seeds', values.seeds ?? '600')),
  );
else if (values['planted-shell'] !== undefined)
  process.exitCode = await playPlanted(SHELL_BUGS, values['planted-shell'], count('jobs', values.jobs), playCrashPoints);
else if (values['crash-points'] !== undefined)
  process.exitCode = await tellCrashPoints(values['crash-points'], values.pairs === undefined ? undefined : count('pairs', values.pairs));
else await playMany(count('from', values.from), count('seeds', values.seeds ?? '1000'), count('jobs', values.jobs), values.first);

/** One seed, with its story. */
async function tell(seed: number): Promise<void> {
  const { story, violation, rollouts, crashes } = await runSeed(seed, true);
  for (const line of story) console.log(line);
  console.log(
    `seed ${seed}: ${rollouts} rollouts, ${crashes} crashes; ${violation === undefined ? 'all laws held' : `${violation.law}: ${violation.words}`}`,
  );
  process.exitCode = violation === undefined ? 0 : 1;
}

/** Many seeds, each process with every JOBS-th of them. */
async function playMany(from: number, seeds: number, jobs: number, first: boolean): Promise<void> {
  const startedAt = performance.now();
  const tallies = await Promise.all(Array.from({ length: jobs }, (_, at) => playShare(from + at, from + seeds, jobs, first)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const report = reportOf(tallies);
  printReport(report);
  console.log(`${report.seeds} seeds in ${seconds.toFixed(1)} s: ${(report.seeds / seconds).toFixed(1)} a second`);
  process.exitCode = report.failures.length === 0 ? 0 : 1;
}

function printReport({ failures, rollouts, crashes }: Report): void {
  console.log(`${rollouts} rollouts, ${crashes} crashes of the bot`);
  for (const [law, seeds] of Map.groupBy(failures, (failure) => failure.law)) {
    console.log(
      `BROKEN ${law}: ${seeds.length} seeds, ${seeds
        .slice(0, 8)
        .map(({ seed }) => seed)
        .join(' ')}`,
    );
    console.log(`  npm run sim -- --seed ${seeds[0]?.seed}: ${seeds[0]?.words.slice(0, 400)}`);
  }
}

function playShare(from: number, to: number, step: number, first: boolean): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./worker.ts', import.meta.url), [String(from), String(to), String(step), String(first)]);
    let tally: Tally = { seeds: 0, rollouts: 0, crashes: 0, failures: [] };
    child.on('message', (message) => {
      tally = tallied(message) ?? tally;
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(tally) : reject(new Error(`a worker ended with ${code}`))));
  });
}
