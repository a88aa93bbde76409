import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Problem } from '../../../src/core/model/problem.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { PlannedTarget, Risk } from '../../../src/core/plan/plan.ts';
import { renderPlanCheck } from '../../../src/core/report/plan-check.ts';
import { renderPlanComment } from '../../../src/core/report/plan-comment.ts';
import type { PlanView } from '../../../src/core/report/plan-view.ts';
import type { RuleApproval } from '../../../src/core/rules/consent.ts';
import type { RuleChange, RulesReview } from '../../../src/core/rules/rule-change.ts';
import {
  at,
  connect,
  KAFKA_PHASES,
  kafka,
  plannedView,
  planOf,
  setting,
  specAt,
  versionChange,
  viewOf,
} from '../../support/report-views.ts';

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

const HOSTILE = '@octocat <img src=x> | fixes #1\n\n</details><!-- --> [x](http://evil.example) `` deadbeefcafe';
const cluster = trusted.cluster;
const risk = (code: Risk['code'], words: string): Risk => ({ code, words });

const ordinary = planOf([kafka({ from: '3.8.0', to: '3.9.0' })], {
  risks: [risk('many-clusters', 'Changes 12 of the 15 clusters of the fleet (80 %)')],
});

/** What an earlier rollout left half-way, and what another did not reach. */
const halfWay: Partial<PlannedTarget> = {
  change: 'bring-home',
  from: { revision: undefined, version: '3.8.1' },
  differences: versionChange('kafka', '3.8.1', '3.9.0'),
};
const bringsHome = planOf(
  [
    kafka({
      from: '3.8.0',
      to: '3.9.0',
      targets: {
        'kafka-shop-1': halfWay,
        'kafka-shop-2': halfWay,
        'kafka-shop-3': { ...halfWay, differences: [] },
        'kafka-shop-4': { change: 'rejoin' },
      },
      fields: { fromVersions: ['3.8.0', '3.8.1'], selected: 41, urgency: 'hotfix' },
    }),
  ],
  {
    risks: [
      risk('quarantined', 'kafka 3.9.0 is in quarantine (stop 72b27c7511e59717): nothing of it starts until that is lifted'),
      risk('half-way', 'Left half-way by an earlier rollout, and goes first: kafka-shop-1'),
      risk('brings-home', 'Also brings home 3 clusters that earlier rollouts did not reach: kafka-shop-1, kafka-shop-2, kafka-shop-3'),
    ],
  },
);

const oneCluster = kafka({
  from: '3.8.0',
  to: '3.8.0',
  phases: KAFKA_PHASES.map((phase) => ({
    ...phase,
    members: phase.name === 'rest' ? ['kafka-shop-9'] : [],
    ...(phase.canary === true ? { provenBy: 'the version does not change' } : {}),
  })),
  targets: {
    'kafka-shop-9': { differences: [setting('replicas', 3, 2), setting('config.num.io.threads', undefined, 16)] },
  },
  fields: { selected: 12, toVersions: ['3.8.0'] },
});

const arrivals = kafka({
  to: '3.9.0',
  phases: [{ name: 'rest', members: ['kafka-new', 'kafka-taken-over'], why: 'the rest', atOnce: '25%', soak: '15m' }],
  targets: {
    'kafka-taken-over': {
      change: 'adopt',
      from: { revision: undefined, version: '3.7.0' },
      spec: specAt('kafka', '3.9.0'),
      differences: versionChange('kafka', '3.7.0', '3.9.0'),
    },
  },
  fields: { selected: 14, fromVersions: ['3.7.0'] },
});

const shops = Array.from({ length: 14 }, (_, n) => cluster(`kafka-shop-${String(n + 1).padStart(2, '0')}`));
const rule = (change: Partial<RuleChange> & Pick<RuleChange, 'kind' | 'name'>): RuleChange => ({
  effect: 'loses',
  before: undefined,
  after: undefined,
  clusters: shops,
  ...change,
});
const losing: RulesReview = {
  digest: trusted.digest('1111222233334444'),
  changes: [
    rule({ kind: 'freeze', name: 'year-end', before: '0 0 15 12 * for 21d (Europe/Berlin), major versions only' }),
    rule({ kind: 'window', name: 'tenant-nights', before: '0 22 * * 1-4 for 6h (Europe/Zurich)', clusters: shops.slice(0, 2) }),
    rule({ kind: 'window', name: 'tenant-saturdays', before: '0 6 * * 6 for 14h (Europe/Zurich)', clusters: shops.slice(0, 2) }),
    rule({
      kind: 'approval',
      name: 'standard, rest',
      before: '2 before it starts, by team kafka-leads or otto, nobody who took part in the change',
    }),
    rule({ kind: 'command', name: HOSTILE, after: 'approve, lift' }),
    rule({ kind: 'bake', name: 'standard, rest', before: '1h 30m', after: '10m' }),
    rule({ kind: 'limit', name: 'standard, rest', effect: 'gains', before: '25 %', after: '10 %' }),
  ],
  losing: shops,
  approvers: { teams: ['kafka-leads'], users: ['otto'], maintainers: false, count: 2, notAuthor: true, reviews: false },
};
const asked = { digest: losing.digest, approvers: losing.approvers };
const approval = (by: string, source: RuleApproval['source'] = 'command'): RuleApproval => {
  return { pull: 12, by, digest: losing.digest, at: at('09:15:00'), source, because: 'member of team kafka-leads, no part in the change' };
};
const reviewable: RulesReview = {
  ...losing,
  approvers: { ...losing.approvers, teams: [], users: [], maintainers: true, count: 1, reviews: true },
};
const gaining: RulesReview = {
  ...losing,
  changes: [rule({ kind: 'freeze', name: 'year-end', effect: 'gains', after: '0 0 15 12 * for 21d (Europe/Berlin)' })],
  losing: [],
};

const views: Readonly<Record<string, PlanView>> = {
  ordinary: plannedView(ordinary, {
    changedFrom: '0123456789abcdef',
    calendar: [
      {
        rule: { kind: 'freeze', name: 'black-friday', reason: 'no changes for @shop' },
        opensAt: instant(Date.parse('2026-12-01T00:00:00Z')),
        clusters: ['kafka-shop-1', 'kafka-shop-2', 'kafka-shop-3', 'kafka-shop-4', 'kafka-shop-5', 'kafka-shop-6'].map(cluster),
      },
      { rule: { kind: 'window', name: 'tenant-nights', reason: 'by contract' }, opensAt: at('21:00:00'), clusters: [cluster('kafka-dev')] },
    ],
    underWay: [{ release: 'kafka-all', title: 'Raise heap of @shop', pull: 41, status: 'running' }],
    problems: [problem({ severity: 'warning', code: 'pin-expired', message: 'the pin of kafka-dev has expired', hint: 'remove it' })],
  }),
  'two-products': plannedView(
    planOf([kafka({ from: '3.9.0', to: '4.0.0' }), connect('3.8.0', '3.9.0')], {
      risks: [
        risk('major-version', 'New major version: kafka 3.9.0 to 4.0.0, on kafka-canary, kafka-dev, kafka-shop-1 and 9 more'),
        risk('many-clusters', 'Changes 15 of the 15 clusters of the fleet (100 %)'),
      ],
    }),
    { draft: true, fork: true, author: 'stranger' },
  ),
  'brings-home': plannedView(bringsHome, {
    underWay: [{ release: 'kafka-all', title: 'Kafka 3.8.1', pull: 40, status: 'paused' }],
  }),
  rollback: plannedView(planOf([kafka({ from: '3.9.0', to: '3.8.0', fields: { kind: 'rollback' } })]), {
    underWay: [{ release: 'kafka-all', title: 'Kafka 3.9.0', pull: 41, status: 'running' }],
  }),
  'one-cluster': plannedView(planOf([oneCluster]), {
    underWay: [{ release: 'kafka-all', title: 'Raise heap', pull: undefined, status: 'pending' }],
  }),
  arrivals: plannedView(planOf([arrivals])),
  'only-removed': plannedView(
    planOf([], {
      removed: [cluster('kafka-shop-9')],
      risks: [risk('removed', 'No longer in the manifests: kafka-shop-9. Flotilla deletes nothing; from now on nobody watches it')],
    }),
  ),
  hostile: plannedView(
    planOf(
      [
        kafka({
          from: '3.8.0',
          to: '3.9.0',
          targets: { 'kafka-shop-9': { differences: [setting('config.log.dirs', HOSTILE, `${HOSTILE}${HOSTILE}`)] } },
        }),
      ],
      {
        risks: [risk('pinned', `Stays behind: kafka-shop-10 ${HOSTILE}`)],
        excluded: [
          { cluster: cluster('kafka-shop-10'), release: 'kafka-all', reason: 'opted-out', words: HOSTILE },
          { cluster: cluster('kafka-shop-11'), release: 'kafka-all', reason: 'pinned', words: `at 3.7.0: ${HOSTILE}` },
        ],
      },
    ),
    { underWay: [{ release: 'kafka-all', title: HOSTILE, pull: undefined, status: 'paused' }] },
  ),
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
  'nothing-moves': viewOf({ kind: 'nothing-moves', rules: undefined, consent: undefined, problems: [] }),
  'rules-lose': viewOf({ kind: 'nothing-moves', rules: losing, consent: { asked, given: [], notCounted: [] }, problems: [] }),
  'rules-lose-reviewable': viewOf({
    kind: 'nothing-moves',
    rules: reviewable,
    consent: { asked: { ...asked, approvers: reviewable.approvers }, given: [], notCounted: [] },
    problems: [],
  }),
  'rules-half-approved': viewOf({
    kind: 'nothing-moves',
    rules: losing,
    consent: {
      asked,
      given: [approval('otto')],
      notCounted: [{ by: HOSTILE, why: 'who may: otto, but nobody who took part in the change' }],
    },
    problems: [],
  }),
  'rules-approved': viewOf({
    kind: 'nothing-moves',
    rules: losing,
    consent: { asked, given: [{ ...approval('otto'), until: at('21:15:00') }, approval('anna', 'review')], notCounted: [] },
    problems: [],
  }),
  'rules-gain': viewOf({ kind: 'nothing-moves', rules: gaining, consent: undefined, problems: [] }),
  'rules-and-clusters': plannedView(ordinary, { rules: losing, consent: { asked, given: [], notCounted: [] } }),
  'all-at-once': plannedView(
    planOf(
      [
        kafka({
          from: '3.8.0',
          to: '3.9.0',
          phases: [{ name: 'all', members: shops.map(String), why: 'the rest', atOnce: '100%', soak: '1m' }],
        }),
      ],
      {
        risks: [risk('all-at-once', 'All 14 clusters of kafka-all move at once, without approval')],
      },
    ),
  ),
  revert: plannedView(planOf([kafka({ from: '4.1.0', to: '4.0.1', fields: { kind: 'rollback', selected: 2_006 } })]), {
    halfWay: ['kafka-canary', 'kafka-shop-8'].map((name, n) => ({
      cluster: cluster(name),
      words: `${n + 1} of 5 brokers at 4.1.0, and not healthy`,
    })),
    underWay: [{ release: 'kafka-all', title: 'Kafka 4.1.0', pull: 41, status: 'paused' }],
  }),
  'rules-not-comparable': viewOf({ kind: 'nothing-moves', rules: 'not-comparable', consent: undefined, problems: [] }),
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
    const isRed = verdict.includes('❌');
    expect(state.conclusion === 'failure').toBe(isRed);
  });

  it('is not green where clusters lose protection, or where nobody can tell', () => {
    const conclusions = Object.fromEntries(Object.entries(views).map(([name, view]) => [name, renderPlanCheck(view).state.conclusion]));
    expect(conclusions).toMatchObject({
      'rules-lose': 'action_required',
      'rules-lose-reviewable': 'action_required',
      'rules-half-approved': 'action_required',
      'rules-approved': 'success',
      'rules-and-clusters': 'action_required',
      'rules-gain': 'success',
      'rules-not-comparable': 'neutral',
      'nothing-moves': 'success',
      ordinary: 'success',
      'all-at-once': 'neutral',
    });
  });

  it('has a problem at each line, with its fix', async () => {
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
