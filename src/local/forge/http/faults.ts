import type { JsonObject } from '../json.ts';

/** A failure to come, for tests and for trying things out: what GitHub does on a bad day. */
export interface Fault {
  readonly method: string;
  /** Path of the route, as the request log names it; `*` is any. */
  readonly route: string;
  /** `before`: nothing is done. `after`: it is done, and the answer is lost. */
  readonly when: 'before' | 'after';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** How many requests it hits. */
  readonly times: number;
}

export class Faults {
  #faults: readonly Fault[] = [];

  add(fault: Fault): void {
    this.#faults = [...this.#faults, fault];
  }

  clear(): void {
    this.#faults = [];
  }

  /** The fault that hits this request now, used up by one. */
  take(when: Fault['when'], method: string, route: string): Fault | undefined {
    const hit = this.#faults.find(
      (fault) => fault.when === when && fault.method === method && (fault.route === '*' || fault.route === route),
    );
    if (hit === undefined) return undefined;
    this.#faults = this.#faults.flatMap((fault) =>
      fault !== hit ? [fault] : fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [],
    );
    return hit;
  }
}
