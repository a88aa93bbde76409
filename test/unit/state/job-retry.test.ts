import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../../src/core/model/assert.ts';
import { backoffMs, retryOf } from '../../../src/ports/job-retry.ts';
import { PortError, type Retry } from '../../../src/ports/port-error.ts';

const failed = (retry: Retry) => new PortError({ port: 'code-host', operation: 'writeCheck', retry, message: 'no' });

describe('retryOf', () => {
  it.each<[string, unknown, number, ReturnType<typeof retryOf>]>([
    ['waits as long as the remote says', failed({ kind: 'retry-after', waitMs: 61_000 }), 9, { kind: 'again', waitMs: 61_000 }],
    ['at once, if it says so', failed({ kind: 'retry-after', waitMs: 0 }), 1, { kind: 'again', waitMs: 0 }],
    ['never into the past', failed({ kind: 'retry-after', waitMs: -5 }), 1, { kind: 'again', waitMs: 0 }],
    ['an hour, and no longer', failed({ kind: 'retry-after', waitMs: 3_600_001 }), 1, { kind: 'again', waitMs: 3_600_000 }],
    ['a second after the first outage', failed({ kind: 'retry-later' }), 1, { kind: 'again', waitMs: 1_000 }],
    ['longer after each', failed({ kind: 'retry-later' }), 4, { kind: 'again', waitMs: 8_000 }],
    ['parks what needs a person', failed({ kind: 'needs-human' }), 1, { kind: 'parked' }],
    ['a fault of ours is tried again too', new InvariantError('broken'), 2, { kind: 'again', waitMs: 2_000 }],
    ['whatever was thrown', 'text', 1, { kind: 'again', waitMs: 1_000 }],
  ])('%s', (_name, error, attempt, wanted) => expect(retryOf(error, attempt)).toEqual(wanted));
});

describe('backoffMs', () => {
  it('grows, never beyond five minutes, for any number of attempts', () => {
    const waits = Array.from({ length: 32_000 }, (_, nth) => backoffMs(nth + 1));
    expect(waits.filter((wait, nth) => wait < (waits[nth - 1] ?? 0))).toEqual([]);
    expect([backoffMs(9), backoffMs(10), waits.at(-1)]).toEqual([256_000, 300_000, 300_000]);
  });
});
