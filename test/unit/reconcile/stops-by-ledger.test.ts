import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../src/core/command/apply-command.ts';
import type { RolloutCommand } from '../../../src/core/command/command.ts';
import { NO_HOLDS } from '../../../src/core/reconcile/decision.ts';
import { stopsOf } from '../../../src/core/report/rollout-stops.ts';
import { crashLoop, Scene } from '../../support/engine/scene.ts';
import { type PlanShape, tuned } from '../../support/small-world/plans.ts';

const PHASES: PlanShape['phases'] = [{ members: ['east-a', 'east-b'], maxConcurrent: 2, soakMs: 30_000, budgets: { failed: 1 } }];
const ON_VERSION_2 = { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] } as const;

/**
 * A rollout with one more setting, which was planned while its clusters ran 1.1.0: its plan says that they move to 1.2.0. By now the one
 * before it has brought them there.
 */
function overtaken(): Scene {
  const scene = new Scene({ from: 1, to: 2, phases: PHASES });
  scene.decide(0);
  scene.land({ from: 1, to: tuned(2), phases: PHASES });
  for (let ms = 1_000; scene.state(0).finishedAt === undefined; ms += 20_000) scene.go(ms);
  expect(scene.state(1).status).toBe('running');
  return scene;
}

function ask(scene: Scene, verb: RolloutCommand['verb']) {
  const { rollouts, stops, desired, ledger, now } = scene;
  const input = { rollouts, rollout: scene.rollout(1), stops, desired, ledger, now };
  return applyCommand(input, { verb, rollout: scene.state(1).id, by: 'ada', reason: 'because' });
}

describe('a stop on a version that the clusters of a rollout were proven at since it was planned', () => {
  it('does not pause it', () => {
    const scene = overtaken();
    scene.stop({ scope: ON_VERSION_2, cause: 'aborted', lets: 'rollbacks' });
    scene.decide(200_000);
    expect(scene.state(1).status).toBe('running');
    expect(ask(scene, 'resume')).toEqual({ ok: false, error: 'the rollout is not paused; there is nothing to resume' });
  });

  it('does not keep a person from a retry', () => {
    const scene = overtaken();
    for (const ms of [200_000, 201_000]) {
      scene.arrives('east-a', ms, crashLoop(tuned(2)));
      scene.decide(ms);
    }
    expect(scene.target('east-a', 1).status).toBe('failed');
    scene.stop({ scope: ON_VERSION_2, cause: 'aborted', lets: 'rollbacks' });
    expect(ask(scene, 'retry')).toMatchObject({ ok: true, value: { changes: [{ name: 'east-a', to: 'waiting' }] } });
  });

  it('is not shown with it', () => {
    const scene = overtaken();
    scene.stop({ scope: ON_VERSION_2, cause: 'aborted' });
    const shown = { active: scene.rollout(1), holds: NO_HOLDS };
    expect(stopsOf({ stops: scene.stops, ledger: scene.ledger, now: scene.now }, shown)).toEqual([]);
    expect(stopsOf({ stops: scene.stops, ledger: new Map(), now: scene.now }, shown)).toHaveLength(1);
  });
});

describe('a stop on a version that only some clusters of a rollout move to', () => {
  const mixed = (): Scene => {
    const to = new Map([
      ['east-a', 3],
      ['east-b', 2],
    ]);
    const scene = new Scene({ from: 1, to, phases: [{ members: ['east-a', 'east-b'], maxConcurrent: 1, soakMs: 30_000 }] });
    scene.stop({ scope: ON_VERSION_2, cause: 'aborted', lets: 'rollbacks' });
    return scene.decide(0);
  };

  it('holds all of it once the others are done', () => {
    const scene = mixed();
    expect([scene.state().status, scene.given]).toEqual(['running', ['run east-a #1']]);
    scene.go(1_000).go(40_000);
    expect([scene.statuses(), scene.state().status]).toEqual(['east-a succeeded, east-b waiting', 'paused']);
    scene.liftAll();
    expect(scene.go(41_000).given).toEqual(['run east-b #1']);
  });
});
