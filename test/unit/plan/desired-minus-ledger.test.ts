import { describe, expect, it } from 'vitest';
import { prove, recordFailure } from '../../../src/core/ledger/record.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { PlannedTarget } from '../../../src/core/plan/plan.ts';
import { desiredOf } from '../../support/fleet-ledger.ts';
import { cluster, type Documents, product, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { change, desiredAt, historyOf, planned, rolled, targetOf } from './plan-of.ts';

const PRODUCT = product('kafka', {
  upgrades: { skipMinors: true },
  versions: ['3.7.0', '3.8.0', '3.8.1', '3.9.0', '4.0.0-rc9', '4.0.0-rc10', '4.0.0'].map((version) => ({ version })),
});
const CLUSTERS = [cluster('canary', { tier: 'canary' }), cluster('p1'), cluster('p2'), cluster('p3')];

const at = (version: string, config: Record<string, number> = {}, documents: Documents = {}): Documents => ({
  products: [PRODUCT],
  clusters: CLUSTERS,
  releases: [release('r', { version, ...(Object.keys(config).length === 0 ? {} : { config }) })],
  ...documents,
});
const only = (clusters: Documents['clusters']) => ({ ...(clusters === undefined ? {} : { clusters }) });
const say = ({ cluster: id, change: word, kind, from }: PlannedTarget) => [id, word, kind, from?.version];

describe('targets are desired minus ledger', () => {
  it('leaves out what is proven there, and takes in what earlier rollouts left', () => {
    const known = historyOf(at('3.8.0'), at('3.9.0'));
    known.change('p1', (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    const rollout = rolled(at('3.9.0'), at('3.9.0', {}, only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })])), known);
    expect([...rollout.targets.values()].map(say).sort()).toEqual([
      ['p1', 'bring-home', 'rollout', '3.8.0'],
      ['p3', 'update', 'rollout', '3.9.0'],
    ]);
  });

  it('says from where a cluster that was left behind really goes', () => {
    const known = historyOf(at('3.8.0'));
    // 3.9.0 never got anywhere; now one line of configuration follows.
    const rollout = rolled(at('3.9.0'), at('3.9.0', { threads: 8 }), known);
    expect(rollout.fromVersions).toEqual(['3.8.0']);
    // Oldest first, whoever starts first.
    known
      .seen(desiredAt(at('4.0.0-rc9')), 'p1')
      .seen(desiredAt(at('4.0.0-rc10')), 'canary')
      .seen(desiredAt(at('3.7.0')), 'p2');
    expect(rolled(at('3.9.0'), at('4.0.0'), known).fromVersions).toEqual(['3.7.0', '3.8.0', '4.0.0-rc9', '4.0.0-rc10']);
    expect(targetOf(rollout, 'p1').differences).toEqual([
      { path: 'version', from: '3.8.0', to: '3.9.0' },
      { path: 'config.threads', from: undefined, to: 8 },
    ]);
  });

  it('takes in what was ordered away from where it is proven', () => {
    const known = historyOf(at('3.8.0')).ordered(desiredAt(at('3.9.0')), 'p2');
    const rollout = rolled(at('3.9.0'), at('3.8.0'), known);
    expect([...rollout.targets.values()].map(say)).toEqual([['p2', 'update', 'rollback', '3.8.0']]);
  });

  it('takes in what was ordered back to where it is proven, and has not soaked since', () => {
    const rollout = trusted.rollout('000000000000-0000000000000001');
    const known = historyOf(at('3.8.0')).ordered(desiredAt(at('3.8.0')), 'p2', { rollout });
    const bigger = only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })]);
    expect([...rolled(at('3.8.0'), at('3.8.0', {}, bigger), known).targets.values()].map(say).sort()).toEqual([
      ['p2', 'bring-home', 'rollback', '3.8.0'],
      ['p3', 'update', 'rollout', '3.8.0'],
    ]);
  });

  it('takes in what broke where it is proven, until it has soaked there again', () => {
    const known = historyOf(at('3.8.0'));
    const rollout = trusted.rollout('000000000000-0000000000000001');
    const { revision, spec } = desiredOf(desiredAt(at('3.8.0')), 'p2');
    known.change('p2', (entry) => recordFailure(entry, { revision, version: spec.version, rollout, at: instant(1) }));
    const targets = () => rolled(at('3.8.0'), at('3.8.0', {}, bigger), known).targets;
    const bigger = only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })]);
    expect([...targets().keys()].sort()).toEqual(['p2', 'p3']);
    known.change('p2', (entry) => prove(entry, { revision, spec, proof: 'soaked', at: instant(2), rollout, tookMs: undefined }));
    expect([...targets().keys()]).toEqual(['p3']);
  });

  it('leaves alone what was adopted after its newest order', () => {
    const rollout = trusted.rollout('000000000000-0000000000000001');
    const known = historyOf(at('3.8.0'))
      .ordered(desiredAt(at('3.8.0')), 'p2', { rollout, orderedAt: instant(1) })
      .change('p2', (entry) => ({ ...entry, proven: entry.proven.map((one) => ({ ...one, proof: 'adopted', at: instant(1) })) }));
    const bigger = only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })]);
    expect([...rolled(at('3.8.0'), at('3.8.0', {}, bigger), known).targets.keys()]).toEqual(['p3']);
  });

  it('takes in what runs it already, and has not soaked there', () => {
    const known = historyOf(at('3.8.0'))
      .unproven('p1')
      .seen(desiredAt(at('3.9.0')), 'p1');
    const { from, differences } = targetOf(rolled(at('3.8.0'), at('3.9.0'), known), 'p1');
    expect([from, differences]).toEqual([{ revision: desiredOf(desiredAt(at('3.9.0')), 'p1').revision, version: '3.9.0' }, []]);
  });

  it('leaves drift alone: what was proven there and then changed by hand', () => {
    const known = historyOf(at('3.8.0')).seen(desiredAt(at('3.8.0')), 'p1', { version: '3.7.0' });
    const bigger = only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })]);
    expect([...rolled(at('3.8.0'), at('3.8.0', {}, bigger), known).targets.keys()]).toEqual(['p3']);
  });

  it('does not move what is held or left out, and says so', () => {
    const pin = { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' };
    const clusters = [
      cluster('canary', { tier: 'canary' }),
      cluster('p1', {}, { pin }),
      cluster('p2', {}, { optOut: { reason: 'audit' } }),
    ];
    const plan = planned(at('3.8.0', {}, only(clusters)), at('3.9.0', {}, only(clusters)));
    expect(plan.excluded).toEqual([
      { cluster: 'p1', release: 'r', reason: 'pinned', words: 'at 3.8.0 (pin until 2030-01-01 00:00:00 UTC: disks)' },
      { cluster: 'p2', release: 'r', reason: 'opted-out', words: 'audit' },
    ]);
    expect(plan.rollouts.map(({ targets }) => [...targets.keys()])).toEqual([['canary']]);
  });

  it('takes in what was ordered last on another data plane: it is not what ran there that is proven here', () => {
    const known = historyOf(at('3.8.0')).ordered(desiredAt(at('3.8.0')), 'p2');
    const moved = only([...CLUSTERS.slice(0, 2), cluster('p2', {}, { dataPlane: 'elsewhere' }), cluster('p3')]);
    const targets = (touched: Documents) => rolled(at('3.8.0'), touched, known, { touched: new Set(['r']) }).targets;
    expect([...targets(at('3.8.0', {}, moved)).values()].map(({ cluster: id, kind }) => [id, kind])).toEqual([['p2', 'rollout']]);
  });

  it('says nothing of a pin of a cluster that is opted out, and would not change', () => {
    const pin = { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' };
    const clusters = [cluster('canary', { tier: 'canary' }), cluster('p1', {}, { pin, optOut: { reason: 'audit' } })];
    expect(planned(at('3.8.0', {}, only(clusters)), at('3.9.0', {}, only(clusters))).excluded).toEqual([]);
  });

  it('is a plan, though nothing moves, where all that would change is left out', () => {
    const clusters = only([cluster('p2', {}, { optOut: { reason: 'audit' } })]);
    const { rollouts, excluded } = planned(at('3.8.0', {}, clusters), at('3.9.0', {}, clusters));
    expect([rollouts, excluded.map(({ cluster: id }) => id)]).toEqual([[], ['p2']]);
  });

  it('does not name an opted-out cluster that would not change', () => {
    const clusters = [cluster('canary', { tier: 'canary' }), cluster('p2', {}, { optOut: { reason: 'audit' } })];
    const bigger = [cluster('canary', { tier: 'canary' }, { replicas: 5 }), ...clusters.slice(1)];
    expect(planned(at('3.8.0', {}, only(clusters)), at('3.8.0', {}, only(bigger))).excluded).toEqual([]);
  });

  it('names clusters that are gone, and touches them no more', () => {
    const plan = planned(at('3.8.0'), at('3.8.0', {}, only(CLUSTERS.slice(1))));
    expect([plan.removed, plan.rollouts]).toEqual([['canary'], []]);
  });
});

describe('what a change is', () => {
  const pin = { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' };

  it.each<[string, Documents['clusters'], string]>([
    ['its opt-out is gone', [cluster('p1', {}, { optOut: { reason: 'audit' } })], 'rejoin'],
    ['its pin is gone', [cluster('p1', {}, { pin })], 'rejoin'],
    ['its spec changes', [cluster('p1', {}, { replicas: 9 })], 'update'],
  ])('%s', (_name, clusters, want) => {
    const known = historyOf(at('3.8.0', {}, only(clusters)));
    const strategies = [strategy('standard', STANDARD.spec.phases.slice(1))];
    const before = at('3.9.0', {}, only(clusters));
    const rollout = rolled(before, at('3.9.0', {}, { clusters: [cluster('p1')], strategies }), known);
    expect(targetOf(rollout, 'p1').change).toBe(want);
  });

  it('its size changes under its pin', () => {
    const before = at('3.9.0', {}, only([...CLUSTERS, cluster('p4', {}, { pin })]));
    const after = at('3.9.0', {}, only([...CLUSTERS, cluster('p4', {}, { pin, replicas: 9 })]));
    expect(targetOf(rolled(before, after), 'p4').change).toBe('update');
  });

  const newcomer = only([...CLUSTERS, cluster('new')]);

  it('a new cluster of which nothing is known is created', () => {
    const rollout = rolled(at('3.8.0'), at('3.8.0', {}, newcomer));
    expect(say(targetOf(rollout, 'new'))).toEqual(['new', 'create', 'rollout', undefined]);
    expect(targetOf(rollout, 'new').differences).toEqual([]);
    expect(rollout.fromVersions).toEqual([]);
  });

  it('a new cluster that runs already is adopted, from what it runs', () => {
    const known = historyOf(at('3.8.0')).seen(desiredAt(at('3.8.0', {}, newcomer)), 'new', { version: '3.7.0', replicas: 2 });
    const rollout = rolled(at('3.8.0'), at('3.8.0', {}, newcomer), known);
    expect(say(targetOf(rollout, 'new'))).toEqual(['new', 'adopt', 'rollout', '3.7.0']);
    expect(targetOf(rollout, 'new').differences).toEqual([
      { path: 'version', from: '3.7.0', to: '3.8.0' },
      { path: 'replicas', from: 2, to: 3 },
    ]);
  });

  it('a new cluster that runs just what it should is no target', () => {
    const known = historyOf(at('3.8.0')).seen(desiredAt(at('3.8.0', {}, newcomer)), 'new');
    expect(change(at('3.8.0'), at('3.8.0', {}, newcomer), known).plan).toBeUndefined();
  });

  it('a new cluster that was ordered to just what it should run, and runs it, is no target; one that was ordered elsewhere is', () => {
    const desired = desiredAt(at('3.8.0', {}, newcomer));
    const known = historyOf(at('3.8.0')).seen(desired, 'new').ordered(desired, 'new');
    expect(change(at('3.8.0'), at('3.8.0', {}, newcomer), known).plan).toBeUndefined();
    known.ordered(desiredAt(at('3.9.0', {}, newcomer)), 'new');
    expect([...rolled(at('3.8.0'), at('3.8.0', {}, newcomer), known).targets.keys()]).toEqual(['new']);
  });

  it('what was seen of it on another data plane says nothing', () => {
    const desired = desiredAt(at('3.8.0', {}, newcomer));
    const known = historyOf(at('3.8.0'))
      .seen(desired, 'new')
      .change('new', (entry) => ({ ...entry, observed: entry.observed && { ...entry.observed, dataPlane: 'elsewhere' } }));
    expect(say(targetOf(rolled(at('3.8.0'), at('3.8.0', {}, newcomer), known), 'new'))).toEqual(['new', 'create', 'rollout', undefined]);
  });
});

describe('what runs', () => {
  const before = at('3.8.0', { threads: 4 });
  const after = at('3.9.0', { threads: 8 });
  const seen = (over: object) => targetOf(rolled(before, after, historyOf(before).seen(desiredAt(before), 'p1', over)), 'p1');
  const revision = desiredOf(desiredAt(before), 'p1').revision;

  it('is a spec of ours, however the data plane writes its settings', () => {
    expect(seen({ config: { threads: '4', own: 'x' }, image: 'registry/other' }).from).toEqual({ revision, version: '3.8.0' });
  });

  it.each<[string, object, PlannedTarget['differences']]>([
    [
      'another version',
      { version: '3.8.1' },
      [
        { path: 'version', from: '3.8.1', to: '3.9.0' },
        { path: 'config.threads', from: 4, to: 8 },
      ],
    ],
    [
      'another size',
      { replicas: 4 },
      [
        { path: 'version', from: '3.8.0', to: '3.9.0' },
        { path: 'replicas', from: 4, to: 3 },
        { path: 'config.threads', from: 4, to: 8 },
      ],
    ],
    [
      'another setting',
      { config: { threads: '6', own: 'x' } },
      [
        { path: 'version', from: '3.8.0', to: '3.9.0' },
        { path: 'config.threads', from: 6, to: 8 },
      ],
    ],
    [
      'a flag of its own',
      { featureFlags: { fast: true, slow: false } },
      [
        { path: 'version', from: '3.8.0', to: '3.9.0' },
        { path: 'config.threads', from: 4, to: 8 },
        { path: 'featureFlags.fast', from: true, to: undefined },
      ],
    ],
  ])('is no spec of ours: %s', (_name, over, want) => {
    const target = seen(over);
    expect([target.from?.revision, target.differences]).toEqual([undefined, want]);
  });

  it('is no spec of ours where it has another image than the one that was chosen, or lacks a flag', () => {
    const products = [product('kafka')];
    const of = (version: string): Documents =>
      at(version, {}, { products, releases: [release('r', { version, featureFlags: { fast: true } })] });
    const target = (over: object) =>
      targetOf(rolled(of('3.8.0'), of('3.9.0'), historyOf(of('3.8.0')).seen(desiredAt(of('3.8.0')), 'p1', over)), 'p1');
    const version = { path: 'version', from: '3.8.0', to: '3.9.0' };
    const own = desiredOf(desiredAt(of('3.8.0')), 'p1').revision;
    for (const over of [{}, { image: undefined }, { featureFlags: { fast: true, slow: false } }])
      expect(target(over).from).toEqual({ revision: own, version: '3.8.0' });
    expect(target({ image: 'mine' }).differences).toEqual([version, { path: 'image', from: 'mine', to: 'registry/kafka:3.9.0' }]);
    expect(target({ image: 'mine' }).from?.revision).toBeUndefined();
    expect(target({ image: undefined, replicas: 4 }).differences).toEqual([version, { path: 'replicas', from: 4, to: 3 }]);
    // Nobody chose an image here.
    expect(seen({ image: 'mine', version: '3.8.1' }).differences.map(({ path }) => path)).toEqual(['version', 'config.threads']);
    expect(target({ featureFlags: {} }).differences).toEqual([
      version,
      { path: 'image', from: 'registry/kafka:3.8.0', to: 'registry/kafka:3.9.0' },
      { path: 'featureFlags.fast', from: undefined, to: true },
    ]);
  });

  it('is what was ordered last, where that is what is seen', () => {
    const between = desiredAt(at('3.8.1', { threads: 4 }));
    const known = historyOf(before).ordered(between, 'p1').seen(between, 'p1');
    expect(targetOf(rolled(before, after, known), 'p1').from).toEqual({ revision: desiredOf(between, 'p1').revision, version: '3.8.1' });
    known.seen(between, 'p1', { replicas: 9 });
    expect(targetOf(rolled(before, after, known), 'p1').from).toEqual({ revision: undefined, version: '3.8.1' });
  });
});

describe('going back is judged for each target', () => {
  it.each<[string, readonly Documents[], Documents, string]>([
    ['to what ran before', [at('3.8.0'), at('3.9.0')], at('3.8.0'), 'rollback'],
    ['to a setting of before', [at('3.8.0', { a: 1 }), at('3.8.0', { a: 2 })], at('3.8.0', { a: 1 }), 'rollback'],
    ['to an older version that never ran there', [at('3.9.0')], at('3.8.0'), 'rollout'],
    ['to an older version with a setting that never ran there', [at('3.8.0'), at('3.9.0')], at('3.8.0', { a: 1 }), 'rollout'],
    ['up again to what was rolled back from', [at('3.8.0'), at('3.9.0'), at('3.8.0')], at('3.9.0'), 'rollout'],
    ['up to a setting that was rolled back from', [at('3.8.0'), at('3.8.0', { a: 1 }), at('3.8.0')], at('3.8.0', { a: 1 }), 'rollout'],
    ['from rc9 to rc10', [at('4.0.0-rc9')], at('4.0.0-rc10'), 'rollout'],
    ['from rc10 to rc9, which ran', [at('4.0.0-rc9'), at('4.0.0-rc10')], at('4.0.0-rc9'), 'rollback'],
    ['two steps', [at('3.7.0'), at('3.8.0'), at('3.9.0')], at('3.7.0'), 'rollback'],
  ])('%s', (_name, line, after, want) => {
    const before = line.at(-1) ?? after;
    const rollout = rolled(before, after, historyOf(...line));
    expect([rollout.kind, ...new Set([...rollout.targets.values()].map(({ kind }) => kind))]).toEqual([want, want]);
  });

  it('is no going back where something older runs', () => {
    const line = [at('3.8.0'), at('3.9.0')] as const;
    const known = historyOf(...line).seen(desiredAt(at('3.7.0')), 'p1');
    const rollout = rolled(at('3.9.0'), at('3.8.0'), known);
    expect([targetOf(rollout, 'p1').kind, targetOf(rollout, 'p2').kind, rollout.kind]).toEqual(['rollout', 'rollback', 'rollout']);
  });

  it('counts the last order where nothing was seen', () => {
    const known = historyOf(at('3.7.0'), at('3.8.0')).ordered(desiredAt(at('4.0.0')), 'p1');
    // Proven at 3.8.0, and on its way to 4.0.0: 3.8.0 is back.
    const rollout = rolled(at('4.0.0'), at('3.8.0'), known);
    expect(say(targetOf(rollout, 'p1'))).toEqual(['p1', 'update', 'rollback', '3.8.0']);
  });

  it('is no going back where something older was ordered since', () => {
    const known = historyOf(at('3.9.0')).ordered(desiredAt(at('3.7.0')), 'p1');
    expect(say(targetOf(rolled(at('3.7.0'), at('3.9.0'), known), 'p1'))).toEqual(['p1', 'update', 'rollout', '3.9.0']);
  });

  it('of a revert with one more line in it, only what the line concerns goes somewhere new', () => {
    const known = historyOf(at('3.8.0'), at('3.9.0'));
    const rollout = rolled(at('3.9.0'), at('3.8.0', {}, only([...CLUSTERS.slice(0, 3), cluster('p3', {}, { replicas: 5 })])), known);
    expect([...rollout.targets.values()].map(({ cluster: id, kind }) => [id, kind]).sort()).toEqual([
      ['canary', 'rollback'],
      ['p1', 'rollback'],
      ['p2', 'rollback'],
      ['p3', 'rollout'],
    ]);
    expect([rollout.kind, ...rollout.phases.map(({ kind }) => kind)]).toEqual([
      'rollout',
      'rollback',
      expect.any(String),
      expect.any(String),
    ]);
    for (const { kind, members } of rollout.phases) expect(kind === 'rollback').toBe(!members.some((id) => id === 'p3'));
  });
});

describe('a rollback', () => {
  const rollback = { maxConcurrent: '100%', soak: '1m', bake: '2m' };
  const documents = { strategies: [strategy('standard', STANDARD.spec.phases, { rollback })] };
  const [older, newer] = [at('3.8.0', {}, documents), at('3.9.0', {}, documents)];

  it('goes as fast as the strategy says', () => {
    const { kind, phases } = rolled(newer, older, historyOf(older, newer));
    expect([kind, ...phases.map(({ maxConcurrent, soakMs, bakeMs }) => [maxConcurrent.words, soakMs, bakeMs])]).toEqual([
      'rollback',
      ['100 % of 1 = 1', 60_000, 120_000],
      ['100 % of 1 = 1', 60_000, 120_000],
      ['100 % of 2 = 2', 60_000, 120_000],
    ]);
  });

  it('goes as fast only in phases that go back', () => {
    const clusters = [...CLUSTERS, cluster('p4')];
    const { phases } = rolled(newer, { ...older, clusters }, historyOf(older, newer));
    for (const { kind, members, soakMs } of phases) {
      const back = !members.some((id) => id === 'p4');
      expect([kind, soakMs === 60_000]).toEqual([back ? 'rollback' : 'rollout', back]);
    }
  });
});
