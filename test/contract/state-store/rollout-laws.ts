import { describe, expect, it } from 'vitest';
import { c, change, FLEET, job, newRollout, OTHER_FLEET, planFor, sha, t, target } from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

export function rolloutLaws(under: () => StoreUnderTest): void {
  describe('rollouts', () => {
    it('gives back plan and state, field by field', async () => {
      const plan = planFor(['k1', 'k2'], '2.0.0');
      const made = newRollout('a', plan, {
        status: 'paused',
        pause: { cause: 'failed-budget', by: 'flotilla', reason: 'k1 failed', at: t(4), phase: 'kafka-main/canary' },
        resumedAt: t(3),
        approvals: [{ phase: 'kafka-main/canary', by: 'octocat', digest: plan.digest, at: t(2) }],
        targets: new Map([
          [
            c('k1'),
            target({
              status: 'failed',
              attempt: 2,
              epoch: 2 ** 40,
              startedAt: t(1),
              exemptMs: 5,
              rescued: true,
              healthySince: t(2),
              brokenSince: t(3),
              seenAt: t(4),
              progress: { done: 1, total: 3 },
              detail: 'broker 2: crash loop',
            }),
          ],
          [c('k2'), target({ status: 'superseded', supersededBy: newRollout('b', plan).state.id })],
        ]),
      });
      await under().store.commit(change(0, { newRollouts: [made] }));
      const read = await under().store.rollout(FLEET, made.state.id);
      expect(read?.plan).toEqual(plan);
      expect(read?.state).toStrictEqual(made.state);
      expect(await under().store.rollout(OTHER_FLEET, made.state.id)).toBeUndefined();
    });

    it('changes only what a change names', async () => {
      const made = newRollout('a', planFor(['k1', 'k2'], '2.0.0'));
      await under().store.commit(change(0, { newRollouts: [made] }));
      const applying = target({ status: 'applying', attempt: 1, epoch: 1, startedAt: t(5) });
      const phase = { status: 'running', startedAt: t(5), finishedAt: undefined, pausedMs: 0 } as const;
      await under().store.commit(
        change(1, {
          rollouts: [{ ...made.state, phases: new Map([['kafka-main/canary', phase]]), targets: new Map([[c('k1'), applying]]) }],
        }),
      );
      const state = (await under().store.rollout(FLEET, made.state.id))?.state;
      expect(state?.targets.get(c('k1'))).toStrictEqual(applying);
      expect(state?.targets.get(c('k2'))).toStrictEqual(target());
      expect(state?.phases.get('kafka-main/canary')).toStrictEqual(phase);
    });

    it('lists what has not finished, oldest first, an aborted one that winds down included', async () => {
      const [first, second, third] = ['2.0.0', '3.0.0', '4.0.0'].map((version, nth) =>
        newRollout('abc'.charAt(nth), planFor(['k1'], version)),
      );
      if (first === undefined || second === undefined || third === undefined) throw new Error('three were made');
      await under().store.commit(change(0, { newRollouts: [first, second] }));
      await under().store.commit(change(1, { newRollouts: [third], rollouts: [finished(first.state)] }));
      await under().store.commit(change(2, { rollouts: [{ ...second.state, status: 'aborted', phases: new Map(), targets: new Map() }] }));
      expect((await under().store.activeRollouts(FLEET)).map((one) => one.state.id)).toEqual([second.state.id, third.state.id]);
      expect((await under().store.rollout(FLEET, first.state.id))?.state.finishedAt).toBe(t(50));
    });

    it('one that exists already is a conflict, and two of one plan are not', async () => {
      const plan = planFor(['k1'], '2.0.0');
      await under().store.commit(change(0, { newRollouts: [newRollout('a', plan)] }));
      expect(await under().store.commit(change(1, { newRollouts: [newRollout('a', plan)], jobs: [job('x')] }))).toBe('conflict');
      expect(await waitingKeys(under())).toEqual([]);
      expect(await under().store.commit(change(1, { newRollouts: [newRollout('b', plan)] }))).toBe('committed');
    });

    it('sums up the newest, with targets counted by status', async () => {
      const old = newRollout('a', planFor(['k1'], '2.0.0'));
      const plan = planFor(['k1', 'k2', 'k3'], '3.0.0');
      const made = newRollout('b', plan, {
        targets: new Map([
          [c('k1'), target({ status: 'succeeded' })],
          [c('k2'), target()],
          [c('k3'), target()],
        ]),
      });
      await under().store.commit(change(0, { newRollouts: [old] }));
      await under().store.commit(change(1, { newRollouts: [{ ...made, pull: undefined }] }));
      expect(await under().store.recentRollouts(FLEET, 1)).toStrictEqual([
        {
          id: made.state.id,
          digest: plan.digest,
          commit: sha('b'),
          pull: undefined,
          author: 'octocat',
          title: 'Kafka 2.0',
          status: 'running',
          kind: 'rollout',
          createdAt: t(0),
          finishedAt: undefined,
          pause: undefined,
          counts: { succeeded: 1, waiting: 2 },
        },
      ]);
      expect((await under().store.recentRollouts(FLEET, 10)).map((one) => one.id)).toEqual([made.state.id, old.state.id]);
    });

    it('knows where a cluster was a target last, finished or not', async () => {
      const first = newRollout('a', planFor(['k1', 'k2'], '2.0.0'));
      const second = newRollout('b', planFor(['k1'], '3.0.0'), {
        targets: new Map([[c('k1'), target({ status: 'deferred', detail: 'away' })]]),
      });
      await under().store.commit(change(0, { newRollouts: [first] }));
      await under().store.commit(change(1, { newRollouts: [second], rollouts: [finished(first.state)] }));
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

const finished = (state: ReturnType<typeof newRollout>['state']) => ({
  ...state,
  status: 'completed' as const,
  finishedAt: t(50),
  phases: new Map(),
  targets: new Map(),
});
