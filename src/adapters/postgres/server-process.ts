import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerBinaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { isAlive, readPostmaster } from './postmaster.ts';
import { dataArgument, type ServerUser } from './server-user.ts';

/** Recovery after a kill replays at most max_wal_size; a slow disk does that well within this. */
const START_MS_MAX = 120_000;
const LOG_BYTES_MAX = 1024 * 1024;

/**
 * Given on the command line and not in postgresql.conf, so that a newer Flotilla brings newer settings with it.
 * Small in memory and processes; whole in durability: what was acknowledged survives a power cut.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  shared_buffers: '32MB',
  work_mem: '8MB',
  maintenance_work_mem: '32MB',
  // Otherwise three processes for reads that are all in memory.
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '1',
  jit: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] %e ',
  log_timezone: 'UTC',
  timezone: 'UTC',
  lc_messages: 'C',
};

export type StartedProcess =
  | { readonly kind: 'started'; readonly child: ChildProcess; readonly pid: number }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis };

/**
 * Starts PostgreSQL and waits until it accepts connections.
 *
 * It gets a session of its own, so that a terminal's Ctrl-C, which goes to the whole group, does not stop it before
 * the bot has drained; and it logs to a file, because a pipe would break when the bot is killed.
 *
 * @returns `failed` with the fix when it ends before it is ready.
 */
export async function startProcess(
  binaries: ServerBinaries,
  at: DataFolder,
  user: ServerUser | undefined,
  port: number,
): Promise<StartedProcess> {
  await rotate(at.log);
  const log = await open(at.log, 'a', 0o600);
  const logFrom = (await log.stat()).size;
  try {
    let failure: unknown;
    const child = launch(binaries, at, user, port, log.fd);
    child.once('error', (error) => {
      failure = error;
    });
    child.unref();
    const pid = await untilReady(child, at, () => failure);
    if (pid !== undefined) return { kind: 'started', child, pid };
    const cause = failure ?? new Error(`postgres ended with ${child.exitCode ?? child.signalCode}`);
    return { kind: 'failed', diagnosis: await diagnose(at, user, logFrom, cause) };
  } catch (error) {
    // Some refusals of the system, as to change the user, are thrown and not emitted.
    return { kind: 'failed', diagnosis: await diagnose(at, user, logFrom, error) };
  } finally {
    await log.close();
  }
}

function launch(binaries: ServerBinaries, at: DataFolder, user: ServerUser | undefined, port: number, log: number): ChildProcess {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawn(binaries.postgres, ['-D', dataArgument(at.data, user), '-p', String(port), ...settings], {
    ...user,
    detached: true,
    stdio: ['ignore', log, log],
    cwd: at.data,
    // Nothing of the bot's environment: it holds secrets.
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' },
  });
}

async function untilReady(child: ChildProcess, at: DataFolder, failure: () => unknown): Promise<number | undefined> {
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until) {
    if (failure() !== undefined || child.exitCode !== null || child.signalCode !== null) return undefined;
    const seen = await readPostmaster(at.data);
    if (seen?.ready === true && seen.pid === child.pid) return seen.pid;
    await sleep(10);
  }
  child.kill('SIGQUIT');
  return undefined;
}

/**
 * Fast shutdown: sessions are ended, what is committed is flushed. A server that does not manage in time is cut off,
 * which costs the next start a recovery and loses nothing.
 */
export async function stopProcess(pid: number, waitMs: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!send(pid, signal)) return;
    const until = performance.now() + waitMs;
    while (performance.now() < until) {
      if (!isAlive(pid)) return;
      await sleep(10);
    }
  }
}

/** Resolves when the process has ended; polls when it is not a child of ours. */
export async function ended(
  server: { readonly pid: number; readonly child: ChildProcess | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { child } = server;
  if (child !== undefined) {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal });
    return;
  }
  while (isAlive(server.pid)) await sleep(250, undefined, { signal, ref: false });
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

async function rotate(file: string): Promise<void> {
  const seen = await stat(file).catch(() => undefined);
  if (seen !== undefined && seen.size > LOG_BYTES_MAX) await rename(file, `${file}.1`);
}
