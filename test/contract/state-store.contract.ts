import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, StateStore } from '../../src/ports/state-store.ts';
import {
  c,
  change,
  delivery,
  desiredCluster,
  drift,
  entry,
  FLEET,
  fleetRecord,
  job,
  newRollout,
  OTHER_FLEET,
  observed,
  order,
  planFor,
  sha,
  t,
  target,
  unknown,
} from '../support/state/builders.ts';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** Jobs that wait, by key. */
  jobs(): Promise<readonly Pick<Job, 'key' | 'task' | 'queue' | 'payload'>[]>;
  close(): Promise<void>;
}

/** What every state store promises, whatever is behind it. */
export function stateStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`state store contract: ${name}`, () => {
    let under: StoreUnderTest;
    let store: StateStore;

    beforeEach(async () => {
      under = await open();
      store = under.store;
      await store.saveFleet(fleetRecord());
    });
    afterEach(() => under.close());

    const keys = async (): Promise<readonly string[]> => (await under.jobs()).map((one) => one.key).sort();

    describe('fleets', () => {
      it('gives back what was saved, and nothing for an unknown one', async () => {
        expect(await store.fleet(OTHER_FLEET)).toBeUndefined();
        await store.saveFleet(fleetRecord(OTHER_FLEET, { installation: 2 ** 40, seenHead: sha('a'), goodHead: sha('b'), version: 3 }));
        expect(await store.fleet(FLEET)).toStrictEqual(fleetRecord());
        expect(await store.fleets()).toStrictEqual([
          fleetRecord(),
          fleetRecord(OTHER_FLEET, { installation: 2 ** 40, seenHead: sha('a'), goodHead: sha('b'), version: 3 }),
        ]);
      });

      it('saving again changes name and address, and leaves heads and version to commit', async () => {
        const old = fleetRecord();
        await store.commit(change(0, { heads: { seen: sha('b'), good: sha('a') } }));
        await store.saveFleet({ ...old, defaultBranch: 'trunk', cloneUrl: 'https://git.example/moved.git' });
        expect(await store.fleet(FLEET)).toStrictEqual({
          ...old,
          defaultBranch: 'trunk',
          cloneUrl: 'https://git.example/moved.git',
          seenHead: sha('b'),
          goodHead: sha('a'),
          version: 1,
        });
      });
    });

    describe('commit', () => {
      it('writes every part together', async () => {
        const rollout = newRollout('a', planFor(['k1'], '2.0.0'));
        expect(
          await store.commit(
            change(0, {
              heads: { seen: sha('a'), good: sha('a') },
              desired: { commit: sha('a'), set: [desiredCluster('k1', '2.0.0')], remove: [] },
              newRollouts: [rollout],
              orders: [order('k1', 1)],
              observations: [observed('k1', 1)],
              drifts: [drift('k1')],
              audit: [entry('k1', 'started')],
              jobs: [job('deliver')],
            }),
          ),
        ).toBe('committed');
        expect((await store.fleet(FLEET))?.version).toBe(1);
        expect([...(await store.desired(FLEET)).keys()]).toEqual(['k1']);
        expect((await store.activeRollouts(FLEET)).map((one) => one.state.id)).toEqual([rollout.state.id]);
        expect([...(await store.orders(FLEET)).keys()]).toEqual(['k1']);
        expect([...(await store.observations(FLEET)).keys()]).toEqual(['k1']);
        expect(await store.drifts(FLEET)).toHaveLength(1);
        expect(await store.audit(FLEET, { limit: 10 })).toHaveLength(1);
        expect(await keys()).toEqual(['deliver']);
      });

      it('an old version is a conflict that leaves nothing behind', async () => {
        await store.commit(change(0));
        expect(await store.commit(change(0, { audit: [entry('k1', 'late')], jobs: [job('late')], drifts: [drift('k1')] }))).toBe(
          'conflict',
        );
        expect((await store.fleet(FLEET))?.version).toBe(1);
        expect(await store.audit(FLEET, { limit: 10 })).toEqual([]);
        expect(await store.drifts(FLEET)).toEqual([]);
        expect(await keys()).toEqual([]);
      });

      it('of two at once, one is committed and one is a conflict', async () => {
        const both = await Promise.all([
          store.commit(change(0, { audit: [entry('k1', 'first')] })),
          store.commit(change(0, { audit: [entry('k1', 'second')] })),
        ]);
        expect([...both].sort()).toEqual(['committed', 'conflict']);
        expect(await store.audit(FLEET, { limit: 10 })).toHaveLength(1);
      });

      it('a failure in the last part undoes the first', async () => {
        const rollout = newRollout('a', planFor(['k1'], '2.0.0'));
        const missing = { ...rollout.state, id: newRollout('b', planFor(['k1'], '9.0.0')).state.id };
        await expect(
          store.commit(
            change(0, {
              desired: { commit: sha('a'), set: [desiredCluster('k1', '2.0.0')], remove: [] },
              jobs: [job('x')],
              rollouts: [missing],
            }),
          ),
        ).rejects.toThrow(/is stored before it changes/);
        expect((await store.fleet(FLEET))?.version).toBe(0);
        expect((await store.desired(FLEET)).size).toBe(0);
        expect(await keys()).toEqual([]);
      });

      it('fleets do not see each other', async () => {
        await store.saveFleet(fleetRecord(OTHER_FLEET));
        await store.commit(
          change(0, { orders: [order('k1', 1)], drifts: [drift('k1')], audit: [entry('k1', 'mine')], observations: [observed('k1', 1)] }),
        );
        expect((await store.orders(OTHER_FLEET)).size).toBe(0);
        expect((await store.observations(OTHER_FLEET)).size).toBe(0);
        expect(await store.drifts(OTHER_FLEET)).toEqual([]);
        expect(await store.audit(OTHER_FLEET, { limit: 10 })).toEqual([]);
        expect(await store.commit(change(0, { fleet: OTHER_FLEET, orders: [order('k1', 1)] }))).toBe('committed');
      });
    });

    describe('desired', () => {
      const set = (version: number, commit: string, ...clusters: readonly ReturnType<typeof desiredCluster>[]) =>
        store.commit(change(version, { desired: { commit: sha(commit), set: clusters, remove: [] } }));

      it('gives back every field, in order of cluster id', async () => {
        const pinned = desiredCluster('b', '1.0.0', {
          heldAt: { by: 'pin', releaseVersion: '2.0.0', reason: 'hot | path @org', expires: t(99) },
          optOut: { reason: 'audit', expires: undefined },
        });
        const plain = desiredCluster('a', '2.0.0');
        await set(0, 'a', pinned, plain);
        expect([...(await store.desired(FLEET))]).toStrictEqual([
          ['a', plain],
          ['b', pinned],
        ]);
      });

      it('replaces and removes by cluster', async () => {
        await set(0, 'a', desiredCluster('k1', '1.0.0'), desiredCluster('k2', '1.0.0'));
        await store.commit(change(1, { desired: { commit: sha('b'), set: [desiredCluster('k1', '2.0.0')], remove: [c('k2')] } }));
        expect([...(await store.desired(FLEET)).values()].map((one) => [one.cluster, one.spec.version])).toEqual([['k1', '2.0.0']]);
      });

      it('knows earlier revisions, newest first, each once, without the present one', async () => {
        const at = (version: string) => desiredCluster('k1', version).revision;
        await set(0, 'a', desiredCluster('k1', '1.0.0'), desiredCluster('k2', '1.0.0'));
        await set(1, 'b', desiredCluster('k1', '2.0.0'));
        // The same revision again, with other labels, is no new line of history.
        await set(2, 'c', desiredCluster('k1', '2.0.0', { labels: { tier: 'gold' } }));
        await set(3, 'd', desiredCluster('k1', '3.0.0'));
        await set(4, 'e', desiredCluster('k1', '2.0.0'));
        const earlier = await store.earlierRevisions(FLEET, [c('k1'), c('k2'), c('never')]);
        expect(earlier.get(c('k1'))).toEqual([at('3.0.0'), at('1.0.0')]);
        expect(earlier.get(c('k2'))).toEqual([]);
        expect(earlier.get(c('never'))).toEqual([]);
      });

      it('remembers the revision of a cluster that left', async () => {
        await set(0, 'a', desiredCluster('k1', '1.0.0'));
        await store.commit(change(1, { desired: { commit: sha('b'), set: [], remove: [c('k1')] } }));
        expect((await store.earlierRevisions(FLEET, [c('k1')])).get(c('k1'))).toEqual([desiredCluster('k1', '1.0.0').revision]);
      });
    });

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
        await store.commit(change(0, { newRollouts: [made] }));
        const read = await store.rollout(FLEET, made.state.id);
        expect(read?.plan).toEqual(plan);
        expect(read?.state).toStrictEqual(made.state);
        expect(await store.rollout(OTHER_FLEET, made.state.id)).toBeUndefined();
      });

      it('changes only what a change names', async () => {
        const made = newRollout('a', planFor(['k1', 'k2'], '2.0.0'));
        await store.commit(change(0, { newRollouts: [made] }));
        const applying = target({ status: 'applying', attempt: 1, epoch: 1, startedAt: t(5) });
        const phase = { status: 'running', startedAt: t(5), finishedAt: undefined, pausedMs: 0 } as const;
        await store.commit(
          change(1, {
            rollouts: [{ ...made.state, phases: new Map([['kafka-main/canary', phase]]), targets: new Map([[c('k1'), applying]]) }],
          }),
        );
        const state = (await store.rollout(FLEET, made.state.id))?.state;
        expect(state?.targets.get(c('k1'))).toStrictEqual(applying);
        expect(state?.targets.get(c('k2'))).toStrictEqual(target());
        expect(state?.phases.get('kafka-main/canary')).toStrictEqual(phase);
      });

      it('lists what has not finished, oldest first, an aborted one that winds down included', async () => {
        const [first, second, third] = ['2.0.0', '3.0.0', '4.0.0'].map((version, nth) =>
          newRollout('abc'.charAt(nth), planFor(['k1'], version)),
        );
        if (first === undefined || second === undefined || third === undefined) throw new Error('three were made');
        await store.commit(change(0, { newRollouts: [first, second] }));
        await store.commit(change(1, { newRollouts: [third], rollouts: [finished(first.state)] }));
        await store.commit(change(2, { rollouts: [{ ...second.state, status: 'aborted', phases: new Map(), targets: new Map() }] }));
        expect((await store.activeRollouts(FLEET)).map((one) => one.state.id)).toEqual([second.state.id, third.state.id]);
        expect((await store.rollout(FLEET, first.state.id))?.state.finishedAt).toBe(t(50));
      });

      it('one that exists already is a conflict, and two of one plan are not', async () => {
        const plan = planFor(['k1'], '2.0.0');
        await store.commit(change(0, { newRollouts: [newRollout('a', plan)] }));
        expect(await store.commit(change(1, { newRollouts: [newRollout('a', plan)], jobs: [job('x')] }))).toBe('conflict');
        expect(await keys()).toEqual([]);
        expect(await store.commit(change(1, { newRollouts: [newRollout('b', plan)] }))).toBe('committed');
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
        await store.commit(change(0, { newRollouts: [old] }));
        await store.commit(change(1, { newRollouts: [{ ...made, pull: undefined }] }));
        expect(await store.recentRollouts(FLEET, 1)).toStrictEqual([
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
        expect((await store.recentRollouts(FLEET, 10)).map((one) => one.id)).toEqual([made.state.id, old.state.id]);
      });

      it('knows where a cluster was a target last, finished or not', async () => {
        const first = newRollout('a', planFor(['k1', 'k2'], '2.0.0'));
        const second = newRollout('b', planFor(['k1'], '3.0.0'), {
          targets: new Map([[c('k1'), target({ status: 'deferred', detail: 'away' })]]),
        });
        await store.commit(change(0, { newRollouts: [first] }));
        await store.commit(change(1, { newRollouts: [second], rollouts: [finished(first.state)] }));
        const last = await store.lastTargets(FLEET, [c('k1'), c('k2'), c('never')]);
        expect([...last.keys()].sort()).toEqual(['k1', 'k2']);
        expect(last.get(c('k1'))).toStrictEqual({
          rollout: second.state.id,
          rolloutStatus: 'running',
          target: target({ status: 'deferred', detail: 'away' }),
        });
        expect(last.get(c('k2'))).toMatchObject({ rollout: first.state.id, rolloutStatus: 'completed' });
      });
    });

    describe('orders', () => {
      const give = (version: number, ...some: readonly ReturnType<typeof order>[]) => store.commit(change(version, { orders: some }));

      it('keeps the newest of each cluster', async () => {
        const newest = order('k1', 2, { mode: 'hold', rollout: newRollout('a', planFor(['k1'], '2.0.0')).state.id });
        await give(0, order('k1', 1), order('k2', 1));
        await give(1, newest);
        expect([...(await store.orders(FLEET))]).toStrictEqual([
          ['k1', newest],
          ['k2', order('k2', 1)],
        ]);
      });

      it.each([
        ['the same epoch', 2],
        ['a lower epoch', 1],
      ])('%s is a conflict that leaves nothing behind', async (_name, epoch) => {
        await give(0, order('k1', 2));
        expect(await store.commit(change(1, { orders: [order('k0', 1), order('k1', epoch)], jobs: [job('x')] }))).toBe('conflict');
        expect([...(await store.orders(FLEET)).keys()]).toEqual(['k1']);
        expect((await store.fleet(FLEET))?.version).toBe(1);
        expect(await keys()).toEqual([]);
      });

      it('shows what has no answer, oldest first, by data plane, up to the limit', async () => {
        await give(0, order('k3', 1), order('far', 1, { dataPlane: 'gcp-us-1' }));
        await give(1, order('k1', 1), order('k2', 1));
        const open = await store.undelivered(FLEET, 'aws-eu-1', 2);
        expect(open.map((one) => one.cluster)).toEqual(['k3', 'k1']);
        expect((await store.undelivered(FLEET, 'gcp-us-1', 10)).map((one) => one.cluster)).toEqual(['far']);
      });

      it('an answer of any kind ends it; a stale one is not sent again either', async () => {
        await give(0, order('k1', 1), order('k2', 1), order('k3', 1), order('k4', 1));
        await store.recordReplies(
          FLEET,
          [
            { kind: 'accepted', cluster: c('k1'), epoch: 1 },
            { kind: 'stale', cluster: c('k2'), epoch: 1, seen: 9 },
            { kind: 'refused', cluster: c('k3'), epoch: 1, reason: 'no such workload \u0000' },
          ],
          t(20),
        );
        expect((await store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.cluster)).toEqual(['k4']);
        expect((await store.orders(FLEET)).size).toBe(4);
      });

      it('an answer to an order that was replaced meanwhile leaves the new one open', async () => {
        await give(0, order('k1', 1));
        await give(1, order('k1', 2));
        await store.recordReplies(FLEET, [{ kind: 'accepted', cluster: c('k1'), epoch: 1 }], t(20));
        expect((await store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.epoch)).toEqual([2]);
        await store.recordReplies(FLEET, [{ kind: 'accepted', cluster: c('k1'), epoch: 2 }], t(21));
        await give(2, order('k1', 3));
        expect((await store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.epoch)).toEqual([3]);
      });
    });

    describe('evidence', () => {
      it('keeps the newest observation, and not one that comes late', async () => {
        const seen = observed('k1', 20, { detail: 'broker 1 restarts', accepted: undefined, healthy: false });
        await store.commit(change(0, { observations: [observed('k1', 10), unknown('k2', 10)] }));
        await store.commit(change(1, { observations: [seen] }));
        await store.commit(change(2, { observations: [observed('k1', 19), unknown('k2', 11)] }));
        expect([...(await store.observations(FLEET))]).toStrictEqual([
          ['k1', seen],
          ['k2', unknown('k2', 11)],
        ]);
      });

      it('replaces the whole list of drifts, and leaves it alone when a change names none', async () => {
        const silent = drift('x', {
          key: 'data-plane:x',
          kinds: ['silent-data-plane'],
          cluster: undefined,
          product: undefined,
          differences: [],
        });
        const lagging = drift('k2', { kinds: ['lagging'], lagging: { reason: 'pin-expired', words: 'pinned until yesterday' } });
        await store.commit(change(0, { drifts: [drift('k1'), lagging, silent] }));
        await store.commit(change(1, { audit: [] }));
        expect(await store.drifts(FLEET)).toStrictEqual([drift('k1'), lagging, silent]);
        await store.commit(change(2, { drifts: [drift('k1', { seenAt: t(9) })] }));
        expect(await store.drifts(FLEET)).toStrictEqual([drift('k1', { seenAt: t(9) })]);
        await store.commit(change(3, { drifts: [] }));
        expect(await store.drifts(FLEET)).toEqual([]);
      });
    });

    describe('audit', () => {
      it('gives the newest first, by subject, up to the limit', async () => {
        const full = entry('k1', 'third', { rollout: newRollout('a', planFor(['k1'], '2.0.0')).state.id, from: undefined, to: undefined });
        await store.commit(change(0, { audit: [entry('k1', 'first'), entry('k2', 'second')] }));
        await store.commit(change(1, { audit: [full] }));
        expect((await store.audit(FLEET, { limit: 2 })).map((one) => one.why)).toEqual(['third', 'second']);
        expect(await store.audit(FLEET, { subject: 'k1', limit: 10 })).toStrictEqual([full, entry('k1', 'first')]);
      });
    });

    describe('projections', () => {
      it('saves, replaces and finds by key and by prefix, where the prefix is no pattern', async () => {
        const comment = { key: 'pull:12:comment', remoteId: 2 ** 33, hash: 'h', memo: { head: 'abc', 'a.b': '1' } };
        const bare = { key: 'pull:1%:check', remoteId: undefined, hash: undefined, memo: {} };
        await store.saveProjection(FLEET, { ...comment, hash: undefined });
        await store.saveProjection(FLEET, comment);
        await store.saveProjection(FLEET, bare);
        expect(await store.projection(FLEET, 'pull:12:comment')).toStrictEqual(comment);
        expect(await store.projection(FLEET, 'pull:12')).toBeUndefined();
        expect(await store.projections(FLEET, 'pull:1%')).toStrictEqual([bare]);
        expect(await store.projections(FLEET, 'pull:')).toStrictEqual([bare, comment]);
      });
    });

    describe('inbox', () => {
      it('stores a delivery and its jobs once', async () => {
        expect(await store.receive(delivery('g1'), [job('sync')])).toBe('stored');
        expect(await store.receive(delivery('g1', { payload: 'forged' }), [job('again')])).toBe('known');
        expect(await keys()).toEqual(['sync']);
        await store.delivered('g1', t(5));
        await store.delivered('never seen', t(5));
        expect(await store.receive(delivery('g1'), [job('again')])).toBe('known');
      });

      it('of ten at once with one guid, one is stored', async () => {
        const all = await Promise.all(Array.from({ length: 10 }, () => store.receive(delivery('g2'), [job('sync')])));
        expect(all.filter((one) => one === 'stored')).toHaveLength(1);
      });

      it.each([
        ['NUL', 'a\u0000b'],
        ['half a surrogate pair', 'a\ud800b'],
        ['backslashes that look like an escape', 'C:\\u0000\\\\u0000'],
        ['an emoji, a quote and a line end', '🚀"\n\u2028\u202e'],
        ['SQL', "'); drop table fleets; --"],
      ])('takes %s in every text', async (_name, hostile) => {
        const payload = { [hostile]: [hostile, { deep: hostile }], number: 1e308, nothing: null };
        expect(await store.receive(delivery('h', { payload, action: hostile }), [job(`k${hostile}`, { payload: { hostile } })])).toBe(
          'stored',
        );
        await store.saveProjection(FLEET, { key: `x${hostile}`, remoteId: undefined, hash: undefined, memo: { hostile } });
        const rollout = newRollout('a', planFor(['k1'], '2.0.0'));
        await store.commit(
          change(0, {
            newRollouts: [{ ...rollout, author: hostile, title: hostile }],
            audit: [entry(hostile, hostile)],
            drifts: [drift('k1', { product: hostile })],
          }),
        );
        const kept = hostile.toWellFormed().replaceAll('\u0000', '\ufffd');
        expect(await store.audit(FLEET, { subject: hostile, limit: 1 })).toStrictEqual([entry(kept, kept)]);
        expect((await store.recentRollouts(FLEET, 1))[0]?.title).toBe(kept);
        expect((await store.projection(FLEET, `x${hostile}`))?.memo).toEqual({ hostile: kept });
        expect((await store.drifts(FLEET))[0]?.product).toBe(kept);
        expect((await under.jobs()).map((one) => one.payload)).toEqual([{ hostile: kept }]);
      });
    });

    describe('jobs', () => {
      it('a waiting job with the same key is replaced, also inside one call', async () => {
        await store.enqueue([job('k', { payload: { n: 1 } }), job('k', { payload: { n: 2 } }), job('other')]);
        await store.enqueue([job('k', { task: 'sync', queue: 'q', payload: { n: 3 } })]);
        expect((await under.jobs()).filter((one) => one.key === 'k')).toMatchObject([{ task: 'sync', queue: 'q', payload: { n: 3 } }]);
        expect(await keys()).toEqual(['k', 'other']);
      });

      it('names of any length stay apart', async () => {
        const long = 'x'.repeat(600);
        await store.enqueue([job(`${long}1`, { queue: `${long}1` }), job(`${long}2`, { queue: `${long}2` })]);
        const jobs = await under.jobs();
        expect(new Set(jobs.map((one) => one.key)).size).toBe(2);
        expect(new Set(jobs.map((one) => one.queue)).size).toBe(2);
      });

      it('none is nothing to do', async () => {
        await store.enqueue([]);
        expect(await keys()).toEqual([]);
      });
    });

    it('is healthy while it answers', async () => {
      expect(await store.healthy()).toBe(true);
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
