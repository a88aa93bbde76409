import type { ClusterId, Revision } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';

export type ConfigValue = string | number | boolean;

/** What one cluster should run, in its normal form. Exactly these fields make its revision. */
export interface DesiredSpec {
  readonly product: string;
  readonly version: Version;
  /** Image reference, with its digest where the release names one. */
  readonly image: string | undefined;
  readonly replicas: number;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly featureFlags: Readonly<Record<string, boolean>>;
}

/** A desired spec with what planning and reporting need to know of its cluster. */
export interface DesiredCluster {
  readonly cluster: ClusterId;
  readonly revision: Revision;
  readonly spec: DesiredSpec;
  readonly release: string;
  readonly dataPlane: string;
  /** Where the manifest of the cluster says its object is; what it does not say follows from its names. No part of the revision. */
  readonly workload: { readonly namespace: string | undefined; readonly name: string | undefined } | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The release wants another version; the pin, or exception, holds this one. */
  readonly pinnedBy:
    | { readonly by: 'pin' | 'exception'; readonly releaseVersion: Version; readonly reason: string; readonly expires: Instant }
    | undefined;
  /** Takes part in no rollout. */
  readonly optOut: { readonly reason: string; readonly expires: Instant | undefined } | undefined;
}

/** Every cluster of the fleet, in order of cluster id. */
export type DesiredState = ReadonlyMap<ClusterId, DesiredCluster>;

/** One field that differs. `path` is `version`, `replicas`, `config.NAME`, ... */
export interface Difference {
  readonly path: string;
  readonly from: ConfigValue | undefined;
  readonly to: ConfigValue | undefined;
}

/** A cluster whose desired spec is not what it was. */
export type DesiredChange =
  | { readonly kind: 'created'; readonly to: DesiredCluster }
  | { readonly kind: 'updated'; readonly from: DesiredCluster; readonly to: DesiredCluster; readonly differences: readonly Difference[] }
  /** Nothing differs but the opt-out, which is gone: the cluster may have fallen behind while it was out. */
  | { readonly kind: 'rejoined'; readonly from: DesiredCluster; readonly to: DesiredCluster }
  | { readonly kind: 'removed'; readonly from: DesiredCluster };
