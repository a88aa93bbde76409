import type { ClusterState, Fault } from './cluster-state.ts';
import type { TimeAnchor } from './world-time.ts';

/** What is kept besides the clusters. */
export interface WorldFacts {
  readonly time: TimeAnchor | undefined;
  /** Given to clusters that are made later. */
  readonly defaultFaults: readonly Fault[];
  readonly silentPlanes: readonly string[];
}

/** What outlives a restart of the simulated data planes. */
export interface WorldStore {
  clusters(): readonly ClusterState[];
  facts(): WorldFacts;
  /** All or nothing. @throws Error when it is not taken; then nothing was written. */
  write(clusters: readonly ClusterState[], facts: WorldFacts): void;
  close(): void;
}

/** Outlives a World, and not the process. States are never changed, so they need no copies. */
export class WorldStoreInMemory implements WorldStore {
  readonly #clusters = new Map<string, ClusterState>();
  #facts: WorldFacts = { time: undefined, defaultFaults: [], silentPlanes: [] };

  clusters(): readonly ClusterState[] {
    return [...this.#clusters.values()];
  }

  facts(): WorldFacts {
    return this.#facts;
  }

  write(clusters: readonly ClusterState[], facts: WorldFacts): void {
    for (const state of clusters) this.#clusters.set(`${state.dataPlane}/${state.cluster}`, state);
    this.#facts = facts;
  }

  close(): void {
    // Nothing is held open.
  }
}
