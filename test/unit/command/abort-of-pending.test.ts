import { describe, expect, it } from 'vitest';
import type { Stop } from '../../../src/core/stop/stop.ts';
import { carriedOut } from '../../support/commands.ts';
import { Scene, seen } from '../../support/engine/scene.ts';
import { type PlanShape, tuned } from '../../support/small-world/plans.ts';

const PHASES: PlanShape['phases'] = [{ members: ['east-a'], soakMs: 30_000 }, { members: ['east-b'] }];
const TO_2: PlanShape = { from: 1, to: 2, phases: PHASES };
/** The same version, with one more setting; planned while every cluster still ran what was before. */
const TO_2_TUNED: PlanShape = { from: 1, to: tuned(2), phases: PHASES };

function abort(scene: Scene, nth: number): readonly Stop[] {
  const { now, desired, ledger } = scene;
  const input = { rollouts: scene.rollouts, rollout: scene.rollout(nth), stops: scene.stops, desired, ledger, now };
  const applied = carriedOut(input, { verb: 'abort', rollout: scene.state(nth).id, by: 'ada', reason: 'wrong setting' });
  scene.stops.push(...applied.stops);
  for (const { next } of applied.rollouts) scene.change(next, nth);
  return applied.stops;
}

const traits = (stops: readonly Stop[]): readonly string[] =>
  stops.flatMap(({ scope }) => (scope.kind === 'version' ? scope.traits.map(({ path, value }) => `${path} = ${value}`) : []));

describe('an abort of a rollout behind another', () => {
  it('stops what it alone would bring, and lets the one before it go on', () => {
    const scene = new Scene(TO_2).decide(0);
    scene.land(TO_2_TUNED);
    scene.decide(1_000);
    expect(scene.state(1).status).toBe('pending');
    expect(traits(abort(scene, 1))).toEqual(['config.threads = 1']);
    scene.decide(2_000);
    expect([scene.state(0).status, scene.given]).toEqual(['running', []]);
  });

  it('stops its version where that is its own', () => {
    const scene = new Scene(TO_2).decide(0);
    scene.land({ ...TO_2, to: 3 });
    scene.decide(1_000);
    expect(traits(abort(scene, 1))).toEqual(['version = 1.3.0']);
    expect(scene.decide(2_000).state(0).status).toBe('running');
  });

  it('stops no version that its clusters were proven at since it was planned', () => {
    const scene = new Scene(TO_2).decide(0);
    scene.land(TO_2_TUNED);
    for (let ms = 1_000; scene.state(0).finishedAt === undefined; ms += 20_000) scene.go(ms);
    expect(scene.state(1).status).toBe('running');
    expect(traits(abort(scene, 1))).toEqual(['config.threads = 1']);
  });

  it('of the one before it stops the version, and with that the one behind', () => {
    const scene = new Scene(TO_2).decide(0);
    scene.land(TO_2_TUNED);
    scene.decide(1_000);
    expect(traits(abort(scene, 0))).toEqual(['version = 1.2.0']);
  });

  it('of clusters that nothing is on record of stops what was planned for them', () => {
    const scene = new Scene(TO_2);
    scene.ledger.clear();
    scene.see(seen('east-a', 1));
    expect(traits(abort(scene, 0))).toEqual(['version = 1.2.0']);
  });
});
