import type { DesiredCluster } from '../../core/desired/desired.ts';
import type { Product } from '../../core/manifest/generated.ts';
import type { ClusterId } from '../../core/model/ids.ts';

/** The object of a data plane that is a cluster. */
export interface Workload {
  /** As the Product says: `StatefulSet`, `Deployment`, or what this version cannot roll. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Whose image is the version; `undefined`: the only one. */
  readonly container: string | undefined;
  /** Holds the settings; `undefined`: none reach the pods. */
  readonly configMap: string | undefined;
}

/** By cluster. */
export type Workloads = ReadonlyMap<ClusterId, Workload>;

/** What is said of one data plane; the same object as long as it says the same. */
export interface SaidOfWorkloads {
  /** By the manifests in force. */
  readonly inForce: Workloads;
  /** By manifests that are being planned: to be looked at, and no more. */
  readonly proposed: Workloads;
}

/** The objects of those clusters that are on one data plane; of those whose product is not known, nothing. */
export function workloadsOn(
  dataPlane: string,
  clusters: Iterable<DesiredCluster>,
  productOf: (name: string) => Product | undefined,
): Workloads {
  const workloads = new Map<ClusterId, Workload>();
  for (const cluster of clusters) {
    const product = cluster.dataPlane === dataPlane ? productOf(cluster.spec.product) : undefined;
    if (product !== undefined) workloads.set(cluster.cluster, workloadOf(cluster, product.spec.workload));
  }
  return workloads;
}

interface WorkloadOfProduct {
  readonly kind: string;
  readonly container?: string | undefined;
  readonly configMap?: string | undefined;
}

/** What neither says follows from names: named as the cluster, in the namespace named as the product. */
function workloadOf({ cluster, spec, workload }: DesiredCluster, { kind, container, configMap }: WorkloadOfProduct): Workload {
  const name = workload?.name ?? cluster;
  const namespace = workload?.namespace ?? spec.product;
  return { kind, namespace, name, container, configMap: configMap?.replace('{name}', name) };
}

/** Kinds that this version can roll, and where the API server has them. */
export const ROLLED_KINDS = { StatefulSet: 'statefulsets', Deployment: 'deployments' } as const;
export type RolledKind = keyof typeof ROLLED_KINDS;

export const isRolled = (kind: string): kind is RolledKind => Object.hasOwn(ROLLED_KINDS, kind);

export const nameOf = ({ kind, namespace, name }: Pick<Workload, 'kind' | 'namespace' | 'name'>): string => `${kind} ${namespace}/${name}`;
