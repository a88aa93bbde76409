import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';
import { storeError } from './errors.ts';

/** The user that owns the data and runs the server, where it is not the bot's own user. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** In this order. Both come with the system; none is made, because starting a bot should not change a machine's list of users. */
const CANDIDATES = ['postgres', 'nobody'] as const;

/**
 * PostgreSQL refuses to run as root, so under root it runs as the owner of the data, or as an unprivileged user of the system.
 *
 * @returns `undefined` when the bot is not root: then the server runs as the bot's user.
 * @throws PortError when the bot is root and the system has no such user.
 */
export async function serverUser(dataDirectory: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDirectory).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of CANDIDATES) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw storeError(
    'start',
    'needs-human',
    `PostgreSQL does not run as root, and this system has none of the users ${CANDIDATES.join(', ')}; start Flotilla as an ordinary user, make a user "postgres" (useradd --system postgres), or set DATABASE_URL`,
  );
}

/**
 * How the data directory is named to a program that is started in it.
 *
 * Under root, the server's user often cannot walk the path to it (`mktemp -d` makes folders of mode 700, and so is
 * /root). Where Linux is, it need not: the program is started in the directory, and finds it as its own.
 */
export function dataArgument(dataDirectory: string, user: ServerUser | undefined): string {
  return user !== undefined && platform() === 'linux' ? '/proc/self/cwd' : dataDirectory;
}

async function idOf(which: '-u' | '-g', name: string): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('id', [which, name]);
    const id = Number(stdout.trim());
    return Number.isInteger(id) && id > 0 ? id : undefined;
  } catch {
    return undefined;
  }
}
