import { describe, expect, it } from 'vitest';
import { classify, describe as describeSample, isBroken, type SeenBefore, whyNotFresh } from '../../../src/core/evidence/classify.ts';
import type { BrokerState, Observation, Observed } from '../../../src/core/evidence/observation.ts';
import type { StandingOrder } from '../../../src/core/evidence/order.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { at, brokersAt, seen, unseen } from '../../support/engine/scene.ts';
import { revision, spec } from '../../support/small-world/plans.ts';

const MAX_AGE_MS = 60_000;
const A = 'east-a';

const order: StandingOrder = {
  cluster: trusted.cluster(A),
  dataPlane: 'east',
  revision: revision(2),
  spec: spec(2),
  mode: 'run',
  epoch: 3,
  rollout: undefined,
  orderedAt: at(0),
  reply: undefined,
};
const NOT_SEEN: SeenBefore = { sampledAt: undefined, seenAt: undefined };
const ACCEPTED = { epoch: 3, revision: revision(2), mode: 'run' } as const;

const sample = (ms: number, more: Partial<Observed> = {}): Observed =>
  seen(A, 2, { accepted: ACCEPTED, sampledAt: at(ms), receivedAt: at(ms), ...more });

/** Kind of evidence, with its cause or words. */
function said(observation: Observation | undefined, nowMs: number, before = NOT_SEEN, under: StandingOrder | undefined = order): string {
  const evidence = classify({ revision: revision(2), spec: spec(2) }, under, observation, before, {
    now: at(nowMs),
    evidenceMaxAgeMs: MAX_AGE_MS,
  });
  switch (evidence.kind) {
    case 'not-asked':
    case 'none':
      return `${evidence.kind}: ${evidence.cause}`;
    case 'not-accepted':
      return `not-accepted${evidence.missing ? ': missing' : ''}`;
    case 'moving':
      return `moving: ${evidence.words}${evidence.crashLoop ? ' (crash loop)' : ''}`;
    case 'healthy':
      return 'healthy';
  }
}

const OLD = 'none: the newest sample is too old';
const FUTURE = 'none: the newest sample is from the future';

describe('freshness', () => {
  it.each([
    ['as old as it may be', 10_000, 70_000, 'healthy'],
    ['too old by a millisecond', 10_000, 70_001, OLD],
    ['received by a clock that was ahead as far as it may be', 70_000, 10_000, 'healthy'],
    ['from further in the future than that', 70_001, 10_000, FUTURE],
  ])('%s', (_, receivedMs, nowMs, words) => {
    expect(said(sample(receivedMs), nowMs)).toBe(words);
  });

  it('is judged by when we received it, and not by the clock of the data plane', () => {
    expect(said(sample(10_000, { sampledAt: at(-9_000_000) }), 10_000)).toBe('healthy');
    expect(said(sample(10_000, { sampledAt: at(9_000_000) }), 10_000)).toBe('healthy');
  });

  it('of a time that is no number is none', () => {
    expect(said(sample(0, { receivedAt: instant(Number.NaN) }), 10_000)).toBe(OLD);
  });

  it('is none where nothing was ever observed', () => {
    expect(said(undefined, 10_000)).toBe('not-asked: nobody has looked yet');
    expect(whyNotFresh(undefined, { now: at(0), evidenceMaxAgeMs: MAX_AGE_MS })).toBe('nobody has looked yet');
  });

  it('is none where the data plane does not answer', () => {
    expect(said({ ...unseen(A), receivedAt: at(10_000) }, 10_000)).toBe('none: does not answer');
  });

  it('is none where no order is on record', () => {
    expect(said(sample(10_000), 10_000, NOT_SEEN, { ...order, epoch: 3 })).toBe('healthy');
    const evidence = classify({ revision: revision(2), spec: spec(2) }, undefined, sample(10_000), NOT_SEEN, {
      now: at(10_000),
      evidenceMaxAgeMs: MAX_AGE_MS,
    });
    expect(evidence).toEqual({ kind: 'none', cause: 'its order is not on record' });
  });
});

describe('the order of samples', () => {
  const before: SeenBefore = { sampledAt: at(10_000), seenAt: at(10_000) };
  const REPEATED = 'none: the data plane repeats one old sample';
  const OVERTAKEN = 'none: the sample is older than one seen before';

  it.each([
    ['the same sample is evidence as long as the first time it came', 10_000, 70_000, 70_000, 'healthy'],
    ['and no longer, however lately it came again', 10_000, 70_001, 70_001, REPEATED],
    ['a later one is', 10_001, 70_001, 70_001, 'healthy'],
    ['an earlier one has been overtaken', 9_999, 70_000, 70_000, OVERTAKEN],
    ['until the newer one is too old: then the clock there was set back', 9_999, 70_001, 70_001, 'healthy'],
    ['also by as little as it may be old before the newer one came', 9_999, -50_000, -50_000, OVERTAKEN],
    ['until that lies further ahead: then both clocks were set back', 9_999, -50_001, -50_001, 'healthy'],
  ])('%s', (_, sampledMs, receivedMs, nowMs, words) => {
    expect(said(sample(receivedMs, { sampledAt: at(sampledMs) }), nowMs, before)).toBe(words);
  });

  it.each([
    { sampledAt: at(10_000), seenAt: undefined },
    { sampledAt: undefined, seenAt: at(10_000) },
  ])('is not judged by half of what is needed for it: %o', (half) => {
    expect(said(sample(90_000, { sampledAt: at(9_000) }), 90_000, half)).toBe('healthy');
    expect(said(sample(90_000, { sampledAt: at(10_000) }), 90_000, half)).toBe('healthy');
  });
});

describe('acceptance', () => {
  it.each([
    ['nothing', undefined],
    ['an older order', { ...ACCEPTED, epoch: 2 }],
    ['a newer order', { ...ACCEPTED, epoch: 4 }],
    ['another revision under the same number', { ...ACCEPTED, revision: revision(1) }],
  ])('a cluster that has accepted %s has not accepted this', (_, accepted) => {
    expect(said(sample(10_000, { accepted }), 10_000)).toBe('not-accepted');
    expect(said(sample(0, { accepted }), 10_000)).toBe('none: not sampled since it was ordered');
    expect(said(sample(1, { accepted }), 10_000)).toBe('not-accepted');
  });

  it('a cluster that is not there has accepted nothing', () => {
    const missing = unseen(A, true);
    expect(said({ ...missing, receivedAt: at(1) }, 10_000)).toBe('not-accepted: missing');
    expect(said({ ...missing, receivedAt: at(0) }, 10_000)).toBe('none: not sampled since it was ordered');
    expect(said({ ...missing, receivedAt: at(1) }, 90_000)).toBe(OLD);
  });

  it('the number alone proves that the sample came after it: no clocks are compared', () => {
    expect(said(sample(-10_000), 10_000)).toBe('healthy');
  });
});

describe('a data plane that says all is well', () => {
  it.each([
    ['while a broker runs the old version', { brokers: brokersAt(2, 1, 2) }, 'reported as rolled, but broker 1 runs 1.1.0'],
    ['while brokers are not named', { brokers: brokersAt(2, 2) }, 'reported as rolled, but 2 of 3 brokers are named'],
    ['with too many brokers', { brokers: brokersAt(2, 2, 2, 2) }, 'reported as rolled, but 4 of 3 brokers are named'],
    [
      'with another number of replicas',
      { brokers: brokersAt(2, 2), running: { ...sample(0).running, replicas: 2 } },
      'reported as rolled, but replicas is 2 instead of 3',
    ],
    [
      'with another flag',
      { running: { ...sample(0).running, featureFlags: { tiered: true } } },
      'reported as rolled, but featureFlags.tiered is true instead of not set',
    ],
  ])('%s is not believed', (_, lie, words) => {
    expect(said(sample(10_000, lie), 10_000)).toBe(`moving: ${words}`);
  });

  it('with other settings than ordered is not believed', () => {
    const evidence = classify({ revision: revision(2), spec: { ...spec(2), config: { threads: 8 } } }, order, sample(10_000), NOT_SEEN, {
      now: at(10_000),
      evidenceMaxAgeMs: MAX_AGE_MS,
    });
    expect(evidence).toMatchObject({ kind: 'moving', words: 'reported as rolled, but config.threads is not set instead of 8' });
  });

  it.each(['restarting', 'crash-loop', 'stuck', 'waiting'] as const)('while a broker is %s is not believed', (state: BrokerState) => {
    const brokers = brokersAt(2, 2, 2).map((broker) => (broker.ordinal === 2 ? { ...broker, state } : broker));
    expect(said(sample(10_000, { brokers }), 10_000)).toBe(
      `moving: broker 2: ${state} at 1.2.0${state === 'crash-loop' ? ' (crash loop)' : ''}`,
    );
  });

  it('with settings of its own that nobody described is believed', () => {
    expect(said(sample(10_000, { running: { ...sample(0).running, config: { own: 1 } } }), 10_000)).toBe('healthy');
  });
});

describe('a cluster on its way', () => {
  it.each([
    ['not rolled', { rolled: false }, 'moving: brokers are being moved'],
    ['not healthy', { healthy: false }, 'moving: not healthy'],
    ['with words of its own', { healthy: false, detail: 'disk full' }, 'moving: disk full'],
    ['not rolled, and not there: no contradiction', { rolled: false, brokers: brokersAt(2, 1, 1) }, 'moving: brokers are being moved'],
  ])('%s', (_, more, words) => {
    expect(said(sample(10_000, more), 10_000)).toBe(words);
  });

  it('is in a crash loop where a broker of the new version is', () => {
    const looping = (number: number) =>
      brokersAt(number, 2, 2).map((broker) => (broker.ordinal === 0 ? { ...broker, state: 'crash-loop' as const } : broker));
    expect(said(sample(10_000, { rolled: false, brokers: looping(2) }), 10_000)).toContain('(crash loop)');
    expect(said(sample(10_000, { rolled: false, brokers: looping(1) }), 10_000)).toBe('moving: broker 0: crash-loop at 1.1.0');
  });
});

it('names at most three brokers that are not ready', () => {
  const broken = (count: number) =>
    sample(0, { brokers: brokersAt(2, 2, 2, 2, 2).map((broker, at) => (at < count ? { ...broker, state: 'waiting' as const } : broker)) });
  expect(describeSample(broken(3))).toBe('broker 0: waiting at 1.2.0, broker 1: waiting at 1.2.0, broker 2: waiting at 1.2.0');
  expect(describeSample(broken(5))).toBe('broker 0: waiting at 1.2.0, broker 1: waiting at 1.2.0, broker 2: waiting at 1.2.0 and 2 more');
});

it.each([
  ['ready', false],
  ['restarting', false],
  ['waiting', false],
  ['crash-loop', true],
  ['stuck', true],
] as const)('a cluster with a broker that is %s: broken is %s', (state, broken) => {
  expect(isBroken(sample(0, { brokers: [...brokersAt(2, 2), { ordinal: 2, version: '1.2.0', state }] }))).toBe(broken);
});
