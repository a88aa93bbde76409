import type { ClusterId, FleetId } from '../core/model/ids.ts';
import type { DescribedDataPlane } from '../ports/ports.ts';
import type { StateStore } from '../ports/state-store.ts';

/** Where a data plane is, whatever fleet names it. The migration that made the table of claims writes it alike. */
export const placeOf = ({ kind, urlFromEnv, name }: DescribedDataPlane): string => `${kind} ${urlFromEnv ?? ''} ${name}`;

/** Clusters of a fleet that has just described them, by their data planes. @returns those that are another fleet's. @throws PortError */
export async function claimDescribed(
  store: Pick<StateStore, 'claim'>,
  fleet: FleetId,
  described: readonly { readonly cluster: ClusterId; readonly dataPlane: string }[],
  dataPlanes: readonly DescribedDataPlane[],
): Promise<ReadonlyMap<ClusterId, FleetId>> {
  const others = new Map<ClusterId, FleetId>();
  for (const dataPlane of dataPlanes) {
    const clusters = described.filter((one) => one.dataPlane === dataPlane.name).map(({ cluster }) => cluster);
    if (clusters.length === 0) continue;
    for (const [cluster, holder] of await store.claim(fleet, placeOf(dataPlane), clusters)) others.set(cluster, holder);
  }
  return others;
}

/** For a person who reads why a cluster does not move. */
export const claimedBy = (cluster: ClusterId, holder: FleetId): string =>
  `cluster ${cluster} belongs to another fleet: ${holder} describes it on the same data plane; remove it from one of the two`;
