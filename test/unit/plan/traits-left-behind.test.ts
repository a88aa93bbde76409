import { describe, expect, it } from 'vitest';
import { traitsLeftBehind } from '../../../src/core/plan/traits-left-behind.ts';
import { cluster, type Documents, product, release, STANDARD } from '../../support/fleet-model.ts';
import { desiredAt, historyOf, planned } from './plan-of.ts';

const CLUSTERS = [cluster('canary', { tier: 'canary' }), cluster('p1'), cluster('p2')];
const at = (version: string, spec: Parameters<typeof release>[1] = {}, documents: Documents = {}): Documents => ({
  strategies: [STANDARD],
  clusters: CLUSTERS,
  releases: [release('r', { version, ...spec })],
  ...documents,
});

function left(line: readonly Documents[], after: Documents, known = historyOf(...line)) {
  const plan = planned(line.at(-1) ?? after, after, known);
  return plan.rollouts.flatMap((rollout) => traitsLeftBehind(rollout, known.entries, known.orders, desiredAt(after)));
}

describe('what a rollback leaves behind', () => {
  it.each<[string, readonly Documents[], Documents, unknown]>([
    ['the version', [at('3.8.0'), at('3.9.0')], at('3.8.0'), [{ path: 'version', value: '3.9.0' }]],
    [
      'the version, and not what came with it',
      [at('3.8.0'), at('3.9.0', { config: { x: 1 } })],
      at('3.8.0'),
      [{ path: 'version', value: '3.9.0' }],
    ],
    [
      'a setting, where the version stays',
      [at('3.8.0', { config: { x: 1 } }), at('3.8.0', { config: { x: 2 } })],
      at('3.8.0', { config: { x: 1 } }),
      [{ path: 'config.x', value: 2 }],
    ],
    [
      'a setting that was taken out',
      [at('3.8.0', { config: { x: 1 } }), at('3.8.0')],
      at('3.8.0', { config: { x: 1 } }),
      [{ path: 'config.x', value: undefined }],
    ],
    ['nothing, where it goes forward', [at('3.8.0')], at('3.9.0'), []],
    [
      'nothing, where only the size goes back',
      [at('3.8.0'), at('3.8.0', {}, { clusters: [...CLUSTERS.slice(0, 2), cluster('p2', {}, { replicas: 9 })] })],
      at('3.8.0'),
      [],
    ],
  ])('%s', (_name, line, after, want) => expect(left(line, after)).toEqual(want));

  it('is what was ordered, where it was not proven yet', () => {
    const known = historyOf(at('3.8.0')).ordered(desiredAt(at('3.9.0')), 'p1');
    expect(left([at('3.8.0'), at('3.9.0')], at('3.8.0'), known)).toEqual([{ path: 'version', value: '3.9.0' }]);
  });

  it('is nothing that another cluster of the product is still to have: pinning one back says nothing of the others', () => {
    const pin = { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' };
    const after = at('3.9.0', {}, { clusters: [...CLUSTERS.slice(0, 2), cluster('p2', {}, { pin })] });
    expect(left([at('3.8.0'), at('3.9.0')], after)).toEqual([]);
  });

  it('may be had by a cluster of another product', () => {
    const products = [product('kafka'), product('connect')];
    const more = (version: string): Documents => ({
      ...at(version),
      products,
      clusters: [...CLUSTERS, cluster('c1', {}, { product: 'connect' })],
      releases: [release('r', { version }), release('s', { product: 'connect', version: '3.9.0' })],
    });
    expect(left([more('3.8.0'), more('3.9.0')], more('3.8.0'))).toEqual([{ path: 'version', value: '3.9.0' }]);
  });
});
