import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import { at, halfWay, Scene } from '../../support/engine/scene.ts';
import type { PlanShape } from '../../support/small-world/plans.ts';

const SHAPE: PlanShape = { from: 1, to: 2, deadlineMs: 60_000, phases: [{ members: ['east-a'], soakMs: 30_000 }] };
const NAME = 'east-a';

/** The cluster is half-way; the rollout is aborted, and the data plane refuses to hold it until that has ended. */
function refusedToTheEnd(): Scene {
  const scene = new Scene(SHAPE).decide(0);
  scene.answer(NAME, { kind: 'accepted', at: at(0) });
  scene.arrives(NAME, 1_000, halfWay(1, 2));
  scene.decide(1_000).change({ status: 'aborted' });
  scene.decide(2_000);
  expect(scene.given).toEqual(['hold east-a #2']);
  scene.answer(NAME, { kind: 'refused', at: at(2_000), reason: 'locked' });
  scene.see(scene.seenNow(NAME), 62_000);
  scene.decide(62_000);
  expect(scene.state()).toMatchObject({ status: 'aborted', finishedAt: at(62_000) });
  scene.answer(NAME, { kind: 'refused', at: at(62_000), reason: 'locked' });
  return scene;
}

it('an order to hold that is refused while its rollout goes on is not sent again by the clock', () => {
  const scene = new Scene({ ...SHAPE, deadlineMs: 600_000 }).decide(0);
  scene.answer(NAME, { kind: 'accepted', at: at(0) });
  scene.arrives(NAME, 1_000, halfWay(1, 2));
  scene.decide(1_000).stop({ scope: { kind: 'fleet' } });
  expect(scene.decide(2_000).given).toEqual(['hold east-a #2']);
  scene.answer(NAME, { kind: 'refused', at: at(2_000), reason: 'locked' });
  expect(scene.decide(30_000).given).toEqual([]);
});

/** East-a was given up, and is held to the end; west-a has succeeded, and is under guard. */
function guarded(): Scene {
  const scene = new Scene({
    ...SHAPE,
    phases: [{ members: [NAME, 'west-a'], maxConcurrent: 2, soakMs: 0, budgets: { unreachable: 9 } }],
    rollout: { guardMs: durationMs(3_600_000) },
  }).decide(0);
  scene.arrives(NAME, 1_000, halfWay(1, 2));
  scene.arrives('west-a', 1_000);
  scene.decide(1_000).decide(400_000);
  expect([scene.statuses(), scene.state().status, scene.given]).toEqual([
    'east-a unreachable, west-a succeeded',
    'completed-with-deferrals',
    ['hold east-a #2'],
  ]);
  return scene;
}

describe('an order to hold, while others of its rollout are under guard', () => {
  it('that is stale is given once, above what the data plane has seen', () => {
    const scene = guarded();
    scene.answer(NAME, { kind: 'stale', at: at(400_000), seen: 9 });
    expect(scene.decide(500_000).given).toEqual(['hold east-a #10']);
  });

  it('that is refused is sent again', () => {
    const scene = guarded();
    scene.answer(NAME, { kind: 'refused', at: at(400_000), reason: 'locked' });
    expect(scene.decide(409_999).given).toEqual([]);
    expect(scene.decide(410_000).given).toEqual(['send-again east-a #2']);
  });
});

describe('an order to hold that was refused when its rollout ended', () => {
  it('is sent again until the data plane accepts it: the order to run before it must not stand', () => {
    const scene = refusedToTheEnd();
    const sent: number[] = [];
    for (let ms = 63_000; ms < 1_000_000; ms += 1_000) {
      scene.decide(ms);
      if (scene.given.length === 0) continue;
      expect(scene.given).toEqual(['send-again east-a #2']);
      sent.push(ms);
      scene.answer(NAME, { kind: 'refused', at: at(ms), reason: 'locked' });
    }
    expect(sent.length).toBeGreaterThan(2);
    // The longer it is refused, the more seldom.
    expect((sent[2] ?? 0) - (sent[1] ?? 0)).toBeGreaterThan((sent[1] ?? 0) - (sent[0] ?? 0));
    scene.decide(2_000_000).answer(NAME, { kind: 'accepted', at: at(2_000_000) });
    expect([scene.decide(9_000_000).given, scene.wakeAt]).toEqual([[], undefined]);
  });

  it('wakes the fleet when it is due, though no rollout is left', () => {
    const scene = refusedToTheEnd();
    const due = scene.decide(63_000).wakeAt;
    expect(due).toBeDefined();
    expect(scene.decide((due ?? 0) - 1).given).toEqual([]);
    expect(scene.decide(due ?? 0).given).toEqual(['send-again east-a #2']);
  });

  it('is sent again at once where our clock was set back behind the refusal, and not in the instant of it', () => {
    expect(refusedToTheEnd().decide(62_000).given).toEqual([]);
    expect(refusedToTheEnd().decide(61_999).given).toEqual(['send-again east-a #2']);
  });

  it('is given above what the data plane has seen, where that has a newer one', () => {
    const scene = refusedToTheEnd();
    scene.answer(NAME, { kind: 'stale', at: at(62_500), seen: 9 });
    expect(scene.decide(200_000).given).toEqual(['hold east-a #10']);
    expect(scene.order(NAME)).toMatchObject({ mode: 'hold', rollout: trusted.rollout('r1'), reply: undefined });
  });

  it('is sent again while other rollouts go on', () => {
    const scene = refusedToTheEnd();
    scene.land({ ...SHAPE, phases: [{ members: ['west-a'], soakMs: 30_000 }], rollout: { release: 'other' } });
    expect(scene.decide(122_000).given.toSorted()).toEqual(['run west-a #1', 'send-again east-a #2']);
  });

  it('is left to the delivery while nothing was answered', () => {
    const scene = refusedToTheEnd();
    scene.answer(NAME, undefined);
    expect(scene.decide(9_000_000).given).toEqual([]);
  });

  it('is replaced by the order of whoever comes next', () => {
    const scene = refusedToTheEnd();
    scene.land({ ...SHAPE, to: 3 });
    for (const ms of [63_000, 64_000]) {
      scene.see(scene.seenNow(NAME), ms);
      scene.decide(ms);
    }
    expect(scene.given).toEqual(['run east-a #3']);
    scene.see(scene.seenNow(NAME), 120_000);
    expect(scene.decide(120_000).given).toEqual([]);
  });
});
