import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { clustersToObserve, clustersToObserveOften } from '../../../src/core/reconcile/clusters-to-observe.ts';
import type { TargetStatus } from '../../../src/core/reconcile/state.ts';
import { at, Scene } from '../../support/engine/scene.ts';

const EAST = { from: 1, to: 2, phases: [{ members: ['east-a'] }] };

/** Observed while the rollout goes on, and under guard. */
const OBSERVED: Readonly<Record<TargetStatus, readonly [boolean, boolean]>> = {
  waiting: [true, false],
  applying: [true, true],
  rolling: [true, true],
  soaking: [true, true],
  held: [true, true],
  succeeded: [true, true],
  failed: [true, false],
  unreachable: [true, false],
  deferred: [true, false],
  skipped: [false, false],
  removed: [false, false],
  superseded: [false, false],
};

it.each(Object.entries(OBSERVED))('a target that is %s: observed while it goes on, and under guard: %o', (status, [before, after]) => {
  const scene = new Scene(EAST);
  scene.changeTarget('east-a', { status: status as TargetStatus });
  expect([...clustersToObserve(scene.rollouts)]).toEqual(before ? [['east', ['east-a']]] : []);
  scene.change({ finishedAt: at(0), guardUntil: at(100) });
  expect([...clustersToObserve(scene.rollouts)]).toEqual(after ? [['east', ['east-a']]] : []);
});

it('clusters of several rollouts are named once, by data plane', () => {
  const scene = new Scene({ from: 1, to: 2, phases: [{ members: ['east-a', 'west-a'] }, { members: ['east-b'] }] });
  scene.land({ from: 1, to: 3, phases: [{ members: ['east-a', 'east-c'] }] });
  expect([...clustersToObserve(scene.rollouts)]).toEqual([
    ['east', ['east-a', 'east-b', 'east-c']],
    ['west', ['west-a']],
  ]);
});

it.each(Object.entries(OBSERVED))('a target that is %s is looked at often where it moves, or is among the next', (status) => {
  const scene = new Scene(EAST);
  scene.changeTarget('east-a', { status: status as TargetStatus });
  const moves = ['applying', 'rolling', 'soaking', 'held'].includes(status);
  expect([...clustersToObserveOften(scene.rollouts)]).toEqual(moves ? ['east-a'] : []);
});

it('the next to start are those that wait in a phase that runs, and never more than a hundred', () => {
  const many = Array.from({ length: 150 }, (_, nth) => `east-${nth}`);
  const scene = new Scene({ from: 1, to: 2, phases: [{ members: many }, { members: ['west-later'] }] });
  expect(clustersToObserveOften(scene.rollouts).size).toBe(0);
  const [first, ...others] = [...scene.state().phases.keys()];
  expect([first, others.length]).toEqual([first, 1]);
  scene.change({
    phases: new Map([...scene.state().phases].map(([name, phase]) => [name, name === first ? { ...phase, status: 'running' } : phase])),
  });
  const often = clustersToObserveOften(scene.rollouts);
  expect([often.size, [...often].includes(trusted.cluster('west-later'))]).toEqual([100, false]);
});

it('a state without its part of the plan is left alone', () => {
  const scene = new Scene(EAST);
  const { planned, state } = scene.rollout();
  expect(clustersToObserve([{ planned: { ...planned, targets: new Map() }, state }]).size).toBe(0);
});
