import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { planOf } from '../../support/small-world/plans.ts';
import { at, holdsOf, ordersOf, Scene, seen, unknown } from '../../support/small-world/scene.ts';

const MINUTE = 60_000;
const oneByOne = () => new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], bakeMs: 100 }, { members: ['b', 'c'] }] }));

describe('the soak clock', () => {
  const soaking = () => {
    const scene = oneByOne();
    scene.decide(0);
    scene.now = at(1_000);
    scene.arrives('a', 2);
    scene.decide(1_000);
    return scene;
  };

  it.each([
    ['is not over a millisecond before its end', 1_099, 'soaking'],
    ['is over at its end', 1_100, 'succeeded'],
  ])('%s', (_name, ms, status) => {
    const scene = soaking();
    scene.now = at(ms);
    scene.seeAllAgain();
    scene.decide(ms);
    expect(scene.target('a').status).toBe(status);
  });

  it('is not over by time alone: a sample must say that it was healthy to the end', () => {
    const scene = soaking();
    const decision = scene.decide(2_000);
    expect([scene.target('a').status, decision.wakeAt]).toEqual(['soaking', at(1_000 + MINUTE + 1)]);
  });

  it('begins anew for a cluster that was seen unhealthy, and for no other', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a', 'b'], bakeMs: 100, maxConcurrent: 2 }] }));
    scene.decide(0);
    scene.now = at(10);
    for (const name of ['a', 'b']) scene.arrives(name, 2);
    scene.decide(10);
    scene.now = at(60);
    scene.arrives('a', 2, { healthy: false });
    scene.decide(60);
    scene.now = at(70);
    scene.arrives('a', 2);
    scene.decide(70);
    expect([scene.target('a').healthySince, scene.target('b').healthySince]).toEqual([at(70), at(10)]);
  });

  it('stands still while nothing is seen for longer than evidence keeps', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], bakeMs: 10 * MINUTE }] }));
    scene.decide(0);
    scene.now = at(1_000);
    scene.arrives('a', 2);
    scene.decide(1_000);
    scene.decide(1_000 + MINUTE + 1);
    expect(scene.target('a').status).toBe('rolling');
    scene.now = at(1_000 + 3 * MINUTE);
    scene.seeAllAgain();
    scene.decide(1_000 + 3 * MINUTE);
    expect([scene.target('a').status, scene.target('a').healthySince]).toEqual(['soaking', at(1_000 + 3 * MINUTE)]);
  });
});

describe('what counts as evidence', () => {
  it.each([
    ['this epoch and revision, after the order', { epoch: 1, number: 2, sampledAt: 10 }, 'succeeded'],
    ['another revision', { epoch: 1, number: 1, sampledAt: 10 }, 'applying'],
    ['an older epoch', { epoch: 0, number: 2, sampledAt: 10 }, 'applying'],
    ['a newer epoch, of somebody else', { epoch: 2, number: 2, sampledAt: 10 }, 'applying'],
    ['a sample from before the order', { epoch: 1, number: 2, sampledAt: 4 }, 'applying'],
    ['a sample at the instant of the order', { epoch: 1, number: 2, sampledAt: 5 }, 'succeeded'],
  ])('%s', (_name, { epoch, number, sampledAt }, status) => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'] }] }));
    scene.decide(5);
    const planned = scene.orders.get(trusted.cluster('a'));
    scene.see(
      seen('a', number, {
        accepted: { epoch, revision: seen('a', number).accepted?.revision ?? planned?.revision ?? trusted.revision(''), mode: 'run' },
      }),
      at(sampledAt),
    );
    scene.decide(20);
    expect(scene.target('a').status).toBe(status);
  });

  it.each([
    ['as old as evidence may be', 10 + MINUTE, 'succeeded'],
    ['a millisecond older', 10 + MINUTE + 1, 'applying'],
    ['a little ahead of our clock', 10 - MINUTE, 'succeeded'],
    ['too far ahead of it', 10 - MINUTE - 1, 'applying'],
  ])('a sample %s', (_name, now, status) => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'] }] }));
    for (const observation of [...scene.observations.values()]) scene.see(observation, at(-100_000));
    scene.decide(-90_000);
    scene.arrives('a', 2, {});
    const arrived = scene.observations.get(trusted.cluster('a'));
    if (arrived !== undefined) scene.see(arrived, at(10));
    scene.decide(now);
    expect(scene.target('a').status).toBe(status);
  });

  it('is not what an older sample says that arrives late', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], bakeMs: 1_000 }] }));
    scene.decide(0);
    scene.now = at(20);
    scene.arrives('a', 2, { healthy: false });
    scene.decide(20);
    const late = seen('a', 2, { accepted: { epoch: 1, revision: scene.plan.targets['a']?.revision ?? trusted.revision(''), mode: 'run' } });
    scene.see(late, at(10));
    scene.decide(21);
    expect([scene.target('a').status, scene.target('a').healthySince]).toEqual(['rolling', undefined]);
  });
});

describe('a target that cannot be seen', () => {
  const silent = (ms: number) => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'], budgets: { unreachable: 1 } }] }));
    scene.decide(0);
    scene.see(unknown('a'));
    const decision = scene.decide(ms);
    return [scene.target('a').status, ...holdsOf(decision)];
  };

  it.each([
    ['counts as in flight while there is patience', 5 * MINUTE - 1, ['applying', `a: no-evidence until ${5 * MINUTE}`]],
    ['is unreachable after that', 5 * MINUTE, ['unreachable']],
  ])('%s', (_name, ms, want) => expect(silent(ms)).toEqual(want));

  it('goes on when it is seen again, with its deadline moved on', () => {
    const scene = new Scene(
      planOf({ from: 1, to: 2, deadlineMs: 10 * MINUTE, phases: [{ members: ['a', 'b'], budgets: { unreachable: 1 } }] }),
    );
    scene.decide(0);
    scene.see(unknown('a'));
    scene.decide(5 * MINUTE);
    scene.now = at(60 * MINUTE);
    scene.arrives('a', 2, { rolled: false });
    scene.see(unknown('b'));
    scene.decide(60 * MINUTE);
    expect(scene.target('a').status).toBe('rolling');
    scene.now = at(65 * MINUTE - 1);
    scene.seeAllAgain();
    scene.decide(65 * MINUTE - 1);
    expect(scene.target('a').status).toBe('rolling');
    scene.now = at(65 * MINUTE);
    scene.seeAllAgain();
    scene.decide(65 * MINUTE);
    expect(scene.target('a').status).toBe('failed');
  });

  it('is not started, and given up in its own time: one lost sample is no reason', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a', 'b'], budgets: { unreachable: 1 } }] }));
    scene.decide(0);
    scene.now = at(10 * MINUTE - 1);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    scene.see(unknown('b'));
    scene.decide(10 * MINUTE - 1);
    expect(scene.statuses).toBe('a rolling, b waiting');
  });

  it('keeps the next phase from beginning when it comes back after its own was done', () => {
    const approval = { when: 'before', count: 1, teams: [], users: [], notAuthor: true } as const;
    const scene = new Scene(
      planOf({
        from: 1,
        to: 2,
        phases: [
          { members: ['a'], budgets: { unreachable: 1 } },
          { members: ['b'], approval },
        ],
      }),
    );
    scene.decide(0);
    scene.see(unknown('a'));
    scene.decide(5 * MINUTE);
    expect([scene.target('a').status, scene.state.status]).toEqual(['unreachable', 'awaiting-approval']);
    scene.now = at(6 * MINUTE);
    scene.seeAllAgain();
    scene.arrives('a', 2, { rolled: false });
    scene.command({ verb: 'approve', phase: 'p1' });
    expect(holdsOf(scene.decide(6 * MINUTE))).toContain('b: earlier-phase');
    scene.now = at(7 * MINUTE);
    scene.seeAllAgain();
    scene.arrives('a', 2);
    expect(ordersOf(scene.decide(7 * MINUTE))).toEqual(['run b #1']);
  });

  it('that is missing is not made, unless it is to be created', () => {
    const update = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['a'] }] }));
    update.see(unknown('a', 'no such cluster', true));
    expect(holdsOf(update.decide(0))).toEqual([`a: no-evidence until ${5 * MINUTE}`]);
    const create = new Scene(planOf({ from: 1, to: 2, target: { change: 'create', from: undefined }, phases: [{ members: ['a'] }] }));
    create.see(unknown('a', 'no such cluster', true));
    expect(ordersOf(create.decide(0))).toEqual(['run a #1']);
  });
});
