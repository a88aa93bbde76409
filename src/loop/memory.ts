import type { FleetRecords } from '../core/change/apply-change.ts';
import type { DesiredBefore } from '../core/desired/compute-desired.ts';
import type { DesiredCluster } from '../core/desired/desired.ts';
import type { Observation, Observations } from '../core/evidence/observation.ts';
import type { OrderReply } from '../core/evidence/order.ts';
import type { BuiltModel } from '../core/manifest/build-model.ts';
import type { ModelFile } from '../core/manifest/file-changes.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import { Coalesced } from './coalesced.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { KnownPeople } from './known-people.ts';
import { OpenQuestions } from './open-questions.ts';

/** The manifests of one tree, as last read: the start for reading a tree that differs little. */
export interface ManifestSnapshot {
  readonly treeish: string;
  /** By path. */
  readonly files: ReadonlyMap<string, ModelFile>;
  readonly built: BuiltModel;
}

/** Evidence of one data plane that came in so far. */
export interface Evidence {
  /** The question that is not answered yet: no second one is asked meanwhile. */
  open: symbol | undefined;
  /** By when it was received one can tell how long ago the cluster was looked at. */
  readonly newest: Map<ClusterId, Observation>;
}

/** Answers to orders, as they were recorded: nothing else of the fleet changed with them. */
export interface RecordedReplies {
  readonly version: number;
  readonly replies: readonly OrderReply[];
  readonly at: Instant;
}

export interface Proposed {
  readonly clusters: readonly DesiredCluster[];
  readonly products: FleetModel['products'];
}

/** What is kept between jobs so that it is not read again. Only a cache: a restart begins with none of it. */
export interface FleetMemory {
  manifests: ManifestSnapshot | undefined;
  /** The desired state of a model, so that the next one is made from what differs. */
  computed: DesiredBefore | undefined;
  /** Clusters that are new in manifests that were planned last, and not in force: they are looked at before they are anybody's. */
  proposed: Proposed | undefined;
  /** The store's records as of one version of the fleet. */
  records: { readonly version: number; readonly records: FleetRecords } | undefined;
  /** The same while it is read: whoever wants that version waits for the one read. */
  reading: { readonly version: number; readonly records: Promise<FleetRecords> } | undefined;
  /** Answers that were recorded since, by the version that each made. */
  readonly replies: Map<number, RecordedReplies>;
  /** What the last tick saw: newer than what is stored, which is written only when something happens. */
  observations: Observations | undefined;
  /** Of which evidence is stored, and when it was received; `undefined` before that is read. */
  storedAt: Map<ClusterId, Instant> | undefined;
  /** Clusters that were not healthy at the last look for drift, and when that was sampled. */
  unhealthy: ReadonlyMap<ClusterId, Instant>;
  /** By data plane. */
  readonly evidence: Map<string, Evidence>;
  /** Answers of data planes come close together: they wake the next decision together. */
  readonly passingOn: Coalesced;
  /** Who people are to the repository. */
  readonly people: KnownPeople;
  /** What the code host has been asked about them. */
  readonly open: OpenQuestions;
  /** By key of a projection: two jobs that create the same comment at once would make two. */
  readonly writing: KeyedMutex;
  /** Who writes for the fleet: one at a time. */
  readonly turns: KeyedMutex;
}

export type Memory = Map<FleetId, FleetMemory>;

export function memoryOf(memory: Memory, fleet: FleetId): FleetMemory {
  const known = memory.get(fleet);
  if (known !== undefined) return known;
  const fresh: FleetMemory = {
    manifests: undefined,
    computed: undefined,
    proposed: undefined,
    records: undefined,
    reading: undefined,
    replies: new Map(),
    observations: undefined,
    storedAt: undefined,
    unhealthy: new Map(),
    evidence: new Map(),
    passingOn: new Coalesced(),
    people: new KnownPeople(),
    open: new OpenQuestions(),
    writing: new KeyedMutex(),
    turns: new KeyedMutex(),
  };
  memory.set(fleet, fresh);
  return fresh;
}
