import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { renderMergedComment } from '../../../src/core/report/plan-comment.ts';
import { renderRolloutCheck } from '../../../src/core/report/rollout-status.ts';
import { at, BASE, fleet, planBetween, rolloutView } from '../../support/report-views.ts';

const plan = planBetween(fleet('3.8.0'), fleet('3.9.0'));
const DONE = { status: 'succeeded', progress: { done: 3, total: 3 } } as const;
const [early1 = '', early2 = ''] = plan.phases.find(({ name }) => name === 'early')?.members ?? [];
const rest = plan.phases.find(({ name }) => name === 'rest')?.members ?? [];
const internal = { 'kafka-all/canary': 'done', 'kafka-all/internal': 'done' } as const;
const canaries = { 'kafka-canary': DONE, 'kafka-dev': DONE, 'kafka-staging': DONE };

const views = {
  running: rolloutView(plan, {
    phases: { ...internal, 'kafka-all/early': 'running' },
    targets: {
      ...canaries,
      [early1]: { status: 'rolling', progress: { done: 1, total: 4 }, detail: 'broker 1 restarting' },
      [early2]: { status: 'soaking', progress: { done: 5, total: 5 }, healthySince: at('09:40:00') },
    },
    view: {
      planChanged: true,
      speed: 60,
      holds: [
        { cluster: trusted.cluster(early1), reason: { kind: 'rolling', words: '1 of 4' }, until: undefined },
        ...rest
          .slice(0, -1)
          .map((cluster) => ({ cluster, reason: { kind: 'earlier-phase', phase: 'kafka-all/early' } as const, until: undefined })),
        ...rest.slice(-1).map((cluster) => ({
          cluster,
          reason: { kind: 'freeze', name: 'black-friday', words: 'freeze black-friday: no changes for @shop' } as const,
          until: at('23:00:00'),
        })),
      ],
    },
  }),
  'awaiting-approval': rolloutView(plan, {
    phases: { ...internal, 'kafka-all/early': 'done', 'kafka-all/rest': 'awaiting-approval' },
    targets: { ...canaries, [early1]: DONE, [early2]: DONE },
    state: { status: 'awaiting-approval', approvals: [{ phase: 'kafka-all/rest', by: 'otto', digest: plan.digest, at: at('09:58:00') }] },
    view: {
      holds: rest.map((cluster) => ({
        cluster,
        reason: { kind: 'approval', phase: 'kafka-all/rest', given: 1, needed: 2 } as const,
        until: undefined,
      })),
    },
  }),
  'paused-by-failure': rolloutView(plan, {
    phases: { 'kafka-all/canary': 'running' },
    targets: {
      'kafka-canary': {
        status: 'failed',
        progress: { done: 0, total: 3 },
        detail: 'broker 0: crash loop, 5 restarts: OutOfMemoryError @octocat',
        attempt: 2,
      },
    },
    state: {
      status: 'paused',
      pause: {
        cause: 'failed-budget',
        by: 'flotilla',
        reason: '1 failed, 0 allowed in kafka-all/canary',
        at: at('09:20:00'),
        phase: 'kafka-all/canary',
      },
    },
    view: {
      holds: [...plan.phases.slice(1)].flatMap(({ members }) =>
        members.map((cluster) => ({
          cluster,
          reason: { kind: 'paused', cause: 'failed-budget', reason: '1 failed' } as const,
          until: undefined,
        })),
      ),
    },
  }),
  'paused-by-person': rolloutView(plan, {
    phases: { ...internal, 'kafka-all/early': 'running' },
    targets: { ...canaries, [early1]: { status: 'held', progress: { done: 1, total: 4 } } },
    state: {
      status: 'paused',
      pause: { cause: 'person', by: 'anna', reason: 'customer demo until noon', at: at('09:50:00'), phase: undefined },
    },
  }),
  completed: rolloutView(plan, {
    phases: Object.fromEntries(plan.phases.map(({ id }) => [id, 'done'] as const)),
    targets: Object.fromEntries(Object.keys(plan.targets).map((name) => [name, DONE])),
    state: { status: 'completed', finishedAt: at('12:30:00') },
  }),
  superseded: rolloutView(plan, {
    phases: { 'kafka-all/canary': 'done', 'kafka-all/internal': 'running' },
    targets: {
      'kafka-canary': DONE,
      ...Object.fromEntries(
        Object.keys(plan.targets)
          .filter((name) => name !== 'kafka-canary')
          .map((name) => [name, { status: 'superseded', attempt: 0 } as const]),
      ),
    },
    state: { status: 'superseded', finishedAt: at('09:45:00') },
    view: { supersededBy: { title: 'Kafka 3.9.1 <b>', pull: 57, commit: BASE } },
  }),
  aborted: rolloutView(plan, {
    phases: { ...internal, 'kafka-all/early': 'running' },
    targets: {
      ...canaries,
      ...Object.fromEntries(
        [early1, early2, ...rest].map((name) => [
          name,
          { status: 'deferred', attempt: 0, startedAt: undefined, detail: 'aborted by anna: wrong image' } as const,
        ]),
      ),
    },
    state: { status: 'aborted', finishedAt: at('09:55:00') },
  }),
  rollback: rolloutView(planBetween(fleet('3.9.0'), fleet('3.8.0')), {
    phases: { 'kafka-all/canary': 'running' },
    targets: { 'kafka-canary': { status: 'applying' } },
  }),
};

describe('comment of a merged pull request', () => {
  it.each(Object.entries(views))('%s', async (name, view) => {
    await expect(renderMergedComment(view)).toMatchFileSnapshot(`rollout-status.${name}.md`);
  });
});

describe('check of a rollout', () => {
  it.each(Object.entries(views))('%s says the same as the comment', (_name, view) => {
    const { title, text } = renderRolloutCheck(view);
    expect(renderMergedComment(view)).toContain(`${title}\n`);
    expect(text).not.toContain('### ');
  });

  it('paused: the summary alone tells the cause and the way out', async () => {
    const { title, summary } = renderRolloutCheck(views['paused-by-failure']);
    await expect(`${title}\n\n---\n\n${summary}\n`).toMatchFileSnapshot('rollout-check.paused.md');
  });
});
