import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import { type ClusterId, type Revision, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { startRollout } from '../../../src/core/plan/initial-state.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { planChange } from '../../../src/core/plan/plan-change.ts';
import { cluster, type Documents, fleetModel, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';

const NONE: ReadonlyMap<ClusterId, readonly Revision[]> = new Map();

function change(before: Documents, after: Documents, earlier = NONE) {
  const { plan, problems, changes } = planChange({ before: computeDesired(fleetModel(before)), model: fleetModel(after), earlier });
  return { plan, problems, changes };
}

function planned(before: Documents, after: Documents, earlier = NONE): Plan {
  const { plan, problems } = change(before, after, earlier);
  if (plan === undefined || problems.length > 0) throw new Error(`no plan: ${JSON.stringify(problems)}`);
  return plan;
}

const CLUSTERS = [
  cluster('canary-1', { tier: 'canary' }),
  ...Array.from({ length: 9 }, (_, at) => cluster(`prod-${at}`, { tier: 'prod' }, { replicas: at + 1 })),
];
const at = (version: string, documents: Documents = {}): Documents => ({
  clusters: CLUSTERS,
  releases: [release('r', { version })],
  ...documents,
});

describe('phases', () => {
  const plan = planned(at('3.8.0'), at('3.9.0'));

  it('hold the changed clusters, with the arithmetic in words', () => {
    expect(plan.phases.map(({ id, members, why, maxConcurrent }) => [id, members.length, why, maxConcurrent.words])).toEqual([
      ['r/canary', 1, 'tier = canary', '1'],
      ['r/early', 2, '25 % of 9 = 2, drawn by hash of seed "r"', '50 % of 2 = 1'],
      ['r/rest', 7, 'the rest: 7 that no other phase takes', '25 % of 7 = 1'],
    ]);
    expect(plan.phases.flatMap(({ members }) => members).sort()).toEqual(Object.keys(plan.targets).sort());
  });

  it('wait for each other, bake, ask for approval and tolerate nothing unless told to', () => {
    expect(plan.phases.map(({ after, bakeMs, approval, budgets }) => [after, bakeMs, approval, budgets.failed])).toEqual([
      [[], 1_800_000, undefined, { count: 0, words: '0' }],
      [['r/canary'], 600_000, undefined, { count: 0, words: '10 % of 2 = 0' }],
      [['r/early'], 600_000, { when: 'before', count: 1, teams: ['kafka-leads'], users: [], notAuthor: true }, { count: 0, words: '0' }],
    ]);
  });

  it('count percentages of what changes, not of what the release selects', () => {
    const touched = new Set(['canary-1', 'prod-1', 'prod-2', 'prod-3', 'prod-4']);
    const clusters = CLUSTERS.map((one) =>
      touched.has(one.metadata.name) ? cluster(one.metadata.name, one.metadata.labels, { replicas: 20 }) : one,
    );
    const { phases, releases } = planned(at('3.8.0'), at('3.8.0', { clusters }));
    expect(phases.map(({ members }) => members.length)).toEqual([1, 1, 3]);
    expect(releases[0]).toMatchObject({ members: 5, selected: 10, fromVersions: ['3.8.0'], toVersions: ['3.8.0'] });
  });

  it('let an empty phase pass without cutting the chain', () => {
    const clusters = CLUSTERS.filter(({ metadata }) => metadata.name !== 'canary-1');
    const gap = strategy('standard', [
      { name: 'first', cohort: { size: 1 }, maxConcurrent: 1, bake: '0s' },
      { name: 'nobody', select: { matchLabels: { tier: 'none' } }, maxConcurrent: 1, bake: '0s' },
      { name: 'rest', rest: true, maxConcurrent: 1, bake: '0s' },
    ]);
    const documents = { clusters, strategies: [gap] };
    expect(planned(at('3.8.0', documents), at('3.9.0', documents)).phases.map(({ id, after }) => [id, after])).toEqual([
      ['r/first', []],
      ['r/nobody', ['r/first']],
      ['r/rest', ['r/first']],
    ]);
  });

  it.each([
    [false, ['c', 'a', 'b', 'none']],
    [true, ['b', 'a', 'c', 'none']],
  ])('go by label where told to, descending: %s', (descending, want) => {
    const clusters = [cluster('b', { wave: '3' }), cluster('a', { wave: '2' }), cluster('c', { wave: '1' }), cluster('none')];
    const strategies = [
      strategy('standard', [{ name: 'all', rest: true, maxConcurrent: 1, bake: '0s', order: { by: 'label', label: 'wave', descending } }]),
    ];
    const named = descending ? want : ['c', 'a', 'b', 'none'];
    expect(planned(at('3.8.0', { clusters, strategies }), at('3.9.0', { clusters, strategies })).phases[0]?.members).toEqual(named);
  });
});

describe('targets', () => {
  it('have a deadline that grows with replicas', () => {
    const { targets } = planned(at('3.8.0'), at('3.9.0'));
    expect([targets['prod-0']?.deadlineMs, targets['prod-8']?.deadlineMs]).toEqual([15 * 60_000, 55 * 60_000]);
    const products = [product('kafka', { deadline: { base: '1m', perReplica: '2m' } })];
    expect(planned(at('3.8.0', { products }), at('3.9.0', { products })).targets['prod-8']?.deadlineMs).toBe(19 * 60_000);
  });

  it('say what becomes of each cluster', () => {
    const before = [cluster('stays'), cluster('goes'), cluster('back', {}, { optOut: { reason: 'audit' } }), cluster('bigger')];
    const after = [
      cluster('stays'),
      cluster('new'),
      cluster('back'),
      cluster('bigger', {}, { replicas: 5 }),
      cluster('out', {}, { optOut: { reason: 'data centre moves' } }),
    ];
    const plan = planned(at('3.8.0', { clusters: before }), at('3.8.0', { clusters: after }));
    expect(Object.values(plan.targets).map(({ cluster, change, from }) => [cluster, change, from?.version])).toEqual([
      ['back', 'rejoin', '3.8.0'],
      ['bigger', 'update', '3.8.0'],
      ['new', 'create', undefined],
    ]);
    expect(plan.excluded).toEqual([{ cluster: 'out', release: 'r', reason: 'opted-out', words: 'data centre moves' }]);
    expect(plan.removed).toEqual(['goes']);
    expect(plan.targets['bigger']?.differences).toEqual([{ path: 'replicas', from: 3, to: 5 }]);
  });

  it('are none when nothing changes, and then there is no plan', () => {
    expect(change(at('3.8.0'), at('3.8.0')).plan).toBeUndefined();
  });

  it('start out untouched', () => {
    const plan = planned(at('3.8.0'), at('3.9.0'));
    const start = (at: number) => startRollout(plan, trusted.commit('c'.repeat(40)), instant(at));
    const state = start(5);
    expect([state.status, state.targets.size, state.phases.size]).toEqual(['running', 10, 3]);
    expect(state.id).toMatch(/^c{12}-[0-9a-f]{16}$/);
    // The same commit with the same plan, landed once more: another rollout.
    expect([start(5).id === state.id, start(6).id === state.id]).toEqual([true, false]);
    expect([...state.targets.values()].every(({ status, since, attempt }) => status === 'waiting' && since === 5 && attempt === 0)).toBe(
      true,
    );
  });
});

describe('products', () => {
  const names = ['connect', 'registry', 'kafka', 'ui'];
  const products = [
    product('kafka'),
    product('registry', { requires: ['kafka'] }),
    product('connect', { requires: ['registry'] }),
    product('ui'),
  ];
  const single = strategy('standard', [
    { name: 'one', cohort: { size: 1 }, maxConcurrent: 1, bake: '0s' },
    { name: 'two', rest: true, maxConcurrent: 1, bake: '0s' },
  ]);
  const fleet = (versions: Record<string, string>): Documents => ({
    products,
    strategies: [single],
    clusters: names.flatMap((name) => [1, 2].map((n) => cluster(`${name}-${n}`, { product: name }, { product: name }))),
    releases: names.map((name) =>
      release(`${name}-all`, { product: name, version: versions[name] ?? '3.8.0', select: { matchLabels: { product: name } } }),
    ),
  });

  it.each<[string, readonly string[], unknown]>([
    ['side by side without a requirement', ['kafka', 'ui'], { 'kafka-all/one': [], 'ui-all/one': [] }],
    ['after the last phase of a required product', ['kafka', 'registry'], { 'kafka-all/one': [], 'registry-all/one': ['kafka-all/two'] }],
    ['through one that does not change', ['connect', 'kafka'], { 'kafka-all/one': [], 'connect-all/one': ['kafka-all/two'] }],
    [
      'only the nearest of several',
      ['connect', 'registry', 'kafka'],
      { 'kafka-all/one': [], 'registry-all/one': ['kafka-all/two'], 'connect-all/one': ['registry-all/two'] },
    ],
  ])('start %s', (_name, changing, want) => {
    const { phases } = planned(fleet({}), fleet(Object.fromEntries(changing.map((name) => [name, '3.9.0']))));
    const first = phases.filter(({ name }) => name === 'one');
    expect(Object.fromEntries(first.map(({ id, after }) => [id, after]))).toEqual(want);
    expect(first.map(({ id }) => id)).toEqual(Object.keys(want as object));
  });
});

describe('a rollback', () => {
  const back = strategy('standard', STANDARD.spec.phases, { rollback: { maxConcurrent: '100%', bake: '1m' } });
  const documents = { strategies: [back] };

  it('takes all to an older version, faster', () => {
    const plan = planned(at('3.9.0', documents), at('3.8.0', documents));
    expect(plan.kind).toBe('rollback');
    expect(plan.phases.map(({ maxConcurrent, bakeMs }) => [maxConcurrent.words, bakeMs])).toEqual([
      ['100 % of 1 = 1', 60_000],
      ['100 % of 2 = 2', 60_000],
      ['100 % of 7 = 7', 60_000],
    ]);
  });

  it('takes all to revisions that they had before', () => {
    const config = (value: number) => at('3.8.0', { ...documents, releases: [release('r', { config: { x: value } })] });
    const earlier = new Map([...computeDesired(fleetModel(config(1)))].map(([id, { revision }]) => [id, [revision]]));
    expect(planned(config(2), config(1), earlier).kind).toBe('rollback');
    expect(planned(config(2), config(1)).kind).toBe('rollout');
    earlier.delete(trusted.cluster('prod-3'));
    expect(planned(config(2), config(1), earlier).kind).toBe('rollout');
  });

  it('is none when it goes up again, to what was taken back before', () => {
    const earlier = new Map([...computeDesired(fleetModel(at('3.9.0', documents)))].map(([id, { revision }]) => [id, [revision]]));
    expect(planned(at('3.8.0', documents), at('3.9.0', documents), earlier).kind).toBe('rollout');
  });

  it('is none when clusters merely rejoin', () => {
    const rejoining = [cluster('a', {}, { optOut: { reason: 'audit' } })];
    expect(planned(at('3.8.0', { clusters: rejoining }), at('3.8.0', { clusters: [cluster('a')] })).kind).toBe('rollout');
  });
});

describe('problems', () => {
  const pin = (version: string) => ({ pin: { version, reason: 'why', expires: '2030-01-01T00:00:00Z' } });
  const exceptions = [{ clusters: ['zzz'], version: '3.8.0', reason: 'why', expires: '2030-01-01T00:00:00Z' }];

  it.each<[string, Documents, Documents, unknown]>([
    ['the release', at('3.7.0'), at('3.9.0'), ['release/r.yaml', ['spec', 'version']]],
    [
      'the pin',
      at('3.7.0', { clusters: [cluster('a')] }),
      at('3.7.0', { clusters: [cluster('a', {}, pin('3.9.0'))] }),
      ['cluster/a.yaml', ['spec', 'pin', 'version']],
    ],
    [
      'the exception',
      at('3.7.0', { clusters: [cluster('a')] }),
      at('3.7.0', {
        clusters: [cluster('a')],
        releases: [
          release('r', {
            version: '3.7.0',
            exceptions: [
              ...exceptions,
              { ...exceptions[0], clusters: ['a'], version: '3.9.0', reason: 'why', expires: '2030-01-01T00:00:00Z' },
            ],
          }),
        ],
      }),
      ['release/r.yaml', ['spec', 'exceptions', 1, 'version']],
    ],
  ])('an illegal jump points at %s', (_name, before, after, want) => {
    const { problems } = change(before, after);
    expect(problems.map(({ place, code, severity }) => [place.file, place.path, code, severity])).toEqual([
      [...(want as unknown[]), 'illegal-jump', 'error'],
    ]);
    expect(problems[0]?.message).toMatch(/^3\.7\.0 to 3\.9\.0 skips minor 3\.8; it concerns /);
  });

  it('an illegal jump names ten clusters, and counts the others', () => {
    const clusters = Array.from({ length: 11 }, (_, n) => cluster(`c${String(n).padStart(2, '0')}`));
    const { problems } = change(at('3.7.0', { clusters }), at('3.9.0', { clusters }));
    expect(problems[0]?.message).toMatch(/c00, .*c09 and 1 more$/);
  });

  it('a rollback over one minor is legal, over two it is not', () => {
    expect(change(at('3.9.0'), at('3.8.0')).problems).toEqual([]);
    expect(change(at('3.9.0'), at('3.7.0')).problems.map(({ code }) => code)).toEqual(['illegal-jump']);
  });

  it('a cluster that is opted out is not judged: it does not move', () => {
    const clusters = [cluster('a', {}, { optOut: { reason: 'audit' } })];
    expect(change(at('3.7.0', { clusters }), at('3.9.0', { clusters })).problems).toEqual([]);
  });

  it('a cluster cannot become another product', () => {
    const products = [product('kafka'), product('connect')];
    const after = {
      products,
      clusters: [cluster('a', {}, { product: 'connect' })],
      releases: [release('r'), release('s', { product: 'connect' })],
    };
    const before = { ...after, clusters: [cluster('a')] };
    expect(change(before, after).problems.map(({ code, place }) => [code, place.path])).toEqual([['product-changed', ['spec', 'product']]]);
  });

  it('cohorts that leave a changed cluster out are an error, not a loss', () => {
    const strategies = [strategy('standard', [{ name: 'half', cohort: { size: '50%' }, maxConcurrent: 1, bake: '0s' }])];
    const { problems, plan } = change(at('3.8.0', { strategies }), at('3.9.0', { strategies }));
    expect(problems.map(({ code, place }) => [code, place.file])).toEqual([['unplaced-change', 'release/r.yaml']]);
    expect(Object.keys(plan?.targets ?? {}).sort()).toEqual(plan?.phases.flatMap(({ members }) => members).sort());
  });
});
