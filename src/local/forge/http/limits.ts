import { Refusal } from './answer.ts';

/**
 * Request budgets of one caller. GitHub Enterprise Server has them off, so the forge has too; tests turn on github.com's.
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export interface RateBudget {
  readonly requestsPerHour: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
}

export const GITHUB_COM_BUDGET: RateBudget = { requestsPerHour: 5_000, contentPerMinute: 80, contentPerHour: 500 };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

interface Spent {
  hourStart: number;
  requests: number;
  /** Instants of requests that made content, the last hour of them. */
  content: number[];
}

export class Limits {
  readonly #budget: RateBudget | undefined;
  readonly #now: () => number;
  readonly #spent = new Map<string, Spent>();

  constructor(budget: RateBudget | undefined, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Counts a request. @throws Refusal when the caller has used up its budget. */
  spend(caller: string, makesContent: boolean): void {
    const spent = this.#of(caller);
    spent.requests += 1;
    const budget = this.#budget;
    if (budget === undefined) return;
    const now = this.#now();
    if (spent.requests > budget.requestsPerHour) {
      throw new Refusal(403, 'API rate limit exceeded for installation.', undefined, this.headers(caller));
    }
    if (!makesContent) return;
    spent.content = spent.content.filter((at) => now - at < HOUR_MS);
    const lastMinute = spent.content.filter((at) => now - at < MINUTE_MS);
    const isOverHour = spent.content.length >= budget.contentPerHour;
    if (isOverHour || lastMinute.length >= budget.contentPerMinute) {
      const oldest = (isOverHour ? spent.content[0] : lastMinute[0]) ?? now;
      const waitS = Math.ceil((oldest + (isOverHour ? HOUR_MS : MINUTE_MS) - now) / 1_000);
      const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
      throw new Refusal(403, message, undefined, { 'retry-after': String(Math.max(1, waitS)) });
    }
    spent.content.push(now);
  }

  /** State of a caller's primary budget; without a budget the numbers of github.com are shown and nothing is refused. */
  state(caller: string): { readonly limit: number; readonly used: number; readonly remaining: number; readonly reset: number } {
    const spent = this.#of(caller);
    const limit = (this.#budget ?? GITHUB_COM_BUDGET).requestsPerHour;
    const reset = Math.ceil((spent.hourStart + HOUR_MS) / 1_000);
    return { limit, used: spent.requests, remaining: Math.max(0, limit - spent.requests), reset };
  }

  headers(caller: string): Readonly<Record<string, string>> {
    // As on GitHub Enterprise Server: where nothing is limited, nothing is said of limits.
    if (this.#budget === undefined) return {};
    const { limit, used, remaining, reset } = this.state(caller);
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-used': String(used),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': 'core',
    };
  }

  #of(caller: string): Spent {
    const now = this.#now();
    const known = this.#spent.get(caller);
    if (known !== undefined && now - known.hourStart < HOUR_MS) return known;
    const fresh: Spent = { hourStart: now, requests: 0, content: known?.content ?? [] };
    this.#spent.set(caller, fresh);
    return fresh;
  }
}
