import { describe, expect, it } from 'vitest';
import { change, FLEET, fleetRecord, OTHER_FLEET, sha } from '../../support/state/builders.ts';
import type { StoreUnderTest } from './under-test.ts';

export function fleetLaws(under: () => StoreUnderTest): void {
  describe('fleets', () => {
    it('gives back what was saved, and nothing for an unknown one', async () => {
      expect(await under().store.fleet(OTHER_FLEET)).toBeUndefined();
      await under().store.saveFleet(
        fleetRecord(OTHER_FLEET, { installation: 2 ** 40, seenHead: sha('a'), goodHead: sha('b'), version: 3 }),
      );
      expect(await under().store.fleet(FLEET)).toStrictEqual(fleetRecord());
      expect(await under().store.fleets()).toStrictEqual([
        fleetRecord(),
        fleetRecord(OTHER_FLEET, { installation: 2 ** 40, seenHead: sha('a'), goodHead: sha('b'), version: 3 }),
      ]);
    });

    it('saving again changes name and address, and leaves heads and version to commit', async () => {
      const old = fleetRecord();
      await under().store.commit(change(0, { heads: { seen: sha('b'), good: sha('a') } }));
      await under().store.saveFleet({ ...old, defaultBranch: 'trunk', cloneUrl: 'https://git.example/moved.git' });
      expect(await under().store.fleet(FLEET)).toStrictEqual({
        ...old,
        defaultBranch: 'trunk',
        cloneUrl: 'https://git.example/moved.git',
        seenHead: sha('b'),
        goodHead: sha('a'),
        version: 1,
      });
    });
  });
}

export function projectionLaws(under: () => StoreUnderTest): void {
  describe('projections', () => {
    it('saves, replaces and finds by key and by prefix, where the prefix is no pattern', async () => {
      const comment = { key: 'pull:12:comment', remoteId: 2 ** 33, hash: 'h', memo: { head: 'abc', 'a.b': '1' } };
      const bare = { key: 'pull:1%:check', remoteId: undefined, hash: undefined, memo: {} };
      await under().store.saveProjection(FLEET, { ...comment, hash: undefined });
      await under().store.saveProjection(FLEET, comment);
      await under().store.saveProjection(FLEET, bare);
      expect(await under().store.projection(FLEET, 'pull:12:comment')).toStrictEqual(comment);
      expect(await under().store.projection(FLEET, 'pull:12')).toBeUndefined();
      expect(await under().store.projections(FLEET, 'pull:1%')).toStrictEqual([bare]);
      expect(await under().store.projections(FLEET, 'pull:')).toStrictEqual([bare, comment]);
    });
  });
}
