import { describe, expect, it } from 'vitest';
import type { Operation, Strategy } from '../../../src/core/manifest/generated.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Risk } from '../../../src/core/plan/plan.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import { stopOf } from '../../support/fleet-ledger.ts';
import { cluster, type Documents, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { change, desiredAt, historyOf } from './plan-of.ts';

const risks = (...args: Parameters<typeof change>): readonly Risk[] => change(...args).plan?.risks ?? [];
const words = (code: Risk['code'], ...args: Parameters<typeof change>): readonly string[] =>
  risks(...args).flatMap((risk) => (risk.code === code ? [risk.words] : []));

const fleet = (prod: number, other = 0) => [
  cluster('canary-1', { tier: 'canary' }),
  ...Array.from({ length: prod }, (_, n) => cluster(`prod-${n}`, { tier: 'prod' })),
  ...Array.from({ length: other }, (_, n) => cluster(`other-${n}`, {}, { product: 'connect' })),
];
const at = (version: string, documents: Documents = {}, spec: Parameters<typeof release>[1] = {}): Documents => ({
  products: [
    product('kafka', { versions: ['3.7.0', '3.8.0', '3.8.1', '3.9.0', '4.0.0'].map((v) => ({ version: v })) }),
    product('connect'),
  ],
  clusters: fleet(3, 20),
  releases: [release('r', { version, ...spec }), release('s', { product: 'connect' })],
  ...documents,
});

describe('risks', () => {
  it('are none for an ordinary patch with a canary', () => expect(risks(at('3.8.0'), at('3.8.1'))).toEqual([]));

  it.each<[Risk['code'], Documents, Documents, RegExp]>([
    ['major-version', at('3.9.0'), at('4.0.0'), /^New major version: kafka 3\.9\.0 to 4\.0\.0, on canary-1, prod-0, prod-1, prod-2$/],
    ['downgrade', at('3.8.1'), at('3.8.0'), /^Goes back to a version that was not proven there: kafka 3\.8\.1 to 3\.8\.0, on canary-1/],
    ['urgency', at('3.8.0'), at('3.8.1', {}, { urgency: 'security' }), /^r is marked security$/],
    [
      'no-canary',
      at('3.8.0'),
      at('3.8.0', { clusters: [...fleet(1, 20), cluster('prod-1', {}, { replicas: 5 }), cluster('prod-2', {}, { replicas: 5 })] }),
      /^r has no canary: none of its clusters moves, so early goes first \(canary: no version changes\)$/,
    ],
    [
      'removed',
      at('3.8.0'),
      at('3.8.0', { clusters: fleet(2, 20) }),
      /^No longer in the manifests: prod-2\. Flotilla deletes nothing; from now on nobody watches it$/,
    ],
    [
      'replicas-down',
      at('3.8.0'),
      at('3.8.0', { clusters: [...fleet(2, 20), cluster('prod-2', { tier: 'prod' }, { replicas: 2 })] }),
      /prod-2 \(3 to 2\)$/,
    ],
    [
      'withdrawn',
      at('3.8.0'),
      at('3.8.1', {
        products: [
          product('kafka', { versions: [{ version: '3.8.0' }, { version: '3.8.1', withdrawn: 'loses data' }] }),
          product('connect'),
        ],
      }),
      /^kafka 3\.8\.1 is withdrawn \(loses data\); it goes to canary-1/,
    ],
    [
      'pinned',
      at('3.8.0', {
        clusters: [...fleet(3, 20), cluster('held', {}, { pin: { version: '3.8.0', reason: 'disks', expires: '2020-01-01T00:00:00Z' } })],
      }),
      at('3.8.1', {
        clusters: [...fleet(3, 20), cluster('held', {}, { pin: { version: '3.8.0', reason: 'disks', expires: '2020-01-01T00:00:00Z' } })],
      }),
      /^Stays behind: held at 3\.8\.0 \(pin until 2020-01-01 00:00:00 UTC: disks\)$/,
    ],
    [
      'opted-out',
      at('3.8.0', { clusters: [...fleet(3, 20), cluster('out', {}, { optOut: { reason: 'audit' } })] }),
      at('3.8.1', { clusters: [...fleet(3, 20), cluster('out', {}, { optOut: { reason: 'audit' } })] }),
      /^Left alone, opted out: out \(audit\)$/,
    ],
  ])('%s', (code, before, after, want) => {
    expect(words(code, before, after)).toEqual([expect.stringMatching(want)]);
  });
});

describe('limits of risks', () => {
  it.each([
    ['half of the fleet is not many', 9, 10, 0],
    ['one more is', 10, 10, 1],
    ['seven of seven are too few to speak of shares', 6, 0, 0],
    ['eight of eight are not', 7, 0, 1],
  ])('many clusters: %s', (_name, prod, other, want) => {
    const clusters = fleet(prod, other);
    expect(words('many-clusters', at('3.8.0', { clusters }), at('3.8.1', { clusters }))).toHaveLength(want);
  });

  it.each([
    [2, 8, 0],
    [3, 8, 1],
    [3, 7, 0],
  ])('a first phase of %i out of %i', (first, members, want) => {
    const strategies = [
      strategy('standard', [
        { name: 'first', cohort: { size: first }, maxConcurrent: 1, soak: '1m' },
        { name: 'rest', rest: true, maxConcurrent: 1, soak: '1m' },
      ]),
    ];
    const clusters = fleet(members - 1, 30);
    expect(words('large-first-phase', at('3.8.0', { clusters, strategies }), at('3.8.1', { clusters, strategies }))).toHaveLength(want);
  });

  it.each<readonly [string, number | string, Partial<Strategy['spec']>, Partial<Strategy['spec']['phases'][number]>, number]>([
    ['all of them', '100%', {}, {}, 1],
    ['all but one', 3, {}, {}, 0],
    ['all, where the strategy holds one back', '100%', { maxConcurrent: 3 }, {}, 0],
    ['all, once approved', '100%', {}, { approval: { when: 'before', count: 1, users: ['anna'] } }, 0],
    ['all, approved afterwards', '100%', {}, { approval: { when: 'after', count: 1, users: ['anna'] } }, 1],
  ])('at once: %s', (_name, maxConcurrent, spec, phase, want) => {
    const strategies = [strategy('standard', [{ name: 'all', rest: true, maxConcurrent, soak: '1m', ...phase }], spec)];
    expect(words('all-at-once', at('3.8.0', { strategies }), at('3.8.1', { strategies }))).toHaveLength(want);
  });

  it.each([
    ['the last phase may', ['10m', '10m', '0s'], undefined, []],
    [
      'an earlier one had better',
      ['0s', '10m', '10m'],
      undefined,
      ['r does not wait after canary: the next phase starts as soon as its clusters are healthy'],
    ],
    ['to bake is to wait as well', ['0s', '10m', '10m'], '1m', []],
  ])('no wait: %s', (_name, soaks, bake, want) => {
    const phases = STANDARD.spec.phases.map(({ bake: _bake, ...phase }, n) => ({
      ...phase,
      soak: soaks[n] ?? '0s',
      ...(bake === undefined ? {} : { bake }),
    }));
    const strategies = [strategy('standard', phases)];
    expect(words('no-bake', at('3.8.0', { strategies }), at('3.8.1', { strategies }))).toEqual(want);
  });

  it('say that nobody tries the version where its canary stays behind, and no more', () => {
    const out = [cluster('canary-1', { tier: 'canary' }, { optOut: { reason: 'audit' } }), ...fleet(3, 20).slice(1)];
    expect(words('no-canary', at('3.8.0', { clusters: out }), at('3.8.1', { clusters: out }))).toEqual([
      'r has no canary: none of its clusters moves, so early goes first',
    ]);
  });

  it.each([
    ['more replicas', 9],
    ['as many, with a smaller setting', 3],
  ])('say nothing of %s', (_name, replicas) => {
    const of = (size: number, x: number) => [...fleet(2, 20), cluster('prod-2', { tier: 'prod' }, { replicas: size, config: { x } })];
    expect(words('replicas-down', at('3.8.0', { clusters: of(3, 8) }), at('3.8.0', { clusters: of(replicas, 1) }))).toEqual([]);
  });

  it('name clusters and jumps in order, in whatever order they move', () => {
    const names = ['prod-4', 'prod-1', 'prod-3', 'prod-0', 'prod-2'];
    const smaller = names.map((name) => cluster(name, { tier: 'prod' }, { replicas: 2 }));
    const [before, after] = [at('3.8.0', { clusters: fleet(5, 20) }), at('3.8.0', { clusters: [...fleet(0, 20), ...smaller] })];
    const list = 'prod-0 (3 to 2), prod-1 (3 to 2), prod-2 (3 to 2), prod-3 (3 to 2), prod-4 (3 to 2)';
    expect(words('replicas-down', before, after)).toEqual([`Fewer replicas, so data must move off first: ${list}`]);
    const known = historyOf(at('3.9.0'))
      .seen(desiredAt(at('3.8.1')), 'canary-1')
      .seen(desiredAt(at('3.7.0')), 'prod-1');
    expect(words('major-version', at('3.9.0'), at('4.0.0'), known)).toEqual([
      'New major version: kafka 3.7.0 to 4.0.0, on prod-1',
      'New major version: kafka 3.8.1 to 4.0.0, on canary-1',
      'New major version: kafka 3.9.0 to 4.0.0, on prod-0, prod-2',
    ]);
  });

  it('name several that left, and those that are held apart from those that are opted out', () => {
    const pin = { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' };
    const clusters = [...fleet(3, 20), cluster('held', {}, { pin }), cluster('out', {}, { optOut: { reason: 'audit' } })];
    const found = risks(at('3.8.0', { clusters: [...clusters, cluster('gone-1'), cluster('gone-2')] }), at('3.8.1', { clusters }));
    expect(found.map(({ code, words: said }) => [code, said])).toEqual([
      ['removed', 'No longer in the manifests: gone-1, gone-2. Flotilla deletes nothing; from now on nobody watches them'],
      ['pinned', 'Stays behind: held at 3.8.0 (pin until 2030-01-01 00:00:00 UTC: disks)'],
      ['opted-out', 'Left alone, opted out: out (audit)'],
    ]);
  });

  it('name the operations of a product that moves: nobody carries them out yet', () => {
    const operation = (name: string, of: string): Operation => ({
      apiVersion: 'flotilla.dev/v1',
      kind: 'Operation',
      metadata: { name },
      spec: { action: 'rebalance', product: of, select: {}, reason: 'disks fill up' },
    });
    const operations = [operation('y', 'kafka'), operation('x', 'kafka'), operation('w', 'connect')];
    expect(words('operation', at('3.8.0'), at('3.8.1', { operations }))).toEqual([
      'Operations are described but not carried out yet: x, y',
    ]);
  });

  it('say nothing of a canary for a single cluster, nor of going back in a rollback', () => {
    const clusters = fleet(1, 20).slice(1);
    expect(risks(at('3.8.0', { clusters }), at('3.8.1', { clusters }))).toEqual([]);
    expect(risks(at('3.8.1'), at('3.8.0'), historyOf(at('3.8.0'), at('3.8.1')))).toEqual([]);
  });

  it('come worst first', () => {
    const clusters = fleet(9).slice(1);
    expect(risks(at('3.9.0', { clusters }), at('4.0.0', { clusters }, { urgency: 'hotfix' })).map(({ code }) => code)).toEqual([
      'major-version',
      'no-canary',
      'many-clusters',
      'urgency',
    ]);
    const known = historyOf(at('3.8.1'))
      .unproven('prod-0')
      .seen(desiredAt(at('3.7.0')), 'prod-0');
    const stops = [stopOf({ scope: { kind: 'cluster', cluster: trusted.cluster('prod-0') } })];
    const bigger = at('3.9.0', { clusters: [...fleet(2, 1), cluster('prod-2', { tier: 'prod' }, { replicas: 5 })] });
    expect(risks(at('3.9.0', { clusters: fleet(3, 2) }), bigger, known, { stops }).map(({ code }) => code)).toEqual([
      'stopped',
      'illegal-path',
      'brings-home',
      'removed',
    ]);
  });
});

describe('what earlier rollouts left', () => {
  const bigger = at('3.8.1', { clusters: [...fleet(2, 20), cluster('prod-2', { tier: 'prod' }, { replicas: 5 })] });

  it('is brought home, and said', () => {
    const known = historyOf(at('3.8.0'), at('3.8.1'));
    known.change('prod-0', (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    expect(risks(at('3.8.1'), bigger, known).find(({ code }) => code === 'brings-home')?.words).toBe(
      'Also brings home 1 cluster that earlier rollouts did not reach: prod-0',
    );
  });

  it('is counted', () => {
    const known = historyOf(at('3.8.0'), at('3.8.1'));
    for (const name of ['prod-1', 'prod-0']) known.change(name, (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    expect(words('brings-home', at('3.8.1'), bigger, known)).toEqual([
      'Also brings home 2 clusters that earlier rollouts did not reach: prod-0, prod-1',
    ]);
  });

  it('may be half-way to the first that it was ever ordered', () => {
    const known = historyOf(at('3.8.0'))
      .ordered(desiredAt(at('3.8.0')), 'prod-0')
      .unproven('prod-0');
    expect(words('half-way', at('3.8.0'), at('3.8.1'), known)).toEqual([
      'Half-way: an earlier rollout ordered these, and they are not proven there: prod-0 (ordered to 3.8.0)',
    ]);
  });

  it('may be half-way', () => {
    const known = historyOf(at('3.8.0'))
      .ordered(desiredAt(at('3.9.0')), 'prod-0')
      .ordered(desiredAt(at('3.8.0')), 'prod-1');
    expect(words('half-way', at('3.9.0'), at('3.8.1'), known)).toEqual([
      'Half-way: an earlier rollout ordered these, and they are not proven there: prod-0 (ordered to 3.9.0)',
    ]);
  });

  it('is nothing for a cluster that was wanted and never made: there is no version to jump from', () => {
    const clusters = [...fleet(3, 20), cluster('never-made')];
    const [before, after, known] = [at('3.7.0', { clusters }), at('3.9.0', { clusters }), historyOf(at('3.8.0'))];
    expect(words('illegal-path', before, after, known)).toEqual([]);
    expect(words('unseen', before, after, known)).toEqual(['Nothing is known to run at never-made: taken for new']);
  });

  it('is not known for clusters that are new', () => {
    const clusters = [...fleet(3, 20), ...['e', 'd', 'c', 'b', 'a'].map((name) => cluster(name))];
    expect(words('unseen', at('3.8.0'), at('3.8.0', { clusters }))).toEqual(['Nothing is known to run at a, b, c, d, e: taken for new']);
  });
});

describe('stops in the way', () => {
  const id = '5'.repeat(16);
  const all = `nothing starts until somebody lifts ${id}`;
  const version = (value: string): Pick<Stop, 'scope' | 'cause'> => ({
    scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value }] },
    cause: 'quarantine',
  });

  it.each<[string, Partial<Stop> & Pick<Stop, 'scope'>, readonly [Risk['code'], string][]]>([
    ['a quarantined version', version('3.8.1'), [['quarantined', `kafka 3.8.1 is in quarantine: disks fill up; ${all}`]]],
    [
      'a version that was put down',
      { ...version('3.8.1'), cause: 'aborted' },
      [['quarantined', `kafka 3.8.1 was aborted: disks fill up; ${all}`]],
    ],
    [
      'a version that was gone back from',
      { ...version('3.8.1'), cause: 'rolled-back' },
      [['quarantined', `kafka 3.8.1 was rolled back: disks fill up; ${all}`]],
    ],
    ['another version', version('3.9.0'), []],
    ['the fleet', { scope: { kind: 'fleet' } }, [['stopped', `The fleet is stopped by ada: disks fill up; ${all}`]]],
    [
      'the product',
      { scope: { kind: 'product', product: 'kafka' } },
      [['stopped', `Product kafka is stopped by ada: disks fill up; ${all}`]],
    ],
    ['another product', { scope: { kind: 'product', product: 'connect' } }, []],
    ['the release', { scope: { kind: 'release', release: 'r' } }, [['stopped', `Release r is stopped by ada: disks fill up; ${all}`]]],
    ['another release', { scope: { kind: 'release', release: 's' } }, []],
    ['another rollout', { scope: { kind: 'rollout', rollout: trusted.rollout('x') } }, []],
    [
      'a data plane',
      { scope: { kind: 'data-plane', dataPlane: 'aws-eu' } },
      [['stopped', `Data plane aws-eu is stopped by ada: disks fill up; ${all}`]],
    ],
    [
      'a cluster',
      { scope: { kind: 'cluster', cluster: trusted.cluster('prod-1') } },
      [['stopped', `Cluster prod-1 is stopped by ada: disks fill up; none of prod-1 starts until somebody lifts ${id}`]],
    ],
    ['one that is lifted', { scope: { kind: 'fleet' }, lifted: { by: 'ada', at: 0 as Stop['at'], reason: 'fixed' } }, []],
  ])('%s', (_name, stop, want) => {
    const found = risks(at('3.8.0'), at('3.8.1'), undefined, { stops: [stopOf(stop)] });
    expect(found.map(({ code, words: said }) => [code, said])).toEqual(want);
  });

  it('are said in order of their ids, and hold clusters that nobody knows', () => {
    const clusters = [...fleet(3, 20), cluster('new')];
    const scope = { kind: 'product', product: 'kafka' } as const;
    const stops = ['b', 'a', 'c'].map((digit) => stopOf({ id: trusted.stop(digit.repeat(16)), scope, lets: 'rollbacks' }));
    expect(words('stopped', at('3.8.0'), at('3.8.1', { clusters }), undefined, { stops })).toEqual(
      ['a', 'b', 'c'].map(
        (digit) => `Product kafka is stopped by ada: disks fill up; nothing starts until somebody lifts ${digit.repeat(16)}`,
      ),
    );
  });

  it('name who does not start in order', () => {
    const clusters = fleet(9, 20).map((one) =>
      one.metadata.name.startsWith('prod') ? cluster(one.metadata.name, { tier: 'prod' }, { dataPlane: 'full' }) : one,
    );
    const stops = [stopOf({ scope: { kind: 'data-plane', dataPlane: 'full' } })];
    expect(words('stopped', at('3.8.0', { clusters }), at('3.8.1', { clusters }), undefined, { stops })).toEqual([
      `Data plane full is stopped by ada: disks fill up; none of prod-0, prod-1, prod-2, prod-3, prod-4 and 4 more starts until somebody lifts ${id}`,
    ]);
  });

  it('let rollbacks pass where they say so', () => {
    const known = historyOf(at('3.8.0'), at('3.8.1'));
    const stops = (lets: Stop['lets']) => [stopOf({ scope: { kind: 'release', release: 'r' }, lets })];
    expect(risks(at('3.8.1'), at('3.8.0'), known, { stops: stops('rollbacks') })).toEqual([]);
    expect(risks(at('3.8.1'), at('3.8.0'), known, { stops: stops('nothing') })).toHaveLength(1);
  });

  it('do not concern who has soaked at the version', () => {
    const clusters = [...fleet(2, 20), cluster('prod-2', { tier: 'prod' }, { replicas: 5 })];
    expect(words('quarantined', at('3.8.1'), at('3.8.1', { clusters }), undefined, { stops: [stopOf(version('3.8.1'))] })).toEqual([]);
  });
});
