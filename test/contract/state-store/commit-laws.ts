import { describe, expect, it } from 'vitest';
import {
  c,
  change,
  changed,
  desiredCluster,
  drift,
  entry,
  FLEET,
  fleetRecord,
  job,
  landed,
  ledgerEntry,
  OTHER_FLEET,
  observed,
  order,
  planFor,
  policy,
  sha,
  stop,
  t,
} from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

export function commitLaws(under: () => StoreUnderTest): void {
  describe('commit', () => {
    it('writes every part together', async () => {
      const made = landed('a', planFor(['k1'], '2.0.0'));
      expect(
        await under().store.commit(
          change(0, {
            heads: { seen: sha('a'), good: sha('a') },
            desired: { commit: sha('a'), set: [desiredCluster('k1', '2.0.0')], remove: [] },
            policy: policy(),
            newRollouts: made,
            stops: [stop('s')],
            ledger: [ledgerEntry('k1')],
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
      expect((await under().store.activeRollouts(FLEET)).map((one) => one.state.id)).toEqual([made.state.id]);
      expect(await under().store.policy(FLEET)).toStrictEqual(policy());
      expect(await under().store.stops(FLEET)).toStrictEqual([stop('s')]);
      expect([...(await under().store.ledger(FLEET))]).toStrictEqual([['k1', ledgerEntry('k1')]]);
      expect([...(await under().store.orders(FLEET)).keys()]).toEqual(['k1']);
      expect([...(await under().store.observations(FLEET)).keys()]).toEqual(['k1']);
      expect(await under().store.drifts(FLEET)).toHaveLength(1);
      expect(await under().store.audit(FLEET, { limit: 10 })).toHaveLength(1);
      expect(await waitingKeys(under())).toEqual(['deliver']);
    });

    it('an old version is a conflict that leaves nothing behind', async () => {
      await under().store.commit(change(0));
      const late = {
        audit: [entry('k1', 'late')],
        jobs: [job('late')],
        drifts: [drift('k1')],
        stops: [stop('s')],
        ledger: [ledgerEntry('k1')],
      };
      expect(await under().store.commit(change(0, { ...late, policy: policy() }))).toBe('conflict');
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
      expect(await under().store.audit(FLEET, { limit: 10 })).toEqual([]);
      expect(await under().store.drifts(FLEET)).toEqual([]);
      expect(await under().store.stops(FLEET)).toEqual([]);
      expect((await under().store.ledger(FLEET)).size).toBe(0);
      expect(await under().store.policy(FLEET)).toBeUndefined();
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
      const missing = changed(landed('a', planFor(['k1'], '2.0.0')).state);
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
        change(0, {
          newRollouts: landed('a', planFor(['k1'], '2.0.0')),
          policy: policy(),
          stops: [stop('s')],
          ledger: [ledgerEntry('k1')],
          orders: [order('k1', 1)],
          drifts: [drift('k1')],
          audit: [entry('k1', 'mine')],
          observations: [observed('k1', 1)],
        }),
      );
      expect(await under().store.activeRollouts(OTHER_FLEET)).toEqual([]);
      expect(await under().store.rolloutsOfCommit(OTHER_FLEET, sha('a'))).toEqual([]);
      expect(await under().store.policy(OTHER_FLEET)).toBeUndefined();
      expect(await under().store.stops(OTHER_FLEET)).toEqual([]);
      expect(await under().store.stop(OTHER_FLEET, stop('s').id)).toBeUndefined();
      expect((await under().store.ledger(OTHER_FLEET)).size).toBe(0);
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
        pinnedBy: { by: 'pin', releaseVersion: '2.0.0', reason: 'hot | path @org', expires: t(99) },
        optOut: { reason: 'audit', expires: undefined },
        workload: { namespace: 'tenant', name: undefined },
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
  });
}
