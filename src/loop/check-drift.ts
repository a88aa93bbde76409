import type { FleetRecords } from '../core/change/apply-change.ts';
import { recordDrift } from '../core/change/record-drift.ts';
import { clustersInDoubt, detectDrift } from '../core/drift/detect-drift.ts';
import { withoutOvertaken } from '../core/drift/overtaken.ts';
import type { Observation, Observations } from '../core/evidence/observation.ts';
import { recordObserved } from '../core/ledger/record-observed.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { DataPlanePolicy } from '../core/reconcile/policy.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { decideAndCommit } from './commit.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';

type DriftLoop = LoopWith<'store' | 'clock' | 'log' | 'dataPlane'>;

/**
 * Compares desired with what every data plane lists, and records what differs outside of rollouts, and what each cluster
 * runs: also those that nobody describes, so that a plan knows them when somebody does.
 *
 * @throws PortError
 */
export async function checkDrift(loop: DriftLoop, id: FleetId): Promise<void> {
  const { store, clock } = loop.ports;
  const [fleet, policy] = await Promise.all([activeFleet(store, id), store.policy(id)]);
  if (fleet === undefined || policy === undefined) return;
  const askedAt = clock.now();
  const listed = await Promise.all(policy.dataPlanes.map((dataPlane) => list(loop, fleet, dataPlane)));
  const silentDataPlanes = listed.flatMap(({ name, silentBecause }) =>
    silentBecause === undefined ? [] : [{ name, cause: silentBecause }],
  );
  const own = memoryOf(loop.memory, id);
  const unhealthy = await decideAndCommit(loop, id, async (_fleet, records, now) => {
    const observations = withoutOvertaken(believed(listed, records.desired), records.ledger, askedAt, now);
    const { desired, ledger, orders, rollouts, stops } = records;
    const [previous, lastTargets] = await Promise.all([
      store.drifts(id),
      store.lastTargets(id, clustersInDoubt({ desired, ledger, orders, observations })),
    ]);
    const found = detectDrift({
      desired,
      ledger,
      orders,
      observations,
      rollouts,
      stops,
      lastTargets,
      silentDataPlanes,
      previous,
      unhealthyBefore: own.unhealthy,
      now,
    });
    return { change: recordDrift(previous, found.drifts, recordObserved(ledger, observations.values())), value: found.unhealthy };
  });
  own.unhealthy = unhealthy ?? new Map();
}

interface Listed {
  readonly name: string;
  readonly seen: readonly Observation[];
  readonly silentBecause: string | undefined;
}

async function list({ ports }: DriftLoop, fleet: FleetRecord, dataPlane: DataPlanePolicy): Promise<Listed> {
  const { name } = dataPlane;
  try {
    return { name, seen: await ports.dataPlane(fleet, dataPlane).list(), silentBecause: undefined };
  } catch (error) {
    ports.log.warn({ dataPlane: name, err: error }, 'data plane could not be listed');
    return { name, seen: [], silentBecause: error instanceof Error ? error.message : String(error) };
  }
}

/** Where two data planes list the same cluster, the one that its manifest names is believed. */
function believed(listed: readonly Listed[], desired: FleetRecords['desired']): Observations {
  const observations = new Map<Observation['cluster'], Observation>();
  for (const observation of listed.flatMap(({ seen }) => seen)) {
    const isAtHome = desired.get(observation.cluster)?.dataPlane === observation.dataPlane;
    if (isAtHome || !observations.has(observation.cluster)) observations.set(observation.cluster, observation);
  }
  return observations;
}
