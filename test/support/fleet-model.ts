import type { Cluster, Fleet, Freeze, Operation, Product, Release, Strategy, Window } from '../../src/core/manifest/generated.ts';
import type { FleetModel, Located } from '../../src/core/manifest/model.ts';
import { compileSelector } from '../../src/core/manifest/selector.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';

const API = 'flotilla.dev/v1' as const;
const CALENDAR_DEFAULTS = { reason: 'because of the table' };

export const product = (name: string, spec: Partial<Product['spec']> = {}): Product => ({
  apiVersion: API,
  kind: 'Product',
  metadata: { name },
  spec: {
    workload: { kind: 'StatefulSet' },
    versions: ['3.7.0', '3.8.0', '3.8.1', '3.9.0'].map((version) => ({ version, image: `registry/${name}:${version}` })),
    ...spec,
  },
});

export const release = (name: string, spec: Partial<Release['spec']> = {}): Release => ({
  apiVersion: API,
  kind: 'Release',
  metadata: { name },
  spec: { product: 'kafka', version: '3.8.0', select: {}, ...spec },
});

export const cluster = (name: string, labels: Record<string, string> = {}, spec: Partial<Cluster['spec']> = {}): Cluster => ({
  apiVersion: API,
  kind: 'Cluster',
  metadata: { name, labels },
  spec: { product: 'kafka', dataPlane: 'aws-eu', replicas: 3, ...spec },
});

export const strategy = (name: string, phases: Strategy['spec']['phases'], spec: Partial<Strategy['spec']> = {}): Strategy => ({
  apiVersion: API,
  kind: 'Strategy',
  metadata: { name },
  spec: { phases, ...spec },
});

/** A canary by label, then a quarter, then the rest. */
export const STANDARD: Strategy = strategy('standard', [
  { name: 'canary', canary: true, select: { matchLabels: { tier: 'canary' } }, maxConcurrent: 1, soak: '30m', bake: '1h' },
  { name: 'early', cohort: { size: '25%' }, maxConcurrent: '50%', soak: '10m', budgets: { failed: '10%' } },
  { name: 'rest', rest: true, maxConcurrent: '25%', soak: '10m', approval: { when: 'before', count: 1, teams: ['kafka-leads'] } },
]);

export const freeze = (name: string, spec: Omit<Freeze['spec'], 'reason'>): Freeze => ({
  apiVersion: API,
  kind: 'Freeze',
  metadata: { name },
  spec: { ...CALENDAR_DEFAULTS, ...spec },
});

export interface Documents {
  readonly fleet?: Partial<Fleet['spec']>;
  readonly products?: readonly Product[];
  readonly strategies?: readonly Strategy[];
  readonly releases?: readonly Release[];
  readonly clusters?: readonly Cluster[];
  readonly windows?: readonly Window[];
  readonly freezes?: readonly Freeze[];
  readonly operations?: readonly Operation[];
}

/** A model as the cross-checks would let it through; every document in a file of its own, `KIND/NAME.yaml`. */
export function fleetModel(documents: Documents): FleetModel {
  const clusters = new Map<ClusterId, Located<Cluster>>();
  for (const one of documents.clusters ?? []) clusters.set(trusted.cluster(one.metadata.name), located(one));
  const releases = byName(documents.releases ?? []);
  const releaseOf = new Map<ClusterId, string>();
  for (const [id, { value }] of clusters) {
    for (const [name, { value: release }] of releases) {
      if (release.spec.product === value.spec.product && compileSelector(release.spec.select)(value.metadata.labels ?? {}))
        releaseOf.set(id, name);
    }
  }
  const fleet: Fleet = {
    apiVersion: API,
    kind: 'Fleet',
    metadata: { name: 'fleet' },
    spec: { defaultStrategy: 'standard', dataPlanes: [{ name: 'aws-eu', kind: 'simulated' }], ...documents.fleet },
  };
  return {
    fleet: located(fleet),
    products: byName(documents.products ?? [product('kafka')]),
    strategies: byName(documents.strategies ?? [STANDARD]),
    releases,
    clusters,
    windows: byName(documents.windows ?? []),
    freezes: byName(documents.freezes ?? []),
    operations: byName(documents.operations ?? []),
    releaseOf,
  };
}

type Document = { readonly kind: string; readonly metadata: { readonly name: string } };

const located = <T extends Document>(value: T): Located<T> => ({
  value,
  file: `${value.kind.toLowerCase()}/${value.metadata.name}.yaml`,
  index: 0,
});

const byName = <T extends Document>(documents: readonly T[]): ReadonlyMap<string, Located<T>> =>
  new Map(documents.map((document) => [document.metadata.name, located(document)]));
