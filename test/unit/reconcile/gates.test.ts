import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import type { Policy } from '../../../src/core/reconcile/policy.ts';
import { at, brokersAt, halfWay, Scene, seen, unseen } from '../../support/engine/scene.ts';
import { type PlanShape, revision, spec } from '../../support/small-world/plans.ts';
import { dataPlane, POLICY, productPolicy, ruleOf } from '../../support/small-world/policy.ts';

const shape = (over: Partial<PlanShape> = {}): PlanShape => ({ from: 1, to: 2, phases: [{ members: ['east-a'] }], ...over });
const rule = (kind: 'freeze' | 'window', fromMs: number, toMs: number, more = {}) => ruleOf(kind, at(fromMs), at(toMs), more);

/** Decides at instant zero, unless more is said; why east-a does not start. */
function held(edit: (scene: Scene) => void, over: Partial<PlanShape> = {}, ms = 0): string {
  const scene = new Scene(shape(over));
  edit(scene);
  return scene.decide(ms).hold('east-a');
}
const under =
  (policy: Partial<Policy>) =>
  (scene: Scene): void => {
    scene.policy = { ...POLICY, ...policy };
  };

it('with nothing in the way it starts, and the bot wakes before the evidence is too old', () => {
  const scene = new Scene(shape()).decide(0);
  expect([scene.hold('east-a'), scene.given]).toEqual(['moves', ['run east-a #1']]);
});

describe('a slot on its data plane', () => {
  it.each([
    ['there is none', [dataPlane('east', 0)], 'concurrency: data-plane east 0'],
    ['there is one', [dataPlane('east', 1)], 'moves'],
    ['another is full', [dataPlane('west', 0)], 'moves'],
    ['it has no limit', [{ ...dataPlane('east', 0), maxConcurrent: undefined }], 'moves'],
  ])('%s', (_, dataPlanes, words) => {
    expect(held(under({ dataPlanes }))).toBe(words);
  });
});

describe('a stop', () => {
  it.each([
    ['on the cluster', { kind: 'cluster', cluster: trusted.cluster('east-a') }, 'stopped: stop-1 disks fill up'],
    ['on another', { kind: 'cluster', cluster: trusted.cluster('east-b') }, 'moves'],
    ['on its data plane', { kind: 'data-plane', dataPlane: 'east' }, 'stopped: stop-1 disks fill up'],
  ] as const)('%s', (_, scope, words) => {
    expect(held((scene) => scene.stop({ scope }))).toBe(words);
  });

  it('that ends says when', () => {
    expect(held((scene) => scene.stop({ scope: { kind: 'data-plane', dataPlane: 'east' }, until: at(9_000) }))).toBe(
      'stopped: stop-1 disks fill up until 9000',
    );
    const scene = new Scene(shape());
    scene.stop({ scope: { kind: 'data-plane', dataPlane: 'east' }, until: at(9_000) });
    expect(scene.decide(0).wakeAt).toBe(9_000);
    expect(scene.decide(9_000).given).toEqual(['run east-a #1']);
  });
});

describe('sight', () => {
  it.each([
    ['fresh evidence', seen('east-a', 1), 60_000, 'moves'],
    ['evidence that is too old', seen('east-a', 1), 60_001, 'no-evidence: the newest sample is too old until 360001'],
    ['a data plane that does not answer', unseen('east-a'), 0, 'no-evidence: does not answer until 300000'],
    ['a cluster that is not there', unseen('east-a', true), 0, 'no-evidence: the data plane has no such cluster until 300000'],
  ])('%s', (_, observation, ms, words) => {
    expect(held((scene) => scene.see(observation), {}, ms)).toBe(words);
  });

  it('never had', () => {
    expect(held((scene) => scene.observations.clear())).toBe('no-evidence: nobody has looked yet until 300000');
  });
});

describe('a cluster that another rollout has on the move', () => {
  it('comes to rest first', () => {
    const scene = new Scene(shape({ rollout: { release: 'other' } })).decide(0);
    scene.land(shape({ to: 3 }));
    scene.changeDesired('east-a', { release: 'kafka' });
    expect(scene.decide(1).hold('east-a', 1)).toBe('other-rollout: r1');
    expect(scene.go(10_000).given).toEqual(['run east-a #2']);
  });
});

describe('the upgrade path', () => {
  const strict = (scene: Scene): void => {
    scene.policy = { ...POLICY, products: { kafka: productPolicy('kafka', { skipMinors: false }) } };
  };

  it.each([
    ['the next minor', 1, {}, 'moves'],
    ['a jump over one, judged by what it runs and not by what was planned', 0, {}, 'path: '],
    ['a single broker that is further behind', 1, { brokers: brokersAt(1, 0, 1) }, 'path: '],
    ['what it says it runs as a whole', 1, { running: { ...seen('east-a', 0).running } }, 'path: '],
  ])('%s', (_, number, more, words) => {
    const hold = held((scene) => {
      strict(scene);
      scene.see(seen('east-a', number, more));
    });
    expect(hold.slice(0, words.length)).toBe(words);
    if (words !== 'moves') expect(hold).toContain('1.0.0');
  });

  it('of a product that nobody described is unknown', () => {
    expect(held(under({ products: {} }))).toBe('path: nothing is known of the product kafka describe it in a Product manifest');
  });

  it('of a cluster that is to be created is not asked', () => {
    expect(held(under({ products: {} }), { from: new Map() })).toBe('moves');
  });
});

describe('the least time between two upgrades', () => {
  const HOUR_MS = 3_600_000;
  function soonAfter(
    ms: number,
    proof: 'soaked' | 'adopted' = 'soaked',
    number = 1,
    over: Partial<PlanShape> = {},
    rescue = false,
  ): string {
    const scene = new Scene(shape(over));
    scene.policy = { ...POLICY, products: { kafka: productPolicy('kafka', { minimumIntervalMs: HOUR_MS }) } };
    const entry = scene.entry('east-a');
    const proven = { revision: revision(number + 500), spec: spec(number), proof, at: at(0), rollout: undefined, tookMs: undefined };
    scene.ledger.set(entry.cluster, { ...entry, proven: [proven] });
    if (rescue) {
      scene.changeTarget('east-a', { rescue, brokenSince: at(1), sampledAt: at(1) });
      scene.see(seen('east-a', 1, halfWay(1, 2)), ms);
    } else scene.see(seen('east-a', 1), ms);
    return scene.decide(ms).hold('east-a');
  }

  it.each([
    [
      'has not passed',
      HOUR_MS - 1,
      'interval: upgraded at 2023-11-14 22:13:20 UTC; the least time between two upgrades is 1h until 3600000',
    ],
    ['has passed', HOUR_MS, 'moves'],
  ])('%s', (_, ms, words) => {
    expect(soonAfter(ms)).toBe(words);
  });

  it.each([
    ['what was only found there', soonAfter(1, 'adopted')],
    ['settings of the same version', soonAfter(1, 'soaked', 2)],
    ['going back', soonAfter(1, 'soaked', 1, { kind: 'rollback' })],
    ['a rescue', soonAfter(2, 'soaked', 1, {}, true)],
  ])('does not bind %s', (_, hold) => {
    expect(hold).toBe('moves');
  });

  it('is nothing where nothing was proven', () => {
    const hold = held((scene) => {
      under({ products: { kafka: productPolicy('kafka', { minimumIntervalMs: HOUR_MS }) } })(scene);
      scene.ledger.clear();
    });
    expect(hold).toBe('moves');
  });
});

describe('the calendar', () => {
  const calendar = (...rules: readonly ReturnType<typeof rule>[]) => under({ calendar: { rules } });
  const FREEZE = 'freeze: freeze-1699999999990 freeze freeze-1699999999990: by hand until 5000';
  const frozen = (more = {}) => calendar(rule('freeze', -10, 5_000, more));

  it.each([
    ['a freeze', frozen(), {}, FREEZE],
    ['a freeze that is over', calendar(rule('freeze', -10, 0)), {}, 'moves'],
    ['outside a window', calendar(rule('window', 5_000, 9_000, { name: 'w' })), {}, 'window: w outside window w: by hand until 5000'],
    ['in a window', calendar(rule('window', -1, 9_000)), {}, 'moves'],
    ['a freeze of other labels', frozen({ select: { matchLabels: { tier: 'iron' } } }), {}, 'moves'],
    ['a freeze of its labels', frozen({ select: { matchLabels: { tier: 'gold' } } }), {}, FREEZE],
    ['a freeze of another product', frozen({ products: ['connect'] }), {}, 'moves'],
    ['a freeze of major versions', frozen({ scope: 'major' }), {}, 'moves'],
    ['a freeze of minor versions', frozen({ scope: 'minor' }), {}, FREEZE],
    ['going back, which a freeze lets', frozen(), { kind: 'rollback' }, 'moves'],
    ['going back, which it does not', frozen({ allowRollback: false }), { kind: 'rollback' }, FREEZE],
  ] as const)('%s', (_, edit, over, words) => {
    const hold = held((scene) => {
      edit(scene);
      scene.changeDesired('east-a', { labels: { tier: 'gold' } });
    }, over);
    expect(hold).toBe(words);
  });

  it('is asked for what it runs now, not for what was planned', () => {
    const edit = (scene: Scene): void => {
      frozen({ scope: 'minor' })(scene);
      scene.see(seen('east-a', 2, { running: { ...seen('east-a', 2).running, replicas: 1 } }));
    };
    expect(held(edit)).toBe('moves');
  });

  it.each([
    ['for all phases', undefined, true],
    ['for this one', 'p0', true],
    ['for another', 'p1', false],
  ])('is set aside where that is allowed, %s', (_, phase, moves) => {
    const hold = held((scene) => {
      frozen({ allowExpedite: true })(scene);
      scene.change({
        overrides: [{ kind: 'expedite', phase, product: undefined, by: 'ada', reason: 'urgent', at: at(0), until: undefined }],
      });
    });
    expect(hold).toBe(moves ? 'moves' : FREEZE);
  });

  it('is said before what cannot be seen: nobody waits for evidence of what may not be touched', () => {
    const hold = held((scene) => {
      frozen()(scene);
      scene.see(unseen('east-a'));
    });
    expect(hold).toBe(FREEZE);
  });

  it('wakes the bot when it opens', () => {
    const scene = new Scene(shape());
    frozen()(scene);
    expect(scene.decide(0).wakeAt).toBe(5_000);
    expect(scene.decide(5_000).given).toEqual(['run east-a #1']);
  });
});

describe('a window that closes', () => {
  const CLOSES_MS = 100_000;
  function late(ms: number, tookMs: number | undefined, over: Partial<PlanShape> = {}): string {
    const scene = new Scene(shape(over));
    scene.policy = { ...POLICY, calendar: { rules: [rule('window', -1, CLOSES_MS)] } };
    const entry = scene.entry('east-a');
    const [top] = entry.proven;
    if (top !== undefined)
      scene.ledger.set(entry.cluster, { ...entry, proven: [{ ...top, tookMs: tookMs === undefined ? undefined : durationMs(tookMs) }] });
    scene.see(seen('east-a', 1), ms);
    return scene.decide(ms).hold('east-a');
  }

  it.each([
    ['in time for what it took the last time', 40_000, 60_000, {}, 'moves'],
    [
      'too late by a millisecond',
      40_001,
      60_000,
      {},
      'window: closing would not be finished when its window closes at 2023-11-14 22:15:00 UTC: it took 1m the last time until 100000',
    ],
    ['where nobody knows how long it takes', 99_999, undefined, {}, 'moves'],
    ['going back is never too late', 40_001, 60_000, { kind: 'rollback', phases: [{ members: ['east-a'] }] }, 'moves'],
  ] as const)('%s', (_, ms, tookMs, over, words) => {
    expect(late(ms, tookMs, over)).toBe(words);
  });
});

it('a window that closes wakes the bot when it gets too late for one that waits for a slot', () => {
  const scene = new Scene(shape({ phases: [{ members: ['east-b', 'east-a'] }] }));
  scene.policy = { ...POLICY, calendar: { rules: [rule('window', -1, 100_000)] } };
  const entry = scene.entry('east-a');
  scene.ledger.set(entry.cluster, { ...entry, proven: entry.proven.map((one) => ({ ...one, tookMs: durationMs(60_000) })) });
  scene.decide(0);
  expect([scene.hold('east-a'), scene.wakeAt]).toEqual(['concurrency: phase p0 1', 40_001]);
});

describe('time alone', () => {
  it('wakes the bot when evidence of one that waits for a slot grows too old', () => {
    const scene = new Scene(shape({ phases: [{ members: ['east-a', 'east-b'] }] })).decide(0);
    scene.arrives('east-a', 30_000, halfWay(1, 2));
    expect(scene.decide(30_000).wakeAt).toBe(60_001);
  });

  it('wakes it for the first of several reasons', () => {
    const scene = new Scene(shape({ phases: [{ members: ['east-a', 'east-b'] }] }));
    scene.policy = { ...POLICY, calendar: { rules: [rule('freeze', 20_000, 50_000)] } };
    scene.decide(0);
    scene.arrives('east-a', 10_000, halfWay(1, 2));
    expect(scene.decide(10_000).wakeAt).toBe(20_000);
  });
});
