import { canonicalJson } from '../core/model/hash.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import { detectDrift } from '../core/reconcile/detect-drift.ts';
import type { Drift } from '../core/reconcile/drift.ts';
import type { Observation } from '../core/reconcile/evidence.ts';
import { conflict } from './commit-decisions.ts';
import { publishDriftJob } from './jobs.ts';
import type { Loop } from './loop.ts';
import { loadSituation, type Situation } from './situation.ts';

/**
 * Compares desired with what every data plane lists, and records what differs outside of rollouts.
 *
 * @throws PortError
 */
export async function checkDrift(loop: Loop, id: FleetId): Promise<void> {
  const situation = await loadSituation(loop, id);
  if (situation === undefined) return;
  const { store, clock } = loop.ports;
  const listed = await Promise.all(situation.model.fleet.value.spec.dataPlanes.map((dataPlane) => list(loop, situation, dataPlane)));
  // Where two data planes list the same cluster, the one that its manifest names is believed.
  const observations = new Map(
    listed
      .flatMap(({ seen }) => seen)
      .sort((a, b) => Number(isAtHome(situation, a)) - Number(isAtHome(situation, b)))
      .map((observation) => [observation.cluster, observation] as const),
  );
  const silent = listed
    .filter(({ silentBecause }) => silentBecause !== undefined)
    .map(({ name, silentBecause }) => ({ name, cause: silentBecause ?? '' }));
  const before = await store.drifts(id);
  const drifts = detectDrift({
    desired: situation.desired,
    observations,
    rollouts: situation.rollouts,
    lastTargets: await store.lastTargets(id, differing(situation, observations)),
    silentDataPlanes: silent,
    previous: before,
    now: clock.now(),
  });
  if (sameDrifts(before, drifts)) return;
  const keys = new Set(before.map(({ key }) => key));
  const outcome = await store.commit({
    fleet: id,
    expectedVersion: situation.fleet.version,
    at: clock.now(),
    drifts,
    audit: [
      ...drifts.filter(({ key }) => !keys.has(key)).map((drift) => audit(clock.now(), drift, 'found', drift.kinds.join(', '))),
      ...before
        .filter(({ key }) => !drifts.some((drift) => drift.key === key))
        .map((drift) => audit(clock.now(), drift, 'gone', 'desired and observed agree again')),
    ],
    jobs: [publishDriftJob(id)],
  });
  if (outcome === 'conflict') throw conflict();
}

const isAtHome = ({ desired }: Situation, { cluster, dataPlane }: Observation): boolean => desired.get(cluster)?.dataPlane === dataPlane;

interface Listed {
  readonly name: string;
  readonly seen: readonly Observation[];
  readonly silentBecause: string | undefined;
}

async function list(
  loop: Loop,
  situation: Situation,
  dataPlane: { readonly name: string; readonly kind: string; readonly urlFromEnv?: string },
): Promise<Listed> {
  try {
    return { name: dataPlane.name, seen: await loop.ports.dataPlane(situation.fleet, dataPlane).list(), silentBecause: undefined };
  } catch (error) {
    loop.ports.log.warn({ dataPlane: dataPlane.name, err: error }, 'data plane could not be listed');
    return { name: dataPlane.name, seen: [], silentBecause: error instanceof Error ? error.message : String(error) };
  }
}

/** Only for these does it matter how their last rollout ended. */
function differing(situation: Situation, observations: ReadonlyMap<ClusterId, Observation>): readonly ClusterId[] {
  return [...situation.desired.values()].flatMap(({ cluster, revision }) => {
    const seen = observations.get(cluster);
    return seen?.kind === 'observed' && seen.accepted?.revision === revision && seen.rolled && seen.healthy ? [] : [cluster];
  });
}

/** Evidence grows older with each look; that alone is not news. */
function sameDrifts(a: readonly Drift[], b: readonly Drift[]): boolean {
  const plain = (drifts: readonly Drift[]) => canonicalJson(drifts.map(({ seenAt, ...rest }) => rest));
  return a.length === b.length && plain(a) === plain(b);
}

function audit(at: Drift['seenAt'], drift: Drift, to: string, why: string) {
  return { at, actor: 'flotilla', kind: 'drift', subject: drift.cluster ?? drift.key, rollout: undefined, from: undefined, to, why };
}
