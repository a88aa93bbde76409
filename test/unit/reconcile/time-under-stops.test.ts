import { describe, expect, it } from 'vitest';
import type { StopScope } from '../../../src/core/stop/stop.ts';
import { at, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import type { PhaseShape, PlanShape } from '../../support/small-world/plans.ts';
import { dataPlane, POLICY, productPolicy } from '../../support/small-world/policy.ts';
import { c } from '../../support/state/builders.ts';

const shape = (of: PhaseShape, over: Partial<PlanShape> = {}): PlanShape => ({
  from: 1,
  to: 2,
  phases: [{ soakMs: 30_000, ...of }],
  ...over,
});
const PATIENCE_MS = POLICY.unreachableAfterMs;

const PARTS: readonly (readonly [string, StopScope])[] = [
  ['its data plane', { kind: 'data-plane', dataPlane: 'west' }],
  ['it alone', { kind: 'cluster', cluster: c('west-b') }],
  ['what it moves to', { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] }],
  ['the fleet', { kind: 'fleet' }],
];

describe('the longest duration of a phase', () => {
  /** East-a has the only slot, and never gets healthy; west-b waits for it. */
  const slow = (): Scene => {
    const to = new Map([
      ['east-a', 3],
      ['west-b', 2],
    ]);
    const members = { members: ['east-a', 'west-b'], maxConcurrent: 1, maxDurationMs: 60_000, budgets: { deferred: 9 } };
    return new Scene(shape(members, { to })).decide(0);
  };
  const statusAt = (scene: Scene, ms: number): string => {
    scene.see(seen('west-b', 1), ms);
    scene.arrives('east-a', ms, { healthy: false });
    return scene.decide(ms).target('west-b').status;
  };

  it.each(PARTS)('leaves out while a stop on %s held the cluster', (_, scope) => {
    const scene = slow();
    scene.stop({ scope });
    statusAt(scene, 10_000);
    expect(statusAt(scene, 70_000)).toBe('waiting');
    scene.liftAll();
    statusAt(scene, 100_000);
    expect(statusAt(scene, 149_999)).toBe('waiting');
    expect(statusAt(scene, 150_000)).toBe('deferred');
  });

  it('counts time under two stops once', () => {
    const scene = slow();
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    statusAt(scene, 10_000);
    scene.stop({ scope: { kind: 'cluster', cluster: c('west-b') } });
    statusAt(scene, 20_000);
    scene.stop({ scope: { kind: 'fleet' } });
    statusAt(scene, 30_000);
    scene.liftAll();
    statusAt(scene, 40_000);
    expect(statusAt(scene, 89_999)).toBe('waiting');
    expect(statusAt(scene, 90_000)).toBe('deferred');
  });

  it('knows each of several stops by itself', () => {
    const scene = slow();
    scene.stop({ scope: { kind: 'cluster', cluster: c('east-a') } });
    statusAt(scene, 10_000);
    scene.stop({ scope: { kind: 'cluster', cluster: c('west-b') } });
    statusAt(scene, 20_000);
    scene.stops = scene.stops.slice(0, 1);
    statusAt(scene, 30_000);
    expect(statusAt(scene, 69_999)).toBe('waiting');
    expect(statusAt(scene, 70_000)).toBe('deferred');
  });

  it('does not leave out what comes after a stop, though another is lifted then', () => {
    const scene = slow();
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    statusAt(scene, 10_000);
    scene.liftAll();
    statusAt(scene, 20_000);
    scene.stop({ scope: { kind: 'cluster', cluster: c('east-a') } });
    statusAt(scene, 30_000);
    scene.liftAll();
    statusAt(scene, 40_000);
    expect(statusAt(scene, 69_999)).toBe('waiting');
    expect(statusAt(scene, 70_000)).toBe('deferred');
  });

  it('leaves out a stop that outlasts another over all of it', () => {
    const scene = slow();
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    statusAt(scene, 10_000);
    scene.stop({ scope: { kind: 'fleet' } });
    statusAt(scene, 20_000);
    scene.stops = scene.stops.slice(0, 1);
    statusAt(scene, 30_000);
    scene.liftAll();
    statusAt(scene, 40_000);
    expect(statusAt(scene, 89_999)).toBe('waiting');
    expect(statusAt(scene, 90_000)).toBe('deferred');
  });

  it.each([
    ['another data plane', { kind: 'data-plane', dataPlane: 'south' }],
    ['another cluster', { kind: 'cluster', cluster: c('east-a') }],
    ['another version', { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.3.0' }] }],
  ] as const)('runs on under a stop on %s', (_, scope) => {
    const scene = slow();
    scene.stop({ scope });
    statusAt(scene, 10_000);
    expect(statusAt(scene, 60_000)).toBe('deferred');
  });

  it('runs for one that came back from when it waits again, whatever held it before', () => {
    const scene = slow();
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    statusAt(scene, 10_000);
    scene.liftAll();
    statusAt(scene, 20_000);
    scene.changeTarget('west-b', { since: at(40_000) });
    expect(statusAt(scene, 99_999)).toBe('waiting');
    expect(statusAt(scene, 100_000)).toBe('deferred');
  });

  it('is no matter of a phase that has none: what held its parts is not noted', () => {
    const scene = new Scene(shape({ members: ['west-b', 'east-a'], maxConcurrent: 2 }));
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    expect(scene.decide(0).phase('p0').heldParts).toEqual([]);
  });

  it('leaves out a stop that was there before the phase began', () => {
    const scene = new Scene(shape({ members: ['west-b', 'east-a'], maxConcurrent: 2, maxDurationMs: 60_000 }));
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'west' } });
    scene.decide(0).decide(5_000);
    expect(scene.phase('p0').heldParts).toMatchObject([{ since: at(0), until: undefined }]);
    scene.arrives('east-a', 500_000);
    expect(scene.decide(500_000).target('west-b').status).toBe('waiting');
  });
});

describe('a started cluster that goes silent under a stop', () => {
  const EAST: readonly (readonly [string, StopScope])[] = [
    ['its data plane', { kind: 'data-plane', dataPlane: 'east' }],
    ['it alone', { kind: 'cluster', cluster: c('east-a') }],
    ['the fleet', { kind: 'fleet' }],
  ];
  const silent = (scope: StopScope): Scene => {
    const scene = new Scene(shape({ members: ['east-a'], budgets: { unreachable: 9 } })).decide(0);
    scene.arrives('east-a', 1_000, halfWay(1, 2));
    scene.decide(1_000);
    scene.stop({ scope });
    scene.decide(2_000);
    expect(scene.given).toEqual(['hold east-a #2']);
    return scene;
  };

  it.each(EAST)('on %s is held as long as that stands, and is no failure', (_, scope) => {
    const scene = silent(scope);
    scene.see(unseen('east-a'), 3_000);
    scene.decide(3_000).decide(50 * PATIENCE_MS);
    expect(scene.target('east-a').status).toBe('held');
    expect(scene.held.filter((words) => words.startsWith('quarantine'))).toEqual([]);
  });

  it.each(EAST)('has all its patience when the stop on %s is lifted', (_, scope) => {
    const scene = silent(scope);
    scene.decide(50 * PATIENCE_MS);
    scene.liftAll();
    const lifted = 51 * PATIENCE_MS;
    expect(scene.decide(lifted).given).toEqual(['run east-a #3']);
    expect(scene.decide(lifted + PATIENCE_MS - 1).target('east-a').status).toBe('applying');
    expect(scene.decide(lifted + PATIENCE_MS).target('east-a').status).toBe('unreachable');
  });

  it('is given up when its rollout was aborted: nobody would lift the stop for that', () => {
    const scene = silent({ kind: 'cluster', cluster: c('east-a') });
    scene.change({ status: 'aborted' });
    scene.decide(3_000);
    expect(scene.decide(3_000 + PATIENCE_MS).target('east-a').status).toBe('unreachable');
  });
});

describe('the patience with a cluster that cannot be seen before its start begins anew', () => {
  const lookAt = (scene: Scene, ms: number, ...names: readonly string[]): Scene => {
    for (const name of names) scene.see(seen(name, 1), ms);
    return scene.decide(ms);
  };

  it('after it waited for a required product', () => {
    const scene = new Scene(shape({ members: ['east-b'] }, { rollout: { product: 'connect', release: 'connect', requires: ['kafka'] } }));
    scene.policy = { ...POLICY, products: { kafka: productPolicy('kafka'), connect: productPolicy('connect') } };
    scene.see(unseen('east-b'), 0);
    scene.decide(0);
    expect(scene.target('east-b').unseenSince).toBe(at(0));
    scene.land(shape({ members: ['east-a'] }), { inLineSince: 0 });
    scene.decide(1_000);
    expect([scene.hold('east-b'), scene.target('east-b').unseenSince]).toEqual(['required-product: kafka r2', undefined]);
    scene.go(2_000);
    scene.see(unseen('east-b'), 2_000);
    scene.go(40 * PATIENCE_MS);
    scene.see(unseen('east-b'), 40 * PATIENCE_MS);
    for (let ms = 41 * PATIENCE_MS; scene.state(1).finishedAt === undefined; ms += 20_000) {
      scene.arrives('east-a', ms);
      scene.decide(ms);
    }
    expect(scene.target('east-b').status).toBe('waiting');
  });

  it('and a retry that a person asked for waits for a required product like any other', () => {
    const scene = new Scene(shape({ members: ['east-b'] }, { rollout: { product: 'connect', release: 'connect', requires: ['kafka'] } }));
    scene.policy = { ...POLICY, products: { kafka: productPolicy('kafka'), connect: productPolicy('connect') } };
    scene.see(unseen('east-b'), 0);
    scene.decide(0);
    scene.land(shape({ members: ['east-a'] }), { inLineSince: 0 });
    scene.changeTarget('east-b', { probe: true });
    lookAt(scene, 1_000, 'east-b');
    expect([scene.hold('east-b'), scene.given]).toEqual(['required-product: kafka r2', ['run east-a #1']]);
  });

  it('after it waited for a slot on its data plane', () => {
    const scene = new Scene(shape({ members: ['east-b', 'east-c'], maxConcurrent: 2 }));
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 1)] };
    scene.see(unseen('east-b'), 0);
    expect(scene.decide(0).given).toEqual(['run east-c #1']);
    expect(scene.target('east-b').unseenSince).toBeUndefined();
    lookAt(scene, 1_000);
    expect(scene.hold('east-b')).toBe('concurrency: data-plane east 1');
    expect(scene.target('east-b').unseenSince).toBeUndefined();
  });

  it('after it waited for the slots that others before it take', () => {
    const scene = new Scene(shape({ members: ['east-a', 'west-b', 'east-c'], maxConcurrent: 1, budgets: { unreachable: 9 } }));
    scene.stop({ scope: { kind: 'cluster', cluster: c('east-a') } });
    scene.see(unseen('west-b'), 0);
    expect(scene.decide(0).given).toEqual(['run east-c #1']);
    expect(scene.target('west-b').unseenSince).toBe(at(0));
    scene.liftAll();
    lookAt(scene, 1_000, 'east-a');
    expect(scene.target('west-b').unseenSince).toBeUndefined();
    // East-c soaks, and east-a takes its slot: only then is it the turn of west-b.
    const late = 3 * PATIENCE_MS;
    scene.arrives('east-c', late);
    lookAt(scene, late, 'east-a').arrives('east-c', late + 30_000);
    lookAt(scene, late + 30_000, 'east-a');
    expect(scene.statuses()).toBe('east-a applying, west-b waiting, east-c succeeded');
  });

  it('and runs on while nothing else is in its way', () => {
    const scene = new Scene(shape({ members: ['west-b', 'east-c'], maxConcurrent: 1, budgets: { unreachable: 9 } }));
    scene.see(unseen('west-b'), 0);
    scene.decide(0);
    lookAt(scene, 1_000);
    expect(scene.target('west-b').unseenSince).toBe(at(0));
    expect(scene.decide(PATIENCE_MS).target('west-b').status).toBe('unreachable');
  });
});

describe('how long a cluster took, by which it is expected to fit into a window', () => {
  it.each(PARTS)('leaves out while a stop on %s held it', (_, scope) => {
    const scene = new Scene(shape({ members: ['west-b'] })).decide(0);
    scene.arrives('west-b', 10_000, halfWay(1, 2));
    scene.decide(10_000).stop({ scope });
    scene.decide(20_000);
    scene.arrives('west-b', 30_000, { ...halfWay(1, 2), held: true });
    scene.decide(30_000).liftAll();
    scene.decide(50_000);
    scene.arrives('west-b', 60_000);
    scene.decide(60_000);
    scene.arrives('west-b', 90_000);
    expect(scene.decide(90_000).target('west-b').status).toBe('succeeded');
    expect(scene.entry('west-b').proven[0]?.tookMs).toBe(30_000);
  });
});
