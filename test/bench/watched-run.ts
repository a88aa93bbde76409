/** What the benches of local mode see of the bot from outside. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { readPostmaster } from '../../src/adapters/postgres/postmaster.ts';
import { maybe, object, text } from '../../src/core/model/decode.ts';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { Person } from '../../src/local/demo/person.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from '../../src/local/seed.ts';

const GENERATOR = join(import.meta.dirname, '../../src/cli/generate-fleet.ts');
const SPEED = 60;
const QUIET_MS = 2_000;
/** Of one core. */
const QUIET_SHARE = 0.3;
const TICKS_PER_SECOND = 100;

export interface WatchedRun {
  readonly run: LocalRun;
  readonly person: Person;
}

/**
 * Local mode with a fleet of this size, once its first manifests are in force and it has no more to do than its ticks, and a person with
 * a clone. It is gone afterwards.
 *
 * @param clusters - `undefined`: the example fleet.
 */
export async function withRun<T>(clusters: number | undefined, work: (watched: WatchedRun) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'));
  const manifests = join(folder, 'fleet');
  if (clusters !== undefined)
    execFileSync(process.execPath, [GENERATOR, '--clusters', String(clusters), '--out', manifests], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const run = await LocalRun.create(SPEED, clusters === undefined ? {} : { FLOTILLA_MANIFESTS: manifests });
  let person: Person | undefined;
  try {
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    await goodHead(run);
    await untilQuiet(run);
    return await work({ run, person });
  } finally {
    person?.remove();
    await run.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One setting of the first release of a file: the same each time, with another value, so that the manifests do not grow. */
export function withSetting(text: string, value: number): string {
  const setting = `bench.value: ${value}`;
  if (/bench\.value: \d+/.test(text)) return text.replace(/bench\.value: \d+/, setting);
  return /^ {2}config:$/m.test(text)
    ? text.replace(/^ {2}config:$/m, `  config:\n    ${setting}`)
    : text.replace(/^ {2}select:/m, `  config: { ${setting} }\n  select:`);
}

/** One broker more in each cluster of a file. */
export const nextReplicas = (text: string): string =>
  text.replace(/replicas: (\d+)/g, (_all, count: string) => `replicas: ${Number(count) + 1}`);

const fleetJson = object({ goodHead: maybe(text) });

/** Waits until the first manifests are in force. */
export async function goodHead(run: LocalRun): Promise<void> {
  const { botUrl, users } = run.state;
  const headers = { authorization: `Bearer ${users[0]?.token ?? ''}` };
  for (;;) {
    const answer = await fetch(`${botUrl}/api/fleets/${EXAMPLE_OWNER}/${EXAMPLE_NAME}`, { headers });
    if (answer.ok && fleetJson(await answer.json()).goodHead !== undefined) return;
    await sleep(200);
  }
}

/** Waits until the bot has no more to do than its ticks. */
export async function untilQuiet(run: LocalRun): Promise<void> {
  for (;;) {
    const before = cpuSecondsOf(run.botPid);
    await sleep(QUIET_MS);
    if (cpuSecondsOf(run.botPid) - before < (QUIET_MS / 1_000) * QUIET_SHARE) return;
  }
}

/** What a process has used so far, of all cores. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name before it may hold anything, also blanks.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) / TICKS_PER_SECOND;
}

/** Resident memory now, in MiB. */
export const residentMiB = (pid: number): number => memoryOf(pid, 'VmRSS');

/** The most there has been of it. */
export const peakMiB = (pid: number): number => memoryOf(pid, 'VmHWM');

function memoryOf(pid: number, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1_024;
}

/** A connection to the database of local mode. @throws Error while that is down. */
export async function databaseOf({ home }: Pick<LocalRun, 'home'>): Promise<pg.Client> {
  const password = readFileSync(join(home, 'postgres/password'), 'utf8').trim();
  const port = (await readPostmaster(join(home, 'postgres/data')))?.port ?? 0;
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'flotilla', password, database: 'flotilla' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
