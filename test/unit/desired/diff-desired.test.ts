import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import { diffDesired, entriesToStore } from '../../../src/core/desired/diff-desired.ts';
import type { Cluster } from '../../../src/core/manifest/generated.ts';
import { cluster, fleetModel, release } from '../../support/fleet-model.ts';

const desired = (clusters: readonly Cluster[], version = '3.8.0', name = 'r') =>
  computeDesired(fleetModel({ clusters, releases: [release(name, { version })] }));
const OUT = { optOut: { reason: 'audit' } };

describe('diffDesired', () => {
  const base = [cluster('b'), cluster('c')];

  it.each<[string, ReturnType<typeof desired>, ReturnType<typeof desired>, readonly string[]]>([
    ['nothing', desired(base), desired(base), []],
    ['all that differ, by name', desired(base), desired(base, '3.9.0'), ['updated b', 'updated c']],
    ['who came and who left', desired(base), desired([cluster('c'), cluster('a')]), ['created a', 'removed b']],
    ['who is no longer opted out', desired([cluster('b', {}, OUT)]), desired([cluster('b')]), ['rejoined b']],
    ['an update, when more than the opt-out went', desired([cluster('b', {}, OUT)]), desired([cluster('b')], '3.9.0'), ['updated b']],
    ['not who opts out', desired([cluster('b')]), desired([cluster('b', {}, OUT)]), []],
    ['not labels, nor the name of the release', desired([cluster('b')]), desired([cluster('b', { x: 'y' })], '3.8.0', 'other'), []],
  ])('names %s', (_name, before, after, want) => {
    const show = diffDesired(before, after).map(
      (change) => `${change.kind} ${(change.kind === 'removed' ? change.from : change.to).cluster}`,
    );
    expect(show).toEqual(want);
  });
});

describe('entriesToStore', () => {
  it.each<[string, Cluster, Cluster, boolean]>([
    ['the same', cluster('b', { x: 'y' }), cluster('b', { x: 'y' }), false],
    ['labels', cluster('b'), cluster('b', { x: 'y' }), true],
    ['an opt-out', cluster('b'), cluster('b', {}, OUT), true],
    ['the data plane', cluster('b'), cluster('b', {}, { dataPlane: 'gcp' }), true],
    ['where its object is', cluster('b'), cluster('b', {}, { workload: { namespace: 'tenant' } }), true],
    ['the spec', cluster('b'), cluster('b', {}, { replicas: 4 }), true],
  ])('%s', (_name, from, to, stored) => {
    expect(entriesToStore(desired([from]), desired([to])).set).toHaveLength(stored ? 1 : 0);
  });

  it('names who is no more, and who is new', () => {
    const { set, remove } = entriesToStore(desired([cluster('a')]), desired([cluster('b')]));
    expect([set.map((entry) => entry.cluster), remove]).toEqual([['b'], ['a']]);
  });
});
