import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { at, crashLoop, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { desiredCluster, type PlanShape, revision, spec } from '../../support/small-world/plans.ts';

const shape = (over: Partial<PlanShape> = {}): PlanShape => ({ from: 1, to: 2, phases: [{ members: ['east-a', 'east-b'] }], ...over });
const B = trusted.cluster('east-b');

/** East-a moves, east-b waits. */
const begun = (): Scene => new Scene(shape()).decide(0);
const wanted = (number: number) => ({ revision: revision(number), spec: spec(number) });

describe('one that has not been started', () => {
  const becomes = (edit: (scene: Scene) => void) => {
    const scene = begun();
    edit(scene);
    const { status, detail } = scene.decide(1).target('east-b');
    return `${status}: ${detail}`;
  };

  it.each([
    ['and left the manifests is removed', (scene: Scene) => scene.desired.delete(B), 'removed: no longer in the manifests'],
    [
      'and is opted out is skipped',
      (scene: Scene) => scene.changeDesired('east-b', { optOut: { reason: 'migration', expires: undefined } }),
      'skipped: opted out: migration',
    ],
    [
      'and is of another release now is superseded',
      (scene: Scene) => scene.changeDesired('east-b', { release: 'other' }),
      'superseded: now in release other',
    ],
    [
      'and is to be elsewhere is superseded',
      (scene: Scene) => scene.changeDesired('east-b', { dataPlane: 'west' }),
      'superseded: now on data plane west',
    ],
    [
      'and is wanted at another revision, which nobody brings, is superseded',
      (scene: Scene) => scene.changeDesired('east-b', wanted(3)),
      'superseded: the manifests now want a different revision',
    ],
    ['and is wanted as it was planned still waits', () => {}, 'waiting: undefined'],
  ])('%s', (_, edit, words) => {
    expect(becomes(edit)).toBe(words);
  });

  it.each([
    ['pin', 'held at 1.1.0 by a pin: slow disks'],
    ['exception', 'held at 1.1.0 by an exception: slow disks'],
  ] as const)('and is held by a %s is skipped', (by, words) => {
    const pinnedBy = { by, releaseVersion: '1.2.0', reason: 'slow disks', expires: at(9_000) };
    expect(becomes((scene) => scene.changeDesired('east-b', { ...wanted(1), pinnedBy }))).toBe(`skipped: ${words}`);
    expect(becomes((scene) => scene.changeDesired('east-b', { pinnedBy }))).toBe('waiting: undefined');
    const sameVersion = { revision: revision(9), spec: { ...spec(2), replicas: 5 }, pinnedBy };
    expect(becomes((scene) => scene.changeDesired('east-b', sameVersion))).toBe('superseded: the manifests now want a different revision');
  });

  it('and is wanted otherwise still waits where a newer rollout of its release will bring it there', () => {
    expect(becomes((scene) => scene.land(shape({ to: 3 })))).toBe('waiting: undefined');
  });

  it.each([
    ['is of another release', { rollout: { release: 'other' } }, {}],
    ['is finished', {}, { status: 'superseded', finishedAt: at(0), guardUntil: at(9_000) }],
    ['winds down', {}, { status: 'aborted' }],
    ['has other targets', { phases: [{ members: ['east-c'] }] }, {}],
  ] as const)('but not by one that %s', (_, more, over) => {
    const scene = begun();
    scene.land(shape({ to: 3, ...more }), over);
    scene.desired.set(B, desiredCluster(B, 3));
    expect(scene.decide(1).target('east-b').status).toBe('superseded');
  });
});

describe('one that could not be seen when its turn came', () => {
  const lost = (): Scene => {
    const scene = new Scene(shape({ phases: [{ members: ['east-a', 'east-b'], budgets: { unreachable: 9 } }] }));
    scene.changeTarget('east-b', { status: 'unreachable', detail: 'not started, no evidence: does not answer' });
    scene.see(unseen('east-b'));
    return scene.decide(0);
  };

  it('waits for its turn again once it is seen', () => {
    const scene = lost();
    expect(scene.target('east-b').status).toBe('unreachable');
    scene.see(seen('east-b', 1));
    expect(scene.decide(1).target('east-b')).toMatchObject({ status: 'waiting', detail: undefined, unseenSince: undefined });
  });

  it('does not where its rollout winds down', () => {
    const scene = lost();
    scene.change({ status: 'aborted' });
    scene.see(seen('east-b', 1));
    expect(scene.decide(1).target('east-b').status).toBe('unreachable');
  });

  it('is let go like any other that was not started', () => {
    const scene = lost();
    scene.desired.delete(B);
    expect(scene.decide(1).target('east-b').status).toBe('removed');
  });
});

describe('one that has been started', () => {
  it.each(['applying', 'rolling', 'soaking', 'held', 'failed', 'unreachable', 'deferred', 'skipped'] as const)(
    'and left the manifests is removed, and counts for nothing: %s',
    (status) => {
      const scene = begun();
      scene.changeTarget('east-a', { status, acknowledged: { attempt: 1, status } });
      scene.desired.delete(trusted.cluster('east-a'));
      expect(scene.decide(1).target('east-a')).toMatchObject({ status: 'removed', detail: 'no longer in the manifests' });
    },
  );

  it.each(['succeeded', 'superseded', 'removed'] as const)('and is %s stays what it is', (status) => {
    const scene = begun();
    scene.changeTarget('east-a', { status });
    scene.desired.delete(trusted.cluster('east-a'));
    expect(scene.decide(1).target('east-a').status).toBe(status);
  });

  it.each([
    ['opted out', { optOut: { reason: 'migration', expires: undefined } }],
    ['wanted otherwise', wanted(3)],
    ['in another release', { release: 'other' }],
  ])('goes on when it is %s: nobody leaves it half-way', (_, over) => {
    const scene = begun();
    scene.changeDesired('east-a', over);
    expect(scene.go(10_000).target('east-a').status).toBe('succeeded');
  });

  it('and failed stays so, whatever is seen', () => {
    const scene = begun();
    scene.changeTarget('east-a', { status: 'failed', acknowledged: { attempt: 1, status: 'failed' } });
    scene.arrives('east-a', 10);
    expect(scene.decide(10).target('east-a').status).toBe('failed');
  });

  it('and came back into sight is followed again', () => {
    const scene = new Scene(shape({ phases: [{ members: ['east-a', 'east-b'], budgets: { unreachable: 9 }, soakMs: 5_000 }] })).decide(0);
    expect(scene.decide(300_000).target('east-a').status).toBe('unreachable');
    scene.arrives('east-a', 310_000);
    expect(scene.decide(310_000).target('east-a').status).toBe('soaking');
  });
});

describe('an aborted rollout', () => {
  const aborted = (more = {}): Scene => {
    const scene = begun();
    scene.change({ status: 'aborted' });
    scene.changeTarget('east-b', { status: 'deferred' });
    scene.arrives('east-a', 10, halfWay(1, 2));
    scene.decide(10).arrives('east-a', 20, { ...halfWay(1, 2), held: true, ...more });
    return scene.decide(20);
  };

  it('is finished once all that moved has come to rest', () => {
    const scene = aborted();
    expect(scene.state()).toMatchObject({ status: 'aborted', finishedAt: at(20) });
    expect(scene.target('east-a')).toMatchObject({ status: 'deferred' });
  });

  it('is not before', () => {
    const scene = aborted({ held: false });
    expect(scene.state().finishedAt).toBeUndefined();
    expect(scene.hold('east-a')).toBe('rolling: not healthy until 600010');
    expect(scene.target('east-a').status).toBe('held');
  });
});

describe('what a cluster soaked at, or failed with', () => {
  it('is in the ledger, with what it took and what it runs', () => {
    const scene = begun();
    scene.arrives('east-a', 10_000);
    scene.decide(10_000);
    const entry = scene.entry('east-a');
    expect(entry.proven[0]).toEqual({
      revision: revision(2),
      spec: spec(2),
      proof: 'soaked',
      at: at(10_000),
      rollout: 'r1',
      tookMs: 10_000,
    });
    expect(entry.proven).toHaveLength(2);
    expect(entry.observed).toEqual({ dataPlane: 'east', running: seen('east-a', 2).running, receivedAt: at(10_000) });
  });

  it('is there when it failed, too', () => {
    const scene = begun();
    for (const ms of [10_000, 11_000]) {
      scene.arrives('east-a', ms, crashLoop(2));
      scene.decide(ms);
    }
    const entry = scene.entry('east-a');
    expect(entry.failed).toEqual([{ revision: revision(2), version: '1.2.0', rollout: 'r1', at: at(11_000) }]);
    expect(entry.observed?.receivedAt).toBe(at(11_000));
    expect(scene.hold('east-a')).toBe('moves');
  });
});
