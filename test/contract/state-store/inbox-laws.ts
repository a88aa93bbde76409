import { describe, expect, it } from 'vitest';
import { change, delivery, drift, entry, FLEET, job, landed, planFor, stop } from '../../support/state/builders.ts';
import { type StoreUnderTest, waitingKeys } from './under-test.ts';

export function inboxLaws(under: () => StoreUnderTest): void {
  describe('inbox', () => {
    it('stores a delivery and its jobs once', async () => {
      expect(await under().store.receive(delivery('g1'), [job('sync')])).toBe('stored');
      expect(await under().store.receive(delivery('g1', { payload: 'forged' }), [job('again')])).toBe('known');
      expect(await waitingKeys(under())).toEqual(['sync']);
      expect(await under().store.receive(delivery('g1'), [job('again')])).toBe('known');
    });

    it('keeps how far something was read, and gives it back as it was saved last', async () => {
      const { store } = under();
      expect(await store.cursor('log')).toBeUndefined();
      await store.saveCursor('log', { upTo: 3, tries: { a: 1 } });
      await store.saveCursor('log', { upTo: 4, tries: {} });
      await store.saveCursor('another', { upTo: 1 });
      expect(await store.cursor('log')).toEqual({ upTo: 4, tries: {} });
    });

    it('of ten at once with one guid, one is stored', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => under().store.receive(delivery('g2'), [job('sync')])));
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
      expect(await under().store.receive(delivery('h', { payload, action: hostile }), [job(`k${hostile}`, { payload: { hostile } })])).toBe(
        'stored',
      );
      await under().store.saveProjection(FLEET, { key: `x${hostile}`, remoteId: undefined, hash: undefined, memo: { hostile } });
      await under().store.commit(
        change(0, {
          newRollouts: { ...landed('a', planFor(['k1'], '2.0.0')), author: hostile, title: hostile },
          stops: [stop('s', { by: hostile, reason: hostile })],
          audit: [entry(hostile, hostile)],
          drifts: [drift('k1', { product: hostile })],
        }),
      );
      const kept = hostile.toWellFormed().replaceAll('\u0000', '\ufffd');
      expect(await under().store.audit(FLEET, { subject: hostile, limit: 1 })).toStrictEqual([entry(kept, kept)]);
      expect((await under().store.recentRollouts(FLEET, 1))[0]?.title).toBe(kept);
      expect((await under().store.stops(FLEET))[0]?.reason).toBe(kept);
      expect((await under().store.projection(FLEET, `x${hostile}`))?.memo).toEqual({ hostile: kept });
      expect((await under().store.drifts(FLEET))[0]?.product).toBe(kept);
      expect((await under().jobs()).map((one) => one.payload)).toEqual([{ hostile: kept }]);
    });
  });
}

export function jobLaws(under: () => StoreUnderTest): void {
  describe('jobs', () => {
    it('a waiting job with the same key is replaced, also inside one call', async () => {
      await under().store.enqueue([job('k', { payload: { n: 1 } }), job('k', { payload: { n: 2 } }), job('other')]);
      await under().store.enqueue([job('k', { task: 'sync', queue: 'q', payload: { n: 3 } })]);
      expect((await under().jobs()).filter((one) => one.key === 'k')).toMatchObject([{ task: 'sync', queue: 'q', payload: { n: 3 } }]);
      expect(await waitingKeys(under())).toEqual(['k', 'other']);
    });

    it('names of any length stay apart', async () => {
      const long = 'x'.repeat(600);
      await under().store.enqueue([job(`${long}1`, { queue: `${long}1` }), job(`${long}2`, { queue: `${long}2` })]);
      const jobs = await under().jobs();
      expect(new Set(jobs.map((one) => one.key)).size).toBe(2);
      expect(new Set(jobs.map((one) => one.queue)).size).toBe(2);
    });

    it('none is nothing to do', async () => {
      await under().store.enqueue([]);
      expect(await waitingKeys(under())).toEqual([]);
    });
  });
}
