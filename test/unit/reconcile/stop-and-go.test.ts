import { describe, expect, it } from 'vitest';
import { planOf } from '../../support/small-world/plans.ts';
import { at, holdsOf, ordersOf, Scene } from '../../support/small-world/scene.ts';

const MINUTE = 60_000;
const plan = () =>
  planOf({ from: 1, to: 2, deadlineMs: 10 * MINUTE, phases: [{ members: ['a', 'b', 'c', 'd'], maxConcurrent: 3, bakeMs: 1_000 }] });

/** `a` has not accepted its order, `b` is rolling, `c` is soaking, `d` waits. */
function midway(): Scene {
  const scene = new Scene(plan());
  scene.decide(0);
  scene.now = at(100);
  scene.seeAllAgain();
  scene.arrives('b', 2, { rolled: false });
  scene.arrives('c', 2);
  scene.decide(100);
  return scene;
}

describe('pause', () => {
  it('holds what is in flight, starts nothing, and lets what is rolled soak on', () => {
    const scene = midway();
    expect(scene.statuses).toBe('a applying, b rolling, c soaking, d applying');
    scene.command({ verb: 'pause' });
    const decision = scene.decide(100);
    expect(ordersOf(decision)).toEqual(['hold a #2', 'hold b #2', 'hold d #2']);
    expect(scene.statuses).toBe('a held, b held, c soaking, d held');
    scene.now = at(1_100);
    scene.seeAllAgain();
    const later = scene.decide(1_100);
    expect([scene.statuses, ordersOf(later)]).toEqual(['a held, b held, c succeeded, d held', []]);
    expect(holdsOf(later)).toEqual(['a: paused', 'b: paused', 'd: paused']);
  });

  it('records what the last broker in restart came to', () => {
    const scene = midway();
    scene.command({ verb: 'pause' });
    scene.decide(100);
    scene.now = at(200);
    scene.seeAllAgain();
    scene.arrives('b', 2);
    scene.decide(200);
    expect(scene.target('b').status).toBe('soaking');
  });

  it('leaves its time out of the deadline', () => {
    const scene = midway();
    scene.command({ verb: 'pause' });
    scene.decide(100);
    scene.now = at(60 * MINUTE);
    scene.command({ verb: 'resume' });
    scene.seeAllAgain();
    scene.decide(60 * MINUTE);
    scene.now = at(70 * MINUTE - 101);
    scene.seeAllAgain();
    scene.arrives('b', 2, { rolled: false });
    scene.decide(70 * MINUTE - 101);
    expect(scene.target('b').status).toBe('rolling');
    scene.now = at(70 * MINUTE - 100);
    scene.arrives('b', 2, { rolled: false });
    scene.decide(70 * MINUTE - 100);
    expect(scene.target('b').status).toBe('failed');
  });
});

describe('resume', () => {
  it('orders on, with a new epoch, exactly what was held', () => {
    const scene = midway();
    scene.command({ verb: 'pause' });
    scene.decide(100);
    scene.command({ verb: 'resume' });
    scene.seeAllAgain();
    expect(ordersOf(scene.decide(200))).toEqual(['run a #3', 'run b #3', 'run d #3']);
    expect(scene.state.status).toBe('running');
  });

  it('moves on the longest duration of a phase by the time of the pause', () => {
    const phases = [{ members: ['a', 'b'], maxDurationMs: 1_000, budgets: { deferred: 1 } }];
    const scene = new Scene(planOf({ from: 1, to: 2, phases }));
    scene.decide(0);
    scene.now = at(400);
    scene.command({ verb: 'pause' });
    scene.decide(400);
    scene.now = at(5_400);
    scene.command({ verb: 'resume' });
    scene.seeAllAgain();
    scene.decide(5_999);
    expect(scene.target('b').status).toBe('waiting');
    scene.decide(6_000);
    expect(scene.target('b').status).toBe('deferred');
  });

  it('after a spent budget lets what was seen not count again, and what follows count', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, deadlineMs: 1_000, phases: [{ members: ['a', 'b', 'c'] }] }));
    const failAt = (name: string, ms: number) => {
      scene.now = at(ms);
      scene.seeAllAgain();
      scene.arrives(name, 2, { rolled: false });
      scene.decide(ms);
    };
    scene.decide(0);
    failAt('a', 1_000);
    expect([scene.state.status, scene.state.pause?.cause]).toEqual(['paused', 'failed-budget']);
    scene.now = at(2_000);
    scene.command({ verb: 'resume' });
    scene.decide(2_000);
    expect([scene.state.status, scene.target('b').status]).toEqual(['running', 'applying']);
    failAt('b', 3_000);
    expect(scene.state.status).toBe('paused');
  });
});

describe('abort', () => {
  it('starts nothing, lets the broker in restart finish, marks the rest, and then ends', () => {
    const scene = midway();
    scene.command({ verb: 'abort' });
    const decision = scene.decide(200);
    expect(ordersOf(decision)).toEqual(['hold a #2', 'hold b #2', 'hold d #2']);
    expect([scene.state.status, scene.state.finishedAt]).toEqual(['aborted', undefined]);
    scene.now = at(2_000);
    scene.seeAllAgain();
    for (const name of ['a', 'b', 'd']) scene.arrives(name, 2, { rolled: false, held: name !== 'b' });
    scene.decide(2_000);
    expect(scene.statuses).toBe('a deferred, b held, c succeeded, d deferred');
    scene.now = at(3_000);
    scene.arrives('b', 2, { rolled: false, held: true });
    scene.decide(3_000);
    expect([scene.target('b').status, scene.state.finishedAt]).toEqual(['deferred', at(3_000)]);
  });

  it('does not wait for ever for a cluster that does not come to rest', () => {
    const scene = midway();
    scene.command({ verb: 'abort' });
    scene.decide(100);
    scene.now = at(1_100);
    scene.seeAllAgain();
    scene.decide(1_100);
    scene.now = at(100 + 10 * MINUTE);
    for (const name of ['a', 'b', 'd']) scene.arrives(name, 2, { rolled: false });
    scene.seeAllAgain();
    scene.decide(100 + 10 * MINUTE);
    expect(scene.statuses).toBe('a failed, b failed, c succeeded, d failed');
    expect(scene.state.finishedAt).toBe(at(100 + 10 * MINUTE));
  });
});

describe('retry and skip', () => {
  const failed = () => {
    const scene = new Scene(planOf({ from: 1, to: 2, deadlineMs: 1_000, phases: [{ members: ['a'] }, { members: ['b'] }] }));
    scene.decide(0);
    scene.now = at(1_000);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    scene.decide(1_000);
    scene.now = at(2_000);
    return scene;
  };

  it('runs a failed target again, with the same spec, once the rollout is resumed', () => {
    const scene = failed();
    const before = scene.orders.get(scene.plan.phases[0]?.members[0] ?? ([] as never));
    expect(scene.command({ verb: 'retry' })).toBe('done');
    scene.seeAllAgain();
    expect(ordersOf(scene.decide(2_000))).toEqual([]);
    scene.command({ verb: 'resume' });
    const decision = scene.decide(2_001);
    expect(ordersOf(decision)).toEqual(['run a #3']);
    expect(decision.actions[0]?.order.spec).toBe(before?.spec);
    expect([scene.target('a').attempt, scene.target('a').startedAt]).toEqual([2, at(2_001)]);
  });

  it('does not let a later phase begin before the retried target is settled', () => {
    const scene = failed();
    scene.command({ verb: 'retry' });
    scene.command({ verb: 'resume' });
    scene.seeAllAgain();
    scene.decide(2_001);
    expect(scene.target('b').status).toBe('waiting');
  });

  it('does not fail a retry for the crash loop that it starts from', () => {
    const scene = failed();
    scene.command({ verb: 'retry' });
    scene.command({ verb: 'resume' });
    scene.decide(2_000);
    for (const ms of [2_010, 2_020, 2_030]) {
      scene.now = at(ms);
      scene.arrives('a', 2, { rolled: false, brokers: [{ ordinal: 0, version: '1.2.0', state: 'crash-loop' }] });
      scene.decide(ms);
    }
    expect(scene.target('a').status).toBe('rolling');
  });

  it('leaves a skipped target out, also of the budget', () => {
    const scene = failed();
    expect(scene.command({ verb: 'skip', cluster: scene.plan.phases[0]?.members[0] })).toBe('done');
    scene.command({ verb: 'resume' });
    scene.seeAllAgain();
    expect(ordersOf(scene.decide(2_001))).toEqual(['run b #1']);
    expect(scene.target('a').detail).toBe('skipped by ada: because');
  });
});

describe('approval', () => {
  const approval = (when: 'before' | 'after') => ({ when, count: 2, teams: [], users: [], notAuthor: true }) as const;

  it('before a phase keeps it from beginning until enough people have agreed', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], approval: approval('before') }] }));
    expect([holdsOf(scene.decide(0)), scene.state.status]).toEqual([['a: approval'], 'awaiting-approval']);
    scene.command({ verb: 'approve' });
    expect(scene.decide(1).holds[0]?.reason).toEqual({ kind: 'approval', phase: 'kafka/p0', given: 1, needed: 2 });
    expect(scene.command({ verb: 'approve' })).toBe('ada has approved phase kafka/p0 already; another person has to');
    scene.state = {
      ...scene.state,
      approvals: [...scene.state.approvals, { phase: 'kafka/p0', by: 'bob', digest: scene.plan.digest, at: at(2) }],
    };
    expect(ordersOf(scene.decide(2))).toEqual(['run a #1']);
    expect(scene.state.status).toBe('running');
  });

  it('of another plan does not count', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], approval: { ...approval('before'), count: 1 } }] }));
    const other = planOf({ from: 1, to: 3, phases: [{ members: ['a'] }] }).digest;
    scene.state = { ...scene.state, approvals: [{ phase: 'kafka/p0', by: 'bob', digest: other, at: at(0) }] };
    expect(ordersOf(scene.decide(0))).toEqual([]);
  });

  it('after a phase keeps the next one waiting, and is not asked of an empty one', () => {
    const scene = new Scene(
      planOf({
        from: 1,
        to: 2,
        phases: [{ members: ['a'], approval: approval('after') }, { members: [], approval: approval('before') }, { members: ['b'] }],
      }),
    );
    scene.decide(0);
    scene.now = at(10);
    scene.seeAllAgain();
    scene.arrives('a', 2);
    expect(holdsOf(scene.decide(10))).toEqual(['b: earlier-phase']);
    expect(scene.state.status).toBe('awaiting-approval');
    scene.state = {
      ...scene.state,
      approvals: ['ada', 'bob'].map((by) => ({ phase: 'kafka/p0', by, digest: scene.plan.digest, at: at(11) })),
    };
    expect(ordersOf(scene.decide(11))).toEqual(['run b #1']);
  });
});
