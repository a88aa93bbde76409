import { describe, expect, it } from 'vitest';
import {
  c,
  change,
  drift,
  entry,
  FLEET,
  job,
  landed,
  observed,
  order,
  planFor,
  standing,
  t,
  unknown,
} from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

export function orderLaws(under: () => StoreUnderTest): void {
  describe('orders', () => {
    const give = (version: number, ...some: readonly ReturnType<typeof order>[]) => under().store.commit(change(version, { orders: some }));

    it('keeps the newest of each cluster', async () => {
      const newest = order('k1', 2, { mode: 'hold', rollout: landed('a', planFor(['k1'], '2.0.0')).state.id });
      await give(0, order('k1', 1), order('k2', 1));
      await give(1, newest);
      expect([...(await under().store.orders(FLEET))]).toStrictEqual([
        ['k1', standing(newest)],
        ['k2', standing(order('k2', 1))],
      ]);
    });

    it.each([
      ['the same epoch', 2],
      ['a lower epoch', 1],
    ])('%s is a conflict that leaves nothing behind', async (_name, epoch) => {
      await give(0, order('k1', 2));
      expect(await under().store.commit(change(1, { orders: [order('k0', 1), order('k1', epoch)], jobs: [job('x')] }))).toBe('conflict');
      expect([...(await under().store.orders(FLEET)).keys()]).toEqual(['k1']);
      expect((await under().store.fleet(FLEET))?.version).toBe(1);
      expect(await waitingKeys(under())).toEqual([]);
    });

    it('shows what has no answer, oldest first, by data plane, up to the limit', async () => {
      await give(0, order('k3', 1), order('far', 1, { dataPlane: 'gcp-us-1' }));
      await give(1, order('k1', 1), order('k2', 1));
      expect(await under().store.undelivered(FLEET, 'aws-eu-1', 2)).toStrictEqual([order('k3', 1), order('k1', 1)]);
      expect((await under().store.undelivered(FLEET, 'gcp-us-1', 10)).map((one) => one.cluster)).toEqual(['far']);
    });

    it('an answer of any kind ends it, and stands beside the order', async () => {
      await give(0, order('k1', 1), order('k2', 1), order('k3', 1), order('k4', 1));
      await under().store.recordReplies(
        FLEET,
        [
          { kind: 'accepted', cluster: c('k1'), epoch: 1 },
          { kind: 'stale', cluster: c('k2'), epoch: 1, seen: 9 },
          { kind: 'refused', cluster: c('k3'), epoch: 1, reason: 'no such workload \u0000' },
        ],
        t(20),
      );
      expect((await under().store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.cluster)).toEqual(['k4']);
      expect([...(await under().store.orders(FLEET)).values()]).toStrictEqual([
        standing(order('k1', 1), { kind: 'accepted', at: t(20) }),
        standing(order('k2', 1), { kind: 'stale', at: t(20), seen: 9 }),
        standing(order('k3', 1), { kind: 'refused', at: t(20), reason: 'no such workload \ufffd' }),
        standing(order('k4', 1)),
      ]);
    });

    it('an answer makes the version grow, so that nobody decides on what they read before it', async () => {
      await give(0, order('k1', 1), order('k2', 1));
      await under().store.recordReplies(FLEET, [{ kind: 'refused', cluster: c('k1'), epoch: 1, reason: 'no quota' }], t(20));
      expect((await under().store.fleet(FLEET))?.version).toBe(2);
      expect(await under().store.commit(change(1))).toBe('conflict');
      // What nobody waits for is not recorded, and disturbs nobody.
      await under().store.recordReplies(
        FLEET,
        [
          { kind: 'accepted', cluster: c('k1'), epoch: 1 },
          { kind: 'accepted', cluster: c('k2'), epoch: 9 },
          { kind: 'accepted', cluster: c('never'), epoch: 1 },
        ],
        t(21),
      );
      await under().store.recordReplies(FLEET, [], t(21));
      expect((await under().store.fleet(FLEET))?.version).toBe(2);
      expect((await under().store.orders(FLEET)).get(c('k1'))?.reply?.kind).toBe('refused');
    });

    it('is sent again when a commit says so, unless it has been replaced', async () => {
      await give(0, order('k1', 1), order('k2', 1), order('k3', 1));
      const accepted = (name: string, epoch: number) => ({ kind: 'accepted', cluster: c(name), epoch }) as const;
      await under().store.recordReplies(FLEET, [accepted('k1', 1), accepted('k2', 1), accepted('k3', 1)], t(20));
      await under().store.commit(
        change(2, {
          orders: [order('k3', 2)],
          sendAgain: [
            { cluster: c('k1'), epoch: 1 },
            { cluster: c('k2'), epoch: 7 },
            { cluster: c('k3'), epoch: 1 },
            { cluster: c('never'), epoch: 1 },
          ],
        }),
      );
      expect(await under().store.undelivered(FLEET, 'aws-eu-1', 10)).toStrictEqual([order('k1', 1), order('k3', 2)]);
      await under().store.recordReplies(FLEET, [accepted('k1', 1)], t(30));
      expect((await under().store.orders(FLEET)).get(c('k1'))?.reply).toStrictEqual({ kind: 'accepted', at: t(30) });
    });

    it('an answer to an order that was replaced meanwhile leaves the new one open', async () => {
      await give(0, order('k1', 1));
      await give(1, order('k1', 2));
      await under().store.recordReplies(FLEET, [{ kind: 'accepted', cluster: c('k1'), epoch: 1 }], t(20));
      expect((await under().store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.epoch)).toEqual([2]);
      await under().store.recordReplies(FLEET, [{ kind: 'accepted', cluster: c('k1'), epoch: 2 }], t(21));
      expect((await under().store.orders(FLEET)).get(c('k1'))?.reply?.at).toBe(t(21));
      await give(3, order('k1', 3));
      expect((await under().store.orders(FLEET)).get(c('k1'))?.reply).toBeUndefined();
      expect((await under().store.undelivered(FLEET, 'aws-eu-1', 10)).map((one) => one.epoch)).toEqual([3]);
    });
  });
}

export function evidenceLaws(under: () => StoreUnderTest): void {
  describe('evidence', () => {
    it('keeps the newest observation, and not one that comes late', async () => {
      const seen = observed('k1', 20, { detail: 'broker 1 restarts', accepted: undefined, healthy: false });
      await under().store.commit(change(0, { observations: [observed('k1', 10), unknown('k2', 10)] }));
      await under().store.commit(change(1, { observations: [seen] }));
      await under().store.commit(change(2, { observations: [observed('k1', 19), unknown('k2', 11)] }));
      expect([...(await under().store.observations(FLEET))]).toStrictEqual([
        ['k1', seen],
        ['k2', unknown('k2', 11)],
      ]);
    });

    it('asks our own clock which is newer: that of a data plane may be set back, or be that of another one', async () => {
      const moved = observed('k1', 20, { dataPlane: 'gcp-us-1', sampledAt: t(1) });
      await under().store.commit(change(0, { observations: [observed('k1', 10, { sampledAt: t(99) })] }));
      await under().store.commit(change(1, { observations: [moved] }));
      expect((await under().store.observations(FLEET)).get(c('k1'))).toStrictEqual(moved);
    });

    it('says when what is stored of each cluster was received', async () => {
      expect((await under().store.observationTimes(FLEET)).size).toBe(0);
      await under().store.commit(change(0, { observations: [observed('k2', 10), unknown('k1', 20)] }));
      await under().store.commit(change(1, { observations: [observed('k2', 30)] }));
      expect([...(await under().store.observationTimes(FLEET))].sort()).toEqual([
        ['k1', t(20)],
        ['k2', t(30)],
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
      await under().store.commit(change(0, { drifts: [drift('k1'), lagging, silent] }));
      await under().store.commit(change(1, { audit: [] }));
      expect(await under().store.drifts(FLEET)).toStrictEqual([drift('k1'), lagging, silent]);
      await under().store.commit(change(2, { drifts: [drift('k1', { seenAt: t(9), kinds: ['unhealthy'] })] }));
      expect(await under().store.drifts(FLEET)).toStrictEqual([drift('k1', { seenAt: t(9), kinds: ['unhealthy'] })]);
      await under().store.commit(change(3, { drifts: [] }));
      expect(await under().store.drifts(FLEET)).toEqual([]);
    });
  });
}

export function auditLaws(under: () => StoreUnderTest): void {
  describe('audit', () => {
    it('gives the newest first, by subject, up to the limit', async () => {
      const full = entry('k1', 'third', { rollout: landed('a', planFor(['k1'], '2.0.0')).state.id, from: undefined, to: undefined });
      await under().store.commit(change(0, { audit: [entry('k1', 'first'), entry('k2', 'second')] }));
      await under().store.commit(change(1, { audit: [full] }));
      expect((await under().store.audit(FLEET, { limit: 2 })).map((one) => one.why)).toEqual(['third', 'second']);
      expect(await under().store.audit(FLEET, { subject: 'k1', limit: 10 })).toStrictEqual([full, entry('k1', 'first')]);
    });
  });
}
