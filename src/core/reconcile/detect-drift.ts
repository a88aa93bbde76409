import type { DesiredCluster, DesiredState, Difference } from '../desired/desired.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout } from './decision.ts';
import type { Drift, DriftKind } from './drift.ts';
import type { Observations, Observed } from './evidence.ts';
import { type LastTarget, whyHeld, whyLagging } from './lagging.ts';
import { observedDifferences } from './normalise.ts';
import { SETTLED, type TargetStatus } from './state.ts';

export interface DriftInput {
  readonly desired: DesiredState;
  /** All that the data planes listed, also clusters that nobody asked for. */
  readonly observations: Observations;
  readonly rollouts: readonly ActiveRollout[];
  readonly lastTargets: ReadonlyMap<ClusterId, LastTarget>;
  /** Data planes that did not answer. */
  readonly silentDataPlanes: readonly { readonly name: string; readonly cause: string }[];
  /** What was found the last time: a drift that lasts keeps its beginning. */
  readonly previous: readonly Drift[];
  readonly now: Instant;
}

type Found = Omit<Drift, 'since'>;

/** Where desired and observed differ outside of rollouts, in order of key. What a rollout is about to settle is none. */
export function detectDrift(input: DriftInput): readonly Drift[] {
  const previous = new Map(input.previous.map((drift) => [drift.key, drift]));
  const silent = new Map(input.silentDataPlanes.map(({ name, cause }) => [name, cause]));
  const underway = clustersUnderway(input.rollouts);
  const found: Found[] = [...silent].map(([name, cause]) => silentDataPlane(name, cause, input.now));
  for (const cluster of input.desired.values()) {
    if (underway.has(cluster.cluster)) continue;
    const drift = driftOf(cluster, input, silent);
    // What cannot be seen may have changed either way: an old drift is not taken for mended.
    const kept = drift === 'cannot-tell' ? previous.get(keyOf(cluster.cluster)) : drift;
    if (kept !== undefined) found.push(kept);
  }
  for (const observation of input.observations.values()) {
    if (observation.kind === 'observed' && !input.desired.has(observation.cluster)) found.push(unknownCluster(observation));
  }
  return found.map((drift) => ({ ...drift, since: previous.get(drift.key)?.since ?? input.now })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

const keyOf = (cluster: ClusterId): string => `cluster:${cluster}`;

function clustersUnderway(rollouts: readonly ActiveRollout[]): ReadonlySet<ClusterId> {
  const underway = new Set<ClusterId>();
  for (const { state } of rollouts) {
    for (const [cluster, { status }] of state.targets) if (!SETTLED.has(status)) underway.add(cluster);
  }
  return underway;
}

function driftOf(
  cluster: DesiredCluster,
  { observations, lastTargets, now }: DriftInput,
  silent: ReadonlyMap<string, string>,
): Found | 'cannot-tell' | undefined {
  const seen = observations.get(cluster.cluster);
  const last = lastTargets.get(cluster.cluster);
  if (seen === undefined) return silent.has(cluster.dataPlane) ? 'cannot-tell' : missing(cluster, now);
  if (seen.kind === 'observed' && seen.dataPlane !== cluster.dataPlane) {
    return silent.has(cluster.dataPlane) ? 'cannot-tell' : elsewhere(cluster, seen);
  }
  if (seen.kind === 'observed') return compare(cluster, seen, last, now);
  if (seen.missing) return missing(cluster, seen.sampledAt);
  if (last?.target.status !== 'unreachable') return 'cannot-tell';
  return { ...about(cluster, seen.sampledAt), kinds: ['lagging'], lagging: { ...whyLagging(cluster, last, now), reason: 'unreachable' } };
}

function compare(cluster: DesiredCluster, seen: Observed, last: LastTarget | undefined, now: Instant): Found | undefined {
  const differences = observedDifferences(cluster.spec, seen.running);
  const common = { ...about(cluster, seen.sampledAt), differences };
  if (differences.length === 0) return cluster.heldAt && behindItsRelease(common, cluster.heldAt, seen, now);
  return fleetMovedOn(cluster, seen, last)
    ? { ...common, kinds: ['lagging'], lagging: whyLagging(cluster, last, now) }
    : { ...common, kinds: kindsOf(differences) };
}

/** It runs what it should, and that is not what its release is at. */
function behindItsRelease(common: Found, heldAt: NonNullable<DesiredCluster['heldAt']>, seen: Observed, now: Instant): Found {
  const difference: Difference = { path: 'version', from: heldAt.releaseVersion, to: seen.running.version };
  return { ...common, kinds: ['lagging'], lagging: whyHeld(heldAt, now), differences: [difference] };
}

const LEFT_BEHIND: ReadonlySet<TargetStatus> = new Set(['failed', 'deferred', 'unreachable']);

/**
 * Its rollout left the cluster behind, or it runs what it was last ordered to and the fleet wants something else
 * by now. Otherwise somebody has changed it behind our back.
 */
function fleetMovedOn(cluster: DesiredCluster, seen: Observed, last: LastTarget | undefined): boolean {
  if (last !== undefined && LEFT_BEHIND.has(last.target.status)) return true;
  return seen.accepted !== undefined && seen.rolled && seen.accepted.revision !== cluster.revision;
}

const GRAVEST_FIRST = ['version', 'image', 'replicas', 'config'] as const;

function kindsOf(differences: readonly Difference[]): readonly DriftKind[] {
  const kinds = new Set(differences.map(({ path }) => (path === 'version' || path === 'image' || path === 'replicas' ? path : 'config')));
  return GRAVEST_FIRST.filter((kind) => kinds.has(kind));
}

function about(cluster: DesiredCluster, seenAt: Instant): Found {
  const { dataPlane, spec } = cluster;
  return { ...NOTHING, key: keyOf(cluster.cluster), cluster: cluster.cluster, dataPlane, product: spec.product, seenAt };
}

const NOTHING = { kinds: [], product: undefined, cluster: undefined, differences: [], lagging: undefined, detail: undefined } as const;

const missing = (cluster: DesiredCluster, seenAt: Instant): Found => ({
  ...about(cluster, seenAt),
  kinds: ['missing-cluster'],
  detail: `data plane ${cluster.dataPlane} has no such cluster`,
});

/** Its manifest names another data plane than the one it runs on: orders would go where it is not. */
const elsewhere = (cluster: DesiredCluster, seen: Observed): Found => ({
  ...missing(cluster, seen.sampledAt),
  detail: `data plane ${cluster.dataPlane} has no such cluster; it runs version ${seen.running.version} on data plane ${seen.dataPlane}`,
});

const unknownCluster = ({ cluster, dataPlane, sampledAt, running }: Observed): Found => ({
  ...NOTHING,
  key: keyOf(cluster),
  kinds: ['unknown-cluster'],
  cluster,
  dataPlane,
  detail: `it runs version ${running.version}, and no manifest names it`,
  seenAt: sampledAt,
});

const silentDataPlane = (name: string, cause: string, now: Instant): Found => ({
  ...NOTHING,
  key: `data-plane:${name}`,
  kinds: ['silent-data-plane'],
  dataPlane: name,
  detail: cause,
  seenAt: now,
});
