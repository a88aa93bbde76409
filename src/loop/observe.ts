import type { Observation, Observations } from '../core/evidence/observation.ts';
import { unknownOf } from '../core/evidence/parse.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import { clustersToObserve } from '../core/reconcile/clusters-to-observe.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { DataPlanePolicy } from '../core/reconcile/policy.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { within } from './event-loop.ts';
import { tickJob } from './jobs.ts';
import type { LoopWith } from './loop.ts';
import { type Evidence, memoryOf } from './memory.ts';

type ObservingLoop = LoopWith<'store' | 'clock' | 'log' | 'dataPlane'>;

/** How long a decision waits for a data plane. One that takes longer delays itself: its answer makes a tick of its own. */
const PATIENCE_MS = 500;
/** How long a plan waits to see what clusters run that are new in the manifests. */
const PATIENCE_OF_PLANS_MS = 5_000;

/** Evidence about the clusters that a decision could turn on: what answers in time, and else what came in before. */
export async function observeRollouts(
  loop: ObservingLoop,
  fleet: FleetRecord,
  rollouts: readonly ActiveRollout[],
  dataPlanes: readonly DataPlanePolicy[],
): Promise<Observations> {
  const wanted = clustersToObserve(rollouts);
  const seen = await Promise.all(
    [...wanted].map(async ([name, clusters]) => {
      const described = dataPlanes.find((one) => one.name === name);
      if (described === undefined) return allUnknown(loop, name, clusters, `the Fleet manifest names no data plane ${name}`);
      const evidence = evidenceOf(loop, fleet.id, name);
      if (!evidence.asking) await within(PATIENCE_MS, ask(loop, fleet, described, clusters, evidence));
      return clusters.map((cluster) => evidence.newest.get(cluster) ?? notYetAnswered(loop, name, cluster));
    }),
  );
  return new Map(seen.flat().map((observation) => [observation.cluster, observation]));
}

/** What clusters run that are new in the manifests. Not to know is fine: the plan then says so. */
export async function observeNew(
  loop: Omit<ObservingLoop, 'ports'> & LoopWith<'clock' | 'log' | 'dataPlane'>,
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

function evidenceOf({ memory }: ObservingLoop, fleet: FleetId, dataPlane: string): Evidence {
  const { evidence } = memoryOf(memory, fleet);
  const known = evidence.get(dataPlane);
  if (known !== undefined) return known;
  const fresh: Evidence = { asking: false, newest: new Map() };
  evidence.set(dataPlane, fresh);
  return fresh;
}

/** Asks once, and keeps the answer whenever it comes. An answer that nobody waited for makes a tick. */
async function ask(
  loop: ObservingLoop,
  fleet: FleetRecord,
  dataPlane: DataPlanePolicy,
  clusters: readonly ClusterId[],
  evidence: Evidence,
): Promise<void> {
  evidence.asking = true;
  const askedAt = performance.now();
  try {
    const seen = await observe(loop, fleet, dataPlane, clusters);
    evidence.newest.clear();
    for (const observation of seen) evidence.newest.set(observation.cluster, observation);
  } finally {
    evidence.asking = false;
  }
  if (performance.now() - askedAt < PATIENCE_MS) return;
  await loop.ports.store
    .enqueue([tickJob(fleet.id, loop.ports.clock.now())])
    .catch((error: unknown) => loop.ports.log.warn({ err: error, dataPlane: dataPlane.name }, 'a late answer could not be passed on'));
}

/** Never throws: not to know is a value. */
async function observe(
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

const notYetAnswered = (loop: LoopWith<'clock'>, dataPlane: string, cluster: ClusterId): Observation =>
  unknown(loop, dataPlane, cluster, `data plane ${dataPlane} takes long to answer`);

const allUnknown = (loop: LoopWith<'clock'>, dataPlane: string, clusters: readonly ClusterId[], cause: string): readonly Observation[] =>
  clusters.map((cluster) => unknown(loop, dataPlane, cluster, cause));

function unknown({ ports }: LoopWith<'clock'>, dataPlane: string, cluster: ClusterId, cause: string): Observation {
  const now = ports.clock.now();
  return unknownOf({ cluster, dataPlane, receivedAt: now }, now, cause);
}
