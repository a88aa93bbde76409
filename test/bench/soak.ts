import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPostmaster } from '../../src/adapters/postgres/postmaster.ts';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { Person } from '../../src/local/demo/person.ts';
import { Standstill } from '../support/state/standstill.ts';
import { atMost, type Figure, noGoal } from './figure.ts';
import { databaseOf, residentMiB, withSetting } from './watched-run.ts';

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const CLUSTERS = 2_000;
const SPEED = 60;
const FAULT_EVERY_MS = 30_000;
const SAMPLE_EVERY_MS = 10_000;
const MIB = 1024 * 1024;

interface Sample {
  readonly atMs: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

/** What the database holds; `undefined` while it cannot be asked. */
interface Stored {
  readonly walBytes: number;
  readonly tables: ReadonlyMap<string, number>;
}

/**
 * R7: local mode with 2,000 clusters, in which something goes wrong every 30 s while people merge. The bot lives through all of it: how
 * its memory and its descriptors grow, and what the database has to keep.
 */
export async function soak(minutes: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-soak-'));
  const manifests = join(folder, 'fleet');
  execFileSync(process.execPath, [GENERATOR, '--clusters', String(CLUSTERS), '--out', manifests], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const run = await LocalRun.create(SPEED, { FLOTILLA_MANIFESTS: manifests });
  let person: Person | undefined;
  try {
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    const bot = run.botPid;
    const before = await stored(run);
    const { samples, faults, failed } = await trouble(run, person, minutes * 60_000);
    const after = await stored(run);
    const isReady = await fetch(`${run.state.botUrl}/readyz`).then(({ ok }) => ok);
    return figuresOf({ samples, faults, failed, before, after, minutes, lives: run.botPid === bot && isReady });
  } finally {
    person?.remove();
    await run.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function trouble(run: LocalRun, person: Person, lastsMs: number) {
  const began = performance.now();
  const samples: Sample[] = [];
  const faults = new Map<string, number>();
  let failed = 0;
  for (let nth = 0; performance.now() - began < lastsMs; nth += 1) {
    const [name, strike] = FAULTS[nth % FAULTS.length] ?? ['nothing', async () => undefined];
    faults.set(name, (faults.get(name) ?? 0) + 1);
    const next = performance.now() + FAULT_EVERY_MS;
    // A person who cannot reach the forge right after its death tries again later.
    await strike(run, person, nth).catch((error: unknown) => {
      failed += 1;
      process.stderr.write(`soak: ${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}\n`);
    });
    do {
      samples.push({ atMs: performance.now() - began, ...measured(run.botPid) });
      await sleep(Math.min(SAMPLE_EVERY_MS, Math.max(100, next - performance.now())));
    } while (performance.now() < next);
  }
  return { samples, faults, failed };
}

type Strike = (run: LocalRun, person: Person, nth: number) => Promise<unknown>;

const FAULTS: readonly (readonly [string, Strike])[] = [
  ['a change merged', merge],
  ['database killed', async (run) => process.kill(await postmaster(run), 'SIGKILL')],
  ['cluster breaks', async (_run, person, nth) => await person.flotilla('break', await clusterOf(person, nth), '--with', 'crash-loop')],
  ['database stands still', standStill],
  ['clusters heal', async (_run, person, nth) => await person.flotilla('break', await clusterOf(person, nth - 2), '--with', 'none')],
  ['forge and data planes killed', async (run) => process.kill(run.state.worldPid ?? 0, 'SIGKILL')],
];

async function merge(_run: LocalRun, person: Person, nth: number): Promise<void> {
  const [path = ''] = (await person.git('ls-files', 'fleet-manifests/releases')).split('\n');
  const branch = `soak-${nth}`;
  await person.push(branch, path, (text) => withSetting(text, nth), `Soak ${nth}`);
  await person.merge(await person.open(branch, `Soak ${nth}`), 'squash');
}

async function standStill(run: LocalRun): Promise<void> {
  const standstill = new Standstill(await postmaster(run));
  await sleep(5_000);
  standstill.end();
}

/** Another one each time, of those whose names the manifests hold. */
async function clusterOf(person: Person, nth: number): Promise<string> {
  const paths = (await person.git('ls-files', 'fleet-manifests/clusters')).split('\n');
  const text = await person.git('show', `HEAD:${paths[nth % paths.length] ?? ''}`);
  const [, name] = /^ {2}name: (\S+)$/m.exec(text) ?? /name: ([\w-]+)/.exec(text) ?? [];
  if (name === undefined) throw new Error('no cluster has a name');
  return name;
}

const postmaster = async (run: LocalRun): Promise<number> => {
  const pid = (await readPostmaster(join(run.home, 'postgres/data')))?.pid;
  if (pid === undefined) throw new Error('the database does not run');
  return pid;
};

const measured = (pid: number): Omit<Sample, 'atMs'> => ({
  residentMiB: residentMiB(pid),
  descriptors: readdirSync(`/proc/${pid}/fd`).length,
});

/** The server may be starting just now. */
async function stored(run: LocalRun): Promise<Stored> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await storedNow(run);
    } catch (error) {
      if (tries === 60) throw error;
      await sleep(1_000);
    }
  }
}

async function storedNow(run: LocalRun): Promise<Stored> {
  const client = await databaseOf(run);
  try {
    const wal = await client.query<{ readonly bytes: string }>(`select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes`);
    const sizes = await client.query<{ readonly name: string; readonly bytes: string }>(
      `select relname as name, pg_total_relation_size(c.oid) as bytes from pg_class c join pg_namespace n on n.oid = relnamespace
       where relkind = 'r' and nspname in ('flotilla', 'graphile_worker')`,
    );
    return { walBytes: Number(wal.rows[0]?.bytes), tables: new Map(sizes.rows.map(({ name, bytes }) => [name, Number(bytes)])) };
  } finally {
    await client.end();
  }
}

interface Soaked {
  readonly samples: readonly Sample[];
  readonly faults: ReadonlyMap<string, number>;
  readonly failed: number;
  readonly before: Stored;
  readonly after: Stored;
  readonly minutes: number;
  readonly lives: boolean;
}

function figuresOf({ samples, faults, failed, before, after, minutes, lives }: Soaked): readonly Figure[] {
  // The first half is its way to the working set.
  const late = samples.slice(Math.floor(samples.length / 2));
  const grown = [...after.tables].map(([name, bytes]) => [name, (bytes - (before.tables.get(name) ?? 0)) / MIB] as const);
  const struck = [...faults.values()].reduce((sum, count) => sum + count, 0);
  for (const [name, count] of faults) process.stderr.write(`soak: ${count} times: ${name}\n`);
  return [
    { id: 'R7', what: 'the same bot is there, and ready', value: lives ? 1 : 0, unit: '', goal: '1', met: lives },
    noGoal('R7', 'faults', struck, ''),
    noGoal('R7', 'of which people could not do what they wanted', failed, ''),
    noGoal('R7', 'resident memory, most', Math.max(...samples.map(({ residentMiB }) => residentMiB)), 'MiB'),
    atMost(
      'R7',
      'slope of memory in the second half',
      slope(late.map(({ atMs, residentMiB }) => [atMs / 3_600_000, residentMiB])),
      'MiB/h',
      1,
    ),
    atMost(
      'R7',
      'slope of descriptors in the second half',
      slope(late.map(({ atMs, descriptors }) => [atMs / 3_600_000, descriptors])),
      '/h',
      1,
    ),
    noGoal('R7', 'descriptors, most', Math.max(...samples.map(({ descriptors }) => descriptors)), ''),
    noGoal('R7', 'WAL', (after.walBytes - before.walBytes) / MIB / minutes, 'MiB/min'),
    ...grown.filter(([, mib]) => mib >= 0.1).map(([name, mib]) => noGoal('R7', `growth of ${name}`, mib, 'MiB')),
  ];
}

/** Of the straight line that is nearest to the points. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / spread;
}
