import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './test-database.ts';

const SCRIPT = fileURLToPath(new URL('./bot-process.ts', import.meta.url));

/** A bot in a process of its own, to be killed. */
export class BotProcess {
  readonly child: ChildProcess;
  readonly said: string[] = [];
  readonly #closed: Promise<unknown>;

  constructor(folder: string) {
    this.child = spawn(process.execPath, [SCRIPT, folder], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    // Its last words come after its end, and before this.
    this.#closed = once(this.child, 'close');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.said.push(...text.split('\n').filter((line) => line !== '')));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Waits until it has said this. */
  hears(word: string): Promise<void> {
    return eventually(`the bot says ${word}`, () => {
      if (this.said.includes(word)) return true;
      if (this.child.stdout?.readableEnded === true) throw new Error(`the bot ended; it said ${this.said.join(', ')}`);
      return false;
    });
  }

  /** To its whole process group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}
