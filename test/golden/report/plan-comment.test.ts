import { describe, expect, it } from 'vitest';
import { calendarNotes } from '../../../src/core/calendar/notes.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Problem } from '../../../src/core/model/problem.ts';
import { instant } from '../../../src/core/model/time.ts';
import { renderPlanCheck } from '../../../src/core/report/plan-check.ts';
import { renderPlanComment } from '../../../src/core/report/plan-comment.ts';
import type { PlanView } from '../../../src/core/report/plan-view.ts';
import { cluster, freeze, window } from '../../support/fleet-model.ts';
import { at, fleet, planBetween, plannedView, viewOf, without } from '../../support/report-views.ts';

const problem = (fields: Partial<Problem>): Problem => ({
  file: 'fleet-manifests/releases/kafka.yaml',
  line: 6,
  column: 12,
  code: 'unknown-version',
  severity: 'error',
  message: 'Product kafka does not list version 3.99.0',
  hint: 'add 3.99.0 to spec.versions of the Product, or use a listed one: 3.8.0, 3.9.0',
  ...fields,
});

const calendar = fleet('3.9.0', {
  windows: [
    window('tenant-nights', {
      select: { matchLabels: { cloud: 'gcp' } },
      schedule: { cron: '0 22 * * *', duration: '6h', timeZone: 'Europe/Berlin' },
    }),
  ],
  freezes: [
    freeze('black-friday', { select: { matchLabels: { cloud: 'azure' } }, from: '2026-11-20T00:00:00Z', to: '2026-12-01T00:00:00Z' }),
  ],
});
const ordinary = planBetween(fleet('3.8.0'), calendar);

const HOSTILE = '@octocat <img src=x> | fixes #1\n\n</details><!-- --> [x](http://evil.example) `` deadbeefcafe';
const hostile = planBetween(
  fleet('3.8.0'),
  fleet('3.9.0', {
    clusters: [...without('kafka-shop-9'), cluster('kafka-shop-9', {}, { optOut: { reason: HOSTILE }, config: { 'log.dirs': HOSTILE } })],
  }),
);

const views: Readonly<Record<string, PlanView>> = {
  ordinary: plannedView(ordinary, {
    changedFrom: '0123456789abcdef',
    calendar: calendarNotes(calendar, ordinary, at('09:00:00')),
    underWay: [
      { title: 'Raise heap of @shop', pull: 41, status: 'running', shared: ['kafka-shop-1', 'kafka-shop-2'].map(trusted.cluster) },
    ],
    problems: [problem({ severity: 'warning', code: 'pin-expired', message: 'the pin of kafka-dev has expired', hint: 'remove it' })],
  }),
  'two-products': plannedView(planBetween(fleet('3.9.0'), fleet('4.0.0', {}, '3.9.0')), { draft: true, fork: true, author: 'stranger' }),
  rollback: plannedView(planBetween(fleet('3.9.0'), fleet('3.8.0'))),
  'one-cluster': plannedView(
    planBetween(
      fleet('3.8.0'),
      fleet('3.8.0', {
        clusters: [
          ...without('kafka-shop-9'),
          cluster(
            'kafka-shop-9',
            { tier: 'customer', cloud: 'gcp' },
            { replicas: 2, dataPlane: 'gcp-eu', config: { 'num.io.threads': 16 } },
          ),
        ],
      }),
    ),
  ),
  'only-removed': plannedView(planBetween(fleet('3.8.0'), fleet('3.8.0', { clusters: without('kafka-shop-9') }))),
  hostile: plannedView(hostile, {
    underWay: [{ title: HOSTILE, pull: undefined, status: 'paused', shared: [trusted.cluster('kafka-shop-1')] }],
  }),
  broken: viewOf({
    kind: 'broken',
    problems: [
      problem({
        severity: 'warning',
        file: 'fleet-manifests/clusters/aws.yaml',
        line: 90,
        code: 'pin-expired',
        message: 'the pin has expired',
        hint: 'remove it',
      }),
      problem({}),
      problem({
        file: 'fleet-manifests/clusters/a|b.yaml',
        line: 3,
        column: 1,
        code: 'schema/unknown-field',
        message: `no field "${HOSTILE}" here`,
        hint: 'did you mean "replicas"?',
      }),
    ],
  }),
  conflict: viewOf({ kind: 'conflict', paths: ['fleet-manifests/releases/kafka.yaml'] }),
  'nothing-moves': viewOf({ kind: 'nothing-moves', problems: [] }),
  untouched: viewOf({ kind: 'untouched' }),
};

describe('comment of a pull request', () => {
  it.each(Object.entries(views))('%s', async (name, view) => {
    await expect(renderPlanComment(view)).toMatchFileSnapshot(`plan-comment.${name}.md`);
  });
});

describe('check of a pull request', () => {
  it.each(Object.entries(views))('%s says the same as the comment', (_name, view) => {
    const { title, summary, state } = renderPlanCheck(view);
    const [verdict = ''] = renderPlanComment(view)
      .split('\n')
      .filter((line) => line.startsWith('### '));
    expect(summary).toBe(verdict.slice('### '.length));
    expect(summary).toContain(title);
    expect(state.conclusion).toBe(verdict.includes('❌') ? 'failure' : 'success');
  });

  it('has a problem at each line, with its mend', async () => {
    const { annotations, ...check } = renderPlanCheck(views['broken'] ?? viewOf({ kind: 'untouched' }));
    await expect(`${JSON.stringify({ ...check, text: '(see plan-comment.broken.md)', annotations }, null, 2)}\n`).toMatchFileSnapshot(
      'plan-check.broken.json',
    );
  });
});

describe('time', () => {
  it('does not change a comment while nothing else does, so that it costs no request', () => {
    for (const view of Object.values(views)) {
      expect(renderPlanComment({ ...view, now: instant(view.now + 3_600_000) })).toBe(renderPlanComment(view));
    }
  });
});
