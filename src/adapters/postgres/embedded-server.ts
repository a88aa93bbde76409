import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../ports/log.ts';
import { PortError } from '../../ports/port-error.ts';
import { type ServerBinaries, serverBinaries } from './binaries.ts';
import { type Connection, canConnect } from './connection.ts';
import { type DataFolder, dataFolder, initialise, readPassword, removeLeftovers, SERVER_USER } from './data-folder.ts';
import { storeError } from './errors.ts';
import { isServerOf, readPostmaster, removeStale } from './postmaster.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { ended, startProcess, stopProcess } from './server-process.ts';
import { type ServerUser, serverUser } from './server-user.ts';

const STOP_MS_MAX = 5_000;
/** A server that runs without answering is stopping, or recovering; it gets this long before it counts as a failure. */
const ADOPT_MS_MAX = 20_000;
const RESTART_MS_MAX = 5_000;
/** Below the range from which systems take ports for outgoing connections, so that ours is free again after a restart. */
const PORTS: PortRange = { from: 20_000, to: 32_000 };
const ATTEMPTS = 5;

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

interface Running {
  readonly pid: number;
  readonly port: number;
  /** `undefined`: started by a bot that was killed, and adopted. */
  readonly child: ChildProcess | undefined;
}

/** A real PostgreSQL in a folder of ours, kept alive while the bot lives. */
export class EmbeddedServer {
  readonly #at: DataFolder;
  readonly #binaries: ServerBinaries;
  readonly #user: ServerUser | undefined;
  readonly #password: string;
  readonly #log: Log;
  readonly #leave = new AbortController();
  readonly #supervised: Promise<void>;
  #running: Running;

  private constructor(parts: {
    at: DataFolder;
    binaries: ServerBinaries;
    user: ServerUser | undefined;
    password: string;
    log: Log;
    running: Running;
  }) {
    this.#at = parts.at;
    this.#binaries = parts.binaries;
    this.#user = parts.user;
    this.#password = parts.password;
    this.#log = parts.log;
    this.#running = parts.running;
    this.#supervised = this.#supervise();
  }

  /**
   * Starts the server of this folder, or adopts the one that a killed bot left running.
   *
   * @throws PortError that says how to fix it, when the folder cannot be used.
   */
  static async start(folder: string, log: Log, ports: PortRange = PORTS): Promise<EmbeddedServer> {
    try {
      const at = dataFolder(folder);
      const user = await serverUser(at.data);
      const binaries = await reachableBinaries(await serverBinaries(), user, log);
      const made = await initialise(at, binaries, user);
      const password = await readPassword(at);
      const running = await adoptOrStart({ at, binaries, user, password }, ports);
      log.info({ folder, pid: running.pid, port: running.port, made, adopted: running.child === undefined }, 'embedded PostgreSQL is up');
      return new EmbeddedServer({ at, binaries, user, password, log, running });
    } catch (error) {
      if (error instanceof PortError) throw error;
      const said = error instanceof Error ? error.message : String(error);
      throw storeError(
        'start',
        'needs-human',
        `cannot prepare the data folder ${folder}: ${said}; give the bot's user the right to write there, free some space, or set FLOTILLA_HOME to another folder`,
        error,
      );
    }
  }

  /** Stays the same for the life of this object, also when the server has to be started again. */
  connection(database: string): Connection {
    return connectionTo(this.#running.port, this.#password, database);
  }

  /** Stops the server: fast shutdown, nothing that is committed is lost. */
  async stop(): Promise<void> {
    this.#leave.abort();
    // It may be starting right now; what it starts is to be stopped too.
    await this.#supervised;
    const { pid } = this.#running;
    // A process id is soon another process's: only the server that this folder names is stopped.
    const named = await readPostmaster(this.#at.data);
    if (named?.pid === pid && (await isServerOf(this.#at.data, named))) await stopProcess(pid, STOP_MS_MAX);
  }

  /** Stops looking after the server and leaves it running: it belongs to another bot. */
  abandon(): void {
    this.#leave.abort();
  }

  async removeLeftovers(): Promise<void> {
    await removeLeftovers(this.#at);
  }

  /** Starts the server again whenever it ends, on the same port, until the bot stops it. */
  async #supervise(): Promise<void> {
    const { signal } = this.#leave;
    while (!signal.aborted) {
      await ended(this.#running, signal).catch(() => undefined);
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        this.#log.error({ folder: this.#at.folder, pid: this.#running.pid, attempt }, 'embedded PostgreSQL has ended; starting it again');
        try {
          this.#running = await adoptOrStart(
            { at: this.#at, binaries: this.#binaries, user: this.#user, password: this.#password },
            this.#running.port,
          );
          this.#log.info({ pid: this.#running.pid }, 'embedded PostgreSQL is up again');
          break;
        } catch (error) {
          this.#log.error({ err: error }, 'embedded PostgreSQL does not start');
          await sleep(Math.min(RESTART_MS_MAX, 100 * 2 ** attempt), undefined, { signal, ref: false }).catch(() => undefined);
        }
      }
    }
  }
}

interface Parts {
  readonly at: DataFolder;
  readonly binaries: ServerBinaries;
  readonly user: ServerUser | undefined;
  readonly password: string;
}

/**
 * `port`: the one to keep, or those to take a free one of. Failures that the folder does not explain are tried again:
 * another bot may have been quicker, the port be gone, or sessions of a killed server still be ending.
 */
async function adoptOrStart(parts: Parts, port: number | PortRange): Promise<Running> {
  const kept = typeof port === 'number' ? port : undefined;
  for (let attempt = 1; ; attempt += 1) {
    const adopted = await adopt(parts, kept);
    if (adopted !== undefined) return adopted;
    const take = typeof port === 'number' ? port : await freePort(port);
    const started = await startProcess(parts.binaries, parts.at, parts.user, take);
    if (started.kind === 'started') return { child: started.child, pid: started.pid, port: take };
    if (started.diagnosis.certain || attempt === ATTEMPTS) throw started.diagnosis.error;
    await sleep(50 * 2 ** attempt);
  }
}

/** The live server of this folder, when it answers to our password. */
async function adopt(parts: Parts, port: number | undefined): Promise<Running | undefined> {
  const until = performance.now() + ADOPT_MS_MAX;
  for (;;) {
    const seen = await readPostmaster(parts.at.data);
    if (seen === undefined) return undefined;
    if (!(await isServerOf(parts.at.data, seen))) {
      await removeStale(parts.at.data, seen);
      return undefined;
    }
    if (port !== undefined && seen.port !== port) throw otherPort(parts.at, seen.pid);
    if (await canConnect(connectionTo(seen.port, parts.password, 'postgres'))) return { pid: seen.pid, port: seen.port, child: undefined };
    if (performance.now() > until) {
      throw storeError(
        'start',
        'needs-human',
        `a PostgreSQL server (pid ${seen.pid}) runs on ${parts.at.folder} and does not answer on 127.0.0.1:${seen.port} with the password of the folder; stop it (kill -INT ${seen.pid}) and start again`,
      );
    }
    await sleep(50);
  }
}

function otherPort(at: DataFolder, pid: number): PortError {
  return storeError(
    'start',
    'needs-human',
    `another process started a PostgreSQL server (pid ${pid}) on ${at.folder} while this bot was running; stop one of the two bots, then start the other again`,
  );
}

function connectionTo(port: number, password: string, database: string): Connection {
  return { host: '127.0.0.1', port, user: SERVER_USER, password, database };
}

/** A port that nothing listens on now; between the question and the start another program may take it. */
async function freePort({ from, to }: PortRange): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(from, to);
    if (await isFree(port)) return port;
  }
  throw storeError(
    'start',
    'needs-human',
    `no free port on 127.0.0.1 between ${from} and ${to}; close other programs, or set DATABASE_URL`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
