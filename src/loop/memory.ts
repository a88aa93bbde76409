import type { DesiredBefore } from '../core/desired/compute-desired.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import type { BuiltModel } from '../core/manifest/build-model.ts';
import type { ModelFile } from '../core/manifest/file-changes.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { Order } from '../core/reconcile/evidence.ts';

/** The manifests of one tree, as last read: the start for reading a tree that differs little. */
export interface ManifestSnapshot {
  readonly treeish: string;
  /** By path. */
  readonly files: ReadonlyMap<string, ModelFile>;
  readonly built: BuiltModel;
}

/** The desired state of a model, kept so that the next one is made from what differs. */
export type ComputedDesired = DesiredBefore;

/** What a tick needs of the store, as of one version of the fleet. */
export interface StoredSituation {
  readonly version: number;
  readonly desired: DesiredState;
  readonly rollouts: readonly ActiveRollout[];
  readonly orders: ReadonlyMap<ClusterId, Order>;
}

/** What is kept between ticks so that it is not read again. Only a cache: a restart begins with none of it. */
export interface FleetMemory {
  manifests: ManifestSnapshot | undefined;
  computed: ComputedDesired | undefined;
  situation: StoredSituation | undefined;
  /** The write of each projection that is under way: two jobs that create the same comment at once would make two. */
  readonly writing: Map<string, Promise<void>>;
}

export type Memory = Map<FleetId, FleetMemory>;

export function memoryOf(memory: Memory, fleet: FleetId): FleetMemory {
  const known = memory.get(fleet);
  if (known !== undefined) return known;
  const fresh: FleetMemory = { manifests: undefined, computed: undefined, situation: undefined, writing: new Map() };
  memory.set(fleet, fresh);
  return fresh;
}
