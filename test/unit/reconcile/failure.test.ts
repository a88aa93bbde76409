import { describe, expect, it } from 'vitest';
import { phaseId, planOf } from '../../support/small-world/plans.ts';
import { at, ordersOf, Scene } from '../../support/small-world/scene.ts';

const MINUTE = 60_000;

describe('failure', () => {
  const rolling = () => {
    const scene = new Scene(planOf({ from: 1, to: 2, deadlineMs: 10 * MINUTE, phases: [{ members: ['a', 'b'], budgets: { failed: 1 } }] }));
    scene.decide(0);
    return scene;
  };
  const crashed = { rolled: false, healthy: false, brokers: [{ ordinal: 2, version: '1.2.0', state: 'crash-loop' as const }] };

  it('is definite when a crash loop is still there in a second sample', () => {
    const scene = rolling();
    for (const [ms, status] of [
      [10, 'rolling'],
      [11, 'rolling'],
      [20, 'failed'],
    ] as const) {
      if (ms !== 11) {
        scene.now = at(ms);
        scene.arrives('a', 2, crashed);
      }
      scene.decide(ms);
      expect([ms, scene.target('a').status]).toEqual([ms, status]);
    }
    expect(scene.target('a').detail).toBe('broker 2: crash-loop at 1.2.0');
  });

  it('is asked about again soon after the first sample', () => {
    const scene = rolling();
    scene.now = at(10);
    scene.arrives('a', 2, crashed);
    expect(scene.decide(10).wakeAt).toBe(at(1_010));
    expect(scene.decide(1_010).wakeAt).toBe(at(MINUTE + 1));
  });

  it('is not a blip, and not the crash loop of a broker that has not been moved yet', () => {
    const scene = rolling();
    for (const [ms, more] of [
      [10, crashed],
      [20, { rolled: false }],
      [30, crashed],
      [40, { ...crashed, brokers: [{ ordinal: 2, version: '1.1.0', state: 'crash-loop' as const }] }],
      [50, crashed],
    ] as const) {
      scene.now = at(ms);
      scene.arrives('a', 2, more);
      scene.decide(ms);
    }
    expect(scene.target('a').status).toBe('rolling');
  });

  it.each([
    ['not before its deadline', 10 * MINUTE - 1, 'rolling'],
    ['at its deadline', 10 * MINUTE, 'failed'],
  ])('comes %s', (_name, ms, status) => {
    const scene = rolling();
    scene.now = at(ms);
    scene.arrives('a', 2, { rolled: false, detail: 'broker 1: restarting' });
    scene.decide(ms);
    expect(scene.target('a').status).toBe(status);
    if (status === 'failed') expect(scene.target('a').detail).toBe('not healthy within 10m: broker 1: restarting');
  });

  it('stops the cluster where it is, and lets the rest go on within the budget', () => {
    const scene = rolling();
    scene.now = at(10 * MINUTE);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    const decision = scene.decide(10 * MINUTE);
    expect(ordersOf(decision)).toEqual(['run b #1', 'hold a #2']);
    expect(scene.state.status).toBe('running');
  });
});

describe('a failure budget', () => {
  it.each([
    [0, 'paused'],
    [1, 'running'],
  ])('of %i, and one failure, leaves the rollout %s', (failed, status) => {
    const scene = new Scene(planOf({ from: 1, to: 2, deadlineMs: 1_000, phases: [{ members: ['a', 'b'], budgets: { failed } }] }));
    scene.decide(0);
    scene.now = at(1_000);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    const decision = scene.decide(1_000);
    expect(scene.state.status).toBe(status);
    expect(ordersOf(decision).includes('run b #1')).toBe(status === 'running');
  });

  it('does not tolerate the failure of every canary', () => {
    const scene = new Scene(
      planOf({ from: 1, to: 2, deadlineMs: 1_000, phases: [{ members: ['a'], canary: true, budgets: { failed: 5 } }, { members: ['b'] }] }),
    );
    scene.decide(0);
    scene.now = at(1_000);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    scene.decide(1_000);
    expect([scene.state.status, scene.state.pause?.reason]).toEqual([
      'paused',
      `phase ${phaseId('p0')}: no canary succeeded, 1 failed (a)`,
    ]);
  });

  it('may be set for the whole release too', () => {
    const budgets = { failed: { count: 1, words: '1' } };
    const scene = new Scene(
      planOf({
        from: 1,
        to: 2,
        deadlineMs: 1_000,
        release: { budgets },
        phases: [{ members: ['a', 'b', 'c'], maxConcurrent: 3, budgets: { failed: 3 } }],
      }),
    );
    scene.decide(0);
    scene.now = at(1_000);
    scene.seeAllAgain();
    for (const name of ['a', 'b']) scene.arrives(name, 2, { rolled: false });
    scene.decide(1_000);
    expect([scene.state.status, scene.state.pause?.reason]).toEqual(['paused', 'release kafka: 3 failed (a, b, c), and the budget is 1']);
  });
});
