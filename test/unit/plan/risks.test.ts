import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import type { Risk } from '../../../src/core/plan/plan.ts';
import { planChange } from '../../../src/core/plan/plan-change.ts';
import { cluster, type Documents, fleetModel, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';

function risks(before: Documents, after: Documents): readonly Risk[] {
  return planChange({ before: computeDesired(fleetModel(before)), model: fleetModel(after), earlier: new Map() }).plan?.risks ?? [];
}
const words = (code: Risk['code'], before: Documents, after: Documents): readonly string[] =>
  risks(before, after).flatMap((risk) => (risk.code === code ? [risk.words] : []));

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
    [
      'downgrade',
      at('3.8.1'),
      { ...at('3.8.0'), clusters: [...fleet(3, 20), cluster('new')] },
      /^Goes back: kafka 3\.8\.1 to 3\.8\.0, on canary-1/,
    ],
    ['urgency', at('3.8.0'), at('3.8.1', {}, { urgency: 'security' }), /^r is marked security$/],
    [
      'no-canary',
      at('3.8.0', { clusters: fleet(3).slice(1) }),
      at('3.8.1', { clusters: fleet(3).slice(1) }),
      /none of the changed clusters is in its canary phase, so early goes first$/,
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
        { name: 'first', cohort: { size: first }, maxConcurrent: 1, bake: '1m' },
        { name: 'rest', rest: true, maxConcurrent: 1, bake: '1m' },
      ]),
    ];
    const clusters = fleet(members - 1, 30);
    expect(words('large-first-phase', at('3.8.0', { clusters, strategies }), at('3.8.1', { clusters, strategies }))).toHaveLength(want);
  });

  it.each([
    ['the last phase may', ['10m', '10m', '0s'], []],
    [
      'an earlier one had better',
      ['0s', '10m', '10m'],
      ['r does not wait after canary: the next phase starts as soon as its clusters are healthy'],
    ],
  ])('no bake: %s', (_name, bakes, want) => {
    const strategies = [
      strategy(
        'standard',
        STANDARD.spec.phases.map((phase, n) => ({ ...phase, bake: bakes[n] ?? '0s' })),
      ),
    ];
    expect(words('no-bake', at('3.8.0', { strategies }), at('3.8.1', { strategies }))).toEqual(want);
  });

  it('say nothing of a canary for a single cluster, nor of going back in a rollback', () => {
    const clusters = fleet(1, 20).slice(1);
    expect(risks(at('3.8.0', { clusters }), at('3.8.1', { clusters }))).toEqual([]);
    expect(risks(at('3.8.1'), at('3.8.0'))).toEqual([]);
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
