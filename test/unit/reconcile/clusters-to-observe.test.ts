import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { clustersToObserve } from '../../../src/core/reconcile/clusters-to-observe.ts';
import { type TargetStatus, untouched } from '../../../src/core/reconcile/state.ts';
import { planOf } from '../../support/small-world/plans.ts';
import { at, Scene } from '../../support/small-world/scene.ts';

it.each([
  ['waiting', true],
  ['applying', true],
  ['rolling', true],
  ['soaking', true],
  ['held', true],
  ['unreachable', true],
  ['succeeded', false],
  ['failed', false],
  ['deferred', false],
  ['skipped', false],
  ['removed', false],
  ['superseded', false],
] as const satisfies readonly (readonly [TargetStatus, boolean])[])('a target that is %s: observed is %s', (status, observed) => {
  const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['east-a'] }] }));
  const cluster = trusted.cluster('east-a');
  scene.state = { ...scene.state, targets: new Map([[cluster, { ...untouched(at(0)), status }]]) };
  expect([...clustersToObserve([scene])]).toEqual(observed ? [['east', [cluster]]] : []);
});
