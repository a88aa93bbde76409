import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { c, change, desiredCluster, FLEET, fleetRecord, OTHER_FLEET, sha, t } from '../../support/state/builders.ts';
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

    it('finds the fleet of a repository by its id, which it gets once and no other fleet has', async () => {
      const { store } = under();
      expect(await store.fleetOfRepository(2 ** 40)).toBeUndefined();
      await store.saveFleet(fleetRecord(OTHER_FLEET, { repository: undefined, version: 0 }));
      await store.saveFleet(fleetRecord(OTHER_FLEET, { repository: 2 ** 40, owner: 'Emca', name: 'renamed' }));
      expect(await store.fleetOfRepository(2 ** 40)).toMatchObject({ id: OTHER_FLEET, owner: 'Emca', name: 'renamed' });
      const twice = fleetRecord(trusted.fleet('acme/other~7'), { repository: 2 ** 40 });
      await expect(store.saveFleet(twice)).rejects.toThrow();
      expect(await store.fleet(twice.id)).toBeUndefined();
    });

    it('keeps why a fleet is retired, and since when, until it is taken up again', async () => {
      const { store } = under();
      const retired = { why: 'archived', since: t(7) } as const;
      await store.saveFleet(fleetRecord(FLEET, { retired }));
      expect((await store.fleet(FLEET))?.retired).toStrictEqual(retired);
      await store.saveFleet(fleetRecord(FLEET));
      expect(await store.fleet(FLEET)).toStrictEqual(fleetRecord());
    });

    it('gives a cluster of one place to one fleet, until that lets go of it or is retired', async () => {
      const { store } = under();
      const [east, k1, k2] = ['simulated  east', c('k1'), c('k2')];
      await store.saveFleet(fleetRecord(OTHER_FLEET));
      const set = [k1, k2].map((cluster) => desiredCluster(cluster, '1.0.0'));
      await store.commit(change(0, { desired: { commit: sha('a'), set, remove: [] } }));
      expect(await store.claim(FLEET, east, [k1, k2, k1])).toStrictEqual(new Map());
      expect(await store.claim(FLEET, east, [k1])).toStrictEqual(new Map());
      const both = new Map([
        [k1, FLEET],
        [k2, FLEET],
      ]);
      expect(await store.claim(OTHER_FLEET, east, [k2, k1, c('k3')])).toStrictEqual(both);
      expect(await store.claim(OTHER_FLEET, 'simulated  west', [k1])).toStrictEqual(new Map());
      await store.commit(change(1, { desired: { commit: sha('b'), set: [], remove: [k1] } }));
      expect(await store.claim(OTHER_FLEET, east, [k1, k2])).toStrictEqual(new Map([[k2, FLEET]]));
      const known = await store.fleet(FLEET);
      await store.saveFleet({ ...fleetRecord(), ...known, retired: { why: 'archived', since: t(1) } });
      expect(await store.claim(OTHER_FLEET, east, [k1, k2])).toStrictEqual(new Map());
      expect(await store.claim(FLEET, east, [c('k4')])).toStrictEqual(new Map());
    });

    it('remembers which repositories are no fleets, and as of when', async () => {
      const { store } = under();
      await store.saveBystander(2 ** 40, 'main 2026-01-01');
      await store.saveBystander(2 ** 40, 'main 2026-01-02');
      expect((await store.bystanders()).get(2 ** 40)).toBe('main 2026-01-02');
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
