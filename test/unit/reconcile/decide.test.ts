import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { planOf } from '../../support/small-world/plans.ts';
import { at, holdsOf, ordersOf, POLICY, Scene } from '../../support/small-world/scene.ts';

const MINUTE = 60_000;
const oneByOne = () => new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], bakeMs: 100 }, { members: ['b', 'c'] }] }));

describe('decide, from start to end', () => {
  it('starts the first phase, and says of everybody else why they wait', () => {
    const decision = oneByOne().decide(0);
    expect(ordersOf(decision)).toEqual(['run a #1']);
    expect(holdsOf(decision)).toEqual(['b: earlier-phase', 'c: earlier-phase']);
  });

  it('goes through applying, rolling, soaking and succeeded, and only then to the next phase', () => {
    const scene = oneByOne();
    const story: string[] = [];
    scene.decide(0);
    story.push(scene.statuses);
    scene.now = at(10);
    scene.arrives('a', 2, { rolled: false });
    scene.decide(10);
    story.push(scene.statuses);
    scene.now = at(20);
    scene.arrives('a', 2);
    scene.decide(20);
    story.push(scene.statuses);
    scene.now = at(120);
    scene.seeAllAgain();
    scene.decide(120);
    story.push(scene.statuses);
    expect(story).toEqual([
      'a applying, b waiting, c waiting',
      'a rolling, b waiting, c waiting',
      'a soaking, b waiting, c waiting',
      'a succeeded, b applying, c waiting',
    ]);
  });

  it('completes when the last phase is done', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'] }] }));
    scene.decide(0);
    scene.now = at(10);
    scene.arrives('a', 2);
    scene.decide(10);
    expect([scene.state.status, scene.state.finishedAt]).toEqual(['completed', at(10)]);
  });

  it('completes a rollout of nothing', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: [] }, { members: [] }] }));
    scene.decide(0);
    expect([scene.state.status, [...scene.state.phases.values()].map(({ status }) => status)]).toEqual([
      'completed',
      ['skipped', 'skipped'],
    ]);
  });

  it('shares every object that did not change', () => {
    const scene = oneByOne();
    scene.decide(0);
    const before = scene.state;
    scene.now = at(10);
    scene.arrives('a', 2);
    const { next } = scene.decide(10);
    expect(next.targets.get(trusted.cluster('b'))).toBe(before.targets.get(trusted.cluster('b')));
    expect(next.phases).toBe(before.phases);
    expect(scene.decide(10).next).toBe(next);
  });
});

describe('limits', () => {
  const four = { members: ['east-a', 'east-b', 'west-a', 'west-b'], maxConcurrent: 4 };

  it.each([
    ['of the phase', { maxConcurrent: 3 }, {}, POLICY, 3, 'concurrency'],
    ['of the release', {}, { maxConcurrent: { count: 2, words: '2' } }, POLICY, 2, 'concurrency'],
    ['of the fleet', {}, {}, { ...POLICY, fleetMaxConcurrent: 1 }, 1, 'concurrency'],
    [
      'of a data plane, which lets the others go on',
      {},
      {},
      { ...POLICY, dataPlaneMaxConcurrent: new Map([['east', 1]]) },
      3,
      'concurrency',
    ],
  ])('%s', (_name, phase, release, policy, started, reason) => {
    const scene = new Scene(planOf({ from: 1, to: 2, release, phases: [{ ...four, ...phase }] }));
    scene.policy = policy;
    const decision = scene.decide(0);
    expect(decision.actions).toHaveLength(started);
    expect(decision.holds.map((hold) => hold.reason.kind)).toEqual(Array.from({ length: 4 - started }, () => reason));
  });

  it('count what other rollouts have in flight, but not a cluster that is taken over from them', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [four] }));
    scene.policy = { ...POLICY, fleetMaxConcurrent: 1 };
    const other = { rollout: trusted.rollout('older'), dataPlane: 'east' };
    const stuck = new Map([[trusted.cluster('east-b'), { ...other, held: true }]]);
    expect(ordersOf(scene.decide(0, { elsewhere: stuck }))).toEqual(['run east-b #1']);
    const busy = new Scene(planOf({ from: 1, to: 2, phases: [four] }));
    const decision = busy.decide(0, { elsewhere: new Map([[trusted.cluster('east-b'), { ...other, held: false }]]) });
    expect(holdsOf(decision)).toEqual(['east-b: other-rollout']);
  });
});

describe('targets that need no start', () => {
  it('are skipped when they are there already, by what they were last ordered', () => {
    const scene = oneByOne();
    scene.arrives('a', 2);
    expect(ordersOf(scene.decide(0))).toEqual(['run b #1']);
    expect(scene.target('a').status).toBe('skipped');
  });

  it('are not skipped before their phase begins, nor unhealthy, nor on stale evidence', () => {
    const scene = oneByOne();
    scene.arrives('b', 2);
    scene.decide(0);
    expect(scene.target('b').status).toBe('waiting');
    const ill = oneByOne();
    ill.arrives('a', 2, { healthy: false });
    expect(ordersOf(ill.decide(0))).toEqual(['run a #1']);
    const stale = oneByOne();
    stale.arrives('a', 2);
    expect(ordersOf(stale.decide(MINUTE + 1))).toEqual([]);
  });

  it('leave the denominators when their cluster leaves', () => {
    const scene = oneByOne();
    scene.decide(0);
    scene.desired.delete(trusted.cluster('a'));
    scene.desired.delete(trusted.cluster('c'));
    const decision = scene.decide(1);
    expect([scene.statuses, ordersOf(decision)]).toEqual(['a removed, b applying, c removed', ['run b #1']]);
  });
});

describe('windows and freezes', () => {
  const freeze = {
    kind: 'freeze',
    name: 'year-end',
    select: {},
    products: [],
    when: { kind: 'range', fromMs: at(-1).valueOf(), toMs: at(500).valueOf() },
    scope: 'all',
    allowRollback: true,
    allowExpedite: false,
    overrun: 'finish',
    reason: 'nobody is at work',
  } as const;

  it('hold with the instant at which they open, and wake then', () => {
    const scene = oneByOne();
    scene.policy = { ...POLICY, calendar: { rules: [freeze] } };
    const decision = scene.decide(0);
    expect([holdsOf(decision)[0], decision.wakeAt]).toEqual(['a: freeze until 500', at(500)]);
    expect(ordersOf(scene.decide(500))).toEqual(['run a #1']);
  });

  it('let a rollback through where they say so', () => {
    const scene = new Scene(planOf({ kind: 'rollback', from: 1, to: 2, phases: [{ members: ['a'] }] }));
    scene.policy = { ...POLICY, calendar: { rules: [freeze] } };
    expect(ordersOf(scene.decide(0))).toEqual(['run a #1']);
    const forbidden = new Scene(planOf({ kind: 'rollback', from: 1, to: 2, phases: [{ members: ['a'] }] }));
    forbidden.policy = { ...POLICY, calendar: { rules: [{ ...freeze, allowRollback: false }] } };
    expect(holdsOf(forbidden.decide(0))).toEqual(['a: freeze until 500']);
  });
});
