import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a server says of itself in `postmaster.pid` of its data directory. */
export interface Postmaster {
  readonly pid: number;
  /** As it was named to the server; in a copy of the folder, that of the original. */
  readonly data: string;
  readonly port: number;
  readonly ready: boolean;
}

/**
 * Reads the file that a running server keeps, and a killed one leaves behind.
 *
 * @returns `undefined` when there is none, or it is not written in full yet.
 */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  // Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid < 2 || !Number.isInteger(port) || port < 1) return undefined;
  return { pid, data: lines[1] ?? '', port, ready: lines[7]?.trim() === 'ready' };
}

/** True while a process with this id lives, whoever's it is: the one answer to this question. One that has ended and that nobody has asked about does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !isZombie(pid);
}

/** In a container whose first process is no init, an orphan stays in the table of processes after its end. */
function isZombie(pid: number): boolean {
  if (platform() !== 'linux') return false;
  try {
    // The state follows the name, which is in brackets and may hold any character.
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/**
 * Removes the file of a server that is no more. PostgreSQL would do so itself, unless any live process of its user, or
 * a zombie, has the process id by now: then it refuses to start.
 */
export async function removeStale(data: string, stale: Postmaster): Promise<void> {
  // Another bot may have started a server since: its file names another process.
  if ((await readPostmaster(data))?.pid === stale.pid) await rm(join(data, 'postmaster.pid'), { force: true });
}

/**
 * True when the server that the file of a data directory names runs, and runs on this directory: in a copy, the file names the
 * server of the original. Not to know counts as true, because a second server on live data would cost the data.
 */
export async function isServerOf(data: string, server: Postmaster): Promise<boolean> {
  return (await isPostgres(server.pid)) && !(await runsElsewhere(data, server));
}

async function runsElsewhere(data: string, server: Postmaster): Promise<boolean> {
  // A server works in its data directory. Where that cannot be seen, the name in the file tells, if the same server is named there.
  const theirs = platform() === 'linux' ? `/proc/${server.pid}/cwd` : server.data;
  if (platform() !== 'linux' && (await readPostmaster(theirs))?.pid !== server.pid) return false;
  const [there, here] = await Promise.all([stat(theirs).catch(() => undefined), stat(data).catch(() => undefined)]);
  return there !== undefined && here !== undefined && (there.ino !== here.ino || there.dev !== here.dev);
}

/**
 * True when the process is a PostgreSQL server. After a restart of the machine the id in a stale file may belong to
 * anything, and PostgreSQL itself would take any live process of the same user for a rival.
 */
export async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    if (platform() === 'linux') return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'postgres';
    const { stdout } = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]);
    return /(^|\/)postgres$/.test(stdout.trim());
  } catch {
    // Not to know counts as a server: a stale file costs a clear error, a second server on live data would cost the data.
    return isAlive(pid);
  }
}
