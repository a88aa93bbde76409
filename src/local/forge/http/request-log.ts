import type { JsonObject } from '../json.ts';

export interface LoggedRequest {
  /** `user:alice`, `installation:1`, `app:flotilla`, `anonymous`. */
  readonly caller: string;
  readonly method: string;
  /** Path of the route with its parameters' names: `/repos/:owner/:repo/pulls/:number`. */
  readonly route: string;
  readonly status: number;
  readonly at: number;
}

const KEPT_MAX = 20_000;

/** REST requests since the start, counted for each caller: a bench counts what the bot needs. */
export class RequestLog {
  #requests: LoggedRequest[] = [];
  #total = 0;

  add(request: LoggedRequest): void {
    this.#total += 1;
    this.#requests.push(request);
    if (this.#requests.length > KEPT_MAX * 2) this.#requests = this.#requests.slice(-KEPT_MAX);
  }

  get total(): number {
    return this.#total;
  }

  /** The newest ones, oldest first. */
  recent(): readonly LoggedRequest[] {
    return this.#requests.slice(-KEPT_MAX);
  }

  clear(): void {
    this.#requests = [];
    this.#total = 0;
  }

  summary(): JsonObject {
    const callers: Record<string, { total: number; routes: Record<string, number> }> = {};
    for (const { caller, method, route } of this.#requests) {
      callers[caller] ??= { total: 0, routes: {} };
      const entry = callers[caller];
      entry.total += 1;
      const key = `${method} ${route}`;
      entry.routes[key] = (entry.routes[key] ?? 0) + 1;
    }
    return { total: this.#total, callers };
  }
}
