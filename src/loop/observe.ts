import type { FollowUp } from '../core/change/follow-up.ts';
import type { Observation, Observations } from '../core/evidence/observation.ts';
import { unknownOf } from '../core/evidence/parse.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import { clustersToObserve, clustersToObserveOften } from '../core/reconcile/clusters-to-observe.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { DataPlanePolicy, Policy } from '../core/reconcile/policy.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { within } from './event-loop.ts';
import type { LoopWith } from './loop.ts';
import { type Evidence, type FleetMemory, type Memory, memoryOf } from './memory.ts';

/** How long a plan waits to see what clusters run that are new in the manifests. */
const PATIENCE_OF_PLANS_MS = 5_000;

interface Wanted {
  readonly byDataPlane: ReadonlyMap<string, readonly ClusterId[]>;
  readonly often: ReadonlySet<ClusterId>;
}

const wantedOf = new WeakMap<readonly ActiveRollout[], Wanted>();

/** The clusters to look at: found once for each state of the rollouts, however many decisions and data planes ask. */
export function clustersWanted(rollouts: readonly ActiveRollout[]): Wanted {
  const known = wantedOf.get(rollouts) ?? { byDataPlane: clustersToObserve(rollouts), often: clustersToObserveOften(rollouts) };
  wantedOf.set(rollouts, known);
  return known;
}

/**
 * What is known of the clusters that a decision could turn on, from the last looks at them. One that we have not looked at for
 * long, because the bot was down say, is left out: that is our silence and not the cluster's.
 */
export function evidenceFor(own: FleetMemory, rollouts: readonly ActiveRollout[], policy: Policy, now: Instant): Observations {
  const observations = new Map<ClusterId, Observation>();
  for (const [name, clusters] of clustersWanted(rollouts).byDataPlane) {
    const isNamed = policy.dataPlanes.some((one) => one.name === name);
    const newest = own.evidence.get(name)?.newest;
    for (const cluster of clusters) {
      const seen = isNamed ? newest?.get(cluster) : unnamed(name, cluster, now);
      if (seen !== undefined && isCurrent(seen, policy, now)) observations.set(cluster, seen);
    }
  }
  return observations;
}

/** The data planes to look at, so that the next decision is made on something newer. */
export const dataPlanesWanted = (rollouts: readonly ActiveRollout[], { dataPlanes }: Policy): readonly DataPlanePolicy[] => {
  const { byDataPlane } = clustersWanted(rollouts);
  return dataPlanes.filter(({ name }) => byDataPlane.has(name));
};

export const looksFor = (rollouts: readonly ActiveRollout[], policy: Policy): readonly FollowUp[] =>
  dataPlanesWanted(rollouts, policy).length === 0 ? [] : [{ kind: 'observe' }];

/** Looked at, by our clock, not longer ago than evidence may be old. */
export const isCurrent = ({ receivedAt }: Observation, { evidenceMaxAgeMs }: Policy, now: Instant): boolean =>
  Math.abs(now - receivedAt) <= evidenceMaxAgeMs;

/** News that a data plane sends unasked. */
export function hear(memory: Memory, fleet: FleetId, observation: Observation): void {
  const { newest } = evidenceOf(memory, fleet, observation.dataPlane);
  const known = newest.get(observation.cluster);
  if (known === undefined || observation.receivedAt >= known.receivedAt) newest.set(observation.cluster, observation);
}

export function evidenceOf(memory: Memory, fleet: FleetId, dataPlane: string): Evidence {
  const { evidence } = memoryOf(memory, fleet);
  const known = evidence.get(dataPlane);
  if (known !== undefined) return known;
  const fresh: Evidence = { open: undefined, newest: new Map() };
  evidence.set(dataPlane, fresh);
  return fresh;
}

/** What clusters run that are new in the manifests. Not to know is fine: the plan then says so. */
export async function observeNew(
  loop: LoopWith<'clock' | 'log' | 'dataPlane'>,
  fleet: FleetRecord,
  clusters: readonly { readonly cluster: ClusterId; readonly dataPlane: string }[],
  dataPlanes: readonly DataPlanePolicy[],
): Promise<readonly Observation[]> {
  const seen = await Promise.all(
    dataPlanes.map(async (described) => {
      const own = clusters.filter(({ dataPlane }) => dataPlane === described.name).map(({ cluster }) => cluster);
      return own.length === 0 ? [] : ((await within(PATIENCE_OF_PLANS_MS, observe(loop, fleet, described, own))) ?? []);
    }),
  );
  return seen.flat();
}

/** Never throws: not to know is a value. */
export async function observe(
  loop: LoopWith<'clock' | 'log' | 'dataPlane'>,
  fleet: FleetRecord,
  dataPlane: DataPlanePolicy,
  clusters: readonly ClusterId[],
): Promise<readonly Observation[]> {
  try {
    return await loop.ports.dataPlane(fleet, dataPlane).observe(clusters);
  } catch (error) {
    loop.ports.log.warn({ dataPlane: dataPlane.name, err: error }, 'data plane could not be observed');
    return allUnknown(loop, dataPlane.name, clusters, `data plane ${dataPlane.name} cannot be reached`);
  }
}

export function allUnknown(
  { ports }: LoopWith<'clock'>,
  dataPlane: string,
  clusters: readonly ClusterId[],
  cause: string,
): readonly Observation[] {
  const receivedAt = ports.clock.now();
  return clusters.map((cluster) => unknownOf({ cluster, dataPlane, receivedAt }, receivedAt, cause));
}

const unnamed = (dataPlane: string, cluster: ClusterId, now: Instant): Observation =>
  unknownOf({ cluster, dataPlane, receivedAt: now }, now, `the Fleet manifest names no data plane ${dataPlane}`);
