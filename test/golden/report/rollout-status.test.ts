import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { renderMergedComment } from '../../../src/core/report/plan-comment.ts';
import { renderRolloutCheck } from '../../../src/core/report/rollout-status.ts';
import { at, BASE, connect, kafka, rolloutId, rolloutView, shown, stopOf, wait, waits } from '../../support/report-views.ts';

const HOSTILE = '</details> | @octocat #1 `x` <!-- flotilla:v1 kind=pull --> https://evil.example\nnext';

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const back = kafka({ from: '3.9.0', to: '3.8.0', fields: { kind: 'rollback' } });
const names = [...planned.targets.keys()];
const [early1 = '', early2 = ''] = planned.phases.find(({ name }) => name === 'early')?.members ?? [];
const rest = planned.phases.find(({ name }) => name === 'rest')?.members ?? [];

const DONE = { status: 'succeeded', progress: { done: 3, total: 3 } } as const;
const done = (...clusters: readonly string[]) => Object.fromEntries(clusters.map((name) => [name, DONE]));
const untouchedAs = (status: 'deferred' | 'superseded', detail: string, clusters: readonly string[]) =>
  Object.fromEntries(clusters.map((name) => [name, { status, attempt: 0, startedAt: undefined, detail }]));
const internal = { canary: 'done', internal: 'done' } as const;
const canaries = done('kafka-canary', 'kafka-dev', 'kafka-staging');
const allDone = Object.fromEntries(planned.phases.map(({ name }) => [name, 'done'] as const));

const ROLLOUT = { kind: 'rollout', rollout: rolloutId('kafka-all') } as const;
const RELEASE = { kind: 'release', release: 'kafka-all' } as const;
const VERSION = { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '3.9.0' }] } as const;

const FAILED = {
  status: 'failed',
  progress: { done: 0, total: 3 },
  detail: 'broker 0: crash loop, 5 restarts: OutOfMemoryError @octocat',
  attempt: 2,
} as const;
const budget = stopOf({
  cause: 'failed-budget',
  scope: ROLLOUT,
  reason: 'phase canary: 1 failed (kafka-canary), and the budget is 0',
  phase: 'canary',
});
const quarantine = stopOf({
  cause: 'quarantine',
  scope: VERSION,
  reason: 'kafka 3.9.0: phase canary: 1 failed (kafka-canary), and the budget is 0',
  phase: 'canary',
  failed: [trusted.cluster('kafka-canary')],
});
const byPerson = stopOf({
  cause: 'person',
  scope: RELEASE,
  by: 'anna',
  reason: 'customer demo until noon',
  lets: 'nothing',
  at: at('09:50:00'),
});
const onFleet = stopOf({
  cause: 'person',
  scope: { kind: 'fleet' },
  by: 'otto',
  reason: `incident ${HOSTILE}`,
  lets: 'nothing',
  until: at('18:00:00'),
  rollout: undefined,
});
const heldBy = (stop: typeof budget) => ({ all: wait({ kind: 'stopped', stops: [stop.id], words: stop.reason }) });

const OTHER = trusted.rollout('cccccccccccc-0123456789abcdef');
const others = new Map([[OTHER, { title: 'Kafka 3.8.1 <b>', pull: 40, commit: BASE, release: 'kafka-all', status: 'running' } as const]]);

const views = {
  running: rolloutView(
    shown(planned, {
      phases: { ...internal, early: 'running' },
      targets: {
        ...canaries,
        [early1]: { status: 'rolling', progress: { done: 1, total: 4 }, detail: 'broker 1 restarting', rescue: true },
        [early2]: { status: 'soaking', progress: { done: 5, total: 5 }, healthySince: at('09:40:00'), attempt: 2, probe: true },
      },
      state: {
        overrides: [
          {
            kind: 'expedite',
            phase: undefined,
            product: undefined,
            by: 'anna',
            reason: 'CVE window @ops',
            at: at('09:30:00'),
            until: at('13:30:00'),
          },
        ],
      },
      holds: {
        phases: new Map([['rest', wait({ kind: 'earlier-phase', phase: 'early' })]]),
        clusters: waits(
          rest
            .slice(-1)
            .map((name) => [
              name,
              wait({ kind: 'freeze', name: 'black-friday', words: 'freeze black-friday: no changes for @shop' }, at('23:00:00')),
            ]),
        ),
      },
    }),
    { planChanged: true, speed: 60 },
  ),
  baking: rolloutView(
    shown(planned, {
      phases: { canary: 'done', internal: { status: 'baking', bakingSince: at('09:40:00') } },
      targets: canaries,
      holds: {
        all: wait({ kind: 'earlier-phase', phase: 'internal' }),
        phases: new Map([['early', wait({ kind: 'baking', phase: 'internal' }, at('10:40:00'))]]),
      },
    }),
  ),
  'awaiting-approval': rolloutView(
    shown(planned, {
      phases: { ...internal, early: 'done', rest: { status: 'awaiting-approval', startedAt: undefined } },
      targets: { ...canaries, ...done(early1, early2) },
      state: {
        status: 'awaiting-approval',
        approvals: [{ phase: 'rest', by: 'otto', digest: rolloutView(shown(planned)).digest, at: at('09:58:00') }],
      },
      holds: { phases: new Map([['rest', wait({ kind: 'approval', phase: 'rest', given: 1, needed: 2 })]]) },
    }),
  ),
  pending: rolloutView(
    shown(planned, { state: { status: 'pending', startedAt: undefined }, holds: { all: wait({ kind: 'pending', behind: OTHER }) } }),
    { others },
  ),
  'paused-by-failure': rolloutView(
    shown(planned, {
      phases: { canary: 'running' },
      targets: { 'kafka-canary': FAILED },
      state: { status: 'paused', stoppedSince: at('09:20:00') },
      holds: heldBy(budget),
    }),
    { stops: [budget, quarantine] },
  ),
  'paused-by-person': rolloutView(
    shown(planned, {
      phases: { ...internal, early: 'running' },
      targets: { ...canaries, [early1]: { status: 'held', progress: { done: 1, total: 4 } } },
      state: { status: 'paused', stoppedSince: at('09:50:00') },
      holds: heldBy(byPerson),
    }),
    { stops: [byPerson] },
  ),
  'paused-twice': rolloutView(
    shown(planned, {
      phases: { canary: 'running' },
      targets: { 'kafka-canary': FAILED },
      state: { status: 'paused', stoppedSince: at('09:20:00') },
      holds: heldBy(byPerson),
    }),
    { stops: [byPerson, budget, quarantine] },
  ),
  'paused-with-the-fleet': rolloutView(
    shown(planned, {
      phases: { canary: 'done', internal: 'running' },
      targets: done('kafka-canary'),
      state: { status: 'paused', stoppedSince: at('09:50:00') },
      holds: heldBy(onFleet),
    }),
    { stops: [onFleet] },
  ),
  'unproven-canary': rolloutView(
    shown(planned, {
      phases: { canary: 'running' },
      targets: { 'kafka-canary': { status: 'unreachable', detail: 'no evidence for 15m: data plane aws-eu does not answer' } },
      state: { status: 'paused', stoppedSince: at('09:20:00') },
    }),
    {
      stops: [
        stopOf({
          cause: 'unproven-canary',
          scope: ROLLOUT,
          reason: 'phase canary: no canary has soaked (kafka-canary: unreachable)',
          phase: 'canary',
          failed: [trusted.cluster('kafka-canary')],
        }),
      ],
    },
  ),
  'quarantined-version': rolloutView(
    shown(planned, { state: { status: 'paused', stoppedSince: at('09:20:00') }, holds: heldBy(quarantine) }),
    { stops: [{ ...quarantine, rollout: OTHER }] },
  ),
  refused: rolloutView(
    shown(planned, {
      phases: { canary: 'running' },
      targets: {
        'kafka-canary': { status: 'applying', detail: 'the data plane refuses the order: image registry/kafka:3.9.0 does not exist' },
      },
      holds: {
        all: wait({ kind: 'earlier-phase', phase: 'canary' }),
        clusters: waits([['kafka-canary', wait({ kind: 'refused', reason: 'image registry/kafka:3.9.0 does not exist' })]]),
      },
    }),
  ),
  'winding-down': rolloutView(
    shown(planned, {
      phases: { ...internal, early: 'running' },
      targets: {
        ...canaries,
        [early1]: { status: 'held', progress: { done: 1, total: 4 } },
        ...untouchedAs('deferred', 'aborted by anna: wrong image', [early2, ...rest]),
      },
      state: { status: 'aborted' },
      holds: { clusters: waits([[early1, wait({ kind: 'winding-down', words: 'the broker in restart finishes' })]]) },
    }),
    { stops: [stopOf({ cause: 'aborted', scope: VERSION, by: 'anna', reason: 'wrong image' })] },
  ),
  aborted: rolloutView(
    shown(planned, {
      phases: { ...internal, early: 'running' },
      targets: { ...canaries, ...untouchedAs('deferred', 'aborted by anna: wrong image', [early1, early2, ...rest]) },
      state: { status: 'aborted', finishedAt: at('09:55:00') },
    }),
    { stops: [stopOf({ cause: 'aborted', scope: VERSION, by: 'anna', reason: 'wrong image' })] },
  ),
  superseded: rolloutView(
    shown(planned, {
      phases: { canary: 'done', internal: 'running' },
      targets: {
        ...done('kafka-canary'),
        ...untouchedAs(
          'superseded',
          'taken over',
          names.filter((name) => name !== 'kafka-canary'),
        ),
      },
      state: { status: 'superseded', finishedAt: at('09:45:00'), supersededBy: OTHER },
    }),
    { others },
  ),
  completed: rolloutView(
    shown(planned, {
      phases: allDone,
      targets: done(...names),
      state: { status: 'completed', finishedAt: at('12:30:00'), guardUntil: at('13:00:00') },
    }),
  ),
  'broke-after-the-end': rolloutView(
    shown(planned, {
      phases: allDone,
      targets: { ...done(...names), [early1]: { ...FAILED, attempt: 1, detail: 'broke after its soak: broker 2: crash-loop at 3.9.0' } },
      state: { status: 'completed', finishedAt: at('12:30:00'), guardUntil: at('13:00:00') },
    }),
    {
      stops: [
        stopOf({ cause: 'regression', scope: RELEASE, reason: `${early1} broke after rollout ${rolloutId('kafka-all')} had ended` }),
        stopOf({ cause: 'quarantine', scope: VERSION, reason: `kafka 3.9.0: ${early1} broke` }),
      ],
    },
  ),
  'some-left-behind': rolloutView(
    shown(planned, {
      phases: allDone,
      targets: {
        ...done(...names),
        [early1]: { ...FAILED, acknowledged: { attempt: 2, status: 'failed' } },
        [early2]: { status: 'skipped', attempt: 0, startedAt: undefined, detail: 'skipped by otto: customer asked' },
      },
      state: { status: 'completed-with-deferrals', finishedAt: at('12:30:00') },
    }),
  ),
  rollback: rolloutView(shown(back, { phases: { canary: 'running' }, targets: { 'kafka-canary': { status: 'applying' } } })),
  'rollback-paused': rolloutView(
    shown(back, { phases: { canary: 'running' }, targets: { 'kafka-canary': FAILED }, state: { status: 'paused' } }),
    { stops: [{ ...budget, lets: 'nothing' }] },
  ),
  'several-releases': rolloutView(
    [
      shown(planned, {
        phases: { canary: 'running' },
        targets: { 'kafka-canary': FAILED },
        state: { status: 'paused', stoppedSince: at('09:20:00') },
        holds: heldBy(budget),
      }),
      shown(connect('3.8.0', '3.9.0'), {
        state: { seq: 42 },
        holds: { all: wait({ kind: 'required-product', product: 'kafka', rollout: rolloutId('kafka-all') }) },
      }),
    ],
    { stops: [budget, quarantine] },
  ),
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
    expect(text).not.toContain('### ⏸️ Rollout');
  });

  it('paused: the summary alone tells the cause and the way out', async () => {
    const { title, summary } = renderRolloutCheck(views['paused-by-failure']);
    await expect(`${title}\n\n---\n\n${summary}\n`).toMatchFileSnapshot('rollout-check.paused.md');
  });
});

describe('time', () => {
  it('does not change a comment while nothing else does, so that it costs no request', () => {
    for (const view of Object.values(views)) {
      expect(renderMergedComment({ ...view, now: instant(view.now + 3_600_000) })).toBe(renderMergedComment(view));
    }
  });
});
