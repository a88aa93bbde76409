import { PortError, type PortName } from '../../../src/ports/port-error.ts';

/** What goes wrong at one call of a port, and what the bot learns of it. */
export const FAULT_KINDS = [
  /** The process dies, and nothing of the call was done. */
  'dies-before',
  /** It was done, and the process dies before it learns of it. */
  'dies-after',
  /** The process goes on with an error, and nothing was done. */
  'fails',
  /** It was done; its answer is lost, and the process goes on with an error. */
  'unanswered',
  /** The process is halted for long. Another has taken the fleet over and done all the work when it goes on. */
  'overtaken',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  /** The number of the call, counted from the beginning of the story, over all processes. */
  readonly at: number;
  readonly kind: FaultKind;
}

/** One call that was made. */
export interface Call {
  readonly number: number;
  /** As in the ports in memory: `state-store.commit`. */
  readonly name: string;
  /** How many calls before it changed anything outside of the process: where two calls have the same, dying at one is dying at the other. */
  readonly changesBefore: number;
}

/** Calls that change nothing outside of the process are all others. */
const CHANGING =
  /^(state-store\.(accept|commit|enqueue|receive|saveFleet|savePull|saveProjection|recordReplies)|code-host\.write|data-plane\.apply|manifest-source\.fetch|queue\.)/;

export const changes = (name: string): boolean => CHANGING.test(name);

const PORTS: Readonly<Record<string, PortName>> = {
  'code-host': 'code-host',
  'manifest-source': 'manifest-source',
  'data-plane': 'data-plane',
};

/** Who is at work when a call is made. */
export interface Caller {
  readonly isAlive: boolean;
  die(): void;
  /** @returns when somebody lets it go on. */
  halt(): Promise<void>;
}

/** Ten times as many as the longest story has. */
const CALLS_MAX = 10_000;

/** Counts the calls of all processes, and lets happen at some of them what shall. */
export class Calls {
  readonly made: Call[] = [];
  readonly #faults: ReadonlyMap<number, FaultKind>;
  #changes = 0;
  #isCounting = false;

  constructor(faults: readonly Fault[]) {
    this.#faults = new Map(faults.map(({ at, kind }) => [at, kind]));
  }

  /** From here on calls have numbers: the world is as the story finds it. */
  begin(): void {
    this.#isCounting = true;
  }

  /** From here on nothing goes wrong. */
  end(): void {
    this.#isCounting = false;
  }

  /** Something else has changed: time, a job that was taken, what people did. */
  changed(): void {
    this.#changes += 1;
  }

  async call<T>(caller: Caller, name: string, work: () => T | Promise<T>): Promise<T> {
    // A process that calls without end never ends: nobody answers it any more.
    if (!caller.isAlive || this.made.length > CALLS_MAX) return await forEver();
    const fault = this.#next(name);
    if (fault === 'dies-before') caller.die();
    if (!caller.isAlive) return await forEver();
    if (fault === 'fails') throw failure(name, 'it fails, and nothing was done');
    const result = await work();
    if (changes(name)) this.#changes += 1;
    if (fault === 'dies-after') caller.die();
    if (!caller.isAlive) return await forEver();
    if (fault === 'overtaken') await caller.halt();
    if (fault === 'unanswered') throw failure(name, 'it was done, and the answer is lost');
    return result;
  }

  #next(name: string): FaultKind | undefined {
    if (!this.#isCounting) return undefined;
    const number = this.made.length + 1;
    this.made.push({ number, name, changesBefore: this.#changes });
    return this.#faults.get(number);
  }
}

/** An object of whose methods each is a call. */
export function counted<T extends object>(target: T, call: (method: string, work: () => unknown, given: readonly unknown[]) => unknown): T {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(inner, name) {
      const known = methods.get(name);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(inner, name, inner);
      if (typeof value !== 'function') return value;
      const method = (...given: readonly unknown[]) => call(String(name), () => Reflect.apply(value, inner, given), given);
      methods.set(name, method);
      return method;
    },
  });
}

export const forEver = (): Promise<never> => new Promise(() => undefined);

function failure(name: string, message: string): PortError {
  const [prefix = '', operation = ''] = name.split('.');
  return new PortError({ port: PORTS[prefix] ?? 'state-store', operation, retry: { kind: 'retry-later' }, message });
}
