import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../../ports/log.ts';
import type { ServerBinaries } from './binaries.ts';
import { storeError } from './errors.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Programs that the server's user can start. Under root they may lie in a folder that only root can walk into; then
 * they are copied, once, into the system's folder for temporary files.
 *
 * @throws PortError when they cannot be copied either.
 */
export async function reachableBinaries(binaries: ServerBinaries, user: ServerUser | undefined, log: Log): Promise<ServerBinaries> {
  if (user === undefined || (await canReach(binaries.postgres, user))) return binaries;
  // Programs, libraries and shared files find each other by their places in this folder.
  const from = dirname(dirname(binaries.postgres));
  const to = join(
    tmpdir(),
    `flotilla-postgres-${createHash('sha256')
      .update(from)
      .update(await fingerprint(binaries))
      .digest('hex')
      .slice(0, 16)}`,
  );
  try {
    if (!(await isOurs(to))) await copy(from, to);
  } catch (error) {
    throw storeError(
      'start',
      'needs-human',
      `the user that runs the embedded PostgreSQL cannot reach its programs in ${from}, and they cannot be copied to ${to}; move Flotilla out of folders that only root can enter, or start it as an ordinary user`,
      error,
    );
  }
  log.info({ from, to }, 'programs of the embedded PostgreSQL run from a copy that its user can reach');
  return { initdb: join(to, 'bin', basename(binaries.initdb)), postgres: join(to, 'bin', basename(binaries.postgres)) };
}

async function canReach(file: string, user: ServerUser): Promise<boolean> {
  for (let path = file; ; path = dirname(path)) {
    const { uid, gid, mode } = await stat(path);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Another version installed in the same place is another copy. */
async function fingerprint({ postgres }: ServerBinaries): Promise<string> {
  const { size, mtimeMs } = await stat(postgres);
  return `${size}:${mtimeMs}`;
}

/** Anyone may make files in the folder for temporary files: only what is root's own, and only root can change, is run. */
async function isOurs(folder: string): Promise<boolean> {
  const seen = await lstat(folder).catch(() => undefined);
  if (seen === undefined) return false;
  if (!seen.isDirectory() || seen.uid !== 0 || (seen.mode & 0o022) !== 0) throw new Error(`${folder} is not a folder of root's own`);
  return true;
}

async function copy(from: string, to: string): Promise<void> {
  const made = await mkdtemp(`${to}.new-`);
  try {
    await cp(from, made, { recursive: true, verbatimSymlinks: true });
    await chmod(made, 0o755);
    await rename(made, to);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    // Another bot that starts at the same moment was quicker.
    if (!(await isOurs(to))) throw error;
  }
}
