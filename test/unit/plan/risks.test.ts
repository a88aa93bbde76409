import { describe, expect, it } from 'vitest';
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

  it('may be half-way', () => {
    const known = historyOf(at('3.8.0'))
      .ordered(desiredAt(at('3.9.0')), 'prod-0')
      .ordered(desiredAt(at('3.8.0')), 'prod-1');
    expect(words('half-way', at('3.9.0'), at('3.8.1'), known)).toEqual([
      'Half-way: an earlier rollout ordered these, and they are not proven there: prod-0 (ordered to 3.9.0)',
    ]);
  });

  it('is not known for clusters that are new', () => {
    const clusters = [...fleet(3, 20), cluster('new')];
    expect(words('unseen', at('3.8.0'), at('3.8.0', { clusters }))).toEqual(['Nothing is known to run at new: taken for new']);
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
