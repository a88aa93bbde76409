import { describe, expect, it } from 'vitest';
import { durationMs } from '../../../src/core/model/time.ts';
import type { TargetStatus } from '../../../src/core/reconcile/state.ts';
import { at, Scene, seen } from '../../support/engine/scene.ts';
import type { PhaseShape, PlanShape } from '../../support/small-world/plans.ts';

const MEMBERS = ['east-a', 'east-b'];
const shape = (over: Partial<PlanShape> = {}, of: Partial<PhaseShape> = {}): PlanShape => ({
  from: 1,
  to: 2,
  phases: [{ members: MEMBERS, maxConcurrent: 2, budgets: { failed: 9, unreachable: 9, deferred: 9 }, ...of }],
  ...over,
});

function ended(a: TargetStatus, b: TargetStatus, over: Partial<PlanShape> = {}): Scene {
  const scene = new Scene(shape(over)).decide(0);
  scene.changeTarget('east-a', { status: a });
  scene.changeTarget('east-b', { status: b });
  scene.allArrive(10);
  return scene.decide(10);
}

describe('a rollout of which every target is settled', () => {
  it.each([
    ['succeeded', 'succeeded', 'completed', 'every phase is done'],
    ['succeeded', 'skipped', 'completed', 'every phase is done'],
    ['succeeded', 'superseded', 'completed', 'every phase is done'],
    ['skipped', 'skipped', 'completed', 'every phase is done'],
    ['removed', 'removed', 'completed', 'every phase is done'],
    ['superseded', 'superseded', 'superseded', 'the manifests want something else by now'],
    ['superseded', 'removed', 'superseded', 'the manifests want something else by now'],
    ['succeeded', 'failed', 'completed-with-deferrals', 'every phase is done; 1 left behind'],
    ['superseded', 'failed', 'completed-with-deferrals', 'every phase is done; 1 left behind'],
    ['deferred', 'failed', 'completed-with-deferrals', 'every phase is done; 2 left behind'],
  ] as const)('%s and %s: %s', (a, b, status, why) => {
    const scene = ended(a, b);
    expect(scene.state()).toMatchObject({ status, finishedAt: at(10) });
    expect(scene.whys('rollout')).toEqual([`r1 running -> ${status}: ${why}`]);
  });

  it('is not ended while a stop holds it: a person is to see that', () => {
    const scene = new Scene(shape());
    for (const name of MEMBERS) scene.changeTarget(name, { status: 'succeeded' });
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(0).state()).toMatchObject({ status: 'paused', finishedAt: undefined });
    scene.liftAll();
    expect(scene.decide(1).state().status).toBe('completed');
  });
});

describe('the guard', () => {
  const guardMs = (ms: number) => ({ rollout: { guardMs: durationMs(ms) } });

  it.each([
    ['runs from the end where something succeeded', 'succeeded', 5_000, at(5_010)],
    ['is none where nothing did', 'skipped', 5_000, undefined],
    ['is none where the plan has none', 'succeeded', 0, undefined],
  ] as const)('%s', (_, status, ms, until) => {
    expect(ended(status, 'skipped', guardMs(ms)).state().guardUntil).toBe(until);
  });

  it('wakes the bot at its end, and is over then', () => {
    const scene = ended('succeeded', 'succeeded', guardMs(5_000));
    expect(scene.wakeAt).toBe(5_010);
    expect(scene.decide(5_009).state().guardUntil).toBe(at(5_010));
    expect(scene.decide(5_010).state().guardUntil).toBeUndefined();
    expect(scene.wakeAt).toBeUndefined();
  });
});

describe('a stop over all of it', () => {
  function stopped(): Scene {
    const scene = new Scene({ ...shape(), phases: [{ members: ['east-a'] }, { members: ['east-b'] }] }).decide(0);
    scene.stop({ scope: { kind: 'fleet' }, reason: 'demo until noon' });
    return scene.decide(1_000);
  }

  it('pauses it, and says why', () => {
    const scene = stopped();
    expect(scene.state()).toMatchObject({ status: 'paused', stoppedSince: at(1_000) });
    expect(scene.whys('rollout')).toEqual(['r1 running -> paused: demo until noon']);
    expect(scene.decide(2_000).state().stoppedSince).toBe(at(1_000));
  });

  it('gone, it goes on, and the time is noted for the phases that had begun', () => {
    const scene = stopped();
    scene.liftAll();
    scene.decide(5_000);
    expect(scene.state()).toMatchObject({ status: 'running', stoppedSince: undefined, goingSince: at(5_000) });
    expect(scene.whys('rollout')).toEqual(['r1 paused -> running: no stop holds it now']);
    expect([scene.phase('p0').stoppedMs, scene.phase('p1').stoppedMs]).toEqual([4_000, 0]);
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(6_000);
    scene.liftAll();
    expect(scene.decide(6_500).phase('p0').stoppedMs).toBe(4_500);
  });

  it('counts for no phase that is over', () => {
    const scene = new Scene({ ...shape(), phases: [{ members: ['east-a'] }, { members: ['east-b'] }] }).decide(0).go(500);
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(1_000);
    scene.liftAll();
    scene.decide(3_000);
    expect([scene.phase('p0').stoppedMs, scene.phase('p1').stoppedMs]).toEqual([0, 2_000]);
  });

  it('a clock that was set back meanwhile adds nothing', () => {
    const scene = stopped();
    scene.liftAll();
    expect(scene.decide(500).phase('p0').stoppedMs).toBe(0);
  });

  it('says nothing of one that is pending, winds down or is over', () => {
    for (const over of [{ status: 'aborted' }, { status: 'completed', finishedAt: at(0), guardUntil: at(9_000) }] as const) {
      const scene = new Scene(shape(), over);
      scene.stop({ scope: { kind: 'fleet' } });
      expect(scene.decide(0).state()).toMatchObject({ status: over.status, stoppedSince: undefined });
    }
    const behind = new Scene(shape()).decide(0);
    behind.land(shape({ to: 3 }));
    behind.stop({ scope: { kind: 'fleet' } });
    expect(behind.decide(1).state(1)).toMatchObject({ status: 'pending', stoppedSince: undefined });
  });

  it('is over with one that ends: it is paused no more', () => {
    const scene = new Scene(shape());
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(0).state().stoppedSince).toBe(at(0));
    for (const name of MEMBERS) scene.changeTarget(name, { status: 'deferred' });
    scene.change({ status: 'aborted' });
    expect(scene.decide(1).state()).toMatchObject({ finishedAt: at(1), stoppedSince: undefined });
  });

  it('does not hold a rollback that it lets', () => {
    const scene = new Scene(shape({ kind: 'rollback' }));
    scene.stop({ scope: { kind: 'fleet' }, lets: 'rollbacks' });
    expect(scene.decide(0).state().status).toBe('running');
  });
});

describe('the status of one that goes on', () => {
  const approval = { when: 'after', count: 1, teams: [], users: [], notAuthor: false } as const;

  it('is running while a phase bakes, though another asks for approval', () => {
    const scene = new Scene({
      ...shape(),
      phases: [{ members: ['east-a'], bakeMs: 60_000 }, { members: ['east-b'] }],
    }).decide(0);
    expect(scene.go(10).state().status).toBe('running');
    expect(scene.phases()).toBe('p0 baking, p1 waiting');
  });

  it('asks for approval once nothing else is under way, and goes on with it', () => {
    const scene = new Scene({ ...shape(), phases: [{ members: ['east-a'], approval }, { members: ['east-b'] }] }).decide(0).go(10);
    expect(scene.whys('rollout')).toEqual(['r1 running -> awaiting-approval: nothing moves until a phase is approved']);
    scene.change({ approvals: [{ phase: 'p0', by: 'ada', digest: scene.state().digest, at: at(10) }] });
    expect(scene.decide(20).whys('rollout')).toEqual(['r1 awaiting-approval -> running: a phase is under way']);
  });
});

describe('turns', () => {
  /** One slot for the fleet; which of two releases gets it? */
  function first(one: Partial<PlanShape>, two: Partial<PlanShape>, over = {}): string {
    const scene = new Scene({ ...shape(one), phases: [{ members: ['east-a'] }] });
    scene.land({ ...shape(two), phases: [{ members: ['west-a'] }], rollout: { release: 'other', ...two.rollout } }, over);
    scene.policy = { ...scene.policy, fleetMaxConcurrent: 1 };
    for (const name of ['east-a', 'west-a']) scene.see(seen(name, 1));
    return scene.decide(0).given.join();
  }
  const [EAST, WEST] = ['run east-a #1', 'run west-a #1'];

  it.each([
    ['first come, first served', {}, {}, {}, EAST],
    ['by the place in line', {}, {}, { inLineSince: 0 }, WEST],
    ['rollbacks first', {}, { kind: 'rollback' }, {}, WEST],
    ['of rollbacks the newest', { kind: 'rollback' }, { kind: 'rollback' }, {}, WEST],
    ['a rollback before what is urgent', { kind: 'rollback' }, { rollout: { urgency: 'security' } }, {}, EAST],
    ['by urgency', {}, { rollout: { urgency: 'hotfix' } }, {}, WEST],
    ['by urgency of two', { rollout: { urgency: 'hotfix' } }, { rollout: { urgency: 'security' } }, {}, WEST],
    ['urgency before what it is for', { rollout: { intent: 'operation', urgency: 'hotfix' } }, {}, {}, EAST],
    ['by what it is for', { rollout: { intent: 'heal' } }, {}, {}, WEST],
    [
      'what it is for before the place in line',
      { rollout: { intent: 'release' } },
      { rollout: { intent: 'heal' } },
      { inLineSince: 0 },
      EAST,
    ],
    ['in the same place, by number', {}, {}, { inLineSince: 1 }, EAST],
  ] as const)('%s', (_, one, two, over, given) => {
    expect(first(one, two, over)).toBe(given);
  });
});
