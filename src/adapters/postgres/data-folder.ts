import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerBinaries } from './binaries.ts';
import { storeError } from './errors.ts';
import { dataArgument, type ServerUser } from './server-user.ts';

/** The one database user; owner of everything in the embedded server. */
export const SERVER_USER = 'flotilla';

/** With its log for recovery; measured on an empty one. */
const NEW_DATABASE_BYTES = 64 * 1024 * 1024;

/** Where things are in the data folder of an embedded server. */
export interface DataFolder {
  readonly folder: string;
  /** What PostgreSQL calls its data directory. */
  readonly data: string;
  readonly password: string;
  readonly log: string;
}

export function dataFolder(folder: string): DataFolder {
  return { folder, data: join(folder, 'data'), password: join(folder, 'password'), log: join(folder, 'server.log') };
}

/**
 * Makes the folder with an empty database in it, unless it is there.
 *
 * It is made under another name and then renamed: a crash in the middle leaves nothing that looks like a database,
 * and of two bots that start at once one finds the folder of the other.
 *
 * @throws PortError
 */
export async function initialise(at: DataFolder, binaries: ServerBinaries, user: ServerUser | undefined): Promise<'made' | 'found'> {
  if ((await contents(at.folder)).length > 0) return 'found';
  await mkdir(dirname(at.folder), { recursive: true });
  const made = dataFolder(await mkdtemp(`${at.folder}.new-`));
  try {
    await fill(made, binaries, user);
    await rename(made.folder, at.folder);
    return 'made';
  } catch (error) {
    await rm(made.folder, { recursive: true, force: true });
    if ((await contents(at.folder)).length > 0) return 'found';
    throw error;
  }
}

/** Removes what a crash in the middle of `initialise` left. Only for the one opener of the folder. */
export async function removeLeftovers(at: DataFolder): Promise<void> {
  const prefix = `${basename(at.folder)}.new-`;
  for (const name of await contents(dirname(at.folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(at.folder), name), { recursive: true, force: true });
  }
}

/** @throws PortError when the file is gone: the server's password is nowhere else. */
export async function readPassword(at: DataFolder): Promise<string> {
  const text = await readFile(at.password, 'utf8').catch((error: unknown) => {
    throw storeError(
      'start',
      'needs-human',
      `cannot read the database password in ${at.password}; give the bot's user the right to read it, or restore the folder ${at.folder} from a backup`,
      error,
    );
  });
  await chmod(at.password, 0o600).catch(() => undefined);
  return text.trim();
}

async function fill(made: DataFolder, binaries: ServerBinaries, user: ServerUser | undefined): Promise<void> {
  // The server's user must be able to reach its own folder inside; what is not its own has mode 0600.
  await chmod(made.folder, user === undefined ? 0o700 : 0o711);
  await mkdir(made.data, { mode: 0o700 });
  const password = randomBytes(24).toString('hex');
  const handover = join(made.folder, 'initdb-password');
  await writeFile(handover, password, { mode: 0o600 });
  if (user !== undefined) {
    await chown(made.data, user.uid, user.gid);
    await chown(handover, user.uid, user.gid);
  }
  const flags = [
    `--pgdata=${dataArgument(made.data, user)}`,
    `--username=${SERVER_USER}`,
    `--pwfile=../${basename(handover)}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own collation: the same order on every machine, and no need for a locale of the system.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ];
  try {
    await promisify(execFile)(binaries.initdb, flags, {
      ...user,
      cwd: made.data,
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      timeout: 120_000,
    });
  } catch (error) {
    const { bavail, bsize } = await statfs(made.folder);
    const words =
      bavail * bsize < NEW_DATABASE_BYTES ? `the disk is full; a new database takes ${NEW_DATABASE_BYTES >> 20} MiB` : initdbWords(error);
    throw storeError('start', 'needs-human', `cannot make a database in ${dirname(made.folder)}: ${words}`, error);
  }
  await rm(handover);
  await writeFile(made.password, `${password}\n`, { mode: 0o600, flush: true });
}

/** The last lines of what initdb says, with the fix for the common cause under root. */
function initdbWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const stderr = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  const said = stderr
    .split('\n')
    .filter((line) => !line.includes('removing contents'))
    .slice(-3)
    .join('; ');
  if (code === 'EACCES' || /permission denied/i.test(stderr)) {
    return `${said || 'permission denied'}; under root the server runs as another user, who must be able to reach the programs and the data: move both out of folders like /root, set FLOTILLA_HOME to such a folder, or start Flotilla as an ordinary user`;
  }
  return `${said || String(error)}; check that the disk has room and the folder can be written, or set FLOTILLA_HOME to another folder`;
}

async function contents(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw storeError(
      'start',
      'needs-human',
      `cannot read the data folder ${folder}; give the bot's user the rights, or set FLOTILLA_HOME to another folder`,
      error,
    );
  }
}
