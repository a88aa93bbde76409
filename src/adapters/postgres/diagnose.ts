import { open, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { PortError } from '../../ports/port-error.ts';
import type { DataFolder } from './data-folder.ts';
import { storeError } from './errors.ts';
import type { ServerUser } from './server-user.ts';

/** The major version of the package in package.json; it reads data folders of this version only. */
export const SERVER_MAJOR = '18';
const ROOM_BYTES_MIN = 32 * 1024 * 1024;
const LOG_TAIL_BYTES = 8_192;

export interface Diagnosis {
  readonly error: PortError;
  /** The folder itself shows what is wrong, so that trying again cannot help. */
  readonly certain: boolean;
}

/** Why the server does not start on this folder, and how to fix it. Reads the folder only; called after a failure, so it costs a good start nothing. */
export async function diagnose(at: DataFolder, user: ServerUser | undefined, logFrom: number, cause: unknown): Promise<Diagnosis> {
  const known = (await versionTrouble(at)) ?? (await rightsTrouble(at, user)) ?? (await roomTrouble(at)) ?? (await contentTrouble(at));
  const said = await logTail(at, logFrom);
  const words = known ?? 'the embedded PostgreSQL did not start; see its log, or set DATABASE_URL to a server of your own';
  const message = `${words} (data folder ${at.folder}${said === '' ? '' : `; server says: ${said}`})`;
  return { error: storeError('start', 'needs-human', message, cause), certain: known !== undefined };
}

async function versionTrouble(at: DataFolder): Promise<string | undefined> {
  const version = await readFile(join(at.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined || version.trim() === SERVER_MAJOR) return undefined;
  return `the data folder was written by PostgreSQL ${JSON.stringify(version.trim().slice(0, 20))}, and this Flotilla brings ${SERVER_MAJOR}; run the Flotilla that wrote it, or move the data with pg_dump and pg_restore into a new folder`;
}

async function rightsTrouble(at: DataFolder, user: ServerUser | undefined): Promise<string | undefined> {
  const seen = await stat(at.data).catch(() => undefined);
  if (seen === undefined || process.getuid === undefined) return undefined;
  const owner = user?.uid ?? process.getuid();
  if (seen.uid !== owner)
    return `the data belongs to user ${seen.uid}, and the server runs as ${owner}; fix with: chown -R ${owner} ${at.data}`;
  if ((seen.mode & 0o027) !== 0) return `other users can reach the data, which PostgreSQL refuses; fix with: chmod 700 ${at.data}`;
  if ((seen.mode & 0o700) !== 0o700) return `the server cannot write its own data; fix with: chmod 700 ${at.data}`;
  return undefined;
}

async function roomTrouble(at: DataFolder): Promise<string | undefined> {
  const disk = await statfs(at.folder).catch(() => undefined);
  if (disk === undefined || disk.bavail * disk.bsize >= ROOM_BYTES_MIN) return undefined;
  return 'the disk is full; free some space and start again, nothing that was stored is lost';
}

async function contentTrouble(at: DataFolder): Promise<string | undefined> {
  for (const name of ['PG_VERSION', 'global/pg_control', 'postgresql.conf', 'pg_hba.conf']) {
    const seen = await stat(join(at.data, name)).catch(() => undefined);
    if (seen === undefined || seen.size === 0) {
      return `the data folder is damaged: ${name} is missing or empty; restore the folder from a backup, or move it away to start with an empty database (the desired state and the clusters are read again; history is lost)`;
    }
  }
  return undefined;
}

/** What the server said at error level or worse since this start. */
async function logTail(at: DataFolder, from: number): Promise<string> {
  const file = await open(at.log, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines
      .filter((line) => /\b(ERROR|FATAL|PANIC|HINT|DETAIL):|could not|denied/.test(line))
      .slice(-4)
      .join(' | ');
  } finally {
    await file.close();
  }
}
