import { describe, expect, it } from 'vitest';
import { c, change, changed, FLEET, landed, OTHER_FLEET, order, planFor, t, target } from '../../support/state/builders.ts';
import type { StoreUnderTest } from './under-test.ts';

export function failureLaws(under: () => StoreUnderTest): void {
  describe('failures', () => {
    const made = landed('a', planFor(['k1', 'k2'], '2.0.0'));
    const { state } = made;
    const failed = (at: number, attempt: number, epoch: number) =>
      target({ status: 'failed', since: t(at), attempt, epoch, detail: `attempt ${attempt} crashed` });
    const failures = (since = 0, cluster = 'k1') => under().store.failures(FLEET, c(cluster), t(since));

    it('are each time that a cluster failed or could not be seen, newest first, with the version of its order', async () => {
      const { store } = under();
      await store.commit(change(0, { newRollouts: made }));
      const orders = [order('k1', 1, { rollout: state.id })];
      const first = changed(state, { targets: new Map([[c('k1'), failed(100, 1, 1)]]) });
      await store.commit(change(1, { orders, rollouts: [first] }));
      const unseen = target({ status: 'unreachable', since: t(200), attempt: 1, epoch: 0 });
      const again = changed(state, { targets: new Map([[c('k2'), unseen]]) });
      await store.commit(change(2, { rollouts: [again] }));
      const second = changed(state, { targets: new Map([[c('k1'), failed(300, 2, 9)]]) });
      await store.commit(change(3, { rollouts: [second] }));
      const line = { cluster: c('k1'), status: 'failed', rollout: state.id };
      expect(await failures()).toStrictEqual([
        { ...line, at: t(300), attempt: 2, version: undefined, detail: 'attempt 2 crashed' },
        { ...line, at: t(100), attempt: 1, version: '2.0.0', detail: 'attempt 1 crashed' },
      ]);
      expect((await failures(0, 'k2')).map(({ status, attempt, detail }) => [status, attempt, detail])).toEqual([
        ['unreachable', 1, undefined],
      ]);
      expect((await failures(100)).length).toBe(2);
      expect((await failures(101)).map(({ attempt }) => attempt)).toEqual([2]);
      expect(await store.failures(OTHER_FLEET, c('k1'), t(0))).toEqual([]);
    });

    it('count once, however often the target is written while it stays as it is', async () => {
      const { store } = under();
      await store.commit(change(0, { newRollouts: made }));
      const targets = new Map([[c('k1'), failed(100, 1, 1)]]);
      await store.commit(change(1, { rollouts: [changed(state, { targets })] }));
      const acknowledged = { ...failed(100, 1, 1), acknowledged: { attempt: 1, status: 'failed' as const } };
      await store.commit(change(2, { rollouts: [changed(state, { targets: new Map([[c('k1'), acknowledged]]) })] }));
      await store.commit(change(3, { rollouts: [changed(state, { targets: new Map([[c('k1'), target({ since: t(200) })]]) })] }));
      expect((await failures()).map(({ at }) => at)).toEqual([t(100)]);
    });

    it('of a commit that was refused are none', async () => {
      const { store } = under();
      await store.commit(change(0, { newRollouts: made }));
      const targets = new Map([[c('k1'), failed(100, 1, 1)]]);
      expect(await store.commit(change(0, { rollouts: [changed(state, { targets })] }))).toBe('conflict');
      expect(await failures()).toEqual([]);
    });
  });
}
