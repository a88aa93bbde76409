import { FleetNames, leasedDataPlane, leasedFetch } from '../../../src/app/leased-writes.ts';
import { createTasks, type Tasks } from '../../../src/app/tasks.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { Caller } from './calls.ts';

/** One process of the bot, from its start to its death. Nothing of it goes on after that: whoever waits for a port waits for ever. */
export class BotProcess implements Caller {
  isAlive = true;
  /** Another process may have taken the fleet over. */
  holdsLease = true;
  readonly loop: Loop;
  readonly tasks: Tasks;
  /** Resolves when it dies, or is halted. */
  readonly gone: Promise<void>;
  #leave: () => void = () => undefined;
  #goOn: (() => void) | undefined;

  constructor(portsFor: (process: BotProcess) => Ports, settings: Loop['settings']) {
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.loop = { ports: portsFor(this), settings, memory: new Map() };
    this.tasks = createTasks(this.loop, () => undefined);
  }

  get isHalted(): boolean {
    return this.#goOn !== undefined;
  }

  die(): void {
    this.isAlive = false;
    this.#leave();
  }

  halt(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
      this.#leave();
    });
  }

  goOn(): void {
    this.#goOn?.();
    this.#goOn = undefined;
  }

  readonly #holds = (): boolean => this.holdsLease;

  /** Orders leave by the gate that the bot has for them. */
  leased(dataPlane: ReturnType<Ports['dataPlane']>): ReturnType<Ports['dataPlane']> {
    return leasedDataPlane(dataPlane, this.#holds);
  }

  /** So does what is written on the code host. */
  async leasedWrite(write: () => Promise<unknown>): Promise<unknown> {
    let result: unknown;
    const names = new FleetNames();
    names.note({ id: trusted.fleet('acme/clusters'), owner: 'acme', name: 'clusters' });
    const send = leasedFetch(this.#holds, names, async () => {
      result = await write();
      return new Response();
    });
    await send(WRITE, { method: 'POST' });
    return result;
  }
}

const WRITE = 'https://api.example/repos/acme/clusters/issues';
