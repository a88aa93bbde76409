import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { crashLoop, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { SmallFleet } from '../../support/small-world/fleet.ts';
import { POLICY } from '../../support/small-world/policy.ts';
import { Random } from '../../support/small-world/random.ts';

const MINUTE = 60_000;

/** A cluster that cannot be seen from the beginning, since a minute. */
function oneUnseen(): SmallFleet {
  const fleet = new SmallFleet(['east-0', 'east-1'], new Random(1));
  const live = fleet.world.clusters.get(trusted.cluster('east-0'));
  if (live !== undefined) live.reachable = false;
  fleet.land({ to: 2, phases: [{ members: ['east-0', 'east-1'] }] });
  fleet.step(MINUTE);
  fleet.step(MINUTE);
  return fleet;
}

const statusOf = (fleet: SmallFleet) => fleet.rollout(0).state.targets.get(trusted.cluster('east-0'))?.status;

describe('patience with a cluster that cannot be seen', () => {
  it('ends after its time', () => {
    const fleet = oneUnseen();
    for (let i = 0; i < 5; i += 1) fleet.step(MINUTE);
    expect(statusOf(fleet)).toBe('unreachable');
  });

  it('is not made longer by as much as our clock is set back', () => {
    const fleet = oneUnseen();
    fleet.now = instant(fleet.now - 60 * MINUTE);
    for (let i = 0; i < 4; i += 1) fleet.step(MINUTE);
    expect(statusOf(fleet)).toBe('waiting');
    for (let i = 0; i < 4; i += 1) fleet.step(MINUTE);
    expect(statusOf(fleet)).toBe('unreachable');
  });
});

describe('a cluster that is given up, and spends a budget by that', () => {
  it('is given up before others of its phase start, whoever comes first', () => {
    const phase = { members: ['east-a', 'east-b'], maxConcurrent: 2, budgets: { unreachable: 0 } };
    const scene = new Scene({ from: 1, to: 2, phases: [phase] });
    for (const name of phase.members) scene.see(unseen(name));
    scene.decide(0);
    scene.see(seen('east-a', 1), POLICY.unreachableAfterMs);
    scene.see(unseen('east-b'), POLICY.unreachableAfterMs);
    scene.decide(POLICY.unreachableAfterMs);
    expect([scene.statuses(), scene.state().status, scene.given]).toEqual(['east-a waiting, east-b unreachable', 'paused', []]);
  });
});

describe('a cluster left half-way that is given up, and spends a budget by that', () => {
  it('is given up before another is rescued', () => {
    const phase = { members: ['east-a', 'east-b'], maxConcurrent: 2, budgets: { unreachable: 0 } };
    const scene = new Scene({ from: 1, to: 2, phases: [phase], limits: { rescue: 2 } });
    scene.rollouts = scene.rollouts.map(({ planned, state }) => ({
      planned,
      state: { ...state, targets: new Map([...state.targets].map(([cluster, target]) => [cluster, { ...target, rescue: true }])) },
    }));
    for (const ms of [0, POLICY.unreachableAfterMs]) {
      scene.see(seen('east-a', 1, crashLoop(1)), ms);
      scene.see(unseen('east-b'), ms);
      scene.decide(ms);
    }
    expect([scene.statuses(), scene.state().status, scene.given]).toEqual(['east-a waiting, east-b unreachable', 'paused', []]);
  });
});
