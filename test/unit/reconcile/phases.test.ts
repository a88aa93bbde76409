import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs, instant } from '../../../src/core/model/time.ts';
import type { Override } from '../../../src/core/reconcile/state.ts';
import { at, crashLoop, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { type PhaseShape, type PlanShape, revision, spec } from '../../support/small-world/plans.ts';
import { POLICY, productPolicy, ruleOf } from '../../support/small-world/policy.ts';

const phase = (members: readonly string[], over: Partial<PhaseShape> = {}): PhaseShape => ({ members, maxConcurrent: 10, ...over });
const shape = (...phases: readonly PhaseShape[]): PlanShape => ({ from: 1, to: 2, phases });
const TWO = shape(phase(['east-a']), phase(['east-b']));

const override = (kind: Override['kind'], over: Partial<Override> = {}): Override => ({
  kind,
  phase: undefined,
  product: undefined,
  by: 'ada',
  reason: 'urgent',
  at: at(0),
  until: undefined,
  ...over,
});

/** A rule of the calendar, over these milliseconds of the scene. */
const rule = (kind: 'freeze' | 'window', fromMs: number, toMs: number, more = {}) => ruleOf(kind, at(fromMs), at(toMs), more);

describe('a phase', () => {
  it('begins when all before it are over', () => {
    const scene = new Scene(TWO).decide(0);
    expect(scene.phases()).toBe('p0 running, p1 waiting');
    expect(scene.hold('east-b')).toBe('earlier-phase: p0');
    expect(scene.phase('p0').startedAt).toBe(at(0));
    scene.go(10_000);
    expect(scene.phases()).toBe('p0 done, p1 running');
    expect(scene.phase('p0')).toMatchObject({ startedAt: at(0), finishedAt: at(10_000) });
    expect(scene.whys('phase')).toEqual(['p0 running -> done: 1 of 1 soaked', 'p1 waiting -> running: earlier phases are done']);
  });

  it('without members is skipped', () => {
    const scene = new Scene(
      shape(phase([]), phase(['east-a']), phase([], { canary: true, provenBy: 'east-z has run it since May' })),
    ).decide(0);
    expect(scene.phases()).toBe('p0 skipped, p1 running, p2 waiting');
    expect(scene.whys('phase')[0]).toBe('p0 waiting -> skipped: no members');
    scene.go(10_000);
    expect(scene.phases()).toBe('p0 skipped, p1 done, p2 skipped');
    expect(scene.whys('phase').at(-1)).toBe('p2 waiting -> skipped: east-z has run it since May');
    expect(scene.phase('p2').finishedAt).toBe(at(10_000));
  });

  it('whose members are all out is skipped, with its approval', () => {
    const approval = { when: 'before', count: 1, teams: [], users: [], notAuthor: false } as const;
    const scene = new Scene(shape(phase(['east-a'], { approval }), phase(['east-b'])));
    scene.changeTarget('east-a', { status: 'skipped' });
    expect(scene.decide(0).phases()).toBe('p0 skipped, p1 running');
    expect(scene.whys('phase')[0]).toBe('p0 waiting -> skipped: no members are left');
  });

  it('goes on after failures within its budget, and says so', () => {
    const scene = new Scene(shape(phase(['east-a', 'east-c'], { budgets: { failed: 1 } }), phase(['east-b']))).decide(0);
    scene.arrives('east-c', 9_000);
    for (const ms of [9_000, 10_000]) {
      scene.arrives('east-a', ms, crashLoop(2));
      scene.decide(ms);
    }
    expect(scene.phases()).toBe('p0 done, p1 running');
    expect(scene.whys('phase')[0]).toBe('p0 running -> done: 1 of 2 soaked');
  });

  it('that is done waits again when a member is on the move again; those after it start nothing more', () => {
    const scene = new Scene(shape(phase(['east-a']), phase(['east-b', 'east-c'], { maxConcurrent: 1 }), phase(['east-d'])))
      .decide(0)
      .go(10_000);
    scene.changeTarget('east-a', { status: 'waiting', probe: true });
    scene.go(20_000);
    scene.arrives('east-a', 30_000, { healthy: false });
    scene.arrives('east-c', 30_000);
    scene.decide(30_000);
    // It had begun, and went on; the next does not begin before the first is whole again.
    expect(scene.phases()).toBe('p0 done, p1 done, p2 waiting');
    expect(scene.hold('east-d')).toBe('earlier-phase: p0');
    expect(scene.go(40_000).phases()).toBe('p0 done, p1 done, p2 running');
  });
});

describe('a bake', () => {
  const baking = (over: Partial<PhaseShape> = {}) => new Scene(shape(phase(['east-a'], { bakeMs: 60_000, ...over }), phase(['east-b'])));

  it.each([
    [69_999, 'p0 baking, p1 waiting'],
    [70_000, 'p0 done, p1 running'],
  ])('runs from when all have soaked: at %i ms %s', (ms, phases) => {
    expect(baking().decide(0).go(10_000).go(ms).phases()).toBe(phases);
  });

  it('is what the next phase waits for, until it ends', () => {
    const scene = baking().decide(0).go(10_000);
    expect(scene.hold('east-b')).toBe('baking: p0 until 70000');
    expect(scene.wakeAt).toBe(70_000);
    expect(scene.phase('p0').bakingSince).toBe(at(10_000));
    expect(scene.whys('phase')).toEqual(['p0 running -> baking: 1 of 1 soaked; bakes until the next phase']);
  });

  it('of the last phase is left out', () => {
    expect(new Scene(shape(phase(['east-a'], { bakeMs: 60_000 }))).decide(0).go(10_000).state().status).toBe('completed');
    const rest = baking();
    rest.changeTarget('east-b', { status: 'skipped' });
    expect(rest.decide(0).go(10_000).state().status).toBe('completed');
  });

  it('begins anew when a member is on the move again', () => {
    const scene = baking().decide(0).go(10_000);
    scene.changeTarget('east-a', { status: 'waiting', probe: true });
    scene.decide(20_000);
    expect(scene.phase('p0')).toMatchObject({ status: 'running', bakingSince: undefined });
    expect(scene.whys('phase')).toEqual(['p0 baking -> running: a member is on the move again']);
    expect(scene.go(30_000).go(89_999).phases()).toBe('p0 baking, p1 waiting');
    expect(scene.go(90_000).phases()).toBe('p0 done, p1 running');
  });

  it.each([
    ['by a person', override('expedite'), 'done'],
    ['for this phase', override('expedite', { phase: 'p0' }), 'done'],
    ['for another phase: it is not', override('expedite', { phase: 'p1' }), 'baking'],
    ['until then', override('expedite', { until: at(10_001) }), 'done'],
    ['no longer: it is not', override('expedite', { until: at(10_000) }), 'baking'],
    ['by a waiver: it is not', override('waiver'), 'baking'],
  ])('is cut short %s', (_, one, status) => {
    const scene = baking();
    scene.change({ overrides: [one] });
    expect(scene.decide(0).go(10_000).phase('p0').status).toBe(status);
  });
});

describe('an approval', () => {
  const asks = (when: 'before' | 'after', count = 1) =>
    new Scene(shape(phase(['east-a'], { approval: { when, count, teams: [], users: [], notAuthor: false } }), phase(['east-b'])));
  const approve = (scene: Scene, ...given: readonly { by?: string; phase?: string; digest?: string }[]): void =>
    scene.change({
      approvals: given.map(({ by = 'ada', phase: of = 'p0', digest }) => ({
        phase: of,
        by,
        digest: digest === undefined ? scene.state().digest : trusted.digest(digest),
        at: at(0),
      })),
    });

  it.each<['before' | 'after', number]>([
    ['before', 0],
    ['after', 10_000],
  ])('%s a phase counts until it expires, and to the instant', (when, readyAt) => {
    const approval = { when, count: 2, teams: [], users: [], notAuthor: false, validForMs: durationMs(10_000) };
    const begun = () => new Scene(shape(phase(['east-a'], { approval }), phase(['east-b']))).decide(0);
    for (const [later, status] of [
      [9_999, when === 'before' ? 'running' : 'done'],
      [10_000, 'awaiting-approval'],
    ] as const) {
      const scene = begun().go(readyAt);
      const given = (by: string, ms: number) => ({ phase: 'p0', by, digest: scene.state().digest, at: at(readyAt + ms) });
      scene.change({ approvals: [given('ada', 0)] });
      // The one that was given is looked at again when it expires.
      expect(scene.decide(readyAt + 1).decision?.wakeAt).toBe(at(readyAt + 10_000));
      expect(scene.decide(readyAt + later).phase('p0').status).toBe('awaiting-approval');
      scene.change({ approvals: [given('ada', 0), given('bob', later)] });
      expect(scene.decide(readyAt + later).phase('p0').status, String(later)).toBe(status);
    }
  });

  it('before a phase holds all of it', () => {
    const scene = asks('before').decide(0);
    expect([scene.phases(), scene.state().status, scene.given]).toEqual(['p0 awaiting-approval, p1 waiting', 'awaiting-approval', []]);
    expect(scene.hold('east-a')).toBe('approval: p0 0 1');
    expect(scene.whys('phase')).toEqual(['p0 waiting -> awaiting-approval: earlier phases are done']);
    approve(scene, {});
    expect(scene.decide(1).given).toEqual(['run east-a #1']);
    expect(scene.whys('phase')).toEqual(['p0 awaiting-approval -> running: approved']);
    expect(scene.phase('p0').startedAt).toBe(at(1));
  });

  it('given before it was asked for counts', () => {
    const scene = asks('before');
    approve(scene, {});
    expect(scene.decide(0).given).toEqual(['run east-a #1']);
    expect(scene.whys('phase')).toEqual(['p0 waiting -> running: earlier phases are done']);
  });

  it('after a phase holds the next', () => {
    const scene = asks('after').decide(0).go(10_000);
    expect([scene.phases(), scene.state().status]).toEqual(['p0 awaiting-approval, p1 waiting', 'awaiting-approval']);
    expect(scene.hold('east-b')).toBe('earlier-phase: p0');
    expect(scene.whys('phase')).toEqual(['p0 running -> awaiting-approval: 1 of 1 soaked']);
    approve(scene, {});
    expect(scene.go(20_000).phases()).toBe('p0 done, p1 running');
    expect(scene.phase('p0').finishedAt).toBe(at(20_000));
  });

  it.each([
    ['one of two', [{}], 1],
    ['the same person twice', [{}, {}], 1],
    ['for another phase', [{}, { by: 'bob', phase: 'p1' }], 1],
    ['for another plan', [{}, { by: 'bob', digest: 'other' }], 1],
  ])('that two must give is missing: %s', (_, given, count) => {
    const scene = asks('before', 2);
    approve(scene, ...given);
    expect(scene.decide(0).hold('east-a')).toBe(`approval: p0 ${count} 2`);
  });

  it('that two must give is there once two have', () => {
    const scene = asks('before', 2);
    approve(scene, {}, { by: 'bob' });
    expect(scene.decide(0).given).toEqual(['run east-a #1']);
  });
});

describe('the longest duration of a phase', () => {
  const MAX_MS = 60_000;
  /** East-a has the only slot, and never gets healthy. */
  const slow = (over: Partial<PhaseShape> = {}): Scene =>
    new Scene(shape(phase(['east-a', 'east-b'], { maxConcurrent: 1, maxDurationMs: MAX_MS, budgets: { deferred: 9 }, ...over })));
  const statusAt = (scene: Scene, ms: number): string => {
    for (const name of ['east-b', 'east-c']) if (scene.desired.has(trusted.cluster(name))) scene.see(seen(name, 1), ms);
    if (scene.orders.size > 0) scene.arrives('east-a', ms, { healthy: false });
    return scene.decide(ms).target('east-b').status;
  };

  it.each([
    [59_999, 'waiting'],
    [60_000, 'deferred'],
  ])('is over for who was not started: at %i ms %s', (ms, status) => {
    const scene = slow().decide(0);
    expect(statusAt(scene, 30_000)).toBe('waiting');
    expect(statusAt(scene, ms)).toBe(status);
    expect(scene.target('east-a').status).toBe('rolling');
  });

  it('wakes the bot, and says what it was', () => {
    const scene = slow().decide(0);
    statusAt(scene, 30_000);
    expect(scene.wakeAt).toBe(60_000);
    statusAt(scene, 60_000);
    expect(scene.target('east-b').detail).toBe('not started within 1m, the longest the phase may take');
  });

  it('leaves out while stops held the rollout', () => {
    const scene = slow().decide(0);
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(10_000);
    scene.liftAll();
    expect(statusAt(scene, 40_000)).toBe('waiting');
    expect(scene.phase('p0').stoppedMs).toBe(30_000);
    expect(statusAt(scene, 89_999)).toBe('waiting');
    expect(statusAt(scene, 90_000)).toBe('deferred');
  });

  it('leaves out while a freeze kept it closed', () => {
    const scene = slow();
    scene.policy = { ...POLICY, calendar: { rules: [rule('freeze', 20_000, 50_000)] } };
    scene.decide(0);
    expect(statusAt(scene, 60_000)).toBe('waiting');
    expect(scene.wakeAt).toBe(90_000);
    expect(statusAt(scene, 89_999)).toBe('waiting');
    expect(statusAt(scene, 90_000)).toBe('deferred');
  });

  it('asks the calendar as it binds this cluster', () => {
    const frozen = (more: object): string => {
      const scene = slow();
      scene.policy = { ...POLICY, calendar: { rules: [rule('freeze', 20_000, 50_000, more)] } };
      scene.changeDesired('east-b', { labels: { tier: 'gold' } });
      scene.decide(0);
      return statusAt(scene, 60_000);
    };
    expect(frozen({ select: { matchLabels: { tier: 'gold' } } })).toBe('waiting');
    expect(frozen({ select: { matchLabels: { tier: 'iron' } } })).toBe('deferred');
    expect(frozen({ products: ['kafka'] })).toBe('waiting');
    expect(frozen({ products: ['connect'] })).toBe('deferred');
    expect(frozen({ scope: 'minor' })).toBe('waiting');
    expect(frozen({ scope: 'major' })).toBe('deferred');
  });

  it('counts an expedited phase as open', () => {
    const scene = slow();
    scene.change({ overrides: [override('expedite')] });
    scene.policy = { ...POLICY, calendar: { rules: [rule('freeze', 20_000, 50_000, { allowExpedite: true })] } };
    scene.decide(0);
    expect(statusAt(scene, 60_000)).toBe('deferred');
  });

  it('runs for one that came back from when it waits again', () => {
    const scene = slow().decide(0);
    scene.changeTarget('east-b', { since: at(40_000) });
    expect(statusAt(scene, 60_000)).toBe('waiting');
    expect(statusAt(scene, 99_999)).toBe('waiting');
    expect(statusAt(scene, 100_000)).toBe('deferred');
  });

  it('does not run before the phase begins, nor where there is none', () => {
    const scene = new Scene(shape(phase(['east-c']), phase(['east-b'], { maxDurationMs: 1 }))).decide(0);
    expect(scene.decide(60_000).target('east-b').status).toBe('waiting');
    expect(statusAt(slow({ maxDurationMs: undefined }).decide(0), 500_000)).toBe('waiting');
  });

  it('stops are counted from the start of the phase', () => {
    const scene = new Scene(shape(phase(['east-a'], { maxDurationMs: MAX_MS }), phase(['east-b'])));
    scene.stop({ scope: { kind: 'fleet' } });
    scene.decide(0);
    scene.liftAll();
    scene.allArrive(100_000);
    scene.decide(100_000);
    expect(scene.phase('p0')).toMatchObject({ startedAt: at(100_000), stoppedMs: 0 });
  });
});

describe('a canary phase', () => {
  it('is what the phases after it wait for', () => {
    const scene = new Scene(shape(phase(['east-a'], { canary: true }), phase(['east-b']))).decide(0);
    expect(scene.hold('east-b')).toBe('earlier-phase: p0');
  });

  const canary = (over: Partial<PhaseShape> = {}, tolerated = 9): Scene =>
    new Scene(
      shape(
        phase(['east-a', 'east-c'], { canary: true, budgets: { failed: tolerated, unreachable: tolerated }, ...over }),
        phase(['east-b']),
      ),
    );
  const goes = (scene: Scene): boolean => scene.phase('p1').startedAt !== undefined;

  it('is behind the rollout once one member has soaked', () => {
    const scene = canary().decide(0);
    scene.changeTarget('east-c', { status: 'removed' });
    scene.arrives('east-a', 10_000);
    expect(goes(scene.decide(10_000))).toBe(true);
  });

  it.each([
    ['nobody did: all are gone', {}, false],
    ['it is no canary', { canary: false }, true],
  ])('where %s', (_, over, does) => {
    const scene = canary(over);
    for (const name of ['east-a', 'east-c']) scene.changeTarget(name, { status: 'removed' });
    scene.decide(0);
    expect(goes(scene)).toBe(does);
    if (!does) {
      expect(scene.held).toEqual(['unproven-canary on rollout lets rollbacks: ']);
      expect(scene.phases()).toBe('p0 waiting, p1 waiting');
    }
  });

  it.each([
    ['that soaked at this version, by the ledger', 'soaked', 2, true],
    ['that was only found there', 'adopted', 2, false],
    ['that soaked at another version', 'soaked', 1, false],
  ] as const)('is proven by a member that was skipped and %s: %s', (_, proof, number, does) => {
    const scene = canary();
    for (const name of ['east-a', 'east-c']) scene.changeTarget(name, { status: 'skipped' });
    const entry = scene.entry('east-a');
    const proven = { revision: revision(number), spec: spec(number), proof, at: at(0), rollout: undefined, tookMs: undefined };
    scene.ledger.set(entry.cluster, { ...entry, proven: [proven] });
    expect(goes(scene.decide(0))).toBe(does);
  });

  it('is not proven by one that failed, though the ledger knows it', () => {
    const scene = canary();
    const entry = scene.entry('east-a');
    const proven = { revision: revision(2), spec: spec(2), proof: 'soaked', at: at(0), rollout: undefined, tookMs: undefined } as const;
    scene.ledger.set(entry.cluster, { ...entry, proven: [proven] });
    scene.changeTarget('east-a', { status: 'failed', attempt: 1 });
    scene.changeTarget('east-c', { status: 'removed' });
    expect(goes(scene.decide(0))).toBe(false);
  });

  it.each([
    ['by a person', override('waiver'), true],
    ['for this phase', override('waiver', { phase: 'p0' }), true],
    ['for another: it is not', override('waiver', { phase: 'p1' }), false],
    ['by an expedite: it is not', override('expedite'), false],
  ])('is waived %s', (_, one, does) => {
    const scene = canary();
    for (const name of ['east-a', 'east-c']) scene.changeTarget(name, { status: 'removed' });
    scene.change({ overrides: [one] });
    expect(goes(scene.decide(0))).toBe(does);
  });

  it.each([
    ['east-a', true],
    ['east-c', false],
  ])('whose members go to several versions is proven by a soak at the one of those after it: by %s, %s', (soaked, does) => {
    const to = new Map([
      ['east-a', 2],
      ['east-c', 3],
      ['east-b', 2],
    ]);
    const budgets = { failed: 9 };
    const scene = new Scene({ ...shape(phase(['east-a', 'east-c'], { canary: true, budgets }), phase(['east-b'])), to }).decide(0);
    for (const name of ['east-a', 'east-c']) scene.changeTarget(name, { status: name === soaked ? 'succeeded' : 'failed' });
    scene.allArrive(1);
    expect(goes(scene.decide(1))).toBe(does);
    expect(scene.held.map((words) => words.split(' ')[0])).toEqual(does ? [] : ['unproven-canary', 'quarantine']);
  });

  it('without members proves nothing and holds nothing', () => {
    const scene = new Scene(shape(phase([], { canary: true }), phase(['east-b']))).decide(0);
    expect([scene.phases(), scene.held]).toEqual(['p0 skipped, p1 running', []]);
  });

  it('all of whose members break after their soak holds those that follow again', () => {
    const scene = canary({ members: ['east-a'] }).decide(0);
    scene.arrives('east-a', 10_000);
    scene.decide(10_000);
    scene.policy = { ...POLICY, fleetMaxConcurrent: 0 };
    for (const ms of [20_000, 21_000]) {
      scene.arrives('east-a', ms, crashLoop(2));
      scene.see(seen('east-b', 1), ms);
      scene.decide(ms);
    }
    expect(scene.target('east-a').status).toBe('failed');
    expect(scene.held[0]).toBe('unproven-canary on rollout lets rollbacks: east-a');
  });
});

describe('what holds all of a rollout', () => {
  const twoProducts = (over: Partial<PlanShape['rollout']> = {}): Scene => {
    const scene = new Scene(shape(phase(['east-a'])));
    const rollout = { release: 'connect', product: 'connect', requires: ['kafka'], ...over };
    scene.land({ ...shape(phase(['east-b'])), rollout });
    scene.policy = { ...POLICY, products: { ...POLICY.products, connect: productPolicy('connect', { requires: ['kafka'] }) } };
    return scene;
  };

  it('is a rollout of a product that it requires, which stood in line before it', () => {
    const scene = twoProducts().decide(0);
    expect(scene.given).toEqual(['run east-a #1']);
    expect(scene.hold('east-b', 1)).toBe('required-product: kafka r1');
    expect(scene.go(10_000).given).toEqual(['run east-b #1']);
  });

  it.each([
    ['that does not require it', { requires: [] }],
    ['that requires another', { requires: ['zookeeper'] }],
  ])('not for one %s', (_, over) => {
    expect(twoProducts(over).decide(0).given).toEqual(['run east-a #1', 'run east-b #1']);
  });

  it('not for one that goes back', () => {
    expect(twoProducts({ kind: 'rollback' }).decide(0).given.toSorted()).toEqual(['run east-a #1', 'run east-b #1']);
  });

  it.each([
    ['before it', {}, false],
    ['behind it', { inLineSince: 3 }, true],
    ['in the same place', { inLineSince: 2 }, false],
  ])('by the place in line, %s', (_, over, goes) => {
    const scene = twoProducts();
    scene.change({ createdAt: at(-5), ...over });
    expect(scene.decide(0).given.includes('run east-b #1')).toBe(goes);
  });

  it('by the same landing, whatever the place', () => {
    const scene = twoProducts();
    scene.change({ inLineSince: 3, commit: scene.state(1).commit, createdAt: scene.state(1).createdAt });
    expect(scene.decide(0).hold('east-b', 1)).toBe('required-product: kafka r1');
    const otherTime = twoProducts();
    otherTime.change({ inLineSince: 3, commit: otherTime.state(1).commit, createdAt: instant(0) });
    expect(otherTime.decide(0).given).toContain('run east-b #1');
  });

  it('is that it is pending behind another', () => {
    const scene = new Scene(TWO).decide(0);
    scene.land({ ...shape(phase(['east-c'])), to: 3 });
    expect(scene.decide(1).hold('east-c', 1)).toBe('pending: r1');
  });

  it('is that it is pending behind the one that is under way, and not behind one that is over', () => {
    const scene = new Scene({ ...shape(phase(['east-a'])), rollout: { guardMs: durationMs(3_600_000) } }).decide(0).go(10_000);
    scene.land({ ...shape(phase(['east-b'])), to: 3 });
    scene.decide(20_000);
    scene.land({ ...shape(phase(['east-b'])), to: 4 });
    scene.decide(20_001);
    expect([scene.state(0).guardUntil, scene.hold('east-b', 2)]).toEqual([at(3_610_000), 'pending: r2']);
  });

  it('is that it winds down', () => {
    const scene = new Scene(TWO).decide(0);
    scene.change({ status: 'aborted' });
    scene.arrives('east-a', 10, { rolled: false, healthy: false });
    expect(scene.decide(10).hold('east-b')).toBe('winding-down: the rollout is aborted');
  });

  it('are the stops over it, until the first of them ends', () => {
    const scene = new Scene(TWO);
    scene.stop({ scope: { kind: 'fleet' } });
    scene.stop({ scope: { kind: 'release', release: 'kafka' }, until: at(50_000) });
    scene.stop({ scope: { kind: 'product', product: 'kafka' }, until: at(40_000) });
    scene.decide(0);
    expect(scene.hold('east-a')).toBe('stopped: stop-1,stop-2,stop-3 disks fill up until 40000');
    expect(scene.wakeAt).toBe(40_000);
  });
});

it('an unseen cluster of a phase that has not begun has no patience to lose', () => {
  const scene = new Scene(TWO);
  scene.see(unseen('east-b'));
  expect(scene.decide(0).target('east-b').unseenSince).toBeUndefined();
});
