import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import { crashLoop, Scene } from '../../support/engine/scene.ts';
import type { PlanShape } from '../../support/small-world/plans.ts';

const SHAPE: PlanShape = { from: 1, to: 2, phases: [{ members: ['east-a', 'east-b'], soakMs: 30_000 }] };

/** The first cluster fails, which stops the rollout. */
function failed(): Scene {
  const scene = new Scene(SHAPE).decide(0);
  for (const ms of [1_000, 2_000]) {
    scene.arrives('east-a', ms, crashLoop(2));
    scene.decide(ms);
  }
  return scene;
}

describe('a stop on one rollout alone', () => {
  it('ends when a newer one has taken over: there is nothing left that it could hold', () => {
    const scene = failed();
    expect(scene.held).toEqual(['failed-budget on rollout lets rollbacks: east-a', 'quarantine on version lets rollbacks: east-a']);
    scene.land({ ...SHAPE, to: 3 });
    scene.decide(3_000);
    expect(scene.state(0).finishedAt).toBeDefined();
    expect(scene.held).toEqual(['quarantine on version lets rollbacks: east-a']);
    expect(scene.decision.afterTheEnd.changes).toMatchObject([{ subject: 'stop', from: 'failed-budget', to: 'lifted' }]);
    expect(scene.stops.find(({ cause }) => cause === 'failed-budget')?.lifted).toMatchObject({ by: 'flotilla' });
  });

  it('stands while its rollout does', () => {
    const scene = failed();
    scene.decide(500_000);
    expect(scene.held).toHaveLength(2);
  });

  it('stands while its rollout does, whichever others have ended', () => {
    const guard = { release: 'other', guardMs: durationMs(3_600_000) };
    const scene = new Scene({ from: 1, to: 2, phases: [{ members: ['west-a'] }], rollout: guard }).decide(0).go(500);
    expect(scene.state(0).status).toBe('completed');
    scene.land(SHAPE);
    scene.decide(1_000).stop({ scope: { kind: 'rollout', rollout: trusted.rollout('r2') } });
    expect(scene.decide(2_000).held).toHaveLength(1);
  });

  it.each([
    ['rollout', { kind: 'rollout', rollout: trusted.rollout('long-ago') }],
    ['phase', { kind: 'phase', rollout: trusted.rollout('long-ago'), phase: 'p0' }],
  ] as const)('on a %s that nobody decides on any more ends as well', (_, scope) => {
    const scene = new Scene();
    scene.stop({ scope, cause: 'failed-budget' });
    expect(scene.decide(0).held).toEqual([]);
    expect(scene.decide(1).decision.stops).toEqual([]);
  });

  it.each([
    ['release', { kind: 'release', release: 'kafka' }],
    ['version', { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] }],
  ] as const)('does not take one on a %s with it: that holds what is merged next', (_, scope) => {
    const scene = new Scene();
    scene.stop({ scope, cause: 'regression', rollout: trusted.rollout('long-ago') });
    expect(scene.decide(0).held).toHaveLength(1);
  });
});
