import { describe, expect, it } from 'vitest';
import { applyCommand, VERBS, type Verb } from '../../../src/core/command/apply-command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { ActiveRollout } from '../../../src/core/reconcile/decision.ts';
import type { RolloutState, RolloutStatus, TargetStatus } from '../../../src/core/reconcile/state.ts';
import { planOf } from '../../support/small-world/plans.ts';
import { at, Scene } from '../../support/small-world/scene.ts';

const STATUSES = [
  'awaiting-approval',
  'running',
  'paused',
  'aborted',
  'superseded',
  'completed',
  'completed-with-deferrals',
] as const satisfies readonly RolloutStatus[];

const approval = (when: 'before' | 'after') => ({ when, count: 1, teams: [], users: [], notAuthor: true }) as const;
const plan = planOf({
  from: 1,
  to: 2,
  phases: [{ members: ['a', 'b'] }, { members: ['c'], approval: approval('before') }, { members: ['d'], approval: approval('after') }],
});

/** A rollout in a status, with a failed target, one on the move, and others that wait. */
function rolloutIn(status: RolloutStatus, statuses: Partial<Record<string, TargetStatus>> = { a: 'failed', b: 'rolling' }): ActiveRollout {
  const { state } = new Scene(plan);
  const targets = new Map(
    [...state.targets].map(([name, target]) => [name, { ...target, status: statuses[name] ?? target.status, epoch: 1, startedAt: at(0) }]),
  );
  const pause: RolloutState['pause'] =
    status === 'paused' ? { cause: 'failed-budget', by: 'flotilla', reason: 'too many', at: at(0), phase: undefined } : undefined;
  const phases = new Map(state.phases).set('kafka/p0', { status: 'running', startedAt: at(0), finishedAt: undefined, pausedMs: 0 });
  return { plan, state: { ...state, status, targets, pause, phases } };
}

const ask = (rollout: ActiveRollout, verb: Verb, more: Record<string, unknown> = {}) => {
  const applied = applyCommand(rollout, { verb, by: 'ada', reason: 'because', digest: plan.digest, ...more }, at(500));
  return applied.ok ? `${applied.value.next.status}` : applied.error;
};

const target = { skip: { cluster: trusted.cluster('a') }, approve: { phase: 'p1' } } as Partial<Record<Verb, Record<string, unknown>>>;

describe('every verb in every status', () => {
  it('has an outcome: a new status, or a sentence that says what to do instead', () => {
    const table = VERBS.map((verb) =>
      [verb, ...STATUSES.map((status) => `${status}: ${ask(rolloutIn(status), verb, target[verb])}`)].join('\n  '),
    );
    expect(table.join('\n')).toMatchInlineSnapshot(`
      "pause
        awaiting-approval: paused
        running: paused
        paused: paused
        aborted: the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind
        superseded: newer rollouts have taken this one over; command those
        completed: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: the rollout has completed; change the manifests, or revert the merge, to start another
      resume
        awaiting-approval: the rollout is not paused; it waits for an approval
        running: the rollout is not paused; there is nothing to resume
        paused: running
        aborted: the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind
        superseded: newer rollouts have taken this one over; command those
        completed: the rollout is not paused; there is nothing to resume
        completed-with-deferrals: the rollout is not paused; retry starts what was left behind again
      abort
        awaiting-approval: aborted
        running: aborted
        paused: aborted
        aborted: the rollout is aborted already
        superseded: newer rollouts have taken this one over; command those
        completed: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: the rollout has completed; change the manifests, or revert the merge, to start another
      retry
        awaiting-approval: awaiting-approval
        running: running
        paused: paused
        aborted: the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind
        superseded: newer rollouts have taken this one over; command those
        completed: every cluster of the rollout is done; there is nothing to retry
        completed-with-deferrals: running
      skip
        awaiting-approval: awaiting-approval
        running: running
        paused: paused
        aborted: the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind
        superseded: newer rollouts have taken this one over; command those
        completed: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: the rollout has completed; change the manifests, or revert the merge, to start another
      approve
        awaiting-approval: awaiting-approval
        running: running
        paused: paused
        aborted: the rollout was aborted, and stays so; revert the merge, or merge a newer change, to settle what it left behind
        superseded: newer rollouts have taken this one over; command those
        completed: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: the rollout has completed; change the manifests, or revert the merge, to start another"
    `);
  });

  it('says who did it, and why', () => {
    for (const verb of VERBS) {
      const status = verb === 'resume' ? 'paused' : 'running';
      const applied = applyCommand(
        rolloutIn(status),
        { verb, by: 'ada', reason: 'because', digest: plan.digest, ...target[verb] },
        at(500),
      );
      if (!applied.ok) throw new Error(applied.error);
      expect(applied.value.changes[0]?.why, verb).toContain('ada: because');
    }
  });
});

describe('pause', () => {
  it('by a person takes the place of one by a budget, and keeps its beginning; a second person is told of the first', () => {
    const applied = applyCommand(rolloutIn('paused'), { verb: 'pause', by: 'ada', reason: 'hands off' }, at(500));
    if (!applied.ok) throw new Error(applied.error);
    expect(applied.value.next.pause).toEqual({ cause: 'person', by: 'ada', reason: 'hands off', at: at(0), phase: undefined });
    expect(ask({ plan, state: applied.value.next }, 'pause')).toMatch(/^already paused by ada at .*: hands off$/);
  });
});

describe('retry', () => {
  it.each([
    ['the cluster that is named', { cluster: trusted.cluster('a') }, 'running'],
    [
      'a cluster that did not fail',
      { cluster: trusted.cluster('b') },
      'cluster b is rolling: neither failed nor deferred: there is nothing to retry',
    ],
    ['a cluster of another rollout', { cluster: trusted.cluster('z') }, 'cluster z is not a target of this rollout'],
    ['a phase without failures', { phase: 'p1' }, 'every cluster of phase p1 is neither failed nor deferred: there is nothing to retry'],
    ['a phase that there is not', { phase: 'px' }, 'there is no phase px: there are kafka/p0, kafka/p1, kafka/p2'],
  ])('%s', (_name, more, want) => expect(ask(rolloutIn('running'), 'retry', more)).toBe(want));

  it('of a rollout that has ended opens it again', () => {
    const ended = rolloutIn('completed-with-deferrals', { a: 'failed', b: 'succeeded', c: 'succeeded', d: 'deferred' });
    const applied = applyCommand(
      { ...ended, state: { ...ended.state, finishedAt: at(1) } },
      { verb: 'retry', by: 'ada', reason: 'mended' },
      at(500),
    );
    if (!applied.ok) throw new Error(applied.error);
    const { next } = applied.value;
    expect([next.status, next.finishedAt, [...next.targets.values()].map(({ status }) => status)]).toEqual([
      'running',
      undefined,
      ['waiting', 'succeeded', 'succeeded', 'waiting'],
    ]);
  });
});

describe('skip', () => {
  it.each([
    [
      'a cluster on the move',
      { cluster: trusted.cluster('b') },
      'cluster b is rolling: finished, or on the move: pause the rollout before you skip a cluster in flight',
    ],
    ['nothing in particular', {}, 'say which cluster, or which phase, to skip'],
    ['a whole phase', { phase: 'kafka/p2' }, 'running'],
  ])('%s', (_name, more, want) => expect(ask(rolloutIn('running'), 'skip', more)).toBe(want));
});

describe('approve', () => {
  const asked = (more: Record<string, unknown>, rollout = rolloutIn('running')) => ask(rollout, 'approve', more);

  it.each([
    ['ahead of its turn', { phase: 'p1' }, 'running'],
    ['no phase in particular, and none waits', {}, 'no phase waits for an approval now; say which phase you approve ahead of its turn'],
    ['a phase that needs none', { phase: 'p0' }, 'phase kafka/p0 needs no approval'],
    ['afterwards, ahead of time', { phase: 'p2' }, 'phase kafka/p2 is approved after its last cluster has baked; it is still waiting'],
    ['without saying which plan', { phase: 'p1', digest: undefined }, `say which plan you approve: its digest is ${plan.digest}`],
    [
      'another plan',
      { phase: 'p1', digest: trusted.digest('0'.repeat(16)) },
      `the plan that runs is ${plan.digest}, not 0000000000000000; look at it, and approve that one`,
    ],
  ])('%s', (_name, more, want) => expect(asked(more)).toBe(want));

  it('a phase that has begun, or is over', () => {
    for (const [status, startedAt] of [
      ['running', at(0)],
      ['done', at(0)],
      ['skipped', undefined],
    ] as const) {
      const rollout = rolloutIn('running');
      const phases = new Map(rollout.state.phases).set('kafka/p1', { status, startedAt, finishedAt: undefined, pausedMs: 0 });
      expect(asked({ phase: 'p1' }, { plan, state: { ...rollout.state, phases } })).toBe(
        `phase kafka/p1 is ${status}; it waits for no approval any more`,
      );
    }
  });
});
