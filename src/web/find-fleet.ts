import { parseFleetId } from '../core/model/ids.ts';
import { nameKeyOf } from '../ports/code-host.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';

/**
 * The fleet that an address names: by its key, which is the name of its repository when it was first seen, so that links in old
 * comments lead to the same fleet for ever; else by what the repository is called now.
 *
 * @throws PortError
 */
export async function findFleet(
  store: Pick<StateStore, 'fleet' | 'fleets'>,
  owner: string | undefined,
  name: string | undefined,
): Promise<FleetRecord | undefined> {
  const key = parseFleetId(`${owner}/${name}`);
  if (!key.ok) return undefined;
  const byKey = await store.fleet(key.value);
  if (byKey !== undefined) return byKey;
  const named = (await store.fleets()).filter((fleet) => nameKeyOf(fleet) === key.value);
  return named.find(({ retired }) => retired === undefined) ?? named[0];
}
