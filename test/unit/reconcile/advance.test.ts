import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/core/evidence/classify.ts';
import type { StandingOrder } from '../../../src/core/evidence/order.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import {
  type AdvanceContext,
  type Advanced,
  advance,
  become,
  CONFIRM_AFTER_MS,
  isLater,
  staleAt,
} from '../../../src/core/reconcile/advance.ts';
import { type TargetState, type TargetStatus, untouched } from '../../../src/core/reconcile/state.ts';
import { at, brokersAt, crashLoop as crashed, halfWay, seen as sampleOf } from '../../support/engine/scene.ts';
import { plannedOf, revision, spec } from '../../support/small-world/plans.ts';

const A = 'east-a';
const [planned] = plannedOf({ from: 1, to: 2, phases: [{ members: [A] }], deadlineMs: 600_000 }).targets.values();
if (planned === undefined) throw new Error('the plan has a target');

const SOAK_MS = 120_000;
const MAX_AGE_MS = 60_000;
const PATIENCE_MS = 300_000;

const order: StandingOrder = {
  cluster: trusted.cluster(A),
  dataPlane: 'east',
  revision: revision(2),
  spec: spec(2),
  mode: 'run',
  epoch: 1,
  rollout: undefined,
  orderedAt: at(0),
  reply: undefined,
};

const context = (nowMs: number, over: Partial<AdvanceContext> = {}): AdvanceContext => ({
  planned,
  soakMs: durationMs(SOAK_MS),
  policy: { evidenceMaxAgeMs: MAX_AGE_MS, unreachableAfterMs: PATIENCE_MS },
  order,
  restsAs: undefined,
  now: at(nowMs),
  ...over,
});

const hold: Partial<AdvanceContext> = { order: { ...order, mode: 'hold' } };

/** Ordered for the first time at instant zero. */
const target = (status: TargetStatus, over: Partial<TargetState> = {}): TargetState => ({
  ...untouched(at(0)),
  status,
  attempt: 1,
  epoch: 1,
  startedAt: at(0),
  ...over,
});

const sample = (ms: number, more = {}) => sampleOf(A, 2, { sampledAt: at(ms), receivedAt: at(ms), ...more });
const none: Evidence = { kind: 'none', cause: 'does not answer' };
const notAccepted = (ms: number, missing = false): Evidence => ({ kind: 'not-accepted', sample: sample(ms), missing });
const moving = (ms: number, more = {}): Evidence => ({
  kind: 'moving',
  sample: sample(ms, { ...halfWay(1, 2), ...more }),
  crashLoop: false,
  words: 'broker 1 restarts',
});
const looping = (ms: number): Evidence => ({ kind: 'moving', sample: sample(ms, crashed(2)), crashLoop: true, words: 'broker 0 crashes' });
const healthy = (ms: number): Evidence => ({ kind: 'healthy', sample: sample(ms) });

const ms = (of: number | undefined): string => (of === undefined ? 'never' : String(of - at(0)));
/** What became of it, why it waits until when, and when it is looked at again. */
const NOT_ASKED: Evidence = { kind: 'not-asked', cause: 'nobody has looked yet' };

const said = ({ target: { status }, wait, wakeAt }: Advanced): string =>
  wait === undefined
    ? `${status}, wakes ${ms(wakeAt)}`
    : `${status}, waits for ${wait.reason.kind} until ${ms(wait.until)}, wakes ${ms(wakeAt)}`;

describe('each kind of evidence, by where the target stands', () => {
  const MOVES: readonly TargetStatus[] = ['applying', 'rolling', 'soaking', 'held'];
  const MODES = ['run', 'hold'] as const;
  const AFTER: Readonly<Record<Evidence['kind'], (status: TargetStatus, mode: (typeof MODES)[number]) => TargetStatus>> = {
    // What cannot be seen stands where it stood; but no soak goes on unseen.
    // That nobody has looked says nothing, not even that it cannot be seen.
    'not-asked': (status) => status,
    none: (status, mode) => (status !== 'soaking' ? status : mode === 'hold' ? 'held' : 'rolling'),
    'not-accepted': (_, mode) => (mode === 'hold' ? 'held' : 'applying'),
    moving: (_, mode) => (mode === 'hold' ? 'held' : 'rolling'),
    healthy: () => 'soaking',
  };
  const EVIDENCE: readonly Evidence[] = [NOT_ASKED, none, notAccepted(10_000), moving(10_000), healthy(10_000)];
  const rows = EVIDENCE.flatMap((evidence) =>
    MOVES.flatMap((status) =>
      MODES.map((mode) => ({ evidence, kind: evidence.kind, status, mode, after: AFTER[evidence.kind](status, mode) })),
    ),
  );
  it.each(rows)('$kind, $status, ordered to $mode: $after', ({ evidence, status, mode, after }) => {
    expect(advance(target(status), evidence, context(10_000, { order: { ...order, mode } })).target.status).toBe(after);
  });

  it.each([
    [notAccepted(10_000), 'applying'],
    [moving(10_000), 'rolling'],
    [healthy(10_000), 'soaking'],
  ] as const)('one that was unreachable is taken up again where it is seen: %o', (evidence, after) => {
    expect(advance(target('unreachable'), evidence, context(10_000)).target.status).toBe(after);
  });

  it.each(['rolling', 'soaking', 'unreachable'] as const)('one that is %s stays so, however long nobody has looked', (status) => {
    const looked = advance(target(status), NOT_ASKED, context(100 * PATIENCE_MS));
    expect([looked.target.status, looked.wakeAt]).toEqual([status, undefined]);
  });

  it('without an order on record it counts as ordered to run', () => {
    expect(advance(target('soaking'), none, context(10_000, { order: undefined })).target.status).toBe('rolling');
  });
});

describe('no evidence', () => {
  it.each([
    [299_999, 'rolling, waits for no-evidence until 300000, wakes 300000'],
    [300_000, 'unreachable, wakes never'],
  ])('the patience with one never seen runs from its order: at %i ms it is %s', (nowMs, words) => {
    expect(said(advance(target('rolling'), none, context(nowMs)))).toBe(words);
  });

  it('the patience runs from when it was last seen', () => {
    expect(said(advance(target('rolling', { seenAt: at(50_000) }), none, context(300_000)))).toBe(
      'rolling, waits for no-evidence until 350000, wakes 350000',
    );
  });

  it('and anew from a newer order', () => {
    const later = { order: { ...order, orderedAt: at(80_000) } };
    expect(said(advance(target('rolling', { seenAt: at(50_000) }), none, context(300_000, later)))).toContain('until 380000');
  });

  it('where no order is on record, from when its status began', () => {
    expect(said(advance(target('rolling', { since: at(7_000) }), none, context(10_000, { order: undefined })))).toContain('until 307000');
  });

  it('one that is unreachable stays so, and is the same object', () => {
    const lost = target('unreachable', { seenAt: at(0) });
    expect(advance(lost, none, context(900_000))).toEqual({ target: lost, wait: undefined, wakeAt: undefined });
    expect(advance(lost, none, context(900_000)).target).toBe(lost);
  });

  it('the cause and the silence are said', () => {
    expect(advance(target('rolling', { seenAt: at(0) }), none, context(360_000)).target.detail).toBe('no evidence for 6m: does not answer');
    expect(advance(target('soaking'), none, context(1)).target.detail).toBe('no evidence: does not answer');
  });

  it('the soak clock is kept', () => {
    const before = target('soaking', { healthySince: at(5_000), seenAt: at(9_000) });
    expect(advance(before, none, context(90_000)).target).toMatchObject({ status: 'rolling', healthySince: at(5_000), seenAt: at(9_000) });
  });
});

describe('an order that was not accepted', () => {
  it('waits until the deadline, and is looked at when the sample is too old', () => {
    expect(said(advance(target('applying'), notAccepted(10_000), context(10_000)))).toBe(
      'applying, waits for not-accepted until 600000, wakes 70001',
    );
  });

  it('what was known of its health is forgotten', () => {
    const before = target('soaking', { healthySince: at(1), brokenSince: at(2) });
    expect(advance(before, notAccepted(10_000), context(10_000)).target).toMatchObject({
      healthySince: undefined,
      brokenSince: undefined,
      sampledAt: at(10_000),
      seenAt: at(10_000),
      detail: 'the data plane has not accepted the order',
    });
  });

  it('a cluster that is not there is said to be', () => {
    expect(advance(target('applying'), notAccepted(10_000, true), context(10_000)).target.detail).toBe(
      'the data plane has no such cluster',
    );
  });

  it.each([
    ['disk full', 'disk full'],
    [undefined, 'no reason given'],
  ])('the reason for a refusal is said: %s', (reason, words) => {
    const refused = { order: { ...order, reply: { kind: 'refused', at: at(1), ...(reason === undefined ? {} : { reason }) } } } as const;
    expect(advance(target('applying'), notAccepted(10_000), context(10_000, refused)).wait?.reason).toEqual({
      kind: 'refused',
      reason: words,
    });
    expect(advance(target('applying'), notAccepted(600_000), context(600_000, refused)).target).toMatchObject({
      status: 'failed',
      detail: `not healthy within 10m: the data plane refuses the order: ${words}`,
    });
  });

  it('an accepting answer that the evidence contradicts is no refusal', () => {
    const answered = { order: { ...order, reply: { kind: 'accepted', at: at(1) } } } as const;
    expect(advance(target('applying'), notAccepted(10_000), context(10_000, answered)).wait?.reason.kind).toBe('not-accepted');
  });
});

describe('the deadline', () => {
  it.each([
    [599_999, 'rolling, waits for rolling until 600000, wakes 600000'],
    [600_000, 'failed, wakes never'],
  ])('at %i ms: %s', (nowMs, words) => {
    expect(said(advance(target('rolling'), moving(599_990), context(nowMs)))).toBe(words);
  });

  it('says what it was doing', () => {
    expect(advance(target('rolling'), moving(600_000), context(600_000)).target.detail).toBe('not healthy within 10m: broker 1 restarts');
  });

  it.each(['held', 'soaking', 'unreachable'] as const)('time that was spent %s is left out', (status) => {
    const back = advance(target(status, { since: at(100_000) }), moving(150_000), context(150_000));
    expect(back.target).toMatchObject({ status: 'rolling', exemptMs: 50_000, since: at(150_000) });
    expect(said(back)).toContain('until 650000');
  });

  it.each(['applying', 'rolling'] as const)('time that was spent %s is not', (status) => {
    expect(advance(target(status, { since: at(100_000) }), notAccepted(150_000), context(150_000)).target.exemptMs).toBe(0);
  });

  it('a clock that was set back exempts nothing', () => {
    expect(advance(target('held', { since: at(100_000) }), moving(50_000), context(50_000)).target.exemptMs).toBe(0);
  });

  it('there is none while it is held in a rollout that goes on', () => {
    expect(said(advance(target('held'), moving(900_000), context(900_000, hold)))).toBe(
      'held, waits for rolling until never, wakes 960001',
    );
  });

  it.each([
    [599_999, 'held, waits for rolling until 600000, wakes 600000'],
    [600_000, 'failed, wakes never'],
  ])('in one that winds down it runs from when it was held: at %i ms %s', (nowMs, words) => {
    const winding = { ...hold, restsAs: 'deferred' } as const;
    expect(said(advance(target('held', { startedAt: at(-500_000) }), moving(nowMs - 1, { held: false }), context(nowMs, winding)))).toBe(
      words,
    );
  });

  it('one that was never started has its time from when its status began', () => {
    expect(said(advance(target('rolling', { startedAt: undefined, since: at(50_000) }), moving(60_000), context(60_000)))).toContain(
      'until 650000',
    );
  });

  it('does not fail what is healthy', () => {
    expect(
      advance(target('soaking', { healthySince: at(599_000), seenAt: at(599_000) }), healthy(700_000), context(700_000)).target.status,
    ).toBe('soaking');
  });
});

describe('a crash loop', () => {
  const suspected = target('rolling', { brokenSince: at(10_000), sampledAt: at(10_000), seenAt: at(10_000) });

  it('seen once is a suspicion, looked at again soon', () => {
    const once = advance(target('rolling'), looping(10_000), context(10_000));
    expect(once.target).toMatchObject({ status: 'rolling', brokenSince: at(10_000) });
    expect(once.wakeAt).toBe(at(10_000 + CONFIRM_AFTER_MS));
  });

  it('confirmed by a later sample is a failure', () => {
    expect(said(advance(suspected, looping(11_000), context(11_000)))).toBe('failed, wakes never');
    expect(advance(suspected, looping(11_000), context(11_000)).target.detail).toBe('broker 0 crashes');
  });

  it('is not confirmed by the same sample, received again', () => {
    const again: Evidence = { kind: 'moving', sample: sample(10_000, { receivedAt: at(20_000) }), crashLoop: true, words: 'crashes' };
    const after = advance(suspected, again, context(20_000));
    expect(after.target).toMatchObject({ status: 'rolling', seenAt: at(10_000), brokenSince: at(10_000) });
    // The time to confirm it has passed: only another sample can.
    expect(after.wakeAt).toBe(at(70_001));
  });

  it('that is gone in the next sample was a blip', () => {
    expect(advance(suspected, moving(11_000), context(11_000)).target).toMatchObject({ status: 'rolling', brokenSince: undefined });
  });

  it.each([
    ['a rescue', { rescue: true }],
    ['a second attempt', { attempt: 2 }],
  ])('%s may still show the old one: only the deadline can tell', (_, over) => {
    const once = advance(target('rolling', over), looping(10_000), context(10_000));
    expect(once.target.brokenSince).toBeUndefined();
    expect(advance({ ...suspected, ...over }, looping(11_000), context(11_000)).target.status).toBe('rolling');
  });
});

describe('soaking', () => {
  /** Looks at it again and again. */
  const watch = (evidence: readonly (readonly [number, Evidence])[], start = target('rolling')): TargetState =>
    evidence.reduce((state, [nowMs, one]) => advance(state, one, context(nowMs)).target, start);

  it.each([
    [129_999, 'soaking'],
    [130_000, 'succeeded'],
  ])('is over once a sample shows it healthy to the end: received at %i ms, %s', (receivedMs, status) => {
    const begun = watch([
      [10_000, healthy(10_000)],
      [70_000, healthy(70_000)],
    ]);
    expect(advance(begun, healthy(receivedMs), context(receivedMs)).target.status).toBe(status);
  });

  it('says for how long it was healthy', () => {
    expect(
      watch([
        [10_000, healthy(10_000)],
        [70_000, healthy(70_000)],
        [130_000, healthy(130_000)],
      ]),
    ).toMatchObject({
      status: 'succeeded',
      detail: 'healthy for 2m',
      progress: { done: 3, total: 3 },
    });
  });

  it('waits for its end, and is looked at before the evidence is too old', () => {
    expect(said(advance(target('rolling'), healthy(10_000), context(10_000)))).toBe('soaking, waits for soaking until 130000, wakes 70001');
    const late = watch([
      [10_000, healthy(10_000)],
      [70_000, healthy(70_000)],
    ]);
    expect(said(advance(late, healthy(100_000), context(100_000)))).toBe('soaking, waits for soaking until 130000, wakes 130000');
  });

  it('past its end only a newer sample helps', () => {
    const late = watch([
      [10_000, healthy(10_000)],
      [70_000, healthy(70_000)],
    ]);
    expect(said(advance(late, healthy(120_000), context(130_000)))).toBe('soaking, waits for soaking until never, wakes 180001');
  });

  it('counts time between looks only while they are no further apart than evidence may be old', () => {
    const until = watch([
      [10_000, healthy(10_000)],
      [70_000, healthy(70_000)],
    ]);
    expect(until.healthySince).toBe(at(10_000));
    const gap = watch([
      [10_000, healthy(10_000)],
      [70_001, healthy(70_001)],
    ]);
    expect(gap.healthySince).toBe(at(70_001));
  });

  it('goes on where it stood after a time that was not seen', () => {
    const state = watch([
      [10_000, healthy(10_000)],
      [50_000, healthy(50_000)],
      [200_000, none],
      [210_000, healthy(210_000)],
    ]);
    // Forty seconds were seen.
    expect(state).toMatchObject({ status: 'soaking', healthySince: at(170_000) });
  });

  it('gains nothing by the same sample, received again', () => {
    const begun = watch([[10_000, healthy(10_000)]]);
    const again: Evidence = { kind: 'healthy', sample: sample(10_000, { receivedAt: at(60_000) }) };
    expect(advance(begun, again, context(60_000)).target).toBe(begun);
  });

  it.each([
    ['had not accepted the order', notAccepted(10_000)],
    ['was moving', moving(10_000)],
  ])('begins when it is first seen healthy, also where it %s at what is said to be the same instant', (_what, before) => {
    const again: Evidence = { kind: 'healthy', sample: sample(10_000, { receivedAt: at(60_000) }) };
    const begun = watch([
      [10_000, before],
      [60_000, again],
    ]);
    expect(begun).toMatchObject({ status: 'soaking', seenAt: at(60_000), healthySince: at(60_000) });
    expect(advance(begun, healthy(100_000), context(100_000)).target.healthySince).toBe(at(60_000));
  });

  it('counts a sample from when it came, where nobody knows when it first did', () => {
    const state = advance(target('rolling', { sampledAt: at(10_000) }), healthy(10_000), context(10_000)).target;
    expect(state).toMatchObject({ status: 'soaking', seenAt: at(10_000), healthySince: at(10_000) });
  });

  it('begins anew when our clock was set back', () => {
    const begun = watch([
      [100_000, healthy(100_000)],
      [150_000, healthy(150_000)],
    ]);
    expect(advance(begun, healthy(90_000), context(90_000)).target.healthySince).toBe(at(90_000));
    expect(
      advance(begun, { kind: 'healthy', sample: sample(150_001, { receivedAt: at(150_000) }) }, context(150_000)).target.healthySince,
    ).toBe(at(100_000));
  });

  it('begins anew after it was seen unhealthy', () => {
    expect(
      watch([
        [10_000, healthy(10_000)],
        [20_000, moving(20_000)],
        [30_000, healthy(30_000)],
      ]).healthySince,
    ).toBe(at(30_000));
  });

  it('of no length is over at the first look', () => {
    expect(advance(target('rolling'), healthy(10_000), context(10_000, { soakMs: durationMs(0) })).target.status).toBe('succeeded');
  });
});

describe('coming to rest', () => {
  it.each([
    ['deferred', true, 'deferred'],
    ['superseded', true, 'superseded'],
    ['deferred', false, 'held'],
    [undefined, true, 'held'],
  ] as const)('ordered to hold, rests as %s, held there %s: %s', (restsAs, held, status) => {
    const after = advance(target('held'), moving(10_000, { held }), context(10_000, { ...hold, restsAs })).target;
    expect(after.status).toBe(status);
    if (status !== 'held') expect(after.detail).toBe('stopped in the middle: broker 1 restarts');
  });

  it('one that is still ordered to run has not come to rest, whatever it says', () => {
    expect(advance(target('rolling'), moving(10_000, { held: true }), context(10_000, { restsAs: 'deferred' })).target.status).toBe(
      'rolling',
    );
  });

  it.each([
    ['superseded', 'superseded'],
    ['deferred', 'soaking'],
  ] as const)('one that is healthy need not soak to be superseded; an abort lets it: %s, %s', (restsAs, status) => {
    expect(advance(target('rolling'), healthy(10_000), context(10_000, { restsAs })).target.status).toBe(status);
  });

  it('one that has soaked has succeeded, also when it is superseded', () => {
    const soaked = target('soaking', { healthySince: at(0), seenAt: at(100_000) });
    expect(advance(soaked, healthy(120_000), context(120_000, { restsAs: 'superseded' })).target.status).toBe('succeeded');
  });
});

describe('progress', () => {
  const progressAfter = (evidence: Evidence, over: Partial<AdvanceContext> = {}) =>
    advance(target('rolling'), evidence, context(10_000, over)).target.progress;

  it('counts brokers at the new version that are ready', () => {
    expect(progressAfter(moving(10_000))).toEqual({ done: 1, total: 3 });
    const restarting = brokersAt(2, 2, 1).map((broker) => ({ ...broker, state: broker.ordinal === 1 ? 'restarting' : 'ready' }));
    expect(progressAfter(moving(10_000, { brokers: restarting }))).toEqual({ done: 1, total: 3 });
  });

  it('is not known while brokers move to the version they have already', () => {
    const same = { planned: { ...planned, from: { revision: undefined, version: spec(2).version } } };
    expect(progressAfter(moving(10_000, { brokers: brokersAt(2, 2, 2) }), same)).toBeUndefined();
    expect(progressAfter(moving(10_000), { planned: { ...planned, from: undefined } })).toBeUndefined();
    expect(progressAfter(moving(10_000, { brokers: brokersAt(2, 2, 2), rolled: true }), same)).toEqual({ done: 3, total: 3 });
    expect(progressAfter(moving(10_000, { brokers: brokersAt(2, 1, 2), rolled: true }), same)).toBeUndefined();
  });

  it('that is the same leaves the target the same object', () => {
    const rolling = advance(target('rolling'), moving(10_000), context(10_000)).target;
    expect(advance(rolling, moving(10_000), context(20_000)).target).toBe(rolling);
    const further = moving(10_000, { brokers: brokersAt(2, 2, 1) });
    expect(advance(rolling, further, context(20_000)).target.progress).toEqual({ done: 2, total: 3 });
    const larger = moving(10_000, { brokers: brokersAt(2, 1, 1, 1) });
    expect(advance(rolling, larger, context(20_000)).target.progress).toEqual({ done: 1, total: 4 });
  });
});

describe('become', () => {
  it('keeps when its status began, while that stays', () => {
    const before = target('rolling', { since: at(5) });
    expect(become(before, 'rolling', at(9), {})).toBe(before);
    expect(become(before, 'rolling', at(9), { detail: 'x' })).toMatchObject({ since: at(5), detail: 'x' });
    expect(become(before, 'failed', at(9), {})).toMatchObject({ since: at(9), status: 'failed' });
  });

  it('adds up what the deadline leaves out', () => {
    expect(become(target('held', { since: at(5), exemptMs: 100 }), 'rolling', at(9), {}).exemptMs).toBe(104);
    expect(become(target('held', { since: at(5), exemptMs: 100 }), 'held', at(9), { detail: 'x' }).exemptMs).toBe(100);
  });
});

it('a sample is later when it was sampled at another time, and there was one before', () => {
  expect(isLater(sample(10), target('rolling', { sampledAt: at(10) }))).toBe(false);
  expect(isLater(sample(11), target('rolling', { sampledAt: at(10) }))).toBe(true);
  expect(isLater(sample(9), target('rolling', { sampledAt: at(10) }))).toBe(true);
  expect(isLater(sample(9), target('rolling'))).toBe(false);
});

it('evidence counts up to its longest age', () => {
  expect(staleAt(at(0), { evidenceMaxAgeMs: 60_000 })).toBe(at(60_001));
});
