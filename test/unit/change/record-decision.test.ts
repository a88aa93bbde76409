import { describe, expect, it } from 'vitest';
import { deltaOf, isEmpty } from '../../../src/core/change/fleet-change.ts';
import { type RecordContext, recordDecision } from '../../../src/core/change/record-decision.ts';
import { type Action, type Change, type Decision, type FleetDecision, NO_HOLDS } from '../../../src/core/reconcile/decision.ts';
import type { RolloutState } from '../../../src/core/reconcile/state.ts';
import { c, landed, ledgerEntry, observed, order, planFor, sha, stop, t, target } from '../../support/state/builders.ts';

const EVERY_MS = 15_000;
const NOW = t(20_000);

function rolloutOf(letter: string) {
  const plan = planFor(['a', 'b'], '2.0.0');
  const [planned] = plan.rollouts;
  if (planned === undefined) throw new Error('the plan has a rollout');
  return { planned, state: landed(letter, plan).state };
}

type Decided = FleetDecision['decisions'][number];

function decided(letter: string, over: Partial<RolloutState> | undefined, more: Partial<Decision> = {}): Decided {
  const rollout = rolloutOf(letter);
  const next = over === undefined ? rollout.state : { ...rollout.state, ...over };
  return { rollout, decision: { next, actions: [], holds: NO_HOLDS, changes: [], ...more } };
}

const record = (decisions: readonly Decided[], more: Partial<FleetDecision> = {}, context: Partial<RecordContext> = {}) =>
  recordDecision(
    { decisions, stops: [], ledger: [], afterTheEnd: { actions: [], changes: [] }, wakeAt: undefined, ...more },
    { observations: new Map([[c('a'), observed('a', 5)]]), storedAt: new Map(), reportEveryMs: EVERY_MS, now: NOW, ...context },
  );

describe('the evidence that is written with a decision', () => {
  const clusters = ['a', 'b', 'x'];
  const observations = new Map(clusters.map((name) => [c(name), observed(name, 5)]));
  const storedAt = new Map(clusters.map((name) => [c(name), t(4)]));
  const written = (more: Partial<Decision>) =>
    record([decided('1', progress, more)], {}, { observations, storedAt }).observations?.map(({ cluster }) => cluster);

  it('is about the clusters that moved or were ordered, however many are watched', () => {
    expect(written({ changes: [{ subject: 'target', name: 'b', from: 'waiting', to: 'rolling', why: 'its turn' }] })).toEqual(['b']);
    expect(written({ actions: [send] })).toEqual(['a']);
    expect(written({ actions: [again], changes: [{ subject: 'phase', name: 'x', from: 'waiting', to: 'running', why: '' }] })).toEqual([
      'b',
    ]);
  });
});

const send: Action = { kind: 'order', order: order('a', 3), why: 'its turn' };
const again: Action = { kind: 'send-again', cluster: c('b'), dataPlane: 'gcp-us-1', epoch: 2, why: 'it was restored' };
const progress = { targets: new Map([[c('a'), target({ status: 'rolling' })]]) };

describe('a decision that changes nothing', () => {
  it('is not written; it may still be due again', () => {
    const change = record([decided('1', undefined)], { wakeAt: t(99) });
    expect([isEmpty(change), change.followUps]).toEqual([true, [{ kind: 'wake', at: t(99) }]]);
    expect(record([decided('1', undefined)]).followUps).toEqual([]);
  });
});

describe('a decision that changes something', () => {
  it('is written with what it was made from, what it orders, and why', () => {
    const changes = [{ subject: 'target', name: 'a', from: 'waiting', to: 'applying', why: 'its turn' } as const];
    const one = decided('1', progress, { actions: [send, again], changes });
    const change = record([decided('2', undefined), one]);
    expect(change.rollouts).toEqual([{ before: one.rollout.state, next: one.decision.next }]);
    expect([change.orders, change.sendAgain]).toEqual([[order('a', 3)], [{ cluster: 'b', epoch: 2 }]]);
    expect(change.observations).toEqual([observed('a', 5)]);
    const rollout = one.rollout.state.id;
    expect(change.audit).toEqual([
      { actor: 'flotilla', kind: 'target', subject: 'a', rollout, from: 'waiting', to: 'applying', why: 'its turn' },
      {
        actor: 'flotilla',
        kind: 'order',
        subject: 'a',
        rollout,
        from: undefined,
        to: `run ${order('a', 3).revision} epoch 3`,
        why: 'its turn',
      },
      { actor: 'flotilla', kind: 'order', subject: 'b', rollout, from: undefined, to: 'epoch 2 again', why: 'it was restored' },
    ]);
  });

  it('delivers to each data plane once, also what is only sent again', () => {
    const change = record([decided('1', undefined, { actions: [send, send, again] })]);
    expect(change.followUps.filter(({ kind }) => kind === 'deliver')).toEqual([
      { kind: 'deliver', dataPlane: 'aws-eu-1' },
      { kind: 'deliver', dataPlane: 'gcp-us-1' },
    ]);
    expect(isEmpty(change)).toBe(false);
  });

  it.each<[string, Partial<FleetDecision>]>([
    ['a stop', { stops: [stop('s')] }],
    ['an entry of the ledger', { ledger: [ledgerEntry('a')] }],
  ])('may be nothing but %s', (_name, more) => {
    const change = record([decided('1', undefined)], { ...more, wakeAt: t(99) });
    expect(isEmpty(change)).toBe(false);
    expect(change).toMatchObject({ ...('stops' in more ? { stops: more.stops } : { ledger: more.ledger }), followUps: [{ kind: 'wake' }] });
  });
});

describe('reports', () => {
  const reports = (...decisions: readonly Decided[]) => record(decisions).followUps.filter(({ kind }) => kind === 'report-rollouts');

  it('tell progress at a pace', () => {
    expect(reports(decided('1', progress))).toEqual([{ kind: 'report-rollouts', commit: sha('1'), at: t(30_000) }]);
  });

  it.each<[string, Partial<RolloutState>]>([
    ['another status', { status: 'paused' }],
    ['an end', { status: 'aborted', finishedAt: NOW }],
  ])('tell of %s at once', (_name, over) => {
    expect(reports(decided('1', over))).toEqual([{ kind: 'report-rollouts', commit: sha('1'), at: undefined }]);
  });

  it('are one for a commit, at once if any of its rollouts has news, whichever comes first', () => {
    const news = decided('1', { status: 'paused' });
    const at = [{ kind: 'report-rollouts', commit: sha('1'), at: undefined }];
    expect([reports(news, decided('1', progress)), reports(decided('1', progress), news)]).toEqual([at, at]);
    expect(reports(decided('1', progress), decided('2', progress))).toHaveLength(2);
  });

  it('of those that wait for another rollout follow its news: it may be another one by now', () => {
    const ended = decided('1', { status: 'completed', finishedAt: NOW });
    const wait = { reason: { kind: 'required-product', product: 'kafka', rollout: ended.rollout.state.id }, until: undefined } as const;
    const waiting = decided('2', undefined, { holds: { ...NO_HOLDS, all: wait } });
    expect(reports(ended, waiting)).toContainEqual({ kind: 'report-rollouts', commit: sha('2'), at: t(30_000) });
    expect(reports(decided('1', progress), waiting)).toHaveLength(1);
    expect(reports(ended, decided('3', undefined))).toHaveLength(1);
  });
});

describe('the look for drift', () => {
  const looks = (one: Decided) => record([one]).followUps.filter(({ kind }) => kind === 'look-for-drift').length;

  it('comes when a rollout ends: what it left behind is drift from then on', () => {
    expect(looks(decided('1', { status: 'completed', finishedAt: NOW }))).toBe(1);
    expect(looks(decided('1', { status: 'aborted' }))).toBe(0);
    const over = decided('1', progress);
    expect(looks({ ...over, rollout: { ...over.rollout, state: { ...over.rollout.state, finishedAt: t(1) } } })).toBe(0);
  });
});

describe('deltaOf', () => {
  it('holds what changed, and never what cannot', () => {
    const before = rolloutOf('1').state;
    const b = target({ status: 'rolling' });
    const next = { ...before, status: 'paused' as const, stoppedSince: t(7), targets: new Map([...before.targets, [c('b'), b]]) };
    const delta = deltaOf({ before, next });
    expect([[...delta.targets], [...delta.phases], delta.status, delta.stoppedSince]).toEqual([[[c('b'), b]], [], 'paused', t(7)]);
    expect(Object.keys(delta)).not.toEqual(expect.arrayContaining(['seq']));
    expect('digest' in delta || 'commit' in delta || 'release' in delta || 'createdAt' in delta).toBe(false);
  });
});

describe('what follows for rollouts that have ended', () => {
  it('is sent, and said once: the same order again is no news', () => {
    const ended: Change = { subject: 'stop', name: 's', from: 'failed-budget', to: 'lifted', why: 'its rollout has ended' };
    const change = record([], { afterTheEnd: { actions: [send, again], changes: [ended] } });
    expect([change.orders, change.sendAgain]).toEqual([[order('a', 3)], [{ cluster: c('b'), epoch: 2 }]]);
    expect(change.followUps.filter(({ kind }) => kind === 'deliver')).toHaveLength(2);
    expect(change.audit.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(['stop s', 'order a']);
  });
});
