import { describe, expect, it } from 'vitest';
import type { Strategy } from '../../../src/core/manifest/generated.ts';
import { assignPhases } from '../../../src/core/manifest/phases.ts';
import { trusted } from '../../../src/core/model/ids.ts';

type Phase = Strategy['spec']['phases'][number];

const strategy = (...phases: readonly Partial<Phase>[]): Strategy => ({
  apiVersion: 'flotilla.dev/v1',
  kind: 'Strategy',
  metadata: { name: 'table' },
  spec: { phases: phases.map((phase, at) => ({ name: `p${at}`, maxConcurrent: 1, soak: '0s', ...phase })) },
});

/** Clusters c-00, c-01, ... with the labels that `labels` gives each. */
const clusters = (count: number, labels: (at: number) => Record<string, string> = () => ({})) =>
  Array.from({ length: count }, (_, at) => ({ cluster: trusted.cluster(`c-${String(at).padStart(2, '0')}`), labels: labels(at) }));

const sizes = (...args: Parameters<typeof assignPhases>) => assignPhases(...args).phases.map(({ members }) => members.length);
const words = (...args: Parameters<typeof assignPhases>) => assignPhases(...args).phases.map(({ why }) => why);

const CANARY = { select: { matchLabels: { tier: 'canary' } } } as const;
const QUARTER = { cohort: { size: '25%' } } as const;
const REST = { rest: true } as const;

describe('sizes', () => {
  it.each<[string, Strategy, number, readonly number[]]>([
    ['25 % of 41 is 10', strategy(QUARTER, REST), 41, [10, 31]],
    ['25 % of 3 is at least 1', strategy(QUARTER, REST), 3, [1, 2]],
    ['of nothing there is no cohort', strategy(QUARTER, REST), 0, [0, 0]],
    ['two cohorts share one denominator', strategy(QUARTER, QUARTER, REST), 40, [10, 10, 20]],
    ['a number', strategy({ cohort: { size: 5 } }, REST), 41, [5, 36]],
    ['a number beyond the pool', strategy({ cohort: { size: 50 } }, REST), 41, [41, 0]],
    ['the pool runs out', strategy({ cohort: { size: 2 } }, { cohort: { size: 2 } }, REST), 3, [2, 1, 0]],
    ['the rest stands first, and still comes last', strategy(REST, QUARTER), 40, [30, 10]],
    ['100 %', strategy({ cohort: { size: '100%' } }, REST), 7, [7, 0]],
  ])('%s', (_name, given, count, want) => expect(sizes(given, clusters(count), 'seed')).toEqual(want));
});

it('takes phases with labels first, and cohorts from what they leave', () => {
  const fleet = clusters(44, (at) => ({ tier: at < 3 ? 'canary' : 'customer' }));
  expect(
    assignPhases(strategy(QUARTER, CANARY, REST), fleet, 'kafka-prod').phases.map(({ members, why }) => [members.length, why]),
  ).toEqual([
    [10, '25 % of 41 = 10, drawn by hash of seed "kafka-prod"'],
    [3, 'tier = canary'],
    [31, 'the rest: 31 that no other phase takes'],
  ]);
});

it('spreads a cohort over the values of a label, in proportion, and exactly', () => {
  const region = (at: number) => ({ region: at < 20 ? 'eu' : at < 30 ? 'us' : 'ap' });
  const spread = strategy({ cohort: { size: 10, stratifyBy: 'region' } }, REST);
  const [cohort] = assignPhases(spread, clusters(40, region), 'seed').phases;
  const counts = Object.groupBy(cohort?.members ?? [], (member) => region(Number(member.slice(2))).region);
  // 5, 2.5 and 2.5: one of the two halves goes up, by hash.
  expect([counts['eu']?.length, (counts['us']?.length ?? 0) + (counts['ap']?.length ?? 0)]).toEqual([5, 5]);
  expect(cohort?.why).toBe('10, drawn by hash of seed "seed", spread over region');
});

it('counts clusters without the label as one value of it', () => {
  const spread = strategy({ cohort: { size: '50%', stratifyBy: 'region' } }, REST);
  const [cohort] = assignPhases(
    spread,
    clusters(8, (at) => (at < 4 ? { region: 'eu' } : {})),
    'seed',
  ).phases;
  expect(cohort?.members.filter((member) => Number(member.slice(2)) < 4)).toHaveLength(2);
});

it('draws others with another seed, and not by the alphabet', () => {
  const draw = (seed: string) => assignPhases(strategy(QUARTER, REST), clusters(40), seed).phases[0]?.members;
  const first = clusters(10).map(({ cluster }) => cluster);
  expect(draw('a')).not.toEqual(draw('b'));
  expect(draw('a')).not.toEqual(first);
  expect(assignPhases(strategy({ cohort: { size: '25%', seed: 'a' } }, REST), clusters(40), 'b').phases[0]?.members).toEqual(draw('a'));
});

it('keeps those it drew when others join: nobody is sent back', () => {
  const before = assignPhases(strategy({ cohort: { size: 10 } }, REST), clusters(40), 'seed').phases[0]?.members ?? [];
  const after = assignPhases(strategy({ cohort: { size: 20 } }, REST), clusters(40), 'seed').phases[0]?.members ?? [];
  expect(before.filter((member) => !after.includes(member))).toEqual([]);
});

it('names clusters that two phases select, and puts them in neither', () => {
  const given = strategy({ select: {} }, CANARY);
  const { phases, twice, unassigned } = assignPhases(
    given,
    clusters(3, (at) => ({ tier: at === 1 ? 'canary' : 'x' })),
    'seed',
  );
  expect(twice).toEqual([{ cluster: 'c-01', phases: ['p0', 'p1'] }]);
  expect(phases.map(({ members }) => members)).toEqual([['c-00', 'c-02'], []]);
  expect(unassigned).toEqual([]);
});

it('names clusters that no phase takes', () => {
  expect(assignPhases(strategy(CANARY, QUARTER), clusters(4), 'seed').unassigned).toHaveLength(3);
});

it('says that a cohort took all that was left', () => {
  expect(words(strategy({ cohort: { size: 2 } }, { cohort: { size: 2 } }), clusters(3), 's')[1]).toBe(
    '2 (1 left), drawn by hash of seed "s"',
  );
});
