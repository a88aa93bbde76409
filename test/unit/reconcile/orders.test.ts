import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import type { RolloutState, TargetStatus } from '../../../src/core/reconcile/state.ts';
import { at, crashLoop, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { type PhaseShape, type PlanShape, revision } from '../../support/small-world/plans.ts';
import { POLICY } from '../../support/small-world/policy.ts';

const shape = (members: readonly string[] = ['east-a'], of: Partial<PhaseShape> = {}, over: Partial<PlanShape> = {}): PlanShape => ({
  from: 1,
  to: 2,
  phases: [{ members, maxConcurrent: 10, soakMs: 30_000, ...of }],
  ...over,
});

describe('the number of a new order', () => {
  it.each([
    ['the first', () => {}, 1],
    ['above the one that stands', (scene: Scene) => scene.ordered('east-a', 1, { epoch: 4 }), 5],
    [
      'above what the data plane says it has seen',
      (scene: Scene) => scene.ordered('east-a', 1, { epoch: 4, reply: { kind: 'stale', at: at(0), seen: 8 } }),
      9,
    ],
    ['above what the target was under', (scene: Scene) => scene.changeTarget('east-a', { epoch: 6 }), 7],
    [
      'above what the evidence shows',
      (scene: Scene) => scene.see(seen('east-a', 1, { accepted: { epoch: 11, revision: revision(1), mode: 'run' } })),
      12,
    ],
  ])('is %s', (_, edit, epoch) => {
    const scene = new Scene(shape());
    edit(scene);
    expect(scene.decide(0).given).toEqual([`run east-a #${epoch}`]);
    expect(scene.target('east-a').epoch).toBe(epoch);
  });
});

describe('an order that will never be taken', () => {
  it('is given anew, above what the data plane has seen', () => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', { kind: 'stale', at: at(1), seen: 7 });
    expect(scene.decide(2).given).toEqual(['run east-a #8']);
    expect(scene.decision.decisions[0]?.decision.actions[0]?.why).toBe('the data plane has seen a newer order');
    expect(scene.target('east-a')).toMatchObject({ status: 'applying', epoch: 8 });
  });

  it('time after time is given anew once a second, and not as fast as it is answered', () => {
    const scene = new Scene(shape()).decide(0);
    const stale = (ms: number, epoch: number) => scene.answer('east-a', { kind: 'stale', at: at(ms), seen: epoch });
    stale(1, 7);
    scene.decide(2);
    stale(3, 8);
    expect([scene.decide(4).given, scene.wakeAt]).toEqual([[], 1_002]);
    expect(scene.decide(1_002).given).toEqual(['run east-a #9']);
  });

  it.each([
    [1_001, [], 1_002],
    [1_002, ['run east-a #12'], undefined],
  ])('is not given anew as fast as the data plane calls it stale: at %i ms %o', (ms, given, wakeAt) => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', { kind: 'stale', at: at(1), seen: 7 });
    scene.decide(2).answer('east-a', { kind: 'stale', at: at(3), seen: 11 });
    scene.see(seen('east-a', 1), ms);
    expect(scene.decide(ms).given).toEqual(given);
    if (wakeAt !== undefined) expect(scene.wakeAt).toBe(wakeAt);
  });

  it('is given anew at once when our clock was set back behind it', () => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', { kind: 'stale', at: at(1), seen: 7 });
    scene.decide(2_000).answer('east-a', { kind: 'stale', at: at(2_000), seen: 11 });
    scene.see(seen('east-a', 1), 1_000);
    expect(scene.decide(2_000).given).toEqual([]);
    expect(scene.decide(1_999).given).toEqual(['run east-a #12']);
  });

  it.each(['accepted', 'refused'] as const)('is not one that was %s', (kind) => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', { kind, at: at(1) });
    expect(scene.decide(2).given).toEqual([]);
  });
});

describe('a soak that nobody could see', () => {
  it('begins anew under a new order: what is seen under it counts, and not what was seen before', () => {
    const scene = new Scene(shape()).decide(0);
    const statusAt = (ms: number): string => {
      scene.arrives('east-a', ms);
      return scene.decide(ms).target('east-a').status;
    };
    expect([1_000, 26_000].map(statusAt)).toEqual(['soaking', 'soaking']);
    scene.see(unseen('east-a'), 27_000);
    scene.decide(27_000).stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(28_000).given).toEqual(['hold east-a #2']);
    scene.liftAll();
    expect(scene.decide(29_000).given).toEqual(['run east-a #3']);
    expect([30_000, 59_999, 60_000].map(statusAt)).toEqual(['soaking', 'soaking', 'succeeded']);
  });
});

describe('an order that was answered, and that the evidence does not show', () => {
  /** A quarter of the longest age of evidence. */
  const GRACE_MS = 15_000;
  const lost = (receivedMs: number, more = {}, reply: 'accepted' | 'refused' | 'none' = 'accepted'): Scene => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', reply === 'none' ? undefined : { kind: reply, at: at(1_000) });
    scene.see(seen('east-a', 1, more), receivedMs);
    return scene.decide(receivedMs);
  };

  it.each([
    ['it may have been on its way', 1_000 + GRACE_MS, []],
    ['it came well after the answer', 1_001 + GRACE_MS, ['send-again east-a #1']],
  ])('%s', (_, ms, given) => {
    expect(lost(ms).given).toEqual(given);
  });

  it.each([
    [1, 'an older order', { accepted: { epoch: 0, revision: revision(1), mode: 'run' } }],
    [0, 'this very one', { accepted: { epoch: 1, revision: revision(2), mode: 'run' } }],
    // Our own records were lost: the answer will say which order it has.
    [1, 'a newer one', { accepted: { epoch: 2, revision: revision(9), mode: 'run' } }],
  ])('is sent again %i times where it shows %s', (times, _, more) => {
    expect(lost(50_000, more).given).toHaveLength(times);
  });

  it('is sent again also after a refusal, which may have passed', () => {
    expect(lost(50_000, {}, 'refused').given).toEqual(['send-again east-a #1']);
    expect(lost(50_000, {}, 'none').given).toEqual([]);
  });

  it('is sent once, and then waits for an answer', () => {
    const scene = lost(50_000);
    expect(scene.order('east-a').reply).toBeUndefined();
    expect(scene.decide(51_000).given).toEqual([]);
  });

  it.each([
    ['a data plane that has no such cluster has lost it', true, 1],
    ['one that does not answer may have it', false, 0],
  ])('%s', (_, missing, times) => {
    const scene = new Scene(shape()).decide(0);
    scene.answer('east-a', { kind: 'accepted', at: at(1_000) });
    scene.see(unseen('east-a', missing), 50_000);
    expect(scene.decide(50_000).given).toHaveLength(times);
  });
});

describe('the mode of an order, by where the target stands', () => {
  /** What it is ordered to while its rollout goes on; while a stop holds it; and once that winds down. */
  const MODES: Readonly<Record<TargetStatus, readonly [string, string, string]>> = {
    applying: ['run', 'hold', 'hold'],
    rolling: ['run', 'hold', 'hold'],
    held: ['run', 'hold', 'hold'],
    unreachable: ['run', 'hold', 'hold'],
    soaking: ['run', 'run', 'run'],
    succeeded: ['run', 'run', 'run'],
    waiting: ['hold', 'hold', 'hold'],
    failed: ['hold', 'hold', 'hold'],
    deferred: ['hold', 'hold', 'hold'],
    skipped: ['hold', 'hold', 'hold'],
    removed: ['hold', 'hold', 'hold'],
    superseded: ['hold', 'hold', 'hold'],
  };
  const CASES: Readonly<Record<'goes on' | 'is stopped' | 'winds down', (scene: Scene) => void>> = {
    'goes on': () => {},
    'is stopped': (scene) => scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-a') } }),
    'winds down': (scene) => scene.change({ status: 'aborted' }),
  };
  const rows = Object.entries(MODES).flatMap(([status, modes]) =>
    Object.entries(CASES).map(([when, edit], i) => [status, when, modes[i] ?? '', edit] as const),
  );

  it.each(rows)('%s, in a rollout that %s: %s', (status, _, mode, edit) => {
    const scene = new Scene(shape(['east-b', 'east-a'], { maxConcurrent: 0, budgets: { failed: 9, unreachable: 9, deferred: 9 } }));
    scene.change({ status: 'running', startedAt: at(0) });
    const standing = {
      rollout: scene.state().id,
      mode: mode === 'run' && status !== 'soaking' && status !== 'succeeded' ? 'hold' : 'run',
    } as const;
    scene.ordered('east-a', 2, standing);
    scene.changeTarget('east-a', { status: status as TargetStatus, attempt: 1, epoch: 1, startedAt: at(0), since: at(0) });
    edit(scene);
    // What cannot be seen stays where it stood.
    if (status === 'soaking' || status === 'succeeded') scene.arrives('east-a', 10);
    else scene.see(unseen('east-a'), 10);
    scene.decide(10);
    expect(scene.order('east-a').mode).toBe(mode);
    expect(scene.given).toEqual(mode === standing.mode ? [] : [`${mode} east-a #2`]);
  });

  it.each([
    ['run', 'goes on from where it stands'],
    ['hold', 'stopped: a broker in restart finishes, no other is touched'],
  ] as const)('is said why: %s', (mode, why) => {
    const scene = new Scene(shape()).decide(0);
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(1);
    expect(scene.target('east-a').status).toBe('held');
    if (mode === 'run') {
      scene.liftAll();
      scene.decide(2);
      expect(scene.target('east-a').status).toBe('applying');
    }
    expect(scene.decision.decisions[0]?.decision.actions[0]?.why).toBe(why);
    expect(scene.decision.decisions[0]?.decision.actions[0]).toMatchObject({ order: { mode } });
  });

  it.each([
    [{ status: 'aborted' }, 'rolling', 'aborted: a broker in restart finishes, no other is touched'],
    [{}, 'failed', 'failed: no further broker is touched'],
    [{}, 'deferred', 'deferred: no further broker is touched'],
    [{}, 'skipped', 'skipped: no further broker is touched'],
    [{}, 'waiting', 'waits for another attempt: no broker is touched before it'],
  ] as const)('is said why: %o, %s', (over: Partial<RolloutState>, status, why) => {
    const scene = new Scene(shape(['east-b', 'east-a'], { maxConcurrent: 0, budgets: { failed: 9, deferred: 9 } }));
    scene.change({ status: 'running', startedAt: at(0), ...over });
    scene.ordered('east-a', 2, { rollout: scene.state().id });
    scene.changeTarget('east-a', { status, attempt: 1, epoch: 1, startedAt: at(0) });
    scene.arrives('east-a', 10, halfWay(1, 2));
    scene.decide(10);
    expect(scene.decision.decisions[0]?.decision.actions[0]?.why).toBe(why);
  });
});

describe('one that was never ordered in this attempt', () => {
  it('and came back into sight is not run by an order of before', () => {
    const scene = new Scene(shape(['east-b', 'east-a'], { maxConcurrent: 0, budgets: { unreachable: 9 } }));
    scene.change({ status: 'running', startedAt: at(0) });
    scene.ordered('east-a', 2, { rollout: scene.state().id });
    scene.changeTarget('east-a', { status: 'unreachable', attempt: 1, epoch: 1, startedAt: undefined });
    scene.see(unseen('east-a'), 10);
    expect(scene.decide(10).given).toEqual(['hold east-a #2']);
  });

  it('is left alone', () => {
    const scene = new Scene(shape());
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(0).given).toEqual([]);
  });
});

describe('a cluster that somebody else has ordered since', () => {
  it.each([
    [trusted.rollout('r9'), 'taken over by rollout r9'],
    [undefined, 'ordered outside of rollouts'],
  ])('is theirs: %s', (rollout, detail) => {
    const scene = new Scene(shape()).decide(0);
    scene.ordered('east-a', 9, { epoch: 2, rollout });
    scene.decide(1);
    expect(scene.target('east-a')).toMatchObject({ status: 'superseded', detail, supersededBy: rollout });
    expect(scene.given).toEqual([]);
  });

  it('before is not', () => {
    const scene = new Scene(shape()).decide(0);
    scene.ordered('east-a', 9, { epoch: 1 });
    expect(scene.decide(1).target('east-a').status).toBe('applying');
    expect(scene.given).toEqual(['run east-a #2']);
  });
});

it('a cluster of which nothing is known any more is ordered all the same', () => {
  const scene = new Scene(shape()).decide(0);
  scene.answer('east-a', { kind: 'accepted', at: at(0) });
  scene.observations.clear();
  expect(scene.decide(50_000).given).toEqual([]);
  scene.stop({ scope: { kind: 'fleet' } });
  expect(scene.decide(51_000).given).toEqual(['hold east-a #2']);
});

describe('when a rollout ends', () => {
  it('whoever was ordered and has not soaked is held', () => {
    const scene = new Scene(shape(['east-a', 'east-b'], { budgets: { unreachable: 9, failed: 9 } })).decide(0);
    scene.arrives('east-b', 1);
    for (const ms of [1, 40_000]) {
      scene.arrives('east-b', ms);
      scene.decide(ms);
    }
    expect(scene.decide(300_000).state().status).toBe('completed-with-deferrals');
    expect(scene.statuses()).toBe('east-a unreachable, east-b succeeded');
    expect(scene.given).toEqual(['hold east-a #2']);
    expect(scene.decision.decisions[0]?.decision.actions[0]?.why).toBe(
      'completed-with-deferrals: a broker in restart finishes, no other is touched',
    );
  });

  it('and one that breaks under guard is held too', () => {
    const scene = new Scene(shape(['east-a'], { soakMs: 0 }, { rollout: { guardMs: durationMs(600_000) } })).decide(0).go(10_000);
    for (const ms of [20_000, 21_000]) {
      scene.arrives('east-a', ms, crashLoop(2));
      scene.decide(ms);
    }
    expect(scene.given).toEqual(['hold east-a #2']);
  });
});

describe('a target that is held', () => {
  it('says which stops hold it now', () => {
    const scene = new Scene(shape(['east-a', 'east-b'], { maxConcurrent: 1 })).decide(0);
    scene.stop({ scope: { kind: 'fleet' }, until: at(90_000) });
    scene.decide(1);
    scene.arrives('east-a', 2, halfWay(1, 2));
    expect(scene.decide(2).hold('east-a')).toBe('stopped: stop-1 disks fill up until 90000');
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-a') } });
    scene.liftAll();
    scene.stop({ scope: { kind: 'release', release: 'kafka' } });
    expect(scene.decide(3).hold('east-a')).toBe('stopped: stop-1 disks fill up');
    scene.liftAll();
    expect(scene.decide(4).given).toEqual(['run east-a #3']);
    expect(scene.hold('east-a')).toBe('moves');
  });

  it('names a stop that was set by the same decision', () => {
    const scene = new Scene(shape(['east-a', 'east-b'])).decide(0);
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-b') } });
    for (const ms of [10_000, 11_000]) {
      scene.arrives('east-a', ms, crashLoop(2));
      scene.arrives('east-b', ms, halfWay(1, 2));
      scene.decide(ms);
    }
    const ids = scene.stops.map(({ id }) => id).join();
    expect(scene.stops).toHaveLength(3);
    expect(scene.hold('east-b')).toBe(`stopped: ${ids} disks fill up`);
  });

  it('and healthy all the same soaks on', () => {
    const scene = new Scene(shape()).decide(0).go(10_000);
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.go(20_000).hold('east-a')).toBe('soaking: 30000 until 40000');
    expect(scene.go(40_000).target('east-a').status).toBe('succeeded');
    expect(scene.given).toEqual([]);
  });
});

it('an order within a decision that was overtaken there is never sent', () => {
  const scene = new Scene(shape(['east-a'], { maxConcurrent: 1 })).decide(0);
  scene.policy = POLICY;
  scene.answer('east-a', { kind: 'stale', at: at(1), seen: 3 });
  scene.stop({ scope: { kind: 'fleet' } });
  scene.decide(2);
  expect(scene.given).toEqual(['hold east-a #4']);
});
