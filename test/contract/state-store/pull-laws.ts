import { describe, expect, it } from 'vitest';
import type { PullInfo } from '../../../src/ports/code-host.ts';
import type { PullRecord } from '../../../src/ports/state-store.ts';
import { FLEET, fleetRecord, OTHER_FLEET, PLANNED_PULL, PULL_INFO, sha } from '../../support/state/builders.ts';
import type { StoreUnderTest } from './under-test.ts';

const UNPLANNED: PullRecord = { number: 7, isOpen: false, closings: 1, planned: undefined, digest: undefined };
const MERGED: PullInfo = { ...PULL_INFO, state: 'closed', merged: true, mergeCommit: sha('c') };

export function pullLaws(under: () => StoreUnderTest): void {
  describe('pull requests', () => {
    it.each<[string, PullRecord]>([
      ['that is planned', PLANNED_PULL],
      ['that was merged', { ...PLANNED_PULL, planned: { info: MERGED, base: sha('b') } }],
      ['that was closed before its first plan', UNPLANNED],
      [
        'whose title is hostile',
        { ...PLANNED_PULL, planned: { info: { ...PULL_INFO, title: `'); drop table pulls; -- 🚀"` }, base: sha('b') } },
      ],
    ])('one %s is read as it was written', async (_name, record) => {
      const { store } = under();
      await store.savePull(FLEET, record);
      expect(await store.pull(FLEET, 7)).toStrictEqual(record);
    });

    it('one that is written again replaces itself as a whole', async () => {
      const { store } = under();
      for (const record of [PLANNED_PULL, UNPLANNED]) await store.savePull(FLEET, record);
      expect(await store.pull(FLEET, 7)).toStrictEqual(UNPLANNED);
    });

    it('those that are open are listed, by number, and no others', async () => {
      const { store } = under();
      await store.saveFleet(fleetRecord(OTHER_FLEET));
      for (const number of [10, 9, 8]) await store.savePull(FLEET, { ...UNPLANNED, number, isOpen: number !== 9 });
      await store.savePull(OTHER_FLEET, PLANNED_PULL);
      expect((await store.openPulls(FLEET)).map(({ number }) => number)).toEqual([8, 10]);
      await store.savePull(FLEET, { ...UNPLANNED, number: 8 });
      expect((await store.openPulls(FLEET)).map(({ number }) => number)).toEqual([10]);
      expect(await store.pull(FLEET, 7)).toBeUndefined();
    });
  });
}
