import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { AskedConsent, RuleApproval } from '../../../src/core/rules/consent.ts';
import type { PullInfo } from '../../../src/ports/code-host.ts';
import type { PullRecord, StateChange } from '../../../src/ports/state-store.ts';
import { FLEET, fleetRecord, OTHER_FLEET, PLANNED_PULL, PULL_INFO, sha, t } from '../../support/state/builders.ts';
import type { StoreUnderTest } from './under-test.ts';

const UNPLANNED: PullRecord = { number: 7, isOpen: false, closings: 1, planned: undefined, digest: undefined, asked: undefined };
const ASKED: AskedConsent = {
  digest: trusted.digest('00112233445566ff'),
  approvers: { teams: ['leads'], users: ['otto'], maintainers: false, count: 2, notAuthor: true, reviews: false, validForMs: 90_000 },
};
const MERGED: PullInfo = { ...PULL_INFO, state: 'closed', merged: true, mergeCommit: sha('c') };

export function pullLaws(under: () => StoreUnderTest): void {
  describe('pull requests', () => {
    it.each<[string, PullRecord]>([
      ['that is planned', PLANNED_PULL],
      ['that was merged', { ...PLANNED_PULL, planned: { info: MERGED, base: sha('b') } }],
      ['that was closed before its first plan', UNPLANNED],
      ['that takes protection away', { ...PLANNED_PULL, asked: ASKED }],
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

    it('who agrees to what one takes away is kept by person, however they write their name, and in the order of their approvals', async () => {
      const { store } = under();
      const agree = (by: string, at: number, over: Partial<RuleApproval> = {}): RuleApproval => ({
        ...{ pull: 7, by, digest: ASKED.digest, at: t(at), source: 'command', because: "named; 'quoted' 🚀" },
        ...over,
      });
      const commit = async (change: Partial<StateChange>): Promise<string> => {
        const expectedVersion = (await store.fleet(FLEET))?.version ?? 0;
        return await store.commit({ fleet: FLEET, expectedVersion, at: t(9), ...change });
      };
      const [otto, anna, elsewhere] = [agree('Otto', 2), agree('anna', 1, { source: 'review' }), agree('otto', 1, { pull: 8 })];
      await commit({ ruleApprovals: [otto, anna, elsewhere] });
      expect(await store.ruleApprovals(FLEET, 7)).toStrictEqual([anna, otto]);
      expect(await store.ruleApprovals(OTHER_FLEET, 7)).toEqual([]);
      const again = agree('otto', 3, { digest: trusted.digest('ffff222233334444') });
      await commit({ ruleApprovals: [again] });
      expect(await store.ruleApprovals(FLEET, 7)).toStrictEqual([anna, again]);
      await commit({ withdrawnApprovals: [{ pull: 7, by: 'ANNA' }] });
      expect(await store.ruleApprovals(FLEET, 7)).toStrictEqual([again]);
      expect(await store.commit({ fleet: FLEET, expectedVersion: 0, at: t(9), withdrawnApprovals: [{ pull: 7, by: 'otto' }] })).toBe(
        'conflict',
      );
      expect([await store.ruleApprovals(FLEET, 7), await store.ruleApprovals(FLEET, 8)]).toStrictEqual([[again], [elsewhere]]);
    });
  });
}
