import type { FleetId } from '../core/model/ids.ts';
import { nameKeyOf, type RepositoryName } from '../ports/code-host.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import { PortError } from '../ports/port-error.ts';

/** Whether this process may act for a fleet at this moment. */
export type Holds = (fleet: FleetId) => boolean;

/** Which fleet is written to under which name. Noted whenever somebody is about to write there. */
export class FleetNames {
  readonly #fleets = new Map<string, FleetId>();

  note({ id, ...named }: RepositoryName & { readonly id: FleetId }): void {
    this.#fleets.set(nameKeyOf(named), id);
  }

  fleetNamed(named: RepositoryName): FleetId | undefined {
    return this.#fleets.get(nameKeyOf(named));
  }
}

type Fetch = typeof globalThis.fetch;

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const REPOSITORY = /\/repos\/([^/]+)\/([^/]+)\//;

/**
 * Looks at the lease of a repository's fleet right before each request that writes there: it may have waited for its turn for as
 * long as a lease lasts.
 */
export function leasedFetch(holds: Holds, names: FleetNames, fetch: Fetch = globalThis.fetch): Fetch {
  return async (input, init) => {
    const fleet = READS.has((init?.method ?? 'GET').toUpperCase()) ? undefined : fleetOf(names, input);
    if (fleet !== undefined && !holds(fleet)) throw new Error(`another replica works on ${fleet} now: nothing more is written there`);
    return await fetch(input, init);
  };
}

function fleetOf(names: FleetNames, input: Parameters<Fetch>[0]): FleetId | undefined {
  const [, owner = '', name = ''] = REPOSITORY.exec(input instanceof Request ? input.url : String(input)) ?? [];
  return names.fleetNamed({ owner, name });
}

/** Sends orders only while the lease is held. One that is late all the same is refused by its epoch. */
export function leasedDataPlane(dataPlane: DataPlane, holds: () => boolean): DataPlane {
  return {
    name: dataPlane.name,
    observe: (clusters) => dataPlane.observe(clusters),
    list: () => dataPlane.list(),
    watch: (onChange, signal) => dataPlane.watch(onChange, signal),
    apply: async (orders) => {
      if (!holds()) throw notHeld(dataPlane.name);
      return await dataPlane.apply(orders);
    },
  };
}

const notHeld = (dataPlane: string) =>
  new PortError({
    port: 'data-plane',
    operation: 'apply',
    retry: { kind: 'retry-later' },
    message: `another replica works on this fleet now, and sends data plane ${dataPlane} its orders`,
  });
