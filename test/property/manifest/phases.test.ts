import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Strategy } from '../../../src/core/manifest/generated.ts';
import { assignPhases, type PhaseCandidate } from '../../../src/core/manifest/phases.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { capacityOf } from '../../../src/core/model/quantity.ts';

type Phase = Strategy['spec']['phases'][number];

const base = { maxConcurrent: 1, soak: '0s' };
const value = fc.constantFrom('x', 'y', 'z');
const size = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
);
const phase: fc.Arbitrary<Omit<Phase, 'name'>> = fc.oneof(
  fc.record({ tier: value }).map(({ tier }) => ({ ...base, select: { matchLabels: { tier } } })),
  fc.record({ size, stratifyBy: fc.constantFrom('tier', 'region') }).map((cohort) => ({ ...base, cohort })),
  size.map((given) => ({ ...base, cohort: { size: given } })),
  fc.constant({ ...base, rest: true as const }),
);
const strategy = fc.array(phase, { minLength: 1, maxLength: 6 }).map(
  (phases): Strategy => ({
    apiVersion: 'flotilla.dev/v1',
    kind: 'Strategy',
    metadata: { name: 'any' },
    spec: { phases: phases.map((given, at) => ({ ...given, name: `p${at}` })) },
  }),
);
const fleet = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 999 }), value, value), { selector: ([id]) => id, maxLength: 60 })
  .map((rows) => rows.map(([id, tier, region]): PhaseCandidate => ({ cluster: trusted.cluster(`c-${id}`), labels: { tier, region } })));

it('puts every cluster into exactly one phase, or names it as left out or in two', () => {
  fc.assert(
    fc.property(strategy, fleet, (given, clusters) => {
      const { phases, unassigned, twice } = assignPhases(given, clusters, 'seed');
      const all = [...phases.flatMap(({ members }) => members), ...unassigned, ...twice.map(({ cluster }) => cluster)];
      expect(all.sort()).toEqual(clusters.map(({ cluster }) => cluster).sort());
    }),
  );
});

it('gives the same answer whatever the order', () => {
  fc.assert(
    fc.property(strategy, fleet, fc.infiniteStream(fc.nat()), (given, clusters, order) => {
      const shuffled = clusters.map((cluster) => ({ cluster, at: order.next().value })).sort((a, b) => a.at - b.at);
      expect(
        assignPhases(
          given,
          shuffled.map(({ cluster }) => cluster),
          'seed',
        ),
      ).toEqual(assignPhases(given, clusters, 'seed'));
    }),
  );
});

it('draws cohorts of exactly the size that the arithmetic says, while there are any left', () => {
  fc.assert(
    fc.property(strategy, fleet, (given, clusters) => {
      const { phases, twice } = assignPhases(given, clusters, 'seed');
      const selected = given.spec.phases.flatMap((definition, at) => (definition.select === undefined ? [] : (phases[at]?.members ?? [])));
      const pool = clusters.length - selected.length - twice.length;
      let left = pool;
      for (const [at, { cohort }] of given.spec.phases.entries()) {
        if (cohort === undefined) continue;
        const want = Math.min(capacityOf(cohort.size, pool).count, left);
        expect(phases[at]?.members).toHaveLength(want);
        left -= want;
      }
    }),
  );
});

it('spreads a cohort so that no value is more than one off its share', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fleet, (count, clusters) => {
      const spread: Strategy['spec']['phases'] = [{ ...base, name: 'one', cohort: { size: count, stratifyBy: 'region' } }];
      const [one] = assignPhases(
        { apiVersion: 'flotilla.dev/v1', kind: 'Strategy', metadata: { name: 'a' }, spec: { phases: spread } },
        clusters,
        's',
      ).phases;
      const drawn = new Set(one?.members);
      for (const region of ['x', 'y', 'z']) {
        const all = clusters.filter(({ labels }) => labels['region'] === region);
        const share = (Math.min(count, clusters.length) * all.length) / Math.max(1, clusters.length);
        expect(Math.abs(all.filter(({ cluster }) => drawn.has(cluster)).length - share)).toBeLessThan(1);
      }
    }),
  );
});
