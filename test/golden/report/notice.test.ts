import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { CommandRule } from '../../../src/core/reconcile/policy.ts';
import { type NoticeContext, noticesOf } from '../../../src/core/report/notice.ts';
import { kafka, rolloutId, rolloutView, shown, stopOf, wait } from '../../support/report-views.ts';

const HOSTILE = '</details> | @octocat @acme/everybody #1 `x` <!-- flotilla:v1 kind=pull --> https://evil.example\nnext';

const rule = (verbs: readonly string[], teams: readonly string[], users: readonly string[] = []): CommandRule => ({
  ...{ verbs, teams, users },
  ...{ role: undefined, phases: undefined, select: undefined },
});
const CONTEXT: NoticeContext = {
  policy: { commands: [rule(['resume', 'lift'], ['Streaming'], ['anna']), rule(['retry'], ['on-call'])] },
  desired: new Map(),
  owner: 'acme',
  change: { ref: { kind: 'pull', number: 12 }, author: 'otto' },
  report: 4711,
};

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const budget = stopOf({
  cause: 'failed-budget',
  scope: { kind: 'rollout', rollout: rolloutId('kafka-all') },
  reason: `phase canary: 1 failed (kafka-canary: ${HOSTILE}), and the budget is 0`,
  phase: 'canary',
  failed: [trusted.cluster('kafka-canary')],
});
const FAILED = { status: 'failed', progress: { done: 0, total: 3 }, detail: `broker 0: ${HOSTILE}`, attempt: 1 } as const;

const views = {
  paused: rolloutView(
    shown(planned, {
      phases: { canary: 'running' },
      targets: { 'kafka-canary': FAILED },
      state: { status: 'paused' },
      holds: { all: wait({ kind: 'stopped', stops: [budget.id], words: budget.reason }) },
    }),
    { stops: [budget] },
  ),
  approval: rolloutView(
    shown(planned, {
      phases: { canary: 'done', internal: 'done', early: 'done', rest: 'awaiting-approval' },
      state: { status: 'awaiting-approval' },
    }),
  ),
  end: rolloutView(
    shown(planned, {
      targets: { 'kafka-shop-9': FAILED },
      state: { status: 'completed-with-deferrals', finishedAt: budget.at },
    }),
  ),
};

it.each(Object.entries(views))('%s', async (name, view) => {
  const [notice, ...more] = noticesOf(view, CONTEXT);
  expect(more).toEqual([]);
  await expect(notice?.body).toMatchFileSnapshot(`./notice.${name}.md`);
});
