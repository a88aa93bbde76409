import type { ParsedFile } from '../core/manifest/model.ts';
import type { BlobId } from '../core/model/ids.ts';
import type { DataPlanePolicy } from '../core/reconcile/policy.ts';
import type { Clock } from './clock.ts';
import type { CodeHost, CodeHostApp } from './code-host.ts';
import type { DataPlane } from './data-plane.ts';
import type { Log } from './log.ts';
import type { ManifestParser } from './manifest-parser.ts';
import type { ManifestSource } from './manifest-source.ts';
import type { FleetRecord, StateStore } from './state-store.ts';

/** Parsed documents by blob id. The same blob gives the same object, so that later steps can compare by reference. */
export interface ParseCache {
  get(blob: BlobId): ParsedFile | undefined;
  put(blob: BlobId, parsed: ParsedFile): void;
}

/** What the Fleet manifest says of how a data plane is reached. */
export type DescribedDataPlane = Pick<DataPlanePolicy, 'name' | 'kind' | 'urlFromEnv' | 'context'>;

/** Everything through which the loop acts. */
export interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: StateStore;
  readonly app: CodeHostApp;
  readonly parsed: ParseCache;
  readonly parser: ManifestParser;
  source(fleet: FleetRecord): ManifestSource;
  host(fleet: FleetRecord): CodeHost;
  /** As the stored policy describes it. @throws PortError when the data plane cannot be reached by this configuration. */
  dataPlane(fleet: FleetRecord, dataPlane: DescribedDataPlane): DataPlane;
}

/** What an operator may set about the loop, in milliseconds of the wall. */
export interface LoopSettings {
  /** How much faster than written soaks, bakes, deadlines and intervals run. 1 but in local mode. */
  readonly speed: number;
  /** Least time between two writings of one report of progress. */
  readonly publishIntervalMs: number;
  /** Where people reach the bot's own pages, for links in reports; without it there are none. */
  readonly publicUrl: string | undefined;
}
