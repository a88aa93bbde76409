import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalState, readLocalState } from '../local-state.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const START_MS = 60_000;

/** Local mode as a child process with a data folder of its own: what `npm start` runs. */
export class LocalRun {
  readonly home: string;
  readonly #speed: number;
  readonly #port: number;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  private constructor(home: string, port: number, speed: number, environment: Readonly<Record<string, string>>) {
    this.home = home;
    this.#environment = environment;
    this.#port = port;
    this.#speed = speed;
  }

  /** @param environment - further settings, as a person would set them. */
  static async create(speed: number, environment: Readonly<Record<string, string>> = {}): Promise<LocalRun> {
    return new LocalRun(mkdtempSync(join(tmpdir(), 'flotilla-')), await freePorts(), speed, environment);
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
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/main.ts')], {
      cwd: ROOT,
      env: {
        ...process.env,
        APP_ID: '',
        PRIVATE_KEY: '',
        PRIVATE_KEY_PATH: '',
        WEBHOOK_SECRET: '',
        DATABASE_URL: '',
        HOST: '127.0.0.1',
        PORT: String(this.#port),
        FLOTILLA_HOME: this.home,
        FLOTILLA_SPEED: String(this.#speed),
        ...this.#environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
    while (performance.now() - began < START_MS && child.exitCode === null && child.signalCode === null) {
      if (await this.#ready()) return performance.now() - began;
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

  /** Ends everything in order. @returns milliseconds until the bot had gone. */
  async stop(): Promise<number> {
    const child = this.#child;
    const began = performance.now();
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    this.#child = undefined;
    return performance.now() - began;
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
    await sleep(200);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #ready(): Promise<boolean> {
    const url = readLocalState(this.home)?.botUrl;
    if (url === undefined) return false;
    try {
      return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      return false;
    }
  }
}

/** @returns a port with the two after it free as well: bot, forge, data planes. */
async function freePorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 30_000);
    if ((await Promise.all([port, port + 1, port + 2].map(isFree))).every(Boolean)) return port;
  }
  throw new Error('no three free ports in a row');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const probe = createServer();
    probe.once('error', () => answer(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
  });
}
