import { describe, expect, it } from 'vitest';
import type { Fleet, Strategy, Window } from '../../../src/core/manifest/generated.ts';
import type { FleetModel } from '../../../src/core/manifest/model.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { compareRules } from '../../../src/core/rules/compare-rules.ts';
import { cluster, type Documents, fleetModel, freeze, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';

const NOW = instant(Date.parse('2026-11-21T09:00:00Z'));
const CLUSTERS = [
  cluster('k-canary', { tier: 'canary' }),
  ...[1, 2, 3, 4].map((n) => cluster(`k-shop-${n}`, { tier: 'customer', tenant: n === 1 ? 'meridian' : 'shop' })),
];
const OUT = cluster('k-canary', { tier: 'canary' }, { optOut: { reason: 'audit', expires: '2027-01-01T00:00:00Z' } });
/** Half of them are canaries. */
const DRAWN: Documents = {
  strategies: [
    strategy('standard', [
      { name: 'canary', cohort: { size: '50%' }, canary: true, maxConcurrent: 1, soak: '10m' },
      { name: 'rest', rest: true, maxConcurrent: 1, soak: '10m' },
    ]),
  ],
};
const SHOPS = ['k-shop-1', 'k-shop-2', 'k-shop-3', 'k-shop-4'];
const ALL = ['k-canary', ...SHOPS];

const window = (name: string, spec: Partial<Window['spec']> = {}): Window => ({
  apiVersion: 'flotilla.dev/v1',
  kind: 'Window',
  metadata: { name },
  spec: { schedule: { cron: '0 22 * * 1-4', duration: '6h' }, reason: 'by contract', ...spec },
});
const commands = (list: Fleet['spec']['commands']): Documents => ({ fleet: list === undefined ? {} : { commands: list } });
const DECEMBER = { from: '2026-12-01T00:00:00Z', to: '2026-12-31T00:00:00Z' };
const meridian = { matchLabels: { tenant: 'meridian' } };

const model = (documents: Documents): FleetModel => fleetModel({ clusters: CLUSTERS, releases: [release('kafka')], ...documents });

type PhaseSpec = Strategy['spec']['phases'][number];
/** The strategy with some fields of some phases changed; `undefined` takes the phase out. */
function standard(changes: Record<string, Partial<PhaseSpec> | undefined>, spec: Partial<Strategy['spec']> = {}): Documents {
  const phases = STANDARD.spec.phases.flatMap((phase) =>
    phase.name in changes ? (changes[phase.name] === undefined ? [] : [{ ...phase, ...changes[phase.name] }]) : [phase],
  );
  return { strategies: [strategy('standard', phases, { ...STANDARD.spec, phases, ...spec })] };
}

/** One line for each change: `loses freeze year-end: WORDS -> WORDS (2)`. */
function told(before: Documents, after: Documents): readonly string[] {
  const review = compareRules(model(before), model(after), NOW);
  return (review?.changes ?? []).map(
    ({ effect, kind, name, before: was, after: is, clusters }) =>
      `${effect} ${kind} ${name}: ${was ?? 'none'} -> ${is ?? 'none'} (${clusters.length})`,
  );
}

describe('a change of the rules is a change', () => {
  it.each<readonly [string, Documents, Documents, readonly string[]]>([
    [
      'a freeze is deleted',
      { freezes: [freeze('year-end', DECEMBER)] },
      {},
      ['loses freeze year-end: 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC -> none (5)'],
    ],
    [
      'a freeze is added',
      {},
      { freezes: [freeze('year-end', DECEMBER)] },
      ['gains freeze year-end: none -> 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC (5)'],
    ],
    [
      'a freeze ends earlier',
      { freezes: [freeze('year-end', DECEMBER)] },
      { freezes: [freeze('year-end', { ...DECEMBER, to: '2026-12-24T00:00:00Z' })] },
      [
        'loses freeze year-end: 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC -> 2026-12-01 00:00:00 UTC to 2026-12-24 00:00:00 UTC (5)',
      ],
    ],
    [
      'a freeze no longer selects some',
      { freezes: [freeze('year-end', DECEMBER)] },
      { freezes: [freeze('year-end', { ...DECEMBER, select: meridian })] },
      ['loses freeze year-end: 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC -> none (4)'],
    ],
    [
      'a freeze lets rollbacks pass',
      { freezes: [freeze('f', { ...DECEMBER, allowRollback: false })] },
      { freezes: [freeze('f', DECEMBER)] },
      [
        'loses freeze f: 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC, no rollbacks -> 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC (5)',
      ],
    ],
    [
      'a window is removed',
      { windows: [window('nights', { select: meridian })] },
      {},
      ['loses window nights: 0 22 * * 1-4 for 6h (UTC) -> none (1)'],
    ],
    [
      'one of two windows is removed: fewer times',
      { windows: [window('nights'), window('saturdays', { schedule: { cron: '0 6 * * 6', duration: '14h' } })] },
      { windows: [window('nights')] },
      ['gains window saturdays: 0 6 * * 6 for 14h (UTC) -> none (5)'],
    ],
    [
      'a second window: more times',
      { windows: [window('nights')] },
      { windows: [window('nights'), window('saturdays', { schedule: { cron: '0 6 * * 6', duration: '14h' } })] },
      ['loses window saturdays: none -> 0 6 * * 6 for 14h (UTC) (5)'],
    ],
    [
      'a window is longer',
      { windows: [window('nights')] },
      { windows: [window('nights', { schedule: { cron: '0 22 * * 1-4', duration: '8h' } })] },
      ['loses window nights: 0 22 * * 1-4 for 6h (UTC) -> 0 22 * * 1-4 for 8h (UTC) (5)'],
    ],
    [
      'a window follows a clock that changes in spring',
      { windows: [window('nights')] },
      { windows: [window('nights', { schedule: { cron: '0 22 * * 1-4', duration: '6h', timeZone: 'Europe/London' } })] },
      ['loses window nights: 0 22 * * 1-4 for 6h (UTC) -> 0 22 * * 1-4 for 6h (Europe/London) (5)'],
    ],
    ['a soak is shortened', {}, standard({ early: { soak: '5m' } }), ['loses soak standard, early: 10m -> 5m (1)']],
    [
      'a bake is shortened',
      {},
      standard({ canary: { bake: '10m' } }),
      [
        'loses bake standard, early: 1h -> 10m (1)',
        'loses bake standard, rest: 1h -> 10m (3)',
        'loses watch standard, canary: 1h 30m -> 40m (1)',
      ],
    ],
    ['a budget is raised', {}, standard({ rest: { budgets: { failed: 2 } } }), ['loses budget standard, rest: 0 failed -> 2 failed (3)']],
    [
      'an approval counts for longer',
      standard({ rest: { approval: { when: 'before', count: 1, teams: ['kafka-leads'], validFor: '1d' } } }),
      standard({ rest: { approval: { when: 'before', count: 1, teams: ['kafka-leads'] } } }),
      [
        'loses approval standard, rest: 1 before it starts, by team kafka-leads, nobody who took part in the change, each for 1d -> 1 before it starts, by team kafka-leads, nobody who took part in the change (3)',
      ],
    ],
    ['concurrency is raised', {}, standard({ rest: { maxConcurrent: '50%' } }), ['loses limit standard, rest: 25 % -> 50 % (3)']],
    ['concurrency is lowered', {}, standard({ rest: { maxConcurrent: '10%' } }), ['gains limit standard, rest: 25 % -> 10 % (3)']],
    [
      'an approval is dropped',
      {},
      {
        strategies: [
          strategy(
            'standard',
            STANDARD.spec.phases.map(({ approval: _, ...phase }) => phase),
          ),
        ],
      },
      ['loses approval standard, rest: 1 before it starts, by team kafka-leads, nobody who took part in the change -> none (3)'],
    ],
    [
      'somebody may approve too',
      {},
      standard({ rest: { approval: { when: 'before', count: 1, teams: ['kafka-leads'], users: ['mallory'] } } }),
      [
        'loses approval standard, rest: 1 before it starts, by team kafka-leads, nobody who took part in the change -> 1 before it starts, by team kafka-leads or mallory, nobody who took part in the change (3)',
      ],
    ],
    [
      'two must approve',
      {},
      standard({ rest: { approval: { when: 'before', count: 2, teams: ['kafka-leads'] } } }),
      [
        'gains approval standard, rest: 1 before it starts, by team kafka-leads, nobody who took part in the change -> 2 before it starts, by team kafka-leads, nobody who took part in the change (3)',
      ],
    ],
    [
      'the author may approve',
      {},
      standard({ rest: { approval: { when: 'before', count: 1, teams: ['kafka-leads'], notAuthor: false } } }),
      [
        'loses approval standard, rest: 1 before it starts, by team kafka-leads, nobody who took part in the change -> 1 before it starts, by team kafka-leads (3)',
      ],
    ],
    [
      'the canary phase is gone',
      {},
      standard({ canary: undefined }),
      expect.arrayContaining(['loses canary standard: canary first -> none (4)']),
    ],
    ['the watch is gone', {}, standard({}, { guard: '0s' }), expect.arrayContaining(['loses watch standard, rest: 30m -> none (3)'])],
    [
      'a user may waive',
      commands([{ verbs: ['waive'], teams: ['leads'] }]),
      commands([{ verbs: ['waive'], teams: ['leads'], users: ['mallory'] }]),
      ['loses command mallory: none -> waive (5)'],
    ],
    [
      'a team may no longer stop',
      commands([{ verbs: ['stop', 'pause'], teams: ['on-call'] }]),
      commands([{ verbs: ['pause'], teams: ['on-call'] }]),
      ['loses command team on-call: pause, stop -> pause (5)'],
    ],
    ['the fleet moves more at once', { fleet: { maxConcurrent: 12 } }, {}, ['loses limit fleet: 12 -> 50 (5)']],
    [
      'a data plane has no limit any more',
      { fleet: { dataPlanes: [{ name: 'aws-eu', kind: 'simulated', maxConcurrent: 4 }] } },
      {},
      ['loses limit aws-eu: 4 -> none (5)'],
    ],
    [
      'minor versions may be skipped',
      {},
      { products: [product('kafka', { upgrades: { skipMinors: true } })] },
      ['loses upgrade kafka: none -> minor versions may be skipped (5)'],
    ],
    [
      'a critical alert is gone',
      { products: [product('kafka', { criticalAlerts: ['OfflinePartitions'] })] },
      {},
      ['loses alert kafka, OfflinePartitions: OfflinePartitions -> none (5)'],
    ],
    [
      'a waiver is given',
      {},
      { releases: [release('kafka', { canaryWaiver: { reason: 'all pinned', expires: '2027-01-01T00:00:00Z' } })] },
      ['loses waiver kafka: none -> no canary needed: all pinned (5)'],
    ],
    [
      'a label is changed, and the freeze of the tenant no longer binds',
      { freezes: [freeze('f', { ...DECEMBER, select: meridian })] },
      {
        freezes: [freeze('f', { ...DECEMBER, select: meridian })],
        clusters: CLUSTERS.map((one) => (one.metadata.name === 'k-shop-1' ? cluster('k-shop-1', { tier: 'customer' }) : one)),
      },
      ['loses freeze f: 2026-12-01 00:00:00 UTC to 2026-12-31 00:00:00 UTC -> none (1)'],
    ],
    [
      'the only canary is relabelled',
      {},
      { clusters: [cluster('k-canary', { tier: 'customer' }), ...CLUSTERS.slice(1)] },
      [
        'loses canary standard: canary first -> none (4)',
        'loses soak standard, rest: 30m -> 10m (1)',
        'loses bake standard, early: 1h -> none (1)',
        'loses bake standard, rest: 1h -> none (3)',
        'loses watch standard, rest: 1h 30m -> 30m (1)',
        'gains approval standard, rest: none -> 1 before it starts, by team kafka-leads, nobody who took part in the change (1)',
        'gains phase standard, rest: phase 1 -> phase 2 (1)',
      ],
    ],
    [
      'the only canary is removed',
      {},
      { clusters: CLUSTERS.slice(1) },
      // An empty phase is skipped, with its bake.
      [
        'loses canary standard: canary first -> none (4)',
        'loses bake standard, early: 1h -> none (1)',
        'loses bake standard, rest: 1h -> none (3)',
      ],
    ],
    ['the only canary opts out', {}, { clusters: [OUT, ...CLUSTERS.slice(1)] }, ['loses canary standard: canary first -> none (4)']],
    [
      'one of two canaries is removed',
      { clusters: [cluster('k-canary-2', { tier: 'canary' }), ...CLUSTERS] },
      {},
      ['loses canary standard: canary (2) first -> canary (1) first (4)'],
    ],
    [
      'a canary is added',
      {},
      { clusters: [cluster('k-canary-2', { tier: 'canary' }), ...CLUSTERS] },
      ['gains canary standard: canary (1) first -> canary (2) first (4)'],
    ],
    [
      'a health check asks something else',
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'under_replicated > 0' }] })] },
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'under_replicated > 99' }] })] },
      ['loses health-check kafka, isr: under_replicated > 0 -> under_replicated > 99 (5)'],
    ],
    [
      'a health check asks later',
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'q', after: '1m' }] })] },
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'q', after: '1h' }] })] },
      ['loses health-check kafka, isr: q (after 1m) -> q (after 1h) (5)'],
    ],
    [
      'a health check asks sooner',
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'q', after: '1m' }] })] },
      { products: [product('kafka', { healthChecks: [{ name: 'isr', query: 'q' }] })] },
      ['gains health-check kafka, isr: q (after 1m) -> q (5)'],
    ],
    [
      'a failure no longer rolls back',
      standard({ rest: { onFailure: 'rollback' } }),
      {},
      ['loses on-failure standard, rest: rollback -> pause (3)'],
    ],
    ['a failure rolls back', {}, standard({ rest: { onFailure: 'rollback' } }), ['gains on-failure standard, rest: pause -> rollback (3)']],
  ])('%s', (_name, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });

  it('takes the right to pause and stop from whoever may write, and from maintainers, when a list says who may', () => {
    const changes = told({}, commands([{ verbs: ['pause'], users: ['anna'] }]));
    expect(changes).toContain('loses command people with write access: pause, stop -> none (5)');
    expect(changes.find((one) => one.includes('command maintainers'))).toMatch(/^loses command maintainers: .*pause.*stop.* -> none/);
  });
});

describe('no change of the rules', () => {
  it.each<readonly [string, Documents, Documents]>([
    ['a freeze has another name', { freezes: [freeze('a', DECEMBER)] }, { freezes: [freeze('b', DECEMBER)] }],
    [
      'two freezes in place of one that selects both',
      { freezes: [freeze('all', DECEMBER)] },
      {
        freezes: [
          freeze('m', { ...DECEMBER, select: meridian }),
          freeze('o', { ...DECEMBER, select: { matchExpressions: [{ key: 'tenant', operator: 'NotIn', values: ['meridian'] }] } }),
        ],
      },
    ],
    ['a freeze that is over goes', { freezes: [freeze('old', { from: '2026-01-01T00:00:00Z', to: '2026-11-01T00:00:00Z' })] }, {}],
    ['a freeze of nobody goes', { freezes: [freeze('none', { ...DECEMBER, select: { matchLabels: { tier: 'gone' } } })] }, {}],
    [
      'the strategy has another name',
      {},
      { strategies: [{ ...STANDARD, metadata: { name: 'usual' } }], fleet: { defaultStrategy: 'usual' } },
    ],
    ['a cluster comes', {}, { clusters: [...CLUSTERS, cluster('k-new', { tier: 'customer' })] }],
    ['another version is released', {}, { releases: [release('kafka', { version: '3.9.0' })] }],
    [
      'a version is added to the product',
      {},
      { products: [product('kafka', { versions: [...product('kafka').spec.versions, { version: '4.0.0', from: ['3.9.0'] }] })] },
    ],
    ['canaries are drawn from others', DRAWN, { ...DRAWN, clusters: CLUSTERS.slice(1, 4) }],
    ['a time is written otherwise', {}, standard({ canary: { bake: '60m' } })],
  ])('%s', (_name, before, after) => {
    expect(told(before, after)).toEqual([]);
  });
});

const approvers = (before: Documents, after: Documents) => compareRules(model(before), model(after), NOW)?.approvers;
const UNAPPROVED: Documents = {
  strategies: [
    strategy(
      'standard',
      STANDARD.spec.phases.map(({ approval: _, ...phase }) => phase),
    ),
  ],
};

describe('who loses, and who may agree', () => {
  it('names every cluster that loses something once, and nobody who only gains', () => {
    const review = compareRules(model({ freezes: [freeze('f', DECEMBER)] }), model(standard({ rest: { maxConcurrent: '10%' } })), NOW);
    expect(review?.losing).toEqual(ALL.sort().map(trusted.cluster));
    expect(compareRules(model({}), model({ freezes: [freeze('f', DECEMBER)] }), NOW)?.losing).toEqual([]);
  });

  it('asks those whom the rules name before the change, never those whom the change names', () => {
    const before = { fleet: { commands: [{ verbs: ['approve' as const], users: ['anna'] }] } };
    const after = {
      ...commands([{ verbs: ['approve'], users: ['mallory'] }]),
      ...standard({ rest: { approval: { when: 'before', count: 1, users: ['mallory'] } } }),
    };
    expect(approvers(before, after)).toMatchObject({ teams: ['kafka-leads'], users: ['anna'], maintainers: false });
  });

  it('asks the maintainers where the rules name nobody', () => {
    const [frozen, open] = [{ ...UNAPPROVED, freezes: [freeze('f', DECEMBER)] }, UNAPPROVED];
    const asked = { teams: [], users: [], maintainers: true, count: 1, notAuthor: true, reviews: false };
    expect(approvers(frozen, open)).toEqual(asked);
  });

  it('asks nobody who may approve for some of the clusters only', () => {
    const rules = [
      { verbs: ['approve' as const], users: ['anna'] },
      { verbs: ['approve' as const], users: ['tenant'], select: meridian },
    ];
    const frozen = (select?: typeof meridian): Documents => ({
      ...UNAPPROVED,
      ...commands(rules),
      freezes: [freeze('f', { ...DECEMBER, ...(select === undefined ? {} : { select }) })],
    });
    const after = { ...UNAPPROVED, ...commands(rules) };
    expect(approvers(frozen(), after)?.users).toEqual(['anna']);
    expect(approvers(frozen(meridian), after)?.users).toEqual(['anna', 'tenant']);
  });

  it('asks as many as a phase of these clusters asks, and those alone whom the Fleet names for it', () => {
    const two = standard({ rest: { approval: { when: 'before', count: 2, users: ['anna', 'otto'] } } });
    const frozen = (ruleChanges?: Fleet['spec']['ruleChanges']): Documents => ({
      ...two,
      ...(ruleChanges === undefined ? {} : { fleet: { ruleChanges } }),
      freezes: [freeze('f', DECEMBER)],
    });
    expect(approvers(frozen(), two)).toMatchObject({ users: ['anna', 'otto'], count: 2 });
    const named = { teams: ['audit'], count: 1, notAuthor: false, reviews: true };
    expect(approvers(frozen(named), two)).toEqual({
      teams: ['audit'],
      users: [],
      maintainers: false,
      count: 1,
      notAuthor: false,
      reviews: true,
    });
  });

  it.each<readonly [string, Fleet['spec']['ruleChanges'], Fleet['spec']['ruleChanges'], readonly string[]]>([
    ['somebody else may agree', { users: ['anna'] }, { users: ['anna', 'otto'] }, ['loses']],
    ['fewer may agree', { users: ['anna', 'otto'] }, { users: ['anna'] }, ['gains']],
    ['fewer must agree', { users: ['anna', 'otto'], count: 2 }, { users: ['anna', 'otto'] }, ['loses']],
    ['the author may agree', {}, { notAuthor: false }, ['loses']],
    ['reviews count', {}, { reviews: true }, ['loses']],
    ['approvals count for longer', { validFor: '1h' }, { validFor: '2h' }, ['loses']],
    ['approvals do not expire any more', { validFor: '1h' }, {}, ['loses']],
    ['approvals count for less long', { validFor: '2h' }, { validFor: '60m' }, ['gains']],
    ['reviews no longer count', { reviews: true }, {}, ['gains']],
    ['the same people are named otherwise', { teams: ['kafka-leads'] }, {}, []],
  ])('tells when %s', (_name, was, is, effects) => {
    const of = (ruleChanges: Fleet['spec']['ruleChanges']) => ({ fleet: ruleChanges === undefined ? {} : { ruleChanges } });
    const review = compareRules(model(of(was)), model(of(is)), NOW);
    expect((review?.changes ?? []).map(({ kind, name, effect }) => `${effect} ${kind} ${name}`)).toEqual(
      effects.map((effect) => `${effect} approval rule changes`),
    );
  });

  it('has another digest when something else is lost', () => {
    const digest = (after: Documents) => compareRules(model({ freezes: [freeze('f', DECEMBER)] }), model(after), NOW)?.digest;
    expect(digest({})).toBe(digest({}));
    expect(digest({})).not.toBe(digest(standard({ early: { soak: '1m' } })));
  });

  it('has another digest when others are asked: who agreed under other rules has not agreed under these', () => {
    const digest = (list: Fleet['spec']['commands']) =>
      compareRules(model({ ...commands(list), freezes: [freeze('f', DECEMBER)] }), model(commands(list)), NOW)?.digest;
    expect(digest([{ verbs: ['approve'], users: ['anna'] }])).not.toBe(digest([{ verbs: ['approve'], users: ['otto'] }]));
  });
});
