import { instant } from '../../../src/core/model/time.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import type { CodeHost } from '../../../src/ports/code-host.ts';
import type { ManifestSource } from '../../../src/ports/manifest-source.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { Projection, StateStore } from '../../../src/ports/state-store.ts';
import { T0 } from '../../support/state/builders.ts';

/** Projections in memory; each answer comes a turn later, as from a database. */
export class ProjectionsInMemory implements Pick<StateStore, 'projection' | 'projections' | 'saveProjection'> {
  readonly all = new Map<string, Projection>();

  async projection(fleet: string, key: string): Promise<Projection | undefined> {
    await undefined;
    return this.all.get(`${fleet} ${key}`);
  }

  async projections(fleet: string, prefix: string): Promise<readonly Projection[]> {
    await undefined;
    return [...this.all].flatMap(([key, projection]) => (key.startsWith(`${fleet} ${prefix}`) ? [projection] : []));
  }

  async saveProjection(fleet: string, projection: Projection): Promise<void> {
    await undefined;
    this.all.set(`${fleet} ${projection.key}`, projection);
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A loop with only those ports; to reach for another is a mistake that the test sees as an error. */
export function loopOf(ports: {
  readonly store?: Partial<StateStore>;
  readonly host?: Partial<CodeHost>;
  readonly source?: Partial<ManifestSource>;
}): Loop {
  const given = {
    clock: { now: () => instant(T0) },
    log: silent,
    store: ports.store,
    host: () => ports.host,
    source: () => ports.source,
  };
  return {
    ports: given as unknown as Ports,
    settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: 'http://127.0.0.1:3000' },
    memory: new Map(),
  };
}
