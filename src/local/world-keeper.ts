import type { Log } from '../ports/log.ts';
import { lives } from './left-behind.ts';
import { wait } from './wait.ts';

const LOOK_EVERY_MS = 1_000;
/** What ended it, a full disk say, lasts for a while. */
const BACKOFF_MS = { first: 1_000, max: 30_000 } as const;

export interface KeptWorld {
  /** The process of forge and data planes; `undefined`: they were ended in order. */
  readonly pid: () => number | undefined;
  /** @throws Error with the way out. */
  readonly start: (signal: AbortSignal) => Promise<unknown>;
}

/** Starts forge and data planes again when they die while the bot lives. They remember everything. */
export class WorldKeeper {
  readonly #world: KeptWorld;
  readonly #log: Log;
  readonly #leave = new AbortController();
  readonly #kept: Promise<void>;

  constructor(world: KeptWorld, log: Log) {
    this.#world = world;
    this.#log = log;
    this.#kept = this.#keep();
  }

  /** From here on, their end is meant. */
  async stop(): Promise<void> {
    this.#leave.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    for (;;) {
      await wait(LOOK_EVERY_MS, this.#leave.signal);
      if (this.#leave.signal.aborted) return;
      const pid = this.#world.pid();
      if (pid !== undefined && !lives(pid)) await this.#revive(pid);
    }
  }

  async #revive(pid: number): Promise<void> {
    const { signal } = this.#leave;
    this.#log.error({ pid }, 'forge and data planes have ended; starting them again');
    for (let attempt = 0; ; attempt += 1) {
      await wait(Math.min(BACKOFF_MS.max, BACKOFF_MS.first * 2 ** attempt), signal);
      if (signal.aborted) return;
      try {
        await this.#world.start(signal);
        this.#log.warn({ was: pid, is: this.#world.pid() }, 'forge and data planes are up again');
        return;
      } catch (error) {
        if (!signal.aborted) this.#log.error({ err: error, attempt }, 'forge and data planes do not start');
      }
    }
  }
}
