import { describe, expect, it } from 'vitest';
import {
  c,
  change,
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
} from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

export function commitLaws(under: () => StoreUnderTest): void {
  describe('commit', () => {
    it('writes every part together', async () => {
      const rollout = newRollout('a', planFor(['k1'], '2.0.0'));
      expect(
        await under().store.commit(
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
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
      expect([...(await under().store.desired(FLEET)).keys()]).toEqual(['k1']);
      expect((await under().store.activeRollouts(FLEET)).map((one) => one.state.id)).toEqual([rollout.state.id]);
      expect([...(await under().store.orders(FLEET)).keys()]).toEqual(['k1']);
      expect([...(await under().store.observations(FLEET)).keys()]).toEqual(['k1']);
      expect(await under().store.drifts(FLEET)).toHaveLength(1);
      expect(await under().store.audit(FLEET, { limit: 10 })).toHaveLength(1);
      expect(await waitingKeys(under())).toEqual(['deliver']);
    });

    it('an old version is a conflict that leaves nothing behind', async () => {
      await under().store.commit(change(0));
      expect(await under().store.commit(change(0, { audit: [entry('k1', 'late')], jobs: [job('late')], drifts: [drift('k1')] }))).toBe(
        'conflict',
      );
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
      expect(await under().store.audit(FLEET, { limit: 10 })).toEqual([]);
      expect(await under().store.drifts(FLEET)).toEqual([]);
      expect(await waitingKeys(under())).toEqual([]);
    });

    it('of two at once, one is committed and one is a conflict', async () => {
      const both = await Promise.all([
        under().store.commit(change(0, { audit: [entry('k1', 'first')] })),
        under().store.commit(change(0, { audit: [entry('k1', 'second')] })),
      ]);
      expect([...both].sort()).toEqual(['committed', 'conflict']);
      expect(await under().store.audit(FLEET, { limit: 10 })).toHaveLength(1);
    });

    it('a failure in the last part undoes the first', async () => {
      const rollout = newRollout('a', planFor(['k1'], '2.0.0'));
      const missing = { ...rollout.state, id: newRollout('b', planFor(['k1'], '9.0.0')).state.id };
      await expect(
        under().store.commit(
          change(0, {
            desired: { commit: sha('a'), set: [desiredCluster('k1', '2.0.0')], remove: [] },
            jobs: [job('x')],
            rollouts: [missing],
          }),
        ),
      ).rejects.toThrow(/is stored before it changes/);
      expect((await under().store.fleet(FLEET))?.version).toBe(0);
      expect((await under().store.desired(FLEET)).size).toBe(0);
      expect(await waitingKeys(under())).toEqual([]);
    });

    it('fleets do not see each other', async () => {
      await under().store.saveFleet(fleetRecord(OTHER_FLEET));
      await under().store.commit(
        change(0, { orders: [order('k1', 1)], drifts: [drift('k1')], audit: [entry('k1', 'mine')], observations: [observed('k1', 1)] }),
      );
      expect((await under().store.orders(OTHER_FLEET)).size).toBe(0);
      expect((await under().store.observations(OTHER_FLEET)).size).toBe(0);
      expect(await under().store.drifts(OTHER_FLEET)).toEqual([]);
      expect(await under().store.audit(OTHER_FLEET, { limit: 10 })).toEqual([]);
      expect(await under().store.commit(change(0, { fleet: OTHER_FLEET, orders: [order('k1', 1)] }))).toBe('committed');
    });
  });
}

export function desiredLaws(under: () => StoreUnderTest): void {
  describe('desired', () => {
    const set = (version: number, commit: string, ...clusters: readonly ReturnType<typeof desiredCluster>[]) =>
      under().store.commit(change(version, { desired: { commit: sha(commit), set: clusters, remove: [] } }));

    it('gives back every field, in order of cluster id', async () => {
      const pinned = desiredCluster('b', '1.0.0', {
        heldAt: { by: 'pin', releaseVersion: '2.0.0', reason: 'hot | path @org', expires: t(99) },
        optOut: { reason: 'audit', expires: undefined },
      });
      const plain = desiredCluster('a', '2.0.0');
      await set(0, 'a', pinned, plain);
      expect([...(await under().store.desired(FLEET))]).toStrictEqual([
        ['a', plain],
        ['b', pinned],
      ]);
    });

    it('replaces and removes by cluster', async () => {
      await set(0, 'a', desiredCluster('k1', '1.0.0'), desiredCluster('k2', '1.0.0'));
      await under().store.commit(change(1, { desired: { commit: sha('b'), set: [desiredCluster('k1', '2.0.0')], remove: [c('k2')] } }));
      expect([...(await under().store.desired(FLEET)).values()].map((one) => [one.cluster, one.spec.version])).toEqual([['k1', '2.0.0']]);
    });

    it('knows earlier revisions, newest first, each once, without the present one', async () => {
      const at = (version: string) => desiredCluster('k1', version).revision;
      await set(0, 'a', desiredCluster('k1', '1.0.0'), desiredCluster('k2', '1.0.0'));
      await set(1, 'b', desiredCluster('k1', '2.0.0'));
      // The same revision again, with other labels, is no new line of history.
      await set(2, 'c', desiredCluster('k1', '2.0.0', { labels: { tier: 'gold' } }));
      await set(3, 'd', desiredCluster('k1', '3.0.0'));
      await set(4, 'e', desiredCluster('k1', '2.0.0'));
      const earlier = await under().store.earlierRevisions(FLEET, [c('k1'), c('k2'), c('never')]);
      expect(earlier.get(c('k1'))).toEqual([at('3.0.0'), at('1.0.0')]);
      expect(earlier.get(c('k2'))).toEqual([]);
      expect(earlier.get(c('never'))).toEqual([]);
    });

    it('remembers the revision of a cluster that left', async () => {
      await set(0, 'a', desiredCluster('k1', '1.0.0'));
      await under().store.commit(change(1, { desired: { commit: sha('b'), set: [], remove: [c('k1')] } }));
      expect((await under().store.earlierRevisions(FLEET, [c('k1')])).get(c('k1'))).toEqual([desiredCluster('k1', '1.0.0').revision]);
    });
  });
}
