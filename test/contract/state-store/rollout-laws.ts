import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { INTENTS, URGENCIES } from '../../../src/core/plan/plan.ts';
import { OVERRIDE_KINDS, PHASE_STATUSES, type PhaseState, ROLLOUT_STATUSES, TARGET_STATUSES } from '../../../src/core/reconcile/state.ts';
import {
  c,
  change,
  changed,
  FLEET,
  job,
  landed,
  OTHER_FLEET,
  phase,
  planFor,
  plannedFor,
  planOf,
  sha,
  t,
  target,
} from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

const HELD_PARTS: PhaseState['heldParts'] = [
  { stop: trusted.stop('5'.repeat(16)), scope: { kind: 'data-plane', dataPlane: 'aws' }, lets: 'nothing', since: t(1), until: t(2) },
  { stop: trusted.stop('6'.repeat(16)), scope: { kind: 'cluster', cluster: c('k1') }, lets: 'rollbacks', since: t(3), until: undefined },
];

export function rolloutLaws(under: () => StoreUnderTest): void {
  const land = (version: number, made: ReturnType<typeof landed>) => under().store.commit(change(version, { newRollouts: made }));
  const stateOf = async (made: ReturnType<typeof landed>) => (await under().store.rollout(FLEET, made.state.id))?.state;

  describe('rollouts', () => {
    it('gives back its part of the plan and its state, field by field', async () => {
      const plan = planFor(['k1', 'k2'], '2.0.0');
      const other = landed('b', plan).state.id;
      const made = landed('a', plan, {
        status: 'paused',
        seq: 2 ** 40,
        inLineSince: 7,
        startedAt: t(1),
        goingSince: t(2),
        stoppedSince: t(4),
        finishedAt: t(5),
        guardUntil: t(50),
        supersededBy: other,
        takesOver: true,
        approvals: [{ phase: 'canary', by: 'octocat', digest: plan.digest, at: t(2) }],
        overrides: [
          { kind: 'waiver', phase: 'canary', product: undefined, by: 'octocat', reason: 'hand-made', at: t(3), until: undefined },
          { kind: 'expedite', phase: undefined, product: undefined, by: 'octocat', reason: 'CVE', at: t(3), until: t(9) },
        ],
        phases: new Map([
          [
            'canary',
            phase({ status: 'baking', startedAt: t(1), bakingSince: t(3), finishedAt: t(4), stoppedMs: 5, heldParts: HELD_PARTS }),
          ],
        ]),
        targets: new Map([
          [
            c('k1'),
            target({
              status: 'failed',
              attempt: 2,
              epoch: 2 ** 40,
              startedAt: t(1),
              exemptMs: 5,
              rescue: true,
              probe: true,
              healthySince: t(2),
              brokenSince: t(3),
              sampledAt: t(-5),
              seenAt: t(4),
              unseenSince: t(5),
              progress: { done: 1, total: 3 },
              detail: 'broker 2: crash loop',
              acknowledged: { attempt: 1, status: 'unreachable' },
            }),
          ],
          [c('k2'), target({ status: 'superseded', supersededBy: other })],
        ]),
      });
      await land(0, made);
      const read = await under().store.rollout(FLEET, made.state.id);
      expect(read?.planned).toStrictEqual(plan.rollouts[0]);
      expect(read?.state).toStrictEqual(made.state);
      expect(await under().store.rollout(OTHER_FLEET, made.state.id)).toBeUndefined();
    });

    it.each(ROLLOUT_STATUSES)('may be %s', async (status) => {
      await land(0, landed('a', planFor(['k1'], '2.0.0'), { status }));
      expect((await under().store.recentRollouts(FLEET, 1))[0]?.status).toBe(status);
    });

    it.each(PHASE_STATUSES)('a phase may be %s', async (status) => {
      const made = landed('a', planFor(['k1'], '2.0.0'), { phases: new Map([['canary', phase({ status })]]) });
      await land(0, made);
      expect((await stateOf(made))?.phases.get('canary')?.status).toBe(status);
    });

    it.each(TARGET_STATUSES)('a target may be %s', async (status) => {
      const made = landed('a', planFor(['k1'], '2.0.0'), { targets: new Map([[c('k1'), target({ status })]]) });
      await land(0, made);
      expect((await stateOf(made))?.targets.get(c('k1'))?.status).toBe(status);
      expect((await under().store.rolloutSummary(FLEET, made.state.id))?.counts).toEqual({ [status]: 1 });
    });

    it.each(OVERRIDE_KINDS)('a person may have set a %s', async (kind) => {
      const override = {
        kind,
        phase: undefined,
        product: kind === 'requirement' ? 'kafka' : undefined,
        by: 'octocat',
        reason: 'why',
        at: t(1),
        until: t(2),
      };
      const made = landed('a', planFor(['k1'], '2.0.0'), { overrides: [override] });
      await land(0, made);
      expect((await stateOf(made))?.overrides).toStrictEqual([override]);
    });

    it.each(INTENTS.flatMap((intent) => URGENCIES.map((urgency) => [intent, urgency] as const)))(
      'is for %s, %s',
      async (intent, urgency) => {
        const made = landed('a', planOf({ ...plannedFor(['k1'], '2.0.0'), intent, urgency, kind: 'rollback' }));
        await land(0, made);
        expect(await under().store.rolloutSummary(FLEET, made.state.id)).toMatchObject({ intent, urgency, kind: 'rollback' });
      },
    );

    it('are in the order of the plan, whatever the order in which they changed', async () => {
      const plan = planFor(['k9', 'k2', 'k5'], '2.0.0');
      const canary = plan.rollouts[0]?.phases[0];
      if (canary === undefined) throw new Error('it has a phase');
      const two = planOf({ ...plannedFor(['k9', 'k2', 'k5'], '3.0.0'), phases: [canary, { ...canary, name: 'all', members: [] }] });
      const made = landed('a', two, {
        phases: new Map([
          ['all', phase()],
          ['canary', phase()],
        ]),
        targets: new Map(['k5', 'k9', 'k2'].map((name) => [c(name), target()])),
      });
      await land(0, made);
      await under().store.commit(
        change(1, {
          rollouts: [
            changed(made.state, {
              targets: new Map([[c('k2'), target({ attempt: 1 })]]),
              phases: new Map([['all', phase({ stoppedMs: 1 })]]),
            }),
          ],
        }),
      );
      const state = await stateOf(made);
      expect([...(state?.targets.keys() ?? [])]).toEqual(['k9', 'k2', 'k5']);
      expect([...(state?.phases.keys() ?? [])]).toEqual(['canary', 'all']);
    });

    it('changes only the phases and targets that a change names, and all of the rest that can change', async () => {
      const made = landed('a', planFor(['k1', 'k2'], '2.0.0'));
      await land(0, made);
      const applying = target({ status: 'applying', attempt: 1, epoch: 1, startedAt: t(5) });
      const running = phase({ status: 'running', startedAt: t(5) });
      const head = {
        status: 'paused',
        inLineSince: 3,
        startedAt: t(1),
        goingSince: t(2),
        stoppedSince: t(3),
        finishedAt: t(4),
        guardUntil: t(5),
        supersededBy: landed('b', planFor(['k1'], '3.0.0')).state.id,
        takesOver: true,
        approvals: [{ phase: 'canary', by: 'octocat', digest: made.plan.digest, at: t(2) }],
        overrides: [{ kind: 'expedite', phase: 'canary', product: undefined, by: 'octocat', reason: 'CVE', at: t(3), until: t(9) }],
      } as const;
      const parts = { phases: new Map([['canary', running]]), targets: new Map([[c('k1'), applying]]) };
      // What never changes is not taken from a change, even where it is there.
      await under().store.commit(change(1, { rollouts: [{ ...made.state, ...{ seq: 99, release: 'other' }, ...head, ...parts }] }));
      expect(await stateOf(made)).toStrictEqual({
        ...made.state,
        ...head,
        phases: new Map([['canary', running]]),
        targets: new Map([
          [c('k1'), applying],
          [c('k2'), target()],
        ]),
      });
    });

    it('one that exists already is a conflict, and two of one plan are not', async () => {
      const plan = planFor(['k1'], '2.0.0');
      await land(0, landed('a', plan));
      expect(await under().store.commit(change(1, { newRollouts: landed('a', plan), jobs: [job('x')] }))).toBe('conflict');
      expect(await waitingKeys(under())).toEqual([]);
      expect(await land(1, landed('b', plan))).toBe('committed');
    });

    it.each<[string, Parameters<typeof landed>[2], RegExp]>([
      ['two cannot have one place in line', { seq: 100 }, /seq/],
      ['one whose release is not in the plan is refused', { release: 'other' }, /is in its plan/],
      ['one of another plan is refused', { digest: planFor(['k1'], '9.0.0').digest }, /of the plan that it came with/],
    ])('%s, and nothing is written', async (_name, over, words) => {
      await land(0, landed('a', planFor(['k1'], '2.0.0')));
      await expect(land(1, landed('b', planFor(['k1'], '3.0.0'), over))).rejects.toThrow(words);
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
      expect(await under().store.recentRollouts(FLEET, 10)).toHaveLength(1);
    });
  });

  describe('active rollouts', () => {
    it('are those that have not finished and those under guard, by place in line, an aborted one that winds down included', async () => {
      const [first, second, third, fourth] = ['2.0.0', '3.0.0', '4.0.0', '5.0.0'].map((version, nth) =>
        landed('abcd'.charAt(nth), planFor(['k1'], version)),
      );
      if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error('four were made');
      // Written newest first: the place in line decides, and not the order of writing.
      for (const [version, made] of [fourth, third, second, first].entries()) await land(version, made);
      const ended = { status: 'completed', finishedAt: t(50) } as const;
      await under().store.commit(
        change(4, {
          rollouts: [
            changed(first.state, ended),
            changed(second.state, { status: 'aborted' }),
            changed(fourth.state, { ...ended, guardUntil: t(90) }),
          ],
        }),
      );
      const ids = async () => (await under().store.activeRollouts(FLEET)).map((one) => one.state.id);
      expect(await ids()).toEqual([second.state.id, third.state.id, fourth.state.id]);
      await under().store.commit(change(5, { rollouts: [changed(fourth.state, ended)] }));
      expect(await ids()).toEqual([second.state.id, third.state.id]);
      expect((await stateOf(first))?.finishedAt).toBe(t(50));
      // A retry takes up again what had ended.
      await under().store.commit(change(6, { rollouts: [changed(first.state, { status: 'running' })] }));
      expect(await ids()).toEqual([first.state.id, second.state.id, third.state.id]);
    });
  });

  describe('summaries', () => {
    it('are of the newest, with targets counted by status', async () => {
      const old = landed('a', planFor(['k1'], '2.0.0'));
      const plan = planFor(['k1', 'k2', 'k3'], '3.0.0');
      const made = landed('b', plan, {
        startedAt: t(1),
        finishedAt: t(2),
        guardUntil: t(3),
        supersededBy: old.state.id,
        targets: new Map([
          [c('k1'), target({ status: 'succeeded' })],
          [c('k2'), target()],
          [c('k3'), target()],
        ]),
      });
      await land(0, old);
      await land(1, { ...made, pull: undefined, origin: sha('c') });
      const summary = {
        id: made.state.id,
        digest: plan.digest,
        commit: sha('b'),
        release: 'kafka-main',
        product: 'kafka',
        seq: 110,
        pull: undefined,
        author: 'octocat',
        title: 'Kafka 2.0',
        origin: sha('c'),
        status: 'running',
        kind: 'rollout',
        intent: 'release',
        urgency: 'routine',
        createdAt: t(0),
        startedAt: t(1),
        finishedAt: t(2),
        guardUntil: t(3),
        supersededBy: old.state.id,
        counts: { succeeded: 1, waiting: 2 },
      };
      expect(await under().store.recentRollouts(FLEET, 1)).toStrictEqual([summary]);
      expect(await under().store.rolloutSummary(FLEET, made.state.id)).toStrictEqual(summary);
      expect(await under().store.lastRollout(FLEET, 'kafka-main')).toStrictEqual(summary);
      expect((await under().store.rolloutSummary(FLEET, old.state.id))?.origin).toBeUndefined();
      expect(await under().store.lastRollout(FLEET, 'connect-main')).toBeUndefined();
      expect((await under().store.recentRollouts(FLEET, 10)).map((one) => one.id)).toEqual([made.state.id, old.state.id]);
      expect(await under().store.rolloutSummary(FLEET, landed('c', plan).state.id)).toBeUndefined();
    });
  });

  describe('one landing', () => {
    it('brings a rollout for each release of its plan, which stay together', async () => {
      const plan = planOf(plannedFor(['k1'], '2.0.0'), plannedFor(['c1', 'c2'], '7.0.0', '6.0.0', 'connect-main'));
      const made = landed('b', plan);
      await land(0, landed('a', planFor(['k1'], '1.5.0')));
      await land(1, made);
      const rollouts = await under().store.rolloutsOfCommit(FLEET, sha('b'));
      expect(rollouts.map(({ release, seq, title }) => [release, seq, title])).toEqual([
        ['kafka-main', 110, 'Kafka 2.0'],
        ['connect-main', 111, 'Kafka 2.0'],
      ]);
      expect(await under().store.rolloutsOfCommit(FLEET, sha('c'))).toEqual([]);
      expect(await under().store.plan(FLEET, plan.digest)).toStrictEqual(plan);
      expect(await under().store.plan(OTHER_FLEET, plan.digest)).toBeUndefined();
      const active = await under().store.activeRollouts(FLEET);
      expect(active.slice(1).map((one) => one.planned)).toStrictEqual(plan.rollouts);
    });

    it('has a plan that also says what is left out, removed and risky', async () => {
      const plan = {
        ...planFor(['k1'], '2.0.9'),
        excluded: [{ cluster: c('k2'), release: 'kafka-main', reason: 'opted-out', words: 'audit' }],
        removed: [c('k3')],
        risks: [{ code: 'downgrade', words: 'older' }],
      } as const;
      await land(0, landed('a', plan));
      expect(await under().store.plan(FLEET, plan.digest)).toStrictEqual(plan);
    });
  });

  describe('last targets', () => {
    it('say where a cluster was a target last, finished or not', async () => {
      const first = landed('a', planFor(['k1', 'k2'], '2.0.0'));
      const second = landed('b', planFor(['k1'], '3.0.0'), {
        targets: new Map([[c('k1'), target({ status: 'deferred', detail: 'away' })]]),
      });
      await land(0, second);
      await under().store.commit(change(1, { newRollouts: first }));
      await under().store.commit(change(2, { rollouts: [changed(first.state, { status: 'completed', finishedAt: t(50) })] }));
      const last = await under().store.lastTargets(FLEET, [c('k1'), c('k2'), c('never')]);
      expect([...last.keys()].sort()).toEqual(['k1', 'k2']);
      expect(last.get(c('k1'))).toStrictEqual({
        rollout: second.state.id,
        rolloutStatus: 'running',
        target: target({ status: 'deferred', detail: 'away' }),
      });
      expect(last.get(c('k2'))).toMatchObject({ rollout: first.state.id, rolloutStatus: 'completed' });
    });
  });
}
