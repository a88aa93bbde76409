import { describe, expect, it } from 'vitest';
import type { FleetChange, Heads } from '../../../src/core/change/fleet-change.ts';
import type { History } from '../../../src/core/change/rewrite.ts';
import type { DesiredCluster, DesiredState } from '../../../src/core/desired/desired.ts';
import { type LandingInput, type LandingOutcome, land } from '../../../src/core/landing/land.ts';
import { reconcileRelease } from '../../../src/core/landing/reconcile-release.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import {
  c,
  desiredCluster,
  ledgerEntry,
  observed,
  order,
  plannedFor,
  planOf,
  policy,
  proven,
  sha,
  spec,
  standing,
  t,
} from '../../support/state/builders.ts';

const stateOf = (...clusters: readonly DesiredCluster[]): DesiredState => new Map(clusters.map((one) => [one.cluster, one]));

const OLD = stateOf(desiredCluster('a', '1.0.0'), desiredCluster('b', '1.0.0'));
const NEW = stateOf(desiredCluster('a', '2.0.0'), desiredCluster('b', '2.0.0'));
const PLAN = planOf(plannedFor(['a', 'b'], '2.0.0'));

const planned = (desired: DesiredState, plan: Plan | undefined, more: Partial<Extract<LandingOutcome, { kind: 'planned' }>> = {}) =>
  ({ kind: 'planned', desired, policy: policy(), plan, changed: 2, seen: [], ...more }) as const;

function landing(over: Partial<LandingInput> = {}): LandingInput {
  return {
    heads: { seen: sha('1'), good: sha('1') },
    landing: { commit: sha('2'), history: 'continued', pull: 12, author: 'octocat', title: 'Kafka 2.0' },
    recorded: {
      desired: OLD,
      ledger: new Map([...OLD.keys()].map((cluster) => [cluster, ledgerEntry(cluster)])),
      orders: new Map(),
      lastSeq: 4,
      openPulls: [12, 13],
    },
    outcome: planned(NEW, PLAN),
    now: t(100),
    ...over,
  };
}

describe('a commit that moves clusters', () => {
  const change = land(landing());

  it('is in force from now on: heads, desired state and policy', () => {
    expect(change.heads).toEqual({ seen: sha('2'), good: sha('2') });
    expect(change.desired?.set.map(({ cluster }) => cluster)).toEqual(['a', 'b']);
    expect(change.desired?.next).toBe(NEW);
    expect(change.policy).toEqual(policy());
  });

  it('brings one pending rollout for each release, after all there were', () => {
    const { states, ...brought } = change.newRollouts ?? { states: [] };
    expect(brought).toEqual({ plan: PLAN, pull: 12, author: 'octocat', title: 'Kafka 2.0' });
    expect(states.map(({ release, seq, status, commit, createdAt }) => [release, seq, status, commit, createdAt])).toEqual([
      ['kafka-main', 5, 'pending', sha('2'), t(100)],
    ]);
    expect(change.ledger).toEqual([]);
    expect(change.stops).toBeUndefined();
  });

  it('says who brought it, and what is to be done', () => {
    expect(change.audit.map(({ actor, kind, why }) => [actor, kind, why])).toEqual([
      ['flotilla', 'desired', '2 clusters changed'],
      ['octocat', 'rollout', 'kafka-main: Kafka 2.0'],
    ]);
    expect(change.followUps).toEqual([
      { kind: 'report-branch', commit: sha('2') },
      { kind: 'review-again', pull: 13 },
      { kind: 'tick' },
      { kind: 'report-rollouts', commit: sha('2'), at: undefined },
      { kind: 'look-for-drift' },
    ]);
  });
});

describe('a commit that moves nothing', () => {
  it('starts nothing, and has nothing to report', () => {
    const change = land(landing({ outcome: planned(OLD, undefined) }));
    expect([change.newRollouts, change.desired?.set]).toEqual([undefined, []]);
    expect(change.followUps.map(({ kind }) => kind)).toEqual(['report-branch', 'review-again', 'look-for-drift']);
  });

  it('may still be about clusters that opted out: such a plan has no rollouts', () => {
    const excluded = { ...planOf(), excluded: [{ cluster: c('a'), release: 'kafka-main', reason: 'opted-out', words: 'no' } as const] };
    const change = land(landing({ outcome: planned(NEW, excluded) }));
    expect([change.newRollouts, change.desired?.set.length]).toEqual([undefined, 2]);
  });

  it('forgets clusters that are gone, and keeps their ledger', () => {
    const change = land(landing({ outcome: planned(stateOf(desiredCluster('a', '1.0.0')), undefined) }));
    expect([change.desired?.remove, change.ledger]).toEqual([['b'], []]);
  });
});

describe('a broken commit', () => {
  it('was looked at, and changes nothing else', () => {
    const change = land(landing({ outcome: { kind: 'broken', errors: 3 } }));
    expect(change).toEqual({
      heads: { seen: sha('2'), good: sha('1') },
      audit: [expect.objectContaining({ kind: 'desired', subject: sha('2'), why: 'not taken: 3 errors in the manifests' })],
      followUps: [
        { kind: 'report-branch', commit: sha('2') },
        { kind: 'review-again', pull: 13 },
      ],
    });
  });
});

describe('the first commit', () => {
  const first = landing({
    heads: { seen: undefined, good: undefined },
    recorded: { desired: new Map(), ledger: new Map(), orders: new Map(), lastSeq: 0, openPulls: [] },
    outcome: planned(NEW, PLAN, { seen: [observed('a', 90, { running: { ...spec('1.0.0') } })] }),
  });
  const change = land(first);

  it('is what the fleet is taken to be: every cluster is adopted, and nothing is rolled out', () => {
    expect([change.newRollouts, change.stops]).toEqual([undefined, undefined]);
    expect(change.ledger?.map(({ cluster, proven: [top] }) => [cluster, top?.proof, top?.revision, top?.rollout])).toEqual([
      ['a', 'adopted', NEW.get(c('a'))?.revision, undefined],
      ['b', 'adopted', NEW.get(c('b'))?.revision, undefined],
    ]);
    expect(change.ledger?.[0]?.observed?.running.version).toBe('1.0.0');
    expect(change.followUps).toContainEqual({ kind: 'look-for-drift' });
    expect(change.policy).toEqual(policy());
  });

  it('is the first good one, not the first one', () => {
    const later = land({ ...first, heads: { seen: sha('1'), good: undefined } });
    expect(later.ledger).toHaveLength(2);
  });
});

describe('a cluster that is new in the manifests', () => {
  const desired = stateOf(...OLD.values(), desiredCluster('c', '2.0.0'));
  const running = { ...spec('2.0.0') };
  const add = (outcome: Partial<Extract<LandingOutcome, { kind: 'planned' }>>, recorded: Partial<LandingInput['recorded']> = {}) =>
    land(landing({ outcome: planned(desired, undefined, outcome), recorded: { ...landing().recorded, ...recorded } })).ledger;

  it('is adopted when it was seen to run just what they say', () => {
    expect(add({ seen: [observed('c', 90, { running })] })).toEqual([
      expect.objectContaining({
        cluster: 'c',
        proven: [expect.objectContaining({ proof: 'adopted', revision: desired.get(c('c'))?.revision, at: t(100) })],
        observed: { dataPlane: 'aws-eu-1', running, receivedAt: t(90) },
      }),
    ]);
  });

  it('is adopted by what was on record of it already', () => {
    const known = ledgerEntry('c', { proven: [], observed: { dataPlane: 'aws-eu-1', running, receivedAt: t(80) } });
    expect(add({}, { ledger: new Map([[c('c'), known]]) })?.map(({ proven: [top] }) => top?.proof)).toEqual(['adopted']);
  });

  it.each<[string, Parameters<typeof add>]>([
    ['was not seen', [{}]],
    ['runs something else', [{ seen: [observed('c', 90, { running: { ...running, replicas: 5 } })] }]],
    ['runs on another data plane', [{ seen: [observed('c', 90, { running, dataPlane: 'gcp-us-1' })] }]],
    ['is rolled out', [{ seen: [observed('c', 90, { running })], plan: planOf(plannedFor(['c'], '2.0.0')) }]],
    [
      'was ordered elsewhere before it left',
      [
        { seen: [observed('c', 90, { running })] },
        { orders: new Map([[c('c'), standing(order('c', 3, { revision: OLD.get(c('a'))?.revision ?? order('c', 3).revision }))]]) },
      ],
    ],
  ])('is not adopted when it %s', (_name, [outcome, recorded]) => {
    expect((add(outcome, recorded) ?? []).filter(({ proven: [top] }) => top !== undefined)).toEqual([]);
  });

  it('keeps what it was proven at before it left', () => {
    const before = ledgerEntry('c', { proven: [proven('2.0.0'), proven('1.0.0')] });
    expect(add({ seen: [observed('c', 90, { running })] }, { ledger: new Map([[c('c'), before]]) })).toEqual([
      { ...before, observed: { dataPlane: 'aws-eu-1', running, receivedAt: t(90) } },
    ]);
  });
});

describe('a rollback', () => {
  const back = plannedFor(['a', 'b'], '1.0.0', '2.0.0');
  const plan = planOf({
    ...back,
    kind: 'rollback',
    targets: new Map([...back.targets].map(([cluster, target]) => [cluster, { ...target, kind: 'rollback' }])),
  });
  const ledger = new Map(['a', 'b'].map((name) => [c(name), ledgerEntry(name, { proven: [proven('2.0.0'), proven('1.0.0')] })]));
  const change = land(landing({ outcome: planned(OLD, plan), recorded: { ...landing().recorded, desired: NEW, ledger } }));

  it('puts the version down that it goes back from', () => {
    expect(change.stops).toEqual([
      expect.objectContaining({
        scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '2.0.0' }] },
        cause: 'rolled-back',
        lets: 'rollbacks',
        by: 'octocat',
        at: t(100),
        until: undefined,
        rollout: change.newRollouts?.states[0]?.id,
        lifted: undefined,
      }),
    ]);
    expect(change.audit).toContainEqual(expect.objectContaining({ actor: 'octocat', kind: 'stop', subject: change.stops?.[0]?.id }));
  });

  it('does not when some cluster is still to have that version', () => {
    const desired = stateOf(desiredCluster('a', '1.0.0'), desiredCluster('b', '2.0.0'));
    expect(land(landing({ outcome: planned(desired, plan), recorded: { ...landing().recorded, ledger } })).stops).toBeUndefined();
  });

  it('does not when only some clusters go back', () => {
    const mixed = planOf({ ...plan.rollouts[0], ...back, kind: 'rollout' });
    expect(land(landing({ outcome: planned(OLD, mixed), recorded: { ...landing().recorded, ledger } })).stops).toBeUndefined();
  });
});

describe('reconcileRelease', () => {
  const input = {
    release: 'kafka-main',
    by: 'octocat',
    reason: 'bring them home',
    commit: sha('2'),
    broughtBy: { pull: 12, author: 'ada', origin: sha('1') },
    recorded: landing().recorded,
    plan: PLAN,
    now: t(100),
  };

  it('brings a rollout as if the commit were merged again, and leaves heads and desired state alone', () => {
    const change = reconcileRelease(input);
    expect([change?.heads, change?.desired, change?.policy]).toEqual([undefined, undefined, undefined]);
    expect(change?.newRollouts).toMatchObject({
      pull: 12,
      author: 'ada',
      origin: sha('1'),
      title: 'Reconcile kafka-main: bring them home',
    });
    expect(change?.audit.map(({ actor }) => actor)).toEqual(['octocat']);
    expect(change?.newRollouts?.states.map(({ seq, commit }) => [seq, commit])).toEqual([[5, sha('2')]]);
    expect(change?.followUps.map(({ kind }) => kind)).toEqual(['tick', 'report-rollouts']);
  });

  it.each([
    ['there is no plan', undefined],
    ['nothing of it moves', planOf()],
  ])('is nothing when %s', (_name, plan) => expect(reconcileRelease({ ...input, plan })).toBeUndefined());
});

describe('a rewritten history', () => {
  const rewritten = (history: History, over: Partial<LandingInput> = {}) =>
    land(landing({ landing: { commit: sha('2'), history, pull: undefined, author: 'octocat', title: 'Kafka 2.0' }, ...over }));
  const told = (change: FleetChange) => change.followUps.flatMap((one) => (one.kind === 'report-rewrite' ? [one.rewrite] : []));

  it.each(['rewritten', 'gone'] as const)('that is %s lands like any other, and is told', (how) => {
    const change = rewritten(how);
    expect([change.heads, change.newRollouts?.states.length, change.stops]).toEqual([{ seen: sha('2'), good: sha('2') }, 1, undefined]);
    expect(told(change)).toEqual([{ how, before: sha('1'), commit: sha('2'), author: 'octocat', at: t(100), changed: 2, stop: undefined }]);
  });

  it.each([
    ['good', {}, 2],
    ['broken', { outcome: { kind: 'broken', errors: 3 } }, undefined],
  ] as const)('that is unrelated, or that nobody can compare, stops the fleet, with manifests that are %s', (_manifests, over, changed) => {
    expect(rewritten('lost', over).stops).toMatchObject([{ cause: 'unrelated-history', lets: 'nothing' }]);
    const change = rewritten('unrelated', over);
    expect(change.stops).toMatchObject([{ scope: { kind: 'fleet' }, cause: 'unrelated-history', lets: 'nothing', by: 'flotilla' }]);
    expect(told(change)).toMatchObject([{ how: 'unrelated', changed, stop: change.stops?.[0]?.id }]);
  });

  it('that is replaced once more is another stop: to have lifted the one says nothing of the other', () => {
    const [first, second] = [t(100), t(101)].map((now) => rewritten('unrelated', { now }).stops?.[0]?.id);
    expect(first).not.toBe(second);
  });

  it.each<[string, Heads]>([
    ['anything was looked at', { seen: undefined, good: undefined }],
    ['anything was in force', { seen: sha('1'), good: undefined }],
  ])('before %s is nothing to tell', (_when, heads) => {
    const change = rewritten('unrelated', { heads });
    expect([told(change), change.stops]).toEqual([[], undefined]);
  });
});
