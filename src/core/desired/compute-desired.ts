import type { Cluster, Product, Release } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { invariant } from '../model/assert.ts';
import { canonicalJson, revisionOf } from '../model/hash.ts';
import type { ClusterId, Revision } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import { instant } from '../model/time.ts';
import type { DesiredCluster, DesiredSpec, DesiredState } from './desired.ts';
import { normaliseSpec } from './normalise.ts';

/** The model and desired state of an earlier commit: entries whose documents are the same objects are taken over. */
export interface DesiredBefore {
  readonly model: FleetModel;
  readonly desired: DesiredState;
}

/**
 * Works out what every cluster should run, in order of cluster id. The only place where defaults of a spec are filled:
 * config is that of the product, the release, then the cluster; feature flags those of the release, then the cluster;
 * a pin beats an exception, and either beats the release. What comes out is in its normal form, and the revision is the hash
 * of that: how a value is written makes no rollout.
 *
 * It knows no clock, on purpose: a pin, exception or opt-out past its expiry still holds its cluster until somebody
 * edits the manifests. Time alone never moves a cluster; reports call it lagging.
 *
 * @throws InvariantError for a model that was not cross-checked: a cluster without a release or a product.
 */
export function computeDesired(model: FleetModel, before?: DesiredBefore): DesiredState {
  const resolve = resolverFor(model);
  const replaced = before && replace(model, before, resolve);
  if (replaced !== undefined) return replaced;
  const desired = new Map<ClusterId, DesiredCluster>();
  for (const cluster of sortedIds(model)) {
    desired.set(cluster, (before && unchanged(cluster, model, before)) ?? resolve(cluster));
  }
  return desired;
}

/** Where only cluster documents changed, and none came: the price follows the change. */
function replace(model: FleetModel, before: DesiredBefore, resolve: (cluster: ClusterId) => DesiredCluster): DesiredState | undefined {
  const documents = LayeredMap.differing(model.clusters, before.model.clusters);
  const releases = LayeredMap.differing(model.releaseOf, before.model.releaseOf);
  if (documents === undefined || releases === undefined) return undefined;
  if (!sameDocuments(model.releases, before.model.releases) || !sameDocuments(model.products, before.model.products)) return undefined;
  const concerned = [...new Set([...documents, ...releases])];
  const here = concerned.filter((cluster) => model.clusters.has(cluster));
  // A cluster that came has its place in the order of ids, which only a new map gives it.
  if (here.some((cluster) => !before.desired.has(cluster))) return undefined;
  const gone = concerned.filter((cluster) => !model.clusters.has(cluster));
  const entries = here.map((cluster) => [cluster, unchanged(cluster, model, before) ?? resolve(cluster)] as const);
  return LayeredMap.of(before.desired, gone, entries);
}

function sameDocuments<T>(a: ReadonlyMap<string, { readonly value: T }>, b: ReadonlyMap<string, { readonly value: T }>): boolean {
  return a.size === b.size && [...a].every(([name, { value }]) => b.get(name)?.value === value);
}

/**
 * Document identity is enough: the parse cache gives the same object for the same blob, and documents are never written
 * to. The same cluster and the same release document also mean that this release selected the cluster before.
 */
function unchanged(cluster: ClusterId, model: FleetModel, before: DesiredBefore): DesiredCluster | undefined {
  const document = model.clusters.get(cluster)?.value;
  if (document === undefined || document !== before.model.clusters.get(cluster)?.value) return undefined;
  const release = model.releaseOf.get(cluster) ?? '';
  if (model.releases.get(release)?.value !== before.model.releases.get(release)?.value) return undefined;
  const { product } = document.spec;
  if (model.products.get(product)?.value !== before.model.products.get(product)?.value) return undefined;
  return before.desired.get(cluster);
}

/** Sorts only when it must: a model that was read in order of names, as most are, costs one pass. */
function sortedIds(model: FleetModel): readonly ClusterId[] {
  const ids = [...model.clusters.keys()];
  const inOrder = ids.every((id, at) => at === 0 || (ids[at - 1] ?? '') < id);
  return inOrder ? ids : ids.sort((a, b) => (a < b ? -1 : 1));
}

interface Version {
  readonly version: string;
  readonly pinnedBy: DesiredCluster['pinnedBy'];
}

interface Resolved {
  readonly spec: DesiredSpec;
  readonly revision: Revision;
}

/**
 * Clusters of one release mostly want the same thing, so each distinct spec is built and hashed once and shared:
 * at 100,000 clusters that is the difference between seconds and a fraction of one.
 */
function resolverFor(model: FleetModel): (cluster: ClusterId) => DesiredCluster {
  const specs = new Map<string, Resolved>();
  // Written differently, and the same once it is in its normal form.
  const byRevision = new Map<Revision, Resolved>();
  const exceptions = new Map<string, ReturnType<typeof exceptionsByCluster>>();
  for (const [name, { value }] of model.releases) exceptions.set(name, exceptionsByCluster(value));

  return (cluster) => {
    const document = model.clusters.get(cluster)?.value;
    const releaseName = model.releaseOf.get(cluster);
    const release = model.releases.get(releaseName ?? '')?.value;
    const product = model.products.get(document?.spec.product ?? '')?.value;
    invariant(document && releaseName !== undefined && release && product, `cluster ${cluster} has a release and a product`);

    const { version, pinnedBy } = versionOf(document, release, exceptions.get(releaseName)?.get(cluster));
    const { config, featureFlags, replicas, dataPlane, workload, optOut } = document.spec;
    const own = config || featureFlags ? canonicalJson([config, featureFlags]) : '';
    const key = `${releaseName}\n${document.spec.product}\n${version}\n${replicas}\n${own}`;
    let resolved = specs.get(key);
    if (resolved === undefined) {
      const spec = normaliseSpec(specOf(document, release, product, version));
      const revision = revisionOf(spec);
      resolved = byRevision.get(revision) ?? { spec, revision };
      byRevision.set(revision, resolved);
      specs.set(key, resolved);
    }
    return {
      cluster,
      revision: resolved.revision,
      spec: resolved.spec,
      release: releaseName,
      dataPlane,
      workload: workload && { namespace: workload.namespace, name: workload.name },
      labels: document.metadata.labels ?? NO_LABELS,
      pinnedBy,
      optOut: optOut && { reason: optOut.reason, expires: optOut.expires === undefined ? undefined : parsed(optOut.expires) },
    };
  };
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

type Exception = NonNullable<Release['spec']['exceptions']>[number];

function exceptionsByCluster(release: Release): ReadonlyMap<string, Exception> {
  const byCluster = new Map<string, Exception>();
  for (const exception of release.spec.exceptions ?? []) {
    for (const cluster of exception.clusters) if (!byCluster.has(cluster)) byCluster.set(cluster, exception);
  }
  return byCluster;
}

function versionOf(cluster: Cluster, release: Release, exception: Exception | undefined): Version {
  const { pin } = cluster.spec;
  const holder = pin ?? exception;
  const releaseVersion = release.spec.version;
  if (holder === undefined || holder.version === releaseVersion) return { version: releaseVersion, pinnedBy: undefined };
  const by = pin === undefined ? 'exception' : 'pin';
  return { version: holder.version, pinnedBy: { by, releaseVersion, reason: holder.reason, expires: parsed(holder.expires) } };
}

function specOf(cluster: Cluster, release: Release, product: Product, version: string): DesiredSpec {
  return {
    product: cluster.spec.product,
    version,
    image: imageOf(release, product, version),
    replicas: cluster.spec.replicas,
    config: { ...product.spec.config, ...release.spec.config, ...cluster.spec.config },
    featureFlags: { ...release.spec.featureFlags, ...cluster.spec.featureFlags },
  };
}

/** The digest belongs to the version of the release; a cluster held at another version must not get it. */
function imageOf(release: Release, product: Product, version: string): string | undefined {
  const image = product.spec.versions.find((known) => known.version === version)?.image;
  const digest = version === release.spec.version ? release.spec.imageDigest : undefined;
  if (digest === undefined) return image;
  return image === undefined ? digest : `${image.split('@')[0]}@${digest}`;
}

/** The schema has checked the form. Date is used as arithmetic only. */
const parsed = (text: string) => instant(Date.parse(text));
