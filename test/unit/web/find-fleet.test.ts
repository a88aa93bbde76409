import { expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import { findFleet } from '../../../src/web/find-fleet.ts';
import { FLEET, fleetRecord } from '../../support/state/builders.ts';

it('leads to a fleet by its key for ever, and by what its repository is called now', async () => {
  const store = new InMemoryStateStore();
  await store.saveFleet(fleetRecord(FLEET, { owner: 'Emca', name: 'Renamed' }));
  const newcomer = trusted.fleet(`${FLEET}~2002`);
  await store.saveFleet(fleetRecord(newcomer, { repository: 2_002, owner: 'acme', name: 'clusters' }));
  const idOf = async (owner: string, name: string) => (await findFleet(store, owner, name))?.id;
  expect(await idOf('acme', 'clusters')).toBe(FLEET);
  expect(await idOf('emca', 'renamed')).toBe(FLEET);
  expect(await idOf('acme', 'clusters~2002')).toBe(newcomer);
  expect(await idOf('acme', 'nothing')).toBeUndefined();
  expect(await idOf('..', 'etc')).toBeUndefined();
});
