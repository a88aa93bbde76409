import { PortError } from './port-error.ts';

const BACKOFF_MS_MAX = 5 * 60_000;
/** A remote that asks for more than this has most likely sent nonsense; asking again once an hour harms nobody. */
const RETRY_AFTER_MS_MAX = 3_600_000;

export type RetryDecision = { readonly kind: 'again'; readonly waitMs: number } | { readonly kind: 'parked' };

/**
 * What becomes of a job that failed: again when the remote says, or after a wait that doubles up to five minutes, or
 * parked until the next start when only a person can help. A fault of our own is tried again like an outage: what it
 * failed on may have changed by then.
 *
 * @param attempt - counts from 1.
 */
export function retryOf(error: unknown, attempt: number): RetryDecision {
  const retry = error instanceof PortError ? error.retry : ({ kind: 'retry-later' } as const);
  switch (retry.kind) {
    case 'retry-after':
      return { kind: 'again', waitMs: Math.min(RETRY_AFTER_MS_MAX, Math.max(0, retry.waitMs)) };
    case 'retry-later':
      return { kind: 'again', waitMs: backoffMs(attempt) };
    case 'needs-human':
      return { kind: 'parked' };
  }
}

/** 1 s, 2 s, 4 s, ... 5 min. The exponent is capped too, so that no number of attempts makes it overflow. */
export function backoffMs(attempt: number): number {
  return Math.min(BACKOFF_MS_MAX, 1_000 * 2 ** Math.min(20, Math.max(0, attempt - 1)));
}
