import { describe, expect, it } from 'vitest';
import type { DesiredState } from '../../../src/core/desired/desired.ts';
import { planFleet } from '../../../src/core/plan/plan-fleet.ts';
import { orderReleases } from '../../../src/core/plan/release-order.ts';
import type { FleetLedger } from '../../support/fleet-ledger.ts';
import { cluster, type Documents, fleetModel, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { change, desiredAt, historyOf, planned, rolled, rolloutOf, targetOf } from './plan-of.ts';

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
  const rollout = rolled(at('3.8.0'), at('3.9.0'));

  it('hold the clusters that move, with the arithmetic in words', () => {
    expect(rollout.phases.map(({ name, members, why, maxConcurrent }) => [name, members.length, why, maxConcurrent.words])).toEqual([
      ['canary', 1, 'tier = canary', '1'],
      ['early', 2, '25 % of 9 = 2, drawn by hash of seed "r"', '50 % of 2 = 1'],
      ['rest', 7, 'the rest: 7 that no other phase takes', '25 % of 7 = 1'],
    ]);
  });

  it('are what the targets stand in, in this order', () => {
    expect([...rollout.targets.keys()]).toEqual(rollout.phases.flatMap(({ members }) => members));
    expect([...rollout.targets.values()].map(({ phase }) => phase)).toEqual(
      rollout.phases.flatMap(({ name, members }) => members.map(() => name)),
    );
  });

  it('soak, bake, ask for approval and tolerate nothing unless told to', () => {
    expect(rollout.phases.map(({ soakMs, bakeMs, approval, budgets }) => [soakMs, bakeMs, approval, budgets.failed])).toEqual([
      [1_800_000, 3_600_000, undefined, { count: 0, words: '0' }],
      [600_000, 0, undefined, { count: 0, words: '10 % of 2 = 0' }],
      [600_000, 0, { when: 'before', count: 1, teams: ['kafka-leads'], users: [], notAuthor: true }, { count: 0, words: '0' }],
    ]);
  });

  it('tolerate what the strategy says, and ask who it says', () => {
    const budgets = { unreachable: '50%', deferred: 2 };
    const strategies = [
      strategy(
        'standard',
        [
          {
            name: 'all',
            rest: true,
            maxConcurrent: 1,
            soak: '1m',
            budgets,
            approval: { when: 'after', count: 2, users: ['ada'], notAuthor: false },
          },
        ],
        { budgets },
      ),
    ];
    const told = rolled(at('3.8.0', { strategies }), at('3.9.0', { strategies }));
    const want = { unreachable: { count: 5, words: '50 % of 10 = 5' }, deferred: { count: 2, words: '2' } };
    expect(told.budgets).toEqual(want);
    expect(told.phases[0]?.budgets).toEqual({ failed: { count: 0, words: '0' }, ...want });
    expect(told.phases[0]?.approval).toEqual({ when: 'after', count: 2, teams: [], users: ['ada'], notAuthor: false });
  });

  it('count percentages of what moves, not of what the release selects', () => {
    const touched = new Set(['canary-1', 'prod-1', 'prod-2', 'prod-3', 'prod-4']);
    const clusters = CLUSTERS.map((one) =>
      touched.has(one.metadata.name) ? cluster(one.metadata.name, one.metadata.labels, { replicas: 20 }) : one,
    );
    const { phases, targets, selected, fromVersions, toVersions } = rolled(at('3.8.0'), at('3.8.0', { clusters }));
    expect(phases.map(({ members }) => members.length)).toEqual([1, 1, 3]);
    expect([targets.size, selected, fromVersions, toVersions]).toEqual([5, 10, ['3.8.0'], ['3.8.0']]);
  });

  it.each([
    [undefined, ['d', 'c', 'a', 'b', 'none', 'a-none']],
    [false, ['d', 'c', 'a', 'b', 'none', 'a-none']],
    [true, ['b', 'a', 'd', 'c', 'none', 'a-none']],
  ])('go by label where told to, descending: %s', (descending, want) => {
    const clusters = [
      cluster('b', { wave: '3' }),
      cluster('a', { wave: '2' }),
      cluster('c', { wave: '1' }),
      cluster('d', { wave: '1' }),
      cluster('none'),
      cluster('a-none'),
    ];
    const strategies = [
      strategy('standard', [
        {
          name: 'all',
          rest: true,
          maxConcurrent: 1,
          soak: '0s',
          order: { by: 'label', label: 'wave', ...(descending === undefined ? {} : { descending }) },
        },
      ]),
    ];
    expect(rolled(at('3.8.0', { clusters, strategies }), at('3.9.0', { clusters, strategies })).phases[0]?.members).toEqual(want);
  });
});

describe('limits', () => {
  it('are those of phases with members, and one for rescues', () => {
    const { limits, guardMs } = rolled(at('3.8.0'), at('3.9.0'));
    expect(limits.map(({ id, kind, name, count }) => [id, kind, name, count.words])).toEqual([
      ['phase:canary', 'phase', 'canary', '1'],
      ['phase:early', 'phase', 'early', '50 % of 2 = 1'],
      ['phase:rest', 'phase', 'rest', '25 % of 7 = 1'],
      ['rescue', 'rescue', 'r', '10 % of 10 = 1'],
    ]);
    expect(guardMs).toBe(30 * 60_000);
  });

  it('are none of phases in which nobody moves', () => {
    const clusters = CLUSTERS.map((one) => (one.metadata.name === 'prod-1' ? cluster('prod-1', { tier: 'prod' }, { replicas: 20 }) : one));
    const { limits, phases } = rolled(at('3.8.0'), at('3.8.0', { clusters }));
    expect(limits.map(({ id }) => id)).toEqual(['phase:early', 'rescue']);
    expect(phases.map(({ members, kind }) => [members.length, kind])).toEqual([
      [0, 'rollout'],
      [1, 'rollout'],
      [0, 'rollout'],
    ]);
  });

  it('are as the strategy says', () => {
    const strategies = [
      strategy('standard', [{ name: 'all', rest: true, maxConcurrent: 3, soak: '1m' }], {
        maxConcurrent: '50%',
        guard: '2h',
        rescue: { maxConcurrent: 4 },
      }),
    ];
    const { limits, guardMs } = rolled(at('3.8.0', { strategies }), at('3.9.0', { strategies }));
    expect(limits.map(({ id, count }) => [id, count.count])).toEqual([
      ['phase:all', 3],
      ['release', 5],
      ['rescue', 4],
    ]);
    expect(guardMs).toBe(2 * 3_600_000);
  });
});

describe('targets', () => {
  it('have a deadline that grows with replicas', () => {
    const plain = rolled(at('3.8.0'), at('3.9.0'));
    expect([targetOf(plain, 'prod-0').deadlineMs, targetOf(plain, 'prod-8').deadlineMs]).toEqual([15 * 60_000, 55 * 60_000]);
    const products = [product('kafka', { deadline: { base: '1m', perReplica: '2m' } })];
    expect(targetOf(rolled(at('3.8.0', { products }), at('3.9.0', { products })), 'prod-8').deadlineMs).toBe(19 * 60_000);
  });

  it('are none when nothing changes, and then there is no plan', () => {
    expect(change(at('3.8.0'), at('3.8.0'))).toMatchObject({ plan: undefined, changes: [], problems: [] });
  });

  it('are none when a fleet is seen for the first time and taken for what it is described as', () => {
    const { plan, changes } = change({ ...at('3.8.0'), clusters: [] }, at('3.8.0'), historyOf(at('3.8.0')));
    expect([plan, changes.length]).toEqual([undefined, 10]);
  });
});

describe('releases', () => {
  const names = ['connect', 'registry', 'kafka', 'ui'];
  const products = [
    product('kafka'),
    product('registry', { requires: ['kafka'] }),
    product('connect', { requires: ['registry'] }),
    product('ui'),
  ];
  const single = strategy('standard', [{ name: 'all', rest: true, maxConcurrent: 1, soak: '0s' }]);
  const fleet = (versions: Record<string, string>): Documents => ({
    products,
    strategies: [single],
    clusters: names.map((name) => cluster(`${name}-1`, { product: name }, { product: name })),
    releases: names.map((name) =>
      release(`${name}-all`, { product: name, version: versions[name] ?? '3.8.0', select: { matchLabels: { product: name } } }),
    ),
  });

  it.each<[string, readonly string[], unknown]>([
    ['side by side without a requirement', ['ui', 'kafka'], { 'kafka-all': [], 'ui-all': [] }],
    ['after a required product', ['registry', 'kafka'], { 'kafka-all': [], 'registry-all': ['kafka'] }],
    ['through one that does not change', ['connect', 'kafka'], { 'kafka-all': [], 'connect-all': ['kafka', 'registry'] }],
    [
      'one after another',
      ['connect', 'registry', 'kafka'],
      { 'kafka-all': [], 'registry-all': ['kafka'], 'connect-all': ['kafka', 'registry'] },
    ],
  ])('are one rollout each, %s', (_name, changing, want) => {
    const { rollouts } = planned(fleet({}), fleet(Object.fromEntries(changing.map((name) => [name, '3.9.0']))));
    expect(Object.fromEntries(rollouts.map(({ release: name, requires }) => [name, requires]))).toEqual(want);
    expect(rollouts.map(({ release: name }) => name)).toEqual(Object.keys(want as object));
  });

  it('that require nothing of each other go in order of name', () => {
    expect(orderReleases(fleetModel(fleet({})), ['ui-all', 'registry-all', 'gone', 'kafka-all'])).toEqual([
      'gone',
      'kafka-all',
      'ui-all',
      'registry-all',
    ]);
  });

  it('in which nothing changed are not planned, whatever was left behind in them', () => {
    const known = historyOf(fleet({ ui: '3.7.0' }));
    expect(planned(fleet({}), fleet({ kafka: '3.9.0' }), known).rollouts.map(({ release: name }) => name)).toEqual(['kafka-all']);
  });

  it('in which nothing changed are planned when a person asks', () => {
    const known = historyOf(fleet({ ui: '3.7.0' }));
    const rollout = rolled(fleet({}), fleet({}), known, { touched: new Set(['ui-all', 'kafka-all', 'gone']) });
    expect([rollout.release, targetOf(rollout, 'ui-1').change]).toEqual(['ui-all', 'bring-home']);
    expect(change(fleet({}), fleet({}), undefined, { touched: new Set(['ui-all']) }).plan).toBeUndefined();
  });
});

describe('problems', () => {
  const pin = (version: string) => ({ pin: { version, reason: 'why', expires: '2030-01-01T00:00:00Z' } });
  const exception = (name: string, version: string) => ({ clusters: [name], version, reason: 'why', expires: '2030-01-01T00:00:00Z' });

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
        releases: [release('r', { version: '3.7.0', exceptions: [exception('zzz', '3.8.0'), exception('a', '3.9.0')] })],
      }),
      ['release/r.yaml', ['spec', 'exceptions', 1, 'version']],
    ],
  ])('an illegal jump points at %s', (_name, before, after, want) => {
    const { problems } = change(before, after);
    const jumps = problems.filter(({ code }) => code === 'illegal-jump');
    expect(jumps.map(({ place, severity }) => [place.file, place.path, severity])).toEqual([[...(want as unknown[]), 'error']]);
    expect(jumps[0]?.message).toMatch(/^3\.7\.0 to 3\.9\.0 skips minor 3\.8; it concerns /);
  });

  it('two illegal jumps of one commit are two errors', () => {
    const clusters = [cluster('a'), cluster('b'), cluster('c')];
    const after = at('3.7.0', { clusters: [cluster('a', {}, pin('3.9.0')), cluster('b', {}, pin('3.9.0')), cluster('c')] });
    const { problems } = change(at('3.7.0', { clusters }), after);
    expect(problems.filter(({ code }) => code === 'illegal-jump').map(({ place, message }) => [place.file, message])).toEqual([
      ['cluster/a.yaml', '3.7.0 to 3.9.0 skips minor 3.8; it concerns a'],
      ['cluster/b.yaml', '3.7.0 to 3.9.0 skips minor 3.8; it concerns b'],
    ]);
  });

  it('an illegal jump of a cluster that takes part again is an error where the commit changes its version too', () => {
    const strategies = [strategy('standard', [{ name: 'all', rest: true, maxConcurrent: 1, soak: '0s' }])];
    const of = (version: string, spec = {}): Documents => at(version, { clusters: [cluster('a', {}, spec)], strategies });
    const away = { optOut: { reason: 'audit' } };
    const known = historyOf(of('3.7.0'));
    expect(change(of('3.7.0', away), of('3.9.0'), known).problems.map(({ code }) => code)).toEqual(['illegal-jump']);
    // Here the version was wanted before, and what it runs was left behind while it was away.
    const late = change(of('3.9.0', away), of('3.9.0'), known);
    expect([late.problems, late.plan?.risks.map(({ code }) => code)]).toEqual([[], expect.arrayContaining(['illegal-path'])]);
  });

  it('an illegal jump of what earlier rollouts left behind holds it, and is no error', () => {
    const clusters = [cluster('canary-1', { tier: 'canary' }), cluster('a')];
    const known = historyOf(at('3.8.0', { clusters }), at('3.9.0', { clusters })).change('a', (entry) => ({ ...entry, proven: [] }));
    known.seen(desiredAt(at('3.7.0', { clusters })), 'a');
    const { problems, plan } = change(at('3.9.0', { clusters }), at('3.9.0', { clusters }), known, { touched: new Set(['r']) });
    expect([problems, plan?.risks.some(({ code }) => code === 'illegal-path')]).toEqual([[], true]);
  });

  it('an illegal jump names ten clusters, and counts the others', () => {
    const clusters = Array.from({ length: 11 }, (_, n) => cluster(`c${String(n).padStart(2, '0')}`));
    const { problems } = change(at('3.7.0', { clusters }), at('3.9.0', { clusters }));
    expect(problems.map(({ code }) => code)).toContain('illegal-jump');
    expect(problems.find(({ code }) => code === 'illegal-jump')?.message).toMatch(/c00, .*c09 and 1 more$/);
  });

  it('going back over one minor is legal, over two it is not', () => {
    expect(change(at('3.9.0'), at('3.8.0'), historyOf(at('3.8.0'), at('3.9.0'))).problems).toEqual([]);
    const { problems } = change(at('3.9.0'), at('3.7.0'), historyOf(at('3.7.0'), at('3.8.0'), at('3.9.0')));
    expect(problems.map(({ code }) => code)).toEqual(['illegal-jump']);
  });

  it('a cluster that is opted out is not judged: it does not move', () => {
    const clusters = [cluster('a', {}, { optOut: { reason: 'audit' } })];
    expect(change(at('3.7.0', { clusters }), at('3.9.0', { clusters })).problems).toEqual([]);
  });

  it('a jump that only what really runs makes illegal holds the cluster, and is no error', () => {
    const before = at('3.8.0');
    const known = historyOf(before)
      .change('prod-3', (entry) => ({ ...entry, proven: [] }))
      .seen(change(before, before).desired, 'prod-3', { version: '3.7.0' });
    const { problems, plan } = change(before, at('3.9.0'), known);
    expect(problems).toEqual([]);
    expect(plan?.risks.find(({ code }) => code === 'illegal-path')?.words).toBe(
      'prod-3 cannot start, because of what runs there: 3.7.0 to 3.9.0 skips minor 3.8. Way out: go to 3.8.1 first, ' +
        'or list "3.7.0" in "from" of version 3.9.0 of the Product if this jump is known to be safe',
    );
  });

  it('a jump that the commit asks for is no error where what runs makes it legal', () => {
    const clusters = [cluster('a', { tier: 'canary' })];
    const before = at('3.7.0', { clusters });
    const known = historyOf(at('3.8.0', { clusters }));
    expect(change(before, at('3.9.0', { clusters }), known).problems).toEqual([]);
  });

  it('a cluster cannot become another product', () => {
    const products = [product('kafka'), product('connect')];
    const after = {
      products,
      clusters: [cluster('a', { tier: 'canary' }, { product: 'connect' })],
      releases: [release('r'), release('s', { product: 'connect' })],
    };
    const before = { ...after, clusters: [cluster('a', { tier: 'canary' })], releases: [release('r', { version: '3.7.0' })] };
    const codes = (from: Documents, known = historyOf(before)) =>
      change(from, { ...after, releases: [release('s', { product: 'connect', version: '3.9.0' })] }, known).problems.map(
        ({ code, place }) => [code, place.path],
      );
    const want = [['product-changed', ['spec', 'product']]];
    expect(codes(before)).toEqual(want);
    expect(codes(before, historyOf(before).unproven('a'))).toEqual(want);
    // It left the manifests, and comes back as something else.
    expect(codes({ ...before, clusters: [] })).toEqual(want);
  });

  it('cohorts that leave a changed cluster out are an error, not a loss', () => {
    const strategies = [strategy('standard', [{ name: 'half', cohort: { size: '50%' }, maxConcurrent: 1, soak: '0s' }])];
    const { problems, plan } = change(at('3.8.0', { strategies }), at('3.9.0', { strategies }));
    expect(problems.map(({ code, place }) => [code, place.file])).toEqual([['unplaced-change', 'release/r.yaml']]);
    expect(rolloutOf({ plan }).targets.size).toBe(5);
  });

  it('a cluster that two phases select is an error that names it, and the strategy', () => {
    const phase = (name: string) => ({ name, select: { matchLabels: { tier: 'twice' } }, maxConcurrent: 1, soak: '0s' });
    const phases: Parameters<typeof strategy>[1] = [phase('x'), phase('y'), { name: 'rest', rest: true, maxConcurrent: 1, soak: '0s' }];
    const clusters = [cluster('b', { tier: 'twice' }), cluster('a', { tier: 'twice' }), cluster('c')];
    const problems = (name: string, spec: Parameters<typeof release>[1]) => {
      const of = (version: string): Documents => ({
        clusters,
        strategies: [strategy(name, phases)],
        releases: [release('r', { version, ...spec })],
      });
      return change(of('3.8.0'), of('3.9.0')).problems.map(({ place, message }) => [place.path, message]);
    };
    const words = (name: string) => `strategy ${name} puts changed clusters in no phase, or in two: a, b`;
    expect(problems('standard', {})).toEqual([[['spec'], words('standard')]]);
    expect(problems('own', { strategy: 'own' })).toEqual([[['spec', 'strategy'], words('own')]]);
    const noRest = (version: string): Documents => ({
      clusters: [cluster('z'), ...clusters.slice(0, 2)],
      strategies: [strategy('standard', phases.slice(0, 2))],
      releases: [release('r', { version })],
    });
    expect(change(noRest('3.8.0'), noRest('3.9.0')).problems[0]?.message).toBe(`${words('standard')}, z`);
    const alone = (version: string): Documents => ({
      ...at(version, { clusters: clusters.slice(0, 2) }),
      strategies: [strategy('standard', phases)],
    });
    expect(change(alone('3.8.0'), alone('3.9.0')).plan).toBeUndefined();
  });
});

describe('the digest', () => {
  const known = () => historyOf(at('3.8.0'));
  const digest = (after: Documents, ledger: FleetLedger = known(), more = {}) => planned(at('3.8.0'), after, ledger, more).digest;

  it('is the same for the same plan', () => expect(digest(at('3.9.0'))).toBe(digest(at('3.9.0'))));

  it('is another when anything is: the version, a limit, what runs, what stands in the way', () => {
    const config = at('3.9.0', { releases: [release('r', { version: '3.9.0', config: { x: 1 } })] });
    const slower = at('3.9.0', { strategies: [strategy('standard', STANDARD.spec.phases, { guard: '1h' })] });
    const { desired } = change(at('3.8.0'), at('3.8.0'));
    const seen = (over: object) => known().seen(desired, 'prod-1', over);
    const digests = [
      digest(at('3.9.0')),
      digest(at('3.8.1')),
      digest(config),
      digest(slower),
      digest(at('3.9.0'), seen({ version: '3.8.1' })),
      digest(at('3.9.0'), seen({ config: { x: 2 } })),
      digest(at('3.9.0'), seen({ replicas: 7 })),
      digest(at('3.9.0'), seen({ replicas: 1 })),
      digest(at('3.9.0'), known().seen(desired, 'prod-2', { replicas: 1 })),
      digest(at('3.9.0'), known().ordered(change(at('3.8.0'), at('3.8.1')).desired, 'prod-1')),
    ];
    // A setting that nobody described is the cluster's own.
    expect(digests[5]).toBe(digests[0]);
    expect(new Set(digests).size).toBe(digests.length - 1);
  });

  it('is another when other clusters move, another of them runs something else, or a phase soaks longer', () => {
    const phases = STANDARD.spec.phases.map((phase, n) => (n === 1 ? { ...phase, soak: '11m' } : phase));
    expect(digest(at('3.9.0', { strategies: [strategy('standard', phases)] }))).not.toBe(digest(at('3.9.0')));
    const names = ['a', 'b', 'c'];
    const strategies = [strategy('standard', [{ name: 'all', rest: true, maxConcurrent: 1, soak: '0s' }])];
    const all = (version: string, changed = ''): Documents => ({
      clusters: names.map((name) => cluster(name, {}, name === changed ? { config: { x: 1 } } : {})),
      releases: [release('r', { version })],
      strategies,
    });
    const digests = (of: (name: string) => string) => new Set(names.map(of)).size;
    expect(digests((name) => planned(all('3.8.0'), all('3.8.0', name)).digest)).toBe(3);
    const running = (name: string, x: number) =>
      historyOf(all('3.8.0')).seen(desiredAt(all('3.8.0')), name, { version: '3.8.1', config: { x } });
    expect(digests((name) => planned(all('3.8.0'), all('3.9.0'), running(name, 2)).digest)).toBe(3);
    const setting = (x: number) => planned(all('3.8.0', 'a'), all('3.9.0', 'a'), running('a', x)).digest;
    expect(setting(2)).not.toBe(setting(3));
  });

  it('does not depend on the order in which desired states come', () => {
    const out = (name: string) => cluster(name, {}, { optOut: { reason: 'audit' } });
    const with2 = (version: string) => at(version, { clusters: [...CLUSTERS, out('x'), out('y')] });
    const after = fleetModel(with2('3.9.0'));
    const { entries: ledger, orders } = known();
    const input = { model: after, ledger, orders, stops: [] };
    const [before, desired] = [desiredAt(with2('3.8.0')), desiredAt(with2('3.9.0'))];
    const ways: readonly ((state: DesiredState) => DesiredState)[] = [
      (state) => new Map([...state].reverse()),
      (state) => new Map([...[...state].slice(5), ...[...state].slice(0, 5)]),
    ];
    const asked = ['s', 'r'].map((first) => new Set([first, 'r', 's']));
    const two = (version: string): Documents => ({
      clusters: [cluster('a', {}, { product: 'connect', optOut: { reason: 'audit' } }), out('b')],
      products: [product('kafka'), product('connect')],
      releases: [release('r', { version }), release('s', { version, product: 'connect' })],
    });
    const [first, second] = asked.map((touched) => planned(two('3.8.0'), two('3.9.0'), undefined, { touched }));
    expect(first?.excluded.map(({ cluster: id }) => id)).toEqual(['b', 'a']);
    expect(second).toEqual(first);
    for (const mixed of ways)
      expect(planFleet({ ...input, before: mixed(before), desired: mixed(desired) })).toEqual(planFleet({ ...input, before, desired }));
  });
});
