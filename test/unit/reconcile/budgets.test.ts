import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import { at, crashLoop, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { counted, type PhaseShape, type PlanShape, revision, spec, tuned } from '../../support/small-world/plans.ts';

const NAMES = ['east-a', 'east-b', 'east-c'];
const phase = (members: readonly string[], over: Partial<PhaseShape> = {}): PhaseShape => ({ members, maxConcurrent: 10, ...over });
const shape = (over: Partial<PlanShape> = {}, ...phases: readonly PhaseShape[]): PlanShape => ({ from: 1, to: 2, phases, ...over });

/** These crash, and are seen to, twice. */
function crash(scene: Scene, ms: number, ...names: readonly string[]): Scene {
  for (const look of [ms, ms + 1_000]) {
    for (const name of names) scene.arrives(name, look, crashLoop(2));
    scene.decide(look);
  }
  return scene;
}

describe('what has gone wrong in a phase', () => {
  it.each([
    [0, 'running', []],
    [1, 'running', []],
    [2, 'paused', ['failed-budget on rollout lets rollbacks: east-a east-b', 'quarantine on version lets rollbacks: east-a east-b']],
  ])('%i failed of a budget of one: %s', (count, status, stops) => {
    const scene = new Scene(shape({}, phase(NAMES, { budgets: { failed: 1 } }))).decide(0);
    crash(scene, 10_000, ...NAMES.slice(0, count));
    expect([scene.state().status, scene.held]).toEqual([status, stops]);
  });

  it('is said with names, in the reason of the stop', () => {
    const scene = crash(new Scene(shape({}, phase(NAMES))).decide(0), 10_000, 'east-a', 'east-c');
    expect(scene.stops.map(({ reason, phase: of, by, rollout, at: set }) => [reason, of, by, rollout, set])).toEqual([
      ['phase p0: 2 failed (east-a, east-c), and the budget is 0', 'p0', 'flotilla', 'r1', at(11_000)],
      ['phase p0: 2 failed (east-a, east-c), and the budget is 0', 'p0', 'flotilla', 'r1', at(11_000)],
    ]);
    expect(scene.stops[1]?.scope).toEqual({ kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] });
    expect(scene.whys('stop')).toEqual(scene.stops.map(({ id, cause, reason }) => `${id} none -> ${cause}: ${reason}`));
  });

  it('is said with five names at most', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `east-${name}`);
    const scene = crash(new Scene(shape({}, phase(six))).decide(0), 10_000, ...six);
    expect(scene.stops[0]?.reason).toBe('phase p0: 6 failed (east-a, east-b, east-c, east-d, east-e and 1 more), and the budget is 0');
    const five = crash(new Scene(shape({}, phase(six))).decide(0), 10_000, ...six.slice(0, 5));
    expect(five.stops[0]?.reason).toContain('(east-a, east-b, east-c, east-d, east-e),');
  });

  it('counts each kind against its own budget', () => {
    const scene = new Scene(shape({}, phase(NAMES, { budgets: { failed: 1, unreachable: 0 } }))).decide(0);
    scene.arrives('east-a', 300_000, { healthy: false });
    scene.arrives('east-b', 300_000, { healthy: false });
    expect(scene.decide(300_000).held).toEqual([
      'unreachable-budget on rollout lets rollbacks: east-c',
      'quarantine on version lets rollbacks: east-c',
    ]);
  });

  it('sets one stop, however much more goes wrong', () => {
    const scene = new Scene(shape({}, phase(NAMES))).decide(0);
    crash(scene, 10_000, 'east-a');
    const [first] = scene.stops;
    crash(scene, 20_000, 'east-b');
    expect(scene.stops).toHaveLength(2);
    expect(scene.stops[0]).toBe(first);
  });

  it('that a person knows of spends nothing', () => {
    const scene = new Scene(shape({}, phase(NAMES))).decide(0);
    crash(scene, 10_000, 'east-a');
    scene.changeTarget('east-a', { acknowledged: { attempt: 1, status: 'failed' } });
    scene.liftAll();
    expect(scene.decide(20_000).held).toEqual([]);
    scene.changeTarget('east-a', { acknowledged: { attempt: 2, status: 'failed' } });
    expect(scene.decide(20_000).held).toHaveLength(2);
  });

  it('of another attempt is another stop', () => {
    const scene = crash(new Scene(shape({}, phase(NAMES))).decide(0), 10_000, 'east-a');
    const ids = scene.stops.map(({ id }) => id);
    scene.liftAll();
    scene.changeTarget('east-a', { attempt: 2 });
    scene.decide(20_000);
    for (const { id } of scene.stops) expect(ids).not.toContain(id);
  });
});

describe('the budget of the release', () => {
  const release = { rollout: { budgets: { failed: counted(1) } } };
  const phases = [phase(['east-a'], { budgets: { failed: 5 } }), phase(['east-b', 'east-c'], { budgets: { failed: 5 } })];

  it('is over all phases', () => {
    const scene = new Scene(shape(release, ...phases)).decide(0);
    crash(scene, 10_000, 'east-a');
    expect(scene.held).toEqual([]);
    crash(scene, 20_000, 'east-b');
    expect(scene.held).toEqual([
      'failed-budget on rollout lets rollbacks: east-a east-b',
      'quarantine on version lets rollbacks: east-a east-b',
    ]);
    expect(scene.stops[0]).toMatchObject({ phase: undefined, reason: 'release kafka: 2 failed (east-a, east-b), and the budget is 1' });
  });

  it('is spent by its own kind alone', () => {
    const scene = new Scene(shape(release, phase(NAMES, { budgets: { failed: 5, unreachable: 5 } }))).decide(0);
    crash(scene, 10_000, 'east-a');
    scene.arrives('east-a', 300_000);
    expect(scene.decide(300_000).statuses()).toBe('east-a failed, east-b unreachable, east-c unreachable');
    expect(scene.held).toEqual([]);
  });
});

it('a target that goes back and fails stops its rollout for rollbacks too', () => {
  const scene = new Scene(shape({ back: new Set(['east-a']) }, phase(NAMES))).decide(0);
  expect(crash(scene, 10_000, 'east-a').held[0]).toBe('failed-budget on rollout lets nothing: east-a');
});

describe('deferred clusters', () => {
  it('stop a rollout, and no version is to blame for it', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b'], { maxConcurrent: 1, maxDurationMs: 60_000 }))).decide(0);
    scene.arrives('east-a', 60_000, { healthy: false });
    expect(scene.decide(60_000).held).toEqual(['deferred-budget on rollout lets rollbacks: east-b']);
  });
});

describe('a quarantine', () => {
  it('is of the settings, where the version stays', () => {
    const scene = new Scene(shape({ from: 2, to: tuned(2) }, phase(['east-a']))).decide(0);
    for (const ms of [10_000, 11_000]) {
      scene.arrives('east-a', ms, { ...crashLoop(2), running: { ...seen('east-a', tuned(2)).running } });
      scene.decide(ms);
    }
    expect(scene.stops[1]?.scope).toEqual({ kind: 'version', product: 'kafka', traits: [{ path: 'config.threads', value: 1 }] });
  });

  it('names no cluster that nobody has touched', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a'], { budgets: { unreachable: 1 } })));
    scene.see(unseen('east-a'));
    scene.decide(0).arrives('west-a', 10_000, { healthy: false });
    scene.decide(10_000).see(unseen('east-a'), 300_000);
    expect(scene.decide(300_000).statuses()).toBe('east-a unreachable, west-a rolling');
    expect(scene.decide(310_000).held).toEqual([
      'unreachable-budget on rollout lets rollbacks: east-a west-a',
      'quarantine on version lets rollbacks: west-a',
    ]);
    // Nor is the version to blame for those alone.
    const alone = new Scene(shape({}, phase(['east-a'])));
    alone.see(unseen('east-a'));
    alone.decide(0).see(unseen('east-a'), 300_000);
    expect(alone.decide(300_000).held).toEqual(['unreachable-budget on rollout lets rollbacks: east-a']);
  });

  it('that stands for the same traits takes in who failed next', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b']))).decide(0);
    crash(scene, 10_000, 'east-a');
    scene.stops = scene.stops.filter(({ cause }) => cause === 'quarantine');
    scene.changeTarget('east-a', { acknowledged: { attempt: 1, status: 'failed' } });
    crash(scene, 20_000, 'east-b');
    expect(scene.held.toSorted()).toEqual([
      'failed-budget on rollout lets rollbacks: east-b',
      'quarantine on version lets rollbacks: east-a east-b',
    ]);
  });

  it('that names them already stays as it is', () => {
    const scene = crash(new Scene(shape({}, phase(['east-a', 'east-b']))).decide(0), 10_000, 'east-a');
    scene.stops = scene.stops.filter(({ cause }) => cause === 'quarantine');
    expect(scene.decide(20_000).decision.stops.map(({ cause }) => cause)).toEqual(['failed-budget']);
  });

  it('is another one than a stop of another cause on the same version', () => {
    const scene = new Scene(shape({}, phase(['east-a']))).decide(0);
    const traits = [{ path: 'version', value: '1.2.0' }];
    scene.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause: 'aborted', lets: 'rollbacks' });
    expect(crash(scene, 10_000, 'east-a').held.toSorted()).toEqual([
      'aborted on version lets rollbacks: ',
      'failed-budget on rollout lets rollbacks: east-a',
      'quarantine on version lets rollbacks: east-a',
    ]);
  });

  it('of other traits, or another product, is another one', () => {
    const traits = [
      { path: 'version', value: '1.2.0' },
      { path: 'config.threads', value: 1 },
    ];
    for (const scope of [
      { kind: 'version', product: 'connect', traits } as const,
      { kind: 'version', product: 'kafka', traits: traits.slice(1) } as const,
      { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.3.0' }] } as const,
      { kind: 'version', product: 'kafka', traits: [{ path: 'image', value: '1.2.0' }] } as const,
    ]) {
      const scene = new Scene(shape({}, phase(['east-a']))).decide(0);
      scene.stop({ scope, cause: 'quarantine', lets: 'rollbacks' });
      expect(crash(scene, 10_000, 'east-a').held).toHaveLength(3);
    }
    const same = new Scene(shape({}, phase(['east-a']))).decide(0);
    same.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause: 'quarantine', lets: 'rollbacks' });
    crash(same, 10_000, 'east-a');
    // One that holds more than this version holds this version.
    expect(same.stops.map(({ cause, failed }) => [cause, failed]).sort()).toEqual([
      ['failed-budget', ['east-a']],
      ['quarantine', ['east-a']],
    ]);
  });

  it('is lifted by one of those that failed, when it soaks in another attempt', () => {
    const scene = crash(
      new Scene(shape({}, phase(['east-a', 'east-b'], { budgets: { failed: 1 } }))).decide(0),
      10_000,
      'east-a',
      'east-b',
    );
    scene.stops = scene.stops.filter(({ cause }) => cause === 'quarantine');
    const acknowledged = { attempt: 1, status: 'failed' } as const;
    scene.changeTarget('east-a', { status: 'waiting', probe: true });
    scene.changeTarget('east-b', { acknowledged });
    scene.decide(20_000);
    expect(scene.given).toContain('run east-a #3');
    scene.arrives('east-a', 30_000);
    scene.decide(30_000);
    expect(scene.stops).toMatchObject([{ lifted: { by: 'flotilla', at: at(30_000), reason: 'east-a has soaked in a later attempt' } }]);
    expect(scene.whys('stop')).toEqual([`${scene.stops[0]?.id} quarantine -> lifted: east-a has soaked in a later attempt`]);
  });

  it.each([
    ['by who is not named in it', [], true, 'quarantine'],
    ['by who did not try again at a wish', [trusted.cluster('east-a')], false, 'quarantine'],
    ['if it is not a quarantine', [trusted.cluster('east-a')], true, 'aborted'],
  ] as const)('is not lifted %s', (_, failed, probe, cause) => {
    const scene = new Scene(shape({}, phase(['east-a']))).decide(0);
    scene.changeTarget('east-a', { probe });
    const traits = [{ path: 'version', value: '1.9.0' }];
    scene.stop({ scope: { kind: 'version', product: 'kafka', traits }, cause, failed });
    scene.arrives('east-a', 10_000);
    scene.decide(10_000);
    expect([scene.target('east-a').status, scene.held.length]).toEqual(['succeeded', 1]);
  });
});

describe('a canary phase in which nobody soaked', () => {
  const canary = (over: Partial<PhaseShape> = {}) => phase(['east-a'], { canary: true, budgets: { failed: 9, unreachable: 9 }, ...over });

  it('stops what follows, whatever its budgets tolerate', () => {
    const scene = crash(new Scene(shape({}, canary(), phase(['east-b']))).decide(0), 10_000, 'east-a');
    expect(scene.held).toEqual(['unproven-canary on rollout lets rollbacks: east-a', 'quarantine on version lets rollbacks: east-a']);
    expect(scene.stops[0]).toMatchObject({ reason: 'phase p0: no canary has soaked (east-a: failed)', phase: 'p0' });
    expect(scene.target('east-b').status).toBe('waiting');
  });

  it('does not before it is settled', () => {
    const scene = crash(new Scene(shape({}, canary({ members: ['east-a', 'east-c'] }), phase(['east-b']))).decide(0), 10_000, 'east-a');
    expect(scene.held).toEqual([]);
  });

  it('does not where one of them soaked', () => {
    const scene = new Scene(shape({}, canary({ members: ['east-a', 'east-c'] }), phase(['east-b']))).decide(0);
    scene.arrives('east-c', 5_000);
    expect(crash(scene.decide(5_000), 10_000, 'east-a').held).toEqual([]);
    expect(scene.given).toContain('run east-b #1');
  });

  it('does not where nothing follows', () => {
    expect(crash(new Scene(shape({}, canary())).decide(0), 10_000, 'east-a').held).toEqual([]);
  });

  it('names those that failed or were not seen, and the outcome of five', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `east-${name}`);
    const scene = new Scene(shape({}, canary({ members: six }), phase(['west-a']))).decide(0);
    scene.changeTarget('east-b', { status: 'deferred' });
    scene.changeTarget('east-c', { status: 'unreachable' });
    for (const name of six.slice(3)) scene.changeTarget(name, { status: 'removed' });
    // The plan gives no budget for what is deferred: that it was is known.
    scene.changeTarget('east-b', { acknowledged: { attempt: 1, status: 'deferred' } });
    crash(scene, 10_000, 'east-a');
    expect(scene.stops[0]).toMatchObject({
      reason:
        'phase p0: no canary has soaked (east-a: failed, east-b: deferred, east-c: unreachable, east-d: removed, east-e: removed and 1 more)',
      failed: ['east-a', 'east-c'],
    });
  });
});

describe('a budget is not looked at', () => {
  it('while a rollout is pending', () => {
    const scene = new Scene(shape({}, phase(['east-a']))).decide(0);
    scene.land(shape({ to: 3 }, phase(['east-b'])));
    scene.changeTarget('east-b', { status: 'failed' }, 1);
    expect(scene.decide(1).held).toEqual([]);
  });

  it('while one winds down', () => {
    const scene = new Scene(shape({}, phase(NAMES))).decide(0);
    scene.change({ status: 'aborted' });
    expect(crash(scene, 10_000, 'east-a').held).toEqual([]);
  });
});

describe('under guard', () => {
  function ended(): Scene {
    const guarded = { rollout: { guardMs: durationMs(3_600_000) } };
    const scene = new Scene(shape(guarded, phase(NAMES))).decide(0).go(10_000);
    expect(scene.state()).toMatchObject({ status: 'completed', guardUntil: at(3_610_000) });
    return scene;
  }

  it('one that may have broken stops nothing before a second look', () => {
    const scene = ended();
    scene.arrives('east-a', 20_000, crashLoop(2));
    expect(scene.decide(20_000).held).toEqual([]);
  });

  it('one that breaks stops the release, and its version is to blame', () => {
    const scene = crash(ended(), 20_000, 'east-a');
    expect(scene.target('east-a').status).toBe('failed');
    expect(scene.held).toEqual(['regression on release lets rollbacks: east-a', 'quarantine on version lets rollbacks: east-a']);
    expect(scene.stops[0]).toMatchObject({
      scope: { kind: 'release', release: 'kafka' },
      reason: 'east-a broke after rollout r1 had ended',
      rollout: 'r1',
    });
    expect(scene.stops[1]?.scope).toEqual({ kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] });
  });

  it('more that break are of the same stop', () => {
    const scene = crash(crash(ended(), 20_000, 'east-c'), 30_000, 'east-a', 'east-b');
    expect(scene.held).toEqual([
      'regression on release lets rollbacks: east-c east-a east-b',
      'quarantine on version lets rollbacks: east-c east-a east-b',
    ]);
  });

  it('a stop for another rollout is another one', () => {
    const scene = ended();
    scene.stop({ scope: { kind: 'release', release: 'kafka' }, cause: 'regression', lets: 'rollbacks' });
    expect(crash(scene, 20_000, 'east-a').held.filter((words) => words.startsWith('regression'))).toHaveLength(2);
  });

  it('once it is over nothing is', () => {
    const scene = ended();
    scene.change({ guardUntil: undefined });
    expect(crash(scene, 20_000, 'east-a').held).toEqual([]);
  });
});

it('one that was proven at the very version that broke is blamed by what it was proven at before', () => {
  const scene = crash(new Scene(shape({}, phase(['east-a']))).decide(0), 10_000, 'east-a');
  expect(scene.entry('east-a')).toMatchObject({
    failed: [{ revision: revision(2), version: spec(2).version, rollout: 'r1', at: at(11_000) }],
  });
});
