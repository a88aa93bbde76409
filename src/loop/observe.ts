import type { ClusterId } from '../core/model/ids.ts';
import { clustersToObserve } from '../core/reconcile/clusters-to-observe.ts';
import type { Observation, Observations } from '../core/reconcile/evidence.ts';
import type { Loop } from './loop.ts';
import type { Situation } from './situation.ts';

/**
 * Asks each data plane, all at once, for the clusters that a decision could turn on.
 *
 * A data plane that does not answer gives `unknown` for its clusters and delays nobody else.
 */
export async function observe(loop: Loop, situation: Situation): Promise<Observations> {
  const wanted = clustersToObserve(situation.rollouts);
  const seen = await Promise.all([...wanted].map(([dataPlane, clusters]) => observeDataPlane(loop, situation, dataPlane, clusters)));
  return new Map(seen.flat().map((observation) => [observation.cluster, observation]));
}

async function observeDataPlane(
  loop: Loop,
  situation: Situation,
  name: string,
  clusters: readonly ClusterId[],
): Promise<readonly Observation[]> {
  const described = situation.model.fleet.value.spec.dataPlanes.find((dataPlane) => dataPlane.name === name);
  try {
    if (described !== undefined) return await loop.ports.dataPlane(situation.fleet, described).observe(clusters);
    return unknownOf(loop, name, clusters, `the Fleet manifest names no data plane ${name}`);
  } catch (error) {
    loop.ports.log.warn({ dataPlane: name, err: error }, 'data plane could not be observed');
    return unknownOf(loop, name, clusters, `data plane ${name} cannot be reached`);
  }
}

function unknownOf(loop: Loop, dataPlane: string, clusters: readonly ClusterId[], cause: string): readonly Observation[] {
  const sampledAt = loop.ports.clock.now();
  return clusters.map((cluster) => ({ kind: 'unknown', cluster, dataPlane, sampledAt, cause, missing: false }));
}
