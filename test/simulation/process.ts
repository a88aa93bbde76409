import { createTasks, type Tasks } from '../../src/app/tasks.ts';
import type { Loop } from '../../src/loop/loop.ts';
import type { OnCall } from '../../src/ports/in-memory/on-call.ts';
import type { Ports } from '../../src/ports/ports.ts';

/** One process of the bot, from its start to its crash. Nothing of it goes on after that: whoever waits for a port waits for ever. */
export class BotProcess {
  isAlive = true;
  readonly loop: Loop;
  readonly tasks: Tasks;

  /** @param portsFor - what a process reaches, each call of which goes through the hook. */
  constructor(portsFor: (onCall: OnCall) => Ports, onCall: OnCall, publishIntervalMs: number) {
    const guarded: OnCall = async (name, phase) => {
      if (!this.isAlive) await forEver();
      await onCall(name, phase);
      if (!this.isAlive) await forEver();
    };
    this.loop = {
      ports: portsFor(guarded),
      settings: { speed: 1, publishIntervalMs, publicUrl: 'http://127.0.0.1:3000' },
      memory: new Map(),
    };
    this.tasks = createTasks(this.loop, () => undefined);
  }
}

const forEver = (): Promise<void> => new Promise(() => undefined);
