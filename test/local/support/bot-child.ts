import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppConfig } from '../../../src/app/config.ts';
import { eventually } from '../../../src/local/demo/person.ts';
import { endLocalMode, lives } from '../../../src/local/left-behind.ts';
import { readLocalState } from '../../../src/local/local-state.ts';
import { writeSmallFleet } from './small-fleet.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');

/** How a fault of our own comes about, at SIGUSR2: nothing in the bot has one to order. */
const FAULTS = `
process.on('SIGUSR2', () => {
  if (process.env.FAULT === 'flood') for (let i = 0; i < 64; i += 1) process.stderr.write('x'.repeat(65_536));
  if (process.env.FAULT === 'rejection') void Promise.reject(new Error('a planted fault'));
  else setImmediate(() => { throw new Error('a planted fault'); });
});
`;

export type Fault = 'exception' | 'rejection' | 'flood';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Local mode as a process whose pipes the test holds, one after another on one data folder. */
export class BotChildren {
  readonly home = mkdtempSync(join(tmpdir(), 'flotilla-child-'));
  readonly #manifests = writeSmallFleet();
  readonly #faults = join(this.home, 'faults.mjs');
  readonly #all: BotChild[] = [];

  constructor() {
    writeFileSync(this.#faults, FAULTS);
  }

  /** Starts one, and waits for nothing. */
  spawn(fault: Fault = 'exception', logLevel: AppConfig['logLevel'] = 'debug'): BotChild {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', this.#faults, MAIN], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        FLOTILLA_HOME: this.home,
        FLOTILLA_MANIFESTS: this.#manifests,
        FLOTILLA_SPEED: '600',
        FLOTILLA_STOP_SECONDS: '300',
        PORT: '0',
        LOG_LEVEL: logLevel,
        FAULT: fault,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const bot = new BotChild(child, this.home);
    this.#all.push(bot);
    return bot;
  }

  /** Ends what is still there, and removes the data. */
  async remove(): Promise<void> {
    for (const bot of this.#all) bot.kill();
    await Promise.all(this.#all.map((bot) => bot.exit));
    const world = readLocalState(this.home)?.worldPid;
    await endLocalMode(this.home);
    await eventually('forge and data planes to end', async () => (lives(world) ? undefined : true));
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    rmSync(this.#manifests, { recursive: true, force: true });
  }
}

export class BotChild {
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #home: string;
  /** What it has said on standard error so far. */
  said = '';

  constructor(child: ChildProcess, home: string) {
    this.#child = child;
    this.#home = home;
    this.exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit);
    child.stdout?.resume();
    child.stderr?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString('utf8');
    });
  }

  get state() {
    return readLocalState(this.#home);
  }

  /** Its address, once it has one and is ready. @throws Error with what it said, when it ends before. */
  async ready(): Promise<string> {
    for (;;) {
      const { botUrl, botPid } = this.state ?? {};
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`the bot ended: ${this.said.slice(-2_000)}`);
      if (botUrl !== undefined && botPid === this.#child.pid && (await isOk(`${botUrl}/readyz`))) return botUrl;
      await sleep(25);
    }
  }

  /** It has begun to start other processes, and is not done. */
  async starting(): Promise<void> {
    while (this.state?.botPid !== this.#child.pid) await sleep(1);
  }

  /** As `head` does when it has seen enough. */
  closePipes(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** As a log collector does that hangs. */
  stopReading(): void {
    this.#child.stderr?.removeAllListeners('data');
    this.#child.stderr?.pause();
  }

  tell(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const isOk = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
