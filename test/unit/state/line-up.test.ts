import { describe, expect, it } from 'vitest';
import { lineUp, type RolloutAfter } from '../../../src/adapters/postgres/migrations/0002/convert-rollout.ts';
import { instant } from '../../../src/core/model/time.ts';

const target = (attempt: number) => ({
  before: {
    status: attempt > 0 ? ('rolling' as const) : ('waiting' as const),
    since: instant(1),
    attempt,
    epoch: attempt,
    startedAt: undefined,
    exemptMs: 0,
    rescued: false,
    healthySince: undefined,
    brokenSince: undefined,
    seenAt: undefined,
    progress: undefined,
    detail: undefined,
    supersededBy: undefined,
  },
  after: { status: 'waiting' },
});

const rollout = (id: string, status: string, attempt: number, release = 'r', finished = false): RolloutAfter => ({
  id,
  seq: 1,
  release,
  product: 'kafka',
  urgency: 'routine',
  status,
  startedAt: undefined,
  goingSince: undefined,
  stoppedSince: undefined,
  finishedAt: finished ? instant(9) : undefined,
  supersededBy: undefined,
  approvals: [],
  phases: new Map(),
  targets: new Map([['k', target(attempt)]]),
});

describe('rollouts of one release that were under way together', () => {
  it.each<[string, readonly RolloutAfter[], readonly string[]]>([
    ['one alone goes on', [rollout('a', 'running', 1)], ['running -']],
    ['the newest waits while it has ordered nothing', [rollout('a', 'running', 1), rollout('b', 'running', 0)], ['running -', 'pending -']],
    ['the newest goes on once it has ordered', [rollout('a', 'paused', 1), rollout('b', 'running', 1)], ['superseded b', 'running -']],
    [
      'those between wind down',
      [rollout('a', 'running', 1), rollout('b', 'running', 1), rollout('c', 'awaiting-approval', 0)],
      ['running -', 'superseded c', 'pending -'],
    ],
    [
      'those that have ended, or are winding down, are in nobody’s way',
      [rollout('a', 'completed', 1, 'r', true), rollout('b', 'aborted', 1), rollout('c', 'running', 0)],
      ['completed -', 'aborted -', 'running -'],
    ],
    ['releases do not see each other', [rollout('a', 'running', 1, 'r'), rollout('b', 'running', 1, 's')], ['running -', 'running -']],
  ])('%s', (_name, rollouts, wanted) => {
    lineUp(rollouts);
    expect(rollouts.map(({ status, supersededBy }) => `${status} ${supersededBy ?? '-'}`)).toEqual(wanted);
  });
});
