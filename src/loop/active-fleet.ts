import type { FleetId } from '../core/model/ids.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';

/** The fleet, unless nothing is done for it: then it is as if there were none. @throws PortError */
export async function activeFleet(store: Pick<StateStore, 'fleet'>, id: FleetId): Promise<FleetRecord | undefined> {
  const fleet = await store.fleet(id);
  return fleet?.retired === undefined ? fleet : undefined;
}
