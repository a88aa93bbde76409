import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import { at, brokersAt, crashLoop, Scene, unseen } from '../../support/engine/scene.ts';
import { POLICY } from '../../support/small-world/policy.ts';

const UNHEALTHY = { healthy: false };

/** East-a has soaked; its rollout goes on with east-b, or is over and under guard. */
function soaked(over: 'goes on' | 'is over' = 'goes on'): Scene {
  const phases = [{ members: ['east-a'] }, { members: over === 'goes on' ? ['east-b'] : [] }];
  const scene = new Scene({ from: 1, to: 2, phases, rollout: { guardMs: durationMs(3_600_000) } });
  scene.decide(0).arrives('east-a', 10_000);
  return scene.decide(10_000);
}
function looks(scene: Scene, ...seen: readonly (readonly [number, object])[]): Scene {
  for (const [ms, more] of seen) {
    scene.arrives('east-a', ms, more);
    scene.decide(ms);
  }
  return scene;
}

describe.each(['goes on', 'is over'] as const)('a cluster that soaked, in a rollout that %s', (over) => {
  it('and is in a crash loop, has broken once a later sample confirms it', () => {
    const scene = looks(soaked(over), [20_000, crashLoop(2)]);
    expect(scene.target('east-a')).toMatchObject({ status: 'succeeded', brokenSince: at(20_000) });
    expect(scene.wakeAt).toBe(21_000);
    looks(scene, [20_500, crashLoop(2)]);
    expect(scene.target('east-a')).toMatchObject({ status: 'failed', detail: 'broke after its soak: broker 0: crash-loop at 1.2.0' });
    expect(scene.entry('east-a').failed).toHaveLength(1);
  });

  it('is not confirmed by the same sample', () => {
    const scene = looks(soaked(over), [20_000, crashLoop(2)]);
    expect(scene.decide(30_000).target('east-a').status).toBe('succeeded');
  });

  it.each([
    [POLICY.regressionAfterMs - 1, 'succeeded'],
    [POLICY.regressionAfterMs, 'failed'],
  ])('and is unhealthy in another way, has broken when that lasts: after %i ms it is %s', (ms, status) => {
    const scene = looks(soaked(over), [20_000, UNHEALTHY], [60_000, UNHEALTHY], [100_000, UNHEALTHY]);
    expect(scene.wakeAt).toBe(140_000);
    expect(looks(scene, [20_000 + ms, UNHEALTHY]).target('east-a').status).toBe(status);
  });

  it('and was unhealthy for a moment, has not', () => {
    const scene = looks(soaked(over), [20_000, UNHEALTHY], [60_000, {}]);
    expect(scene.target('east-a').brokenSince).toBeUndefined();
    expect(looks(scene, [140_000, UNHEALTHY]).target('east-a')).toMatchObject({ status: 'succeeded', brokenSince: at(140_000) });
  });

  it('and has left the manifests, counts for nothing when it breaks', () => {
    const scene = soaked(over);
    scene.desired.delete(trusted.cluster('east-a'));
    looks(scene, [20_000, crashLoop(2)], [21_000, crashLoop(2)]);
    expect([scene.target('east-a').status, scene.held]).toEqual(['succeeded', []]);
  });

  it('and cannot be seen, is neither well nor broken', () => {
    const scene = looks(soaked(over), [20_000, UNHEALTHY]);
    scene.see(unseen('east-a'), 60_000);
    expect(scene.decide(60_000).target('east-a')).toMatchObject({ status: 'succeeded', brokenSince: at(20_000) });
    expect(looks(scene, [140_000, UNHEALTHY]).target('east-a').status).toBe('failed');
  });

  it('and does not have its order any more, is not judged by what it does then', () => {
    const scene = looks(soaked(over), [20_000, UNHEALTHY]);
    scene.arrives('east-a', 140_000, { ...UNHEALTHY, accepted: undefined });
    expect(scene.decide(140_000).target('east-a')).toMatchObject({ status: 'succeeded', brokenSince: at(20_000) });
  });
});

it('a contradiction in what is said to be healthy is no break', () => {
  const scene = looks(soaked(), [20_000, { brokers: brokersAt(2, 2) }]);
  expect(scene.target('east-a')).toMatchObject({ status: 'succeeded', brokenSince: undefined });
  looks(scene, [30_000, UNHEALTHY], [40_000, { brokers: brokersAt(2, 2) }]);
  expect(scene.target('east-a').brokenSince).toBeUndefined();
});
