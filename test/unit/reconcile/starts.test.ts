import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { at, brokersAt, crashLoop, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { numberOf, type PhaseShape, type PlanShape, revision, spec } from '../../support/small-world/plans.ts';
import { dataPlane, POLICY, ruleOf } from '../../support/small-world/policy.ts';

const SOAK_MS = 30_000;
const phase = (members: readonly string[], over: Partial<PhaseShape> = {}): PhaseShape => ({
  members,
  maxConcurrent: 10,
  soakMs: SOAK_MS,
  ...over,
});
const shape = (over: Partial<PlanShape> = {}, ...phases: readonly PhaseShape[]): PlanShape => ({
  from: 1,
  to: 2,
  phases: phases.length === 0 ? [phase(['east-a', 'east-b', 'west-a'])] : phases,
  ...over,
});

describe('slots', () => {
  it('of the phase: those that have none wait for one, in their order', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b', 'east-c'], { maxConcurrent: 2 }))).decide(0);
    expect(scene.given).toEqual(['run east-a #1', 'run east-b #1']);
    expect(scene.hold('east-c')).toBe('concurrency: phase p0 2');
    scene.arrives('east-b', 10_000);
    scene.arrives('east-b', 40_000);
    expect(scene.go(40_000).go(70_000).statuses()).toBe('east-a succeeded, east-b succeeded, east-c applying');
  });

  it('are kept while a cluster soaks, and are free once it has', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b'], { maxConcurrent: 1 }))).decide(0);
    expect(scene.go(10_000).given).toEqual([]);
    expect(scene.go(39_999).statuses()).toBe('east-a soaking, east-b waiting');
    expect(scene.go(40_000).given).toEqual(['run east-b #1']);
  });

  it('of the release are shared by its phases', () => {
    const scene = new Scene(shape({ limits: { release: 1 } }, phase(['east-a', 'east-b']))).decide(0);
    expect(scene.given).toEqual(['run east-a #1']);
    expect(scene.hold('east-b')).toBe('concurrency: release kafka 1');
  });

  it('of the fleet are shared by all rollouts', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.land(shape({ rollout: { release: 'other' } }, phase(['east-b'])));
    scene.policy = { ...POLICY, fleetMaxConcurrent: 1 };
    expect(scene.decide(0).given).toEqual(['run east-a #1']);
    expect(scene.hold('east-b', 1)).toBe('concurrency: fleet fleet 1');
    expect(scene.go(10_000).go(40_000).given).toEqual(['run east-b #1']);
  });

  it('of a data plane hold those of that plane alone: others pass by', () => {
    const scene = new Scene(shape());
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 1)] };
    expect(scene.decide(0).given).toEqual(['run east-a #1', 'run west-a #1']);
    expect(scene.hold('east-b')).toBe('concurrency: data-plane east 1');
  });

  it('that are free on a data plane go to who stands first there, and before those not yet looked at', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b', 'east-c', 'west-a', 'west-b'], { maxConcurrent: 2 })));
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 1)] };
    expect(scene.decide(0).given).toEqual(['run east-a #1', 'run west-a #1']);
    // East is as full as the phase: west-b stands behind them, and waits for the phase.
    expect([scene.hold('east-b'), scene.hold('east-c'), scene.hold('west-b')]).toEqual([
      'concurrency: data-plane east 1',
      'concurrency: data-plane east 1',
      'concurrency: phase p0 2',
    ]);
    for (const ms of [10_000, 40_000]) {
      scene.arrives('east-a', ms);
      scene.decide(ms);
    }
    expect(scene.given).toEqual(['run east-b #1']);
    expect(scene.hold('east-c')).toBe('concurrency: data-plane east 1');
  });

  it('one that finds another reason to wait leaves its slot to the next', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b', 'east-c'])));
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 1)] };
    scene.decide(0).go(10_000);
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-b') } });
    expect(scene.go(40_000).given).toEqual(['run east-c #1']);
    expect(scene.hold('east-b')).toBe('stopped: stop-1 disks fill up');
  });

  it('one without a slot of the phase is the first to get it; those behind are not looked at', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b', 'east-c'], { maxConcurrent: 1 }))).decide(0);
    scene.see(unseen('east-c'));
    scene.decide(5_000);
    // It would have a reason of its own; its turn has not come to have one.
    expect(scene.hold('east-c')).toBe('concurrency: phase p0 1');
    expect(scene.target('east-c').unseenSince).toBeUndefined();
  });

  it('a cluster that is blocked does not hold up those behind it', () => {
    const scene = new Scene(shape());
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-a') } });
    expect(scene.decide(0).given).toEqual(['run east-b #1', 'run west-a #1']);
    expect(scene.hold('east-a')).toBe('stopped: stop-1 disks fill up');
    scene.liftAll();
    expect(scene.decide(1).given).toEqual(['run east-a #1']);
  });

  it('a cluster that was blocked says what holds all, once something does', () => {
    const scene = new Scene(shape());
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-a') } });
    scene.decide(0);
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(1).hold('east-a')).toBe('stopped: stop-2 disks fill up');
  });

  it('behind one without a slot a cluster waits for the same, whatever else it waits for', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a', 'west-b', 'east-b'], { maxConcurrent: 1 })));
    scene.policy = { ...POLICY, dataPlanes: [dataPlane('east', 0)] };
    scene.decide(0);
    expect(scene.hold('east-a')).toBe('concurrency: data-plane east 0');
    expect([scene.hold('west-b'), scene.hold('east-b')]).toEqual(['concurrency: phase p0 1', 'concurrency: phase p0 1']);
  });
});

describe('a start', () => {
  it('is an order of its own, with all of the attempt begun afresh', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    const before = { attempt: 1, exemptMs: 5, healthySince: at(-9), seenAt: at(-9), unseenSince: at(-9), probe: true, epoch: 4 };
    scene.changeTarget('east-a', { ...before, progress: { done: 1, total: 3 } });
    scene.decide(0);
    expect(scene.given).toEqual(['run east-a #5']);
    expect(scene.target('east-a')).toMatchObject({
      status: 'applying',
      attempt: 2,
      epoch: 5,
      startedAt: at(0),
      exemptMs: 0,
      rescue: false,
      probe: true,
      healthySince: undefined,
      unseenSince: undefined,
      progress: undefined,
      detail: 'attempt 2',
    });
    expect(scene.order('east-a')).toMatchObject({ mode: 'run', rollout: 'r1', orderedAt: at(0), revision: revision(2), spec: spec(2) });
  });

  it('says why', () => {
    const scene = new Scene(shape({}, phase(['east-a']))).decide(0);
    expect(scene.target('east-a').detail).toBe('phase p0 is running');
    expect(scene.whys('target')).toEqual(['east-a waiting -> applying: phase p0 is running']);
  });

  it('does not follow on a budget that is about to be spent', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b'], { maxConcurrent: 1 })));
    scene.decide(0).arrives('east-a', 1_000, crashLoop(2));
    scene.decide(1_000).arrives('east-a', 2_000, crashLoop(2));
    expect(scene.decide(2_000).given).toEqual(['hold east-a #2']);
    expect(scene.statuses()).toBe('east-a failed, east-b waiting');
  });
});

describe('one that cannot be seen', () => {
  const blind = (): Scene => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a'], { budgets: { unreachable: 1 } })));
    scene.see(unseen('east-a'));
    return scene.decide(0);
  };

  it('is not started, and waits with patience', () => {
    const scene = blind();
    expect(scene.given).toEqual(['run west-a #1']);
    expect(scene.hold('east-a')).toBe('no-evidence: does not answer until 300000');
    expect(scene.target('east-a').unseenSince).toBe(at(0));
  });

  it.each([
    [299_999, 'waiting'],
    [300_000, 'unreachable'],
  ])('until that is over: at %i ms it is %s', (ms, status) => {
    const scene = blind();
    scene.see(unseen('east-a'), ms);
    scene.decide(ms);
    expect(scene.target('east-a')).toMatchObject({ status, attempt: 0 });
  });

  it('the bot wakes when patience ends', () => {
    const scene = blind();
    scene.arrives('west-a', 299_000);
    scene.decide(299_000);
    expect(scene.wakeAt).toBe(300_000);
  });

  it('seen again it is started', () => {
    const scene = blind();
    scene.see(seen('east-a', 1), 200_000);
    scene.decide(200_000);
    expect(scene.given).toContain('run east-a #1');
    expect(scene.target('east-a').unseenSince).toBeUndefined();
  });

  it('patience does not run while it may not be touched, seen or not, and begins anew after that', () => {
    const scene = blind();
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('east-a') } });
    scene.decide(100_000);
    expect(scene.hold('east-a')).toContain('stopped');
    expect(scene.target('east-a').unseenSince).toBeUndefined();
    scene.liftAll();
    scene.see(unseen('east-a'), 400_000);
    scene.decide(400_000);
    expect(scene.hold('east-a')).toBe('no-evidence: does not answer until 700000');
  });

  it('patience does not run while stops hold the rollout', () => {
    const scene = blind();
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(10_000);
    scene.liftAll();
    scene.see(unseen('east-a'), 400_000);
    scene.decide(400_000);
    expect(scene.hold('east-a')).toBe('no-evidence: does not answer until 700000');
  });

  it('one that waits too long with no evidence gives up; those behind it go on within the budget', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a'], { maxConcurrent: 1 })));
    scene.see(unseen('east-a'));
    scene.decide(0);
    scene.go(10_000).go(40_000);
    scene.see(unseen('east-a'), 300_000);
    scene.decide(300_000);
    expect(scene.state().status).toBe('paused');
    expect(scene.held).toEqual(['unreachable-budget on rollout lets rollbacks: east-a']);
  });

  it('patience runs on for those before one without a slot: they are looked at', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a', 'west-b'], { maxConcurrent: 1 })));
    scene.see(unseen('east-a'));
    scene.decide(0);
    expect([scene.hold('west-b'), scene.target('east-a').unseenSince]).toEqual(['concurrency: phase p0 1', at(0)]);
  });

  it('one that gives up does not hold up those behind it', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'west-a'], { budgets: { unreachable: 1 } })));
    scene.stop({ scope: { kind: 'cluster', cluster: trusted.cluster('west-a') } });
    scene.see(unseen('east-a'));
    scene.decide(0).liftAll();
    scene.see(unseen('east-a'), 300_000);
    scene.see(seen('west-a', 1), 300_000);
    expect(scene.decide(300_000).statuses()).toBe('east-a unreachable, west-a applying');
  });

  it('one that is to be created need not be there', () => {
    const scene = new Scene(shape({ from: new Map() }, phase(['east-a']))).decide(0);
    expect(scene.given).toEqual(['run east-a #1']);
    const other = new Scene(shape({}, phase(['east-a'])));
    other.see(unseen('east-a', true));
    expect(other.decide(0).given).toEqual([]);
    expect(other.hold('east-a')).toBe('no-evidence: the data plane has no such cluster until 300000');
  });
});

describe('one that is there already', () => {
  it('was proven at exactly this, and is left alone', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.land(shape({ from: 2, to: 3, rollout: { release: 'other' } }, phase(['west-a'])));
    scene.ledger.set(trusted.cluster('east-a'), { ...scene.entry('west-a'), cluster: trusted.cluster('east-a') });
    scene.decide(0);
    expect(scene.target('east-a')).toMatchObject({ status: 'skipped', detail: 'already there', attempt: 0 });
  });

  it('runs just that, and nobody ever ordered it anything: it is adopted', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.see(seen('east-a', 2));
    scene.decide(0);
    expect(scene.target('east-a').status).toBe('skipped');
    expect(scene.entry('east-a').proven[0]).toMatchObject({ revision: revision(2), proof: 'adopted', rollout: 'r1', at: at(0) });
  });

  it('is adopted also where nothing was ever proven', () => {
    const scene = new Scene(shape({ from: new Map() }, phase(['east-a'])));
    scene.see(seen('east-a', 2));
    scene.decide(0);
    expect(scene.target('east-a').status).toBe('skipped');
    expect(scene.entry('east-a').proven).toMatchObject([{ revision: revision(2), proof: 'adopted' }]);
  });

  it.each([
    ['is not healthy', { healthy: false }],
    ['has a broker at another version', { brokers: brokersAt(2, 1, 2) }],
    ['runs other settings', { running: { ...seen('east-a', 2).running, replicas: 5 } }],
    ['was ordered by somebody', { accepted: { epoch: 7, revision: revision(9), mode: 'run' as const } }],
  ])('is not one that %s', (_, more) => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.see(seen('east-a', 2, more));
    expect(scene.decide(0).target('east-a').status).toBe('applying');
  });

  it('is not one of which the newest sample is too old', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.see(seen('east-a', 2), -60_001);
    expect(scene.decide(0).hold('east-a')).toBe('no-evidence: the newest sample is too old until 300000');
  });

  it('is not one that an order stands for', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.see(seen('east-a', 2));
    scene.ordered('east-a', 2, { rollout: trusted.rollout('r1') });
    expect(scene.decide(0).given).toEqual(['run east-a #2']);
  });

  it('is not one that a person asked to try again', () => {
    const scene = new Scene(shape({}, phase(['east-a'])));
    scene.see(seen('east-a', 2));
    scene.changeTarget('east-a', { probe: true });
    expect(scene.decide(0).given).toEqual(['run east-a #1']);
  });

  it('takes no slot: those behind it are started', () => {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b'], { maxConcurrent: 1 })));
    scene.see(seen('east-a', 2));
    expect(scene.decide(0).statuses()).toBe('east-a skipped, east-b applying');
  });
});

describe('rescues', () => {
  /** East-b, in the second phase, was left half-way by an earlier rollout. */
  function halfWayScene(over: Partial<PlanShape> = {}): Scene {
    const scene = new Scene(shape({ to: 3, ...over }, phase(['east-a']), phase(['east-b', 'east-c'])));
    scene.ordered('east-b', 2);
    scene.see(seen('east-b', 2, halfWay(1, 2)));
    return scene;
  }
  const look = (scene: Scene, ms: number, more = halfWay(1, 2)): Scene => {
    scene.allArrive(ms);
    scene.see(seen('east-b', 2, more), ms);
    return scene.decide(ms);
  };

  it('go before their turn, once a second look confirms them', () => {
    const scene = halfWayScene().decide(0);
    expect(scene.given).toEqual(['run east-a #1']);
    expect(scene.target('east-b')).toMatchObject({ rescue: true, status: 'waiting', brokenSince: at(0) });
    expect(scene.hold('east-b')).toBe('unconfirmed: left half-way by its last rollout; a second look confirms it');
    expect(scene.hold('east-c')).toBe('earlier-phase: p0');
    expect(look(scene, 10_000).given).toEqual(['run east-b #2']);
    expect(scene.target('east-b')).toMatchObject({ rescue: true, attempt: 1, detail: 'its last rollout left it half-way or failed' });
  });

  it('that cannot be seen have the patience of others: it begins anew under a stop, and its end says why', () => {
    const scene = halfWayScene({ phases: [phase(['east-a']), phase(['east-b', 'east-c'], { budgets: { unreachable: 9 } })] });
    scene.see(unseen('east-b'));
    scene.decide(0);
    expect(scene.target('east-b').unseenSince).toBe(at(0));
    scene.stop({ scope: { kind: 'fleet' } });
    expect(scene.decide(1_000).target('east-b').unseenSince).toBeUndefined();
    scene.liftAll();
    scene.see(unseen('east-b'), 2_000);
    scene.decide(2_000).see(unseen('east-b'), 302_000);
    scene.arrives('east-a', 302_000);
    expect(scene.decide(302_000).target('east-b')).toMatchObject({
      status: 'unreachable',
      detail: 'not started, no evidence: does not answer',
    });
  });

  it('wait for a freeze like others, and the bot wakes when it is over', () => {
    const scene = halfWayScene();
    scene.changeDesired('east-b', { labels: { tier: 'gold' } });
    const freeze = ruleOf('freeze', at(-10), at(5_000), { select: { matchLabels: { tier: 'gold' } } });
    scene.policy = { ...POLICY, calendar: { rules: [freeze] } };
    expect([scene.decide(0).hold('east-b').slice(0, 6), scene.wakeAt]).toEqual(['freeze', 5_000]);
  });

  it('need nothing to have been proven there', () => {
    const scene = halfWayScene();
    scene.ledger.delete(trusted.cluster('east-b'));
    scene.decide(0);
    expect(look(scene, 10_000).given).toEqual(['run east-b #2']);
  });

  it('at rest in a phase that is under way have their turn at once', () => {
    const scene = new Scene(shape({ to: 3 }, phase(['east-a', 'east-b'])));
    scene.ordered('east-b', 2);
    scene.see(seen('east-b', 2, halfWay(1, 2)));
    expect(scene.decide(0).given).toEqual(['run east-a #1']);
    scene.see(seen('east-b', 1), 10_000);
    expect(scene.decide(10_000).given).toEqual(['run east-b #2']);
  });

  it('are none where they are all the way at what they were ordered to since', () => {
    const scene = halfWayScene().decide(0);
    look(scene, 10_000, { accepted: { epoch: 1, revision: revision(2), mode: 'run' } });
    expect(scene.target('east-b').rescue).toBe(false);
    const other = halfWayScene().decide(0);
    look(other, 10_000, { accepted: { epoch: 1, revision: revision(1), mode: 'run' } });
    expect(other.given).toEqual(['run east-b #2']);
  });

  it('are not seen by a data plane that repeats one old sample', () => {
    const scene = halfWayScene().decide(0);
    scene.allArrive(61_000);
    const repeated = { ...seen('east-b', 2, halfWay(1, 2)), sampledAt: at(0), receivedAt: at(61_000) };
    scene.observations.set(repeated.cluster, repeated);
    expect(scene.decide(61_000).given).toEqual([]);
    expect(scene.hold('east-b')).toBe('no-evidence: the data plane repeats one old sample until 361000');
  });

  it('are not confirmed by the same look', () => {
    const scene = halfWayScene().decide(0);
    expect(scene.decide(10_000).given).toEqual([]);
    expect(scene.hold('east-b')).toContain('unconfirmed');
  });

  it('at rest and healthy on what they were proven at are none any more, and wait for their turn', () => {
    const scene = halfWayScene().decide(0);
    scene.allArrive(10_000);
    scene.see(seen('east-b', 1), 10_000);
    scene.decide(10_000);
    expect(scene.target('east-b')).toMatchObject({ rescue: false, brokenSince: undefined, sampledAt: undefined });
    expect(scene.hold('east-b')).toBe('earlier-phase: p0');
    // Its turn comes like that of the others.
    expect(scene.go(40_000).given).toEqual(['run east-b #2', 'run east-c #1']);
  });

  it.each([
    ['not healthy', { healthy: false }],
    [
      'with a stuck broker',
      { brokers: brokersAt(1, 1, 1).map((broker) => ({ ...broker, state: broker.ordinal === 0 ? ('stuck' as const) : broker.state })) },
    ],
    ['with a broker elsewhere', { brokers: brokersAt(1, 1, 2) }],
    ['with other settings', { running: { ...seen('east-b', 1).running, replicas: 2 } }],
  ])('stay rescues while they are %s', (_, more) => {
    const scene = halfWayScene().decide(0);
    scene.allArrive(10_000);
    scene.see(seen('east-b', 1, more), 10_000);
    expect(scene.decide(10_000).given).toEqual(['run east-b #2']);
  });

  it('have a limit of their own', () => {
    const scene = new Scene(shape({ to: 3, limits: { rescue: 1 } }, phase(['east-a']), phase(['east-b', 'east-c'])));
    for (const name of ['east-b', 'east-c']) {
      scene.ordered(name, 2);
      scene.see(seen(name, 2, halfWay(1, 2)));
    }
    scene.decide(0).arrives('east-a', 10_000);
    for (const name of ['east-b', 'east-c']) scene.see(seen(name, 2, halfWay(1, 2)), 10_000);
    expect(scene.decide(10_000).given).toEqual(['run east-b #2']);
    expect(scene.hold('east-c')).toBe('concurrency: rescue kafka 1');
  });

  it('keep the limits of release, fleet and data plane', () => {
    const ofRelease = halfWayScene({ limits: { release: 1 } }).decide(0);
    expect(look(ofRelease, 10_000).given).toEqual([]);
    expect(ofRelease.hold('east-b')).toBe('concurrency: release kafka 1');

    const ofFleet = halfWayScene();
    ofFleet.policy = { ...POLICY, fleetMaxConcurrent: 1 };
    expect(look(ofFleet.decide(0), 10_000).hold('east-b')).toBe('concurrency: fleet fleet 1');

    const ofPlane = halfWayScene();
    ofPlane.policy = { ...POLICY, dataPlanes: [dataPlane('east', 1)] };
    expect(look(ofPlane.decide(0), 10_000).hold('east-b')).toBe('concurrency: data-plane east 1');
  });

  it('take no slot of the phase', () => {
    const scene = new Scene(shape({ to: 3 }, phase(['east-b', 'east-c'], { maxConcurrent: 1 })));
    scene.ordered('east-b', 2);
    scene.see(seen('east-b', 2, halfWay(1, 2)));
    expect(scene.decide(0).given).toEqual(['run east-c #1']);
    expect(look(scene, 10_000).given).toEqual(['run east-b #2']);
  });

  it('never go under a stop', () => {
    const scene = halfWayScene();
    scene.stop({ scope: { kind: 'release', release: 'kafka' } });
    scene.decide(0);
    expect(look(scene, 10_000).given).toEqual([]);
    expect(scene.hold('east-b')).toBe('stopped: stop-1 disks fill up');
    scene.liftAll();
    expect(look(scene, 20_000).given).toEqual(['run east-a #1']);
    expect(look(scene, 30_000).given).toEqual(['run east-b #2']);
  });

  it('wait for the approval of their phase', () => {
    const approval = { when: 'before', count: 1, teams: [], users: [], notAuthor: false } as const;
    const scene = new Scene(shape({ to: 3 }, phase(['east-a']), phase(['east-b'], { approval })));
    scene.ordered('east-b', 2);
    scene.see(seen('east-b', 2, halfWay(1, 2)));
    scene.decide(0);
    expect(look(scene, 10_000).hold('east-b')).toBe('approval: p1 0 1');
    scene.change({ approvals: [{ phase: 'p1', by: 'ada', digest: scene.state().digest, at: at(0) }] });
    expect(look(scene, 20_000).given).toEqual(['run east-b #2']);
  });

  it('that cannot be seen have the patience of any other', () => {
    const scene = halfWayScene();
    scene.see(unseen('east-b'));
    scene.decide(0);
    expect(scene.hold('east-b')).toBe('no-evidence: does not answer until 300000');
    scene.arrives('east-a', 300_000);
    scene.see(unseen('east-b'), 300_000);
    expect(scene.decide(300_000).target('east-b')).toMatchObject({ status: 'unreachable', attempt: 0 });
  });

  it('seen again after a while, they need two looks', () => {
    const scene = halfWayScene();
    scene.see(unseen('east-b'));
    scene.decide(0);
    expect(look(scene, 10_000).target('east-b')).toMatchObject({ unseenSince: undefined, brokenSince: at(10_000) });
    expect(scene.given).toEqual([]);
    expect(look(scene, 20_000).given).toEqual(['run east-b #2']);
  });
});

describe('another attempt that a person asked for', () => {
  /** Both phases run; the version is in quarantine, and one of each phase is to try it. */
  function quarantined(cause: 'quarantine' | 'aborted' = 'quarantine'): Scene {
    const scene = new Scene(shape({}, phase(['east-a', 'east-b'], { budgets: { failed: 2 } }), phase(['west-a'])));
    const running = {
      status: 'running',
      startedAt: at(0),
      bakingSince: undefined,
      finishedAt: undefined,
      stoppedMs: 0,
      heldParts: [],
    } as const;
    scene.change({ status: 'running', startedAt: at(0), phases: new Map([...scene.state().phases, ['p0', running]]) });
    scene.changeTarget('east-b', { probe: true, attempt: 1, epoch: 1 });
    scene.changeTarget('west-a', { probe: true, attempt: 1, epoch: 1 });
    const rollout = scene.state().id;
    for (const name of ['east-b', 'west-a']) scene.ordered(name, 2, { rollout, mode: 'hold' });
    scene.stop({ scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.2.0' }] }, cause, lets: 'rollbacks' });
    return scene;
  }

  it('goes in a phase that has begun, while the rest stays held by the quarantine', () => {
    const scene = quarantined().decide(0);
    expect(scene.given).toEqual(['run east-b #2']);
    expect(scene.statuses()).toBe('east-a waiting, east-b applying, west-a waiting');
    expect([scene.hold('east-a'), scene.hold('west-a')]).toEqual(['stopped: stop-1 disks fill up', 'stopped: stop-1 disks fill up']);
    expect(numberOf(scene.order('east-b').revision)).toBe(2);
  });

  it('does not go under any other stop', () => {
    expect(quarantined('aborted').decide(0).given).toEqual([]);
    const both = quarantined();
    both.stop({ scope: { kind: 'release', release: 'kafka' } });
    expect(both.decide(0).given).toEqual([]);
  });
});
