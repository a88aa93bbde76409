import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import type { PhaseShape } from '../../support/small-world/plans.ts';
import { dataPlane, POLICY } from '../../support/small-world/policy.ts';

const alone = (over: Partial<PhaseShape> = {}) => new Scene({ from: 1, to: 2, phases: [{ members: ['east-a'], ...over }] });

describe('the last target spends a budget', () => {
  it('as it is deferred: the rollout stops, and does not end', () => {
    const scene = alone({ maxDurationMs: 10_000 });
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 0)] };
    scene.decide(0).go(10_000);
    expect(scene.target('east-a').status).toBe('deferred');
    expect([scene.state().status, scene.state().finishedAt]).toEqual(['paused', undefined]);
  });

  it('as a rescue that cannot be seen: the rollout stops, and does not end', () => {
    const scene = alone();
    scene.ordered('east-a', 2);
    scene.see(unseen('east-a'));
    scene.decide(0);
    expect(scene.target('east-a').rescue).toBe(true);
    scene.see(unseen('east-a'), 300_000);
    scene.decide(300_000);
    expect(scene.target('east-a').status).toBe('unreachable');
    expect([scene.state().status, scene.state().finishedAt]).toEqual(['paused', undefined]);
  });

  it('as another would be rescued: that one is not started any more', () => {
    const scene = new Scene({ from: 1, to: 3, phases: [{ members: ['east-b', 'east-a'], maxDurationMs: 10_000 }] });
    scene.ordered('east-b', 2);
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-b') } });
    const look = (ms: number): void => {
      scene.see(seen('east-b', 1, halfWay(1, 2)), ms);
      scene.see(unseen('east-a'), ms);
      scene.decide(ms);
    };
    look(0);
    look(9_000);
    scene.liftAll();
    look(10_000);
    expect(scene.statuses()).toBe('east-b waiting, east-a deferred');
    expect(scene.given).toEqual([]);
  });
});
