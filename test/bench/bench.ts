/**
 * `npm run bench [-- NAME ...] [--format json] [--minutes N] [--seconds N] [--count N] [--clusters N,N]`: measures, and prints each figure beside its goal. Always exits 0 when it
 * could measure: a figure that misses its goal is a fact to look at, not a failed test.
 */
import { parseArgs } from 'node:util';
import { coldStart } from './cold-start.ts';
import { concurrentRollouts } from './concurrent-rollouts.ts';
import { decide, measureDecide } from './decide.ts';
import { eventStorm } from './event-storm.ts';
import { failover } from './failover.ts';
import type { Figure } from './figure.ts';
import { haltAfterStart } from './halt-after-start.ts';
import { history } from './history.ts';
import { kills } from './kills.ts';
import { localMode } from './local-mode.ts';
import { manifestStall } from './manifest-stall.ts';
import { memory } from './memory.ts';
import { peerOcm } from './peer-ocm.ts';
import { planLatency } from './plan-latency.ts';
import { restart } from './restart.ts';
import { smallCommit } from './small-commit.ts';
import { soak } from './soak.ts';
import { tickCost } from './tick-cost.ts';

interface Asked {
  /** For how long the soak goes on. */
  readonly minutes: number;
  /** For how long events come. */
  readonly seconds: number;
  /** How many kills. */
  readonly count: number;
  /** Sizes of fleets. */
  readonly clusters: readonly number[];
}

/** Run only by name. */
const LONG: ReadonlySet<string> = new Set(['soak']);

/** By the name of the goal that they answer for, or of the peer beside it. */
const BENCHES: Readonly<Record<string, (asked: Asked) => Promise<readonly Figure[]>>> = {
  decide,
  G5: coldStart,
  G6: smallCommit,
  G8: haltAfterStart,
  G9: restart,
  G10: concurrentRollouts,
  G11: ({ clusters, seconds }) => memory(clusters, seconds),
  G13: manifestStall,
  G14: ({ clusters }) => planLatency(clusters),
  G16: tickCost,
  G15: ({ seconds }) => eventStorm(seconds),
  G19: failover,
  history,
  local: localMode,
  R3: ({ count }) => kills(count),
  soak: ({ minutes }) => soak(minutes),
  'peer-ocm': () => peerOcm(measureDecide),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    format: { type: 'string', default: 'table' },
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    count: { type: 'string', default: '200' },
    clusters: { type: 'string', default: '2000,100000' },
  },
});
const asked: Asked = {
  minutes: Number(values.minutes),
  seconds: Number(values.seconds),
  count: Number(values.count),
  clusters: values.clusters.split(',').map(Number),
};
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
if (!(asked.minutes > 0) || !isWhole(asked.seconds) || !isWhole(asked.count) || !asked.clusters.every(isWhole)) {
  process.stderr.write('--minutes is a number above 0, --seconds and --count whole ones, and --clusters a list of them: 2000,100000\n');
  process.exit(2);
}
const unknown = positionals.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}: there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 ? !positionals.includes(name) : LONG.has(name)) continue;
  if (values.format !== 'json') process.stderr.write(`measuring ${name} ...\n`);
  figures.push(...(await bench(asked)));
}
process.stdout.write(values.format === 'json' ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
process.exit(0);

function table(rows: readonly Figure[]): string {
  const cells = rows.map(({ id, what, value, unit, goal, met }) => [id, what, `${value} ${unit}`, goal, verdict(met)]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return `${cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')}\n`;
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? 'met' : 'MISSED';
}
