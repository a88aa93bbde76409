import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../adapters/postgres/postmaster.ts';
import { stopLeftServer } from '../../adapters/postgres/stop-server.ts';
import { type LocalState, readLocalState } from '../local-state.ts';
import { eventually, PATIENCE_MS } from './person.ts';

/**
 * What `npm start` gives Node. Of young objects it would hold 64 MB otherwise, which is more than all that the bot remembers of 2,000
 * clusters.
 */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16'] as const;

const ROOT = resolve(import.meta.dirname, '../../..');

/**
 * Local mode as a child process with a data folder of its own: what `npm start` runs, on ports that the system gives.
 * A bot that is started again has another address, and so has a forge that ended with it: `state` says which.
 */
export class LocalRun {
  readonly home: string;
  readonly #speed: number;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  private constructor(home: string, speed: number, environment: Readonly<Record<string, string>>) {
    this.home = home;
    this.#environment = environment;
    this.#speed = speed;
  }

  /** @param environment - further settings, as a person would set them. */
  static async create(speed: number, environment: Readonly<Record<string, string>> = {}): Promise<LocalRun> {
    return new LocalRun(mkdtempSync(join(tmpdir(), 'flotilla-')), speed, environment);
  }

  get state(): LocalState {
    const state = readLocalState(this.home);
    if (state === undefined) throw new Error('local mode does not run');
    return state;
  }

  get botPid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the bot does not run');
    return pid;
  }

  /** @returns milliseconds until it was ready. @throws Error with what the bot said. */
  async start(): Promise<number> {
    const began = performance.now();
    const child = spawn(process.execPath, [...NODE_FLAGS, join(ROOT, 'src/main.ts')], {
      cwd: ROOT,
      env: {
        ...process.env,
        APP_ID: '',
        PRIVATE_KEY: '',
        PRIVATE_KEY_PATH: '',
        WEBHOOK_SECRET: '',
        DATABASE_URL: '',
        HOST: '127.0.0.1',
        PORT: '0',
        FLOTILLA_HOME: this.home,
        FLOTILLA_SPEED: String(this.#speed),
        // A busy machine is no fault.
        FLOTILLA_STOP_SECONDS: String(PATIENCE_MS / 1_000),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
    while (performance.now() - began < PATIENCE_MS && child.exitCode === null && child.signalCode === null) {
      if (await this.#ready(child.pid)) return performance.now() - began;
      await sleep(25);
    }
    throw new Error(`local mode did not start: ${said.join('').slice(-2_000)}`);
  }

  /** Kills the bot as a power cut would. Forge and data planes go on. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
    child.kill('SIGKILL');
    await exited;
    this.#child = undefined;
  }

  /** Ends everything in order. @returns the exit status of the bot; `undefined` when it did not run. */
  async stop(): Promise<number | undefined> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    this.#child = undefined;
    return child?.exitCode ?? undefined;
  }

  /** Ends what a killed bot may have left behind, and removes the data. */
  async remove(): Promise<void> {
    await this.stop();
    const world = readLocalState(this.home)?.worldPid;
    if (world !== undefined) {
      try {
        process.kill(world, 'SIGTERM');
      } catch {
        // It went with the bot.
      }
    }
    const server = await stopLeftServer(join(this.home, 'postgres'));
    for (const pid of [world, server])
      if (pid !== undefined) await eventually(`process ${pid} to end`, async () => (isAlive(pid) ? undefined : true));
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** The address of a bot that was killed may be anybody's by now. */
  async #ready(bot: number | undefined): Promise<boolean> {
    const state = readLocalState(this.home);
    if (state?.botUrl === undefined || state.botPid !== bot) return false;
    try {
      return (await fetch(`${state.botUrl}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
    } catch {
      return false;
    }
  }
}
