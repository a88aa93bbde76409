import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ConnectedState, connectState, type StateSettings } from '../../../src/adapters/postgres/connect.ts';
import type { Connection } from '../../../src/adapters/postgres/connection.ts';
import { isAlive, readPostmaster } from '../../../src/adapters/postgres/postmaster.ts';
import { stopProcess } from '../../../src/adapters/postgres/server-process.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { BotProcess } from './bot-processes.ts';
import { memoryLog } from './test-database.ts';

/** A data folder of its own for a test, and whatever runs on it, to be cleared away together. */
export class BotHome {
  readonly #home: string;
  readonly folder: string;
  readonly #closers: (() => Promise<unknown>)[] = [];

  private constructor(home: string) {
    this.#home = home;
    this.folder = join(home, 'postgres');
  }

  /** Of mode 700, as most people's: under root the server's own user cannot walk into it. */
  static async make(): Promise<BotHome> {
    return new BotHome(await mkdtemp(join(tmpdir(), 'flotilla-home-')));
  }

  /** One whose database was used and closed. */
  static async used(): Promise<BotHome> {
    const home = await BotHome.make();
    await (await home.open()).close();
    return home;
  }

  /** Sooner there than a new database. */
  async copy(of: BotHome): Promise<void> {
    await promisify(execFile)('cp', ['-a', of.folder, this.folder]);
  }

  async open(settings: Partial<StateSettings> = {}): Promise<ConnectedState> {
    const state = await connectState({ databaseUrl: undefined, folder: this.folder, log: memoryLog(), ...settings });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closed ??= state.close();
      return closed;
    };
    this.#closers.push(close);
    return { ...state, close };
  }

  bot(): BotProcess {
    const started = new BotProcess(this.folder);
    this.#closers.push(() => started.kill());
    return started;
  }

  beforeRemoval(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  data(...path: readonly string[]): string {
    return join(this.folder, 'data', ...path);
  }

  /** How the running server is reached. */
  async connection(): Promise<Exclude<Connection, { readonly connectionString: string }>> {
    const { port = 0 } = (await readPostmaster(this.data())) ?? {};
    const password = (await readFile(join(this.folder, 'password'), 'utf8')).trim();
    return { host: '127.0.0.1', port, user: 'flotilla', password, database: 'flotilla' };
  }

  async serverPid(): Promise<number> {
    return (await readPostmaster(this.data()))?.pid ?? -1;
  }

  async remove(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    const left = await this.serverPid();
    if (left > 1 && isAlive(left)) await stopProcess(left, 5_000);
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** The PortError with which an attempt is refused. */
export async function refusal(attempt: Promise<unknown>): Promise<PortError> {
  const error = await attempt.then(
    () => new Error('was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PortError)) throw error;
  return error;
}
