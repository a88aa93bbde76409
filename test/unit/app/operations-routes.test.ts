import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { addOperationsRoutes } from '../../../src/app/operations-routes.ts';
import { HELD_UP_MS_MAX, OLDEST_DUE_JOB_MS_MAX, readiness, type WorkState } from '../../../src/app/readiness.ts';
import { closeServers, serve } from '../../support/http/serve.ts';

afterEach(closeServers);

async function asked(path: string, state: WorkState | undefined): Promise<{ readonly status: number; readonly body: unknown }> {
  const { url } = await serve((app) =>
    addOperationsRoutes(app, new Registry(), { readiness: () => readiness(state), beforeMetrics: async () => undefined }),
  );
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, body: await answer.json() };
}

const working = (ageMs: number, heldUpMs = 0): WorkState => ({
  store: { healthy: async () => true },
  jobFigures: async () => ({ oldestDueMs: ageMs, heldUpMs }),
});
const away: WorkState = { store: { healthy: async () => false }, jobFigures: () => Promise.reject(new Error('no database')) };
const gone: WorkState = { ...away, store: { healthy: async () => true } };

describe('/readyz', () => {
  it.each([
    ['nothing is due', working(0), 200, { status: 'ready', oldestDueJobSeconds: 0 }],
    ['a job is old, and not too old', working(OLDEST_DUE_JOB_MS_MAX), 200, { status: 'ready', oldestDueJobSeconds: 1_200 }],
    [
      'a job is too old',
      working(OLDEST_DUE_JOB_MS_MAX + 1_000),
      503,
      { status: 'a job has been due for too long', oldestDueJobSeconds: 1_201 },
    ],
    [
      'a job could run, and does not for a moment',
      working(HELD_UP_MS_MAX, HELD_UP_MS_MAX),
      200,
      { status: 'ready', oldestDueJobSeconds: HELD_UP_MS_MAX / 1_000 },
    ],
    [
      'a job could run for longer than that, and does not',
      working(HELD_UP_MS_MAX + 1_000, HELD_UP_MS_MAX + 1),
      503,
      { status: 'a job could run and does not', oldestDueJobSeconds: HELD_UP_MS_MAX / 1_000 + 1 },
    ],
    ['the bot starts', undefined, 503, { status: 'starting' }],
    ['the database is away', away, 503, { status: 'the database does not answer' }],
    ['the database goes away between two questions', gone, 503, { status: 'the database does not answer' }],
  ])('when %s', async (_when, state, status, body) => {
    expect(await asked('/readyz', state)).toEqual({ status, body });
  });
});

describe('/livez', () => {
  it.each([
    ['works', working(0)],
    ['starts', undefined],
    ['has no database', away],
    ['is stuck', working(10 * OLDEST_DUE_JOB_MS_MAX)],
  ])('answers while the bot %s', async (_what, state) => {
    expect(await asked('/livez', state)).toEqual({ status: 200, body: { status: 'ok' } });
    expect((await asked('/healthz', state)).status).toBe(200);
  });
});
