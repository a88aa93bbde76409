import { describe, expect, it } from 'vitest';
import { asPortError } from '../../../src/adapters/github/github-errors.ts';
import { type Answer, hostOf } from './fake-fetch.ts';

const NOW = 1_800_000_000_000;

function failure(status: number, headers: Record<string, string> = {}, data: unknown = {}): Error {
  return Object.assign(new Error('as GitHub says'), { status, response: { headers, data } });
}

const secondary = { documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits' };

describe('what a failure means', () => {
  it.each<[string, Error, object]>([
    ['bad credentials', failure(401), { kind: 'needs-human' }],
    ['a missing permission', failure(403), { kind: 'needs-human' }],
    ['not found', failure(404), { kind: 'needs-human' }],
    ['gone', failure(410), { kind: 'needs-human' }],
    ['invalid', failure(422), { kind: 'needs-human' }],
    ['a conflict', failure(409), { kind: 'retry-later' }],
    ['an error of GitHub', failure(500), { kind: 'retry-later' }],
    ['a broken gateway', failure(502), { kind: 'retry-later' }],
    ['nobody answers', Object.assign(new Error('connect ECONNREFUSED'), { status: 500 }), { kind: 'retry-later' }],
    [
      'the primary limit',
      failure(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 90) }),
      { kind: 'retry-after', waitMs: 91_000 },
    ],
    [
      'the primary limit as 429',
      failure(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1_000 + 90) }),
      { kind: 'retry-after', waitMs: 91_000 },
    ],
    [
      'the primary limit by the clock of GitHub',
      failure(403, {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(NOW / 1_000 + 90),
        date: new Date(NOW + 60_000).toUTCString(),
      }),
      { kind: 'retry-after', waitMs: 31_000 },
    ],
    [
      'a limit that has passed',
      failure(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }),
      { kind: 'retry-after', waitMs: 1_000 },
    ],
    ['the secondary limit', failure(403, { 'retry-after': '30', 'x-ratelimit-remaining': '100' }), { kind: 'retry-after', waitMs: 30_000 }],
    ['the secondary limit without a time', failure(403, {}, secondary), { kind: 'retry-after', waitMs: 60_000 }],
    ['too many requests without a time', failure(429), { kind: 'retry-after', waitMs: 60_000 }],
    ['nonsense in the header', failure(403, { 'retry-after': 'soon' }), { kind: 'needs-human' }],
    ['an error of another kind', new Error('x'), { kind: 'retry-later' }],
  ])('%s', (_what, error, retry) => {
    const translated = asPortError('writeCheck', error, NOW);
    expect(translated.retry).toEqual(retry);
    expect(translated.cause).toBe(error);
  });

  it("repeats GitHub's words as one short line", () => {
    const { message } = asPortError('writeIssue', failure(422, {}, { message: 'Validation\nFailed', errors: [{ field: 'title' }] }));
    expect(message).toBe('code-host.writeIssue: GitHub calls the request invalid (422): Validation Failed: {"field":"title"}');
    expect(asPortError('x', failure(422, {}, { message: 'y'.repeat(5_000) })).message.length).toBeLessThan(500);
  });
});

describe('what is tried again', () => {
  const count = async (answers: readonly Answer[], ask: (host: ReturnType<typeof hostOf>['host']) => Promise<unknown>): Promise<number> => {
    const { host, asked } = hostOf(answers);
    await ask(host).catch(() => undefined);
    return asked.length;
  };

  it('a reading, after errors of the server', async () => {
    expect(await count([{ status: 502 }, { status: 502 }, { status: 404 }], (host) => host.pull(1))).toBe(3);
    expect(await count([{ status: 502 }], (host) => host.pull(1))).toBe(3);
  });

  it('a request that a short secondary limit refused, and not for ever', async () => {
    const limited: Answer = {
      status: 403,
      headers: { 'retry-after': '0.001' },
      body: { message: 'You have exceeded a secondary rate limit' },
    };
    expect(await count([limited, { status: 404 }], (host) => host.pull(1))).toBe(2);
    expect(await count([limited], (host) => host.pull(1))).toBe(3);
  });

  it('nothing while a long limit lasts', async () => {
    const limited: Answer = {
      status: 403,
      headers: { 'retry-after': '60' },
      body: { message: 'You have exceeded a secondary rate limit' },
    };
    const { host, asked } = hostOf([limited]);
    await expect(host.pull(1)).rejects.toMatchObject({ retry: { kind: 'retry-after', waitMs: 60_000 } });
    expect(asked.length).toBe(1);
  });
});
