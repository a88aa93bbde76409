import type { DesiredCluster, DesiredState, Difference } from '../desired/desired.ts';
import { observedDifferences } from '../desired/normalise.ts';
import type { Observation, Observations, Observed } from '../evidence/observation.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import type { TargetStatus } from '../reconcile/state.ts';
import type { Stop } from '../stop/stop.ts';
import { type Claim, claimsOf } from './claims.ts';
import { DRIFT_KINDS, type Drift, type DriftKind, type Lagging } from './drift.ts';
import { type Laggard, type LastTarget, whyLagging, whyPinned } from './why-lagging.ts';

export interface DriftInput {
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
  /** All that the data planes listed, also clusters that nobody asked for. */
  readonly observations: Observations;
  /** Those that are not finished or are under guard. */
  readonly rollouts: readonly ActiveRollout[];
  readonly stops: readonly Stop[];
  readonly lastTargets: ReadonlyMap<ClusterId, LastTarget>;
  /** Data planes that did not answer. */
  readonly silentDataPlanes: readonly { readonly name: string; readonly cause: string }[];
  /** What was found the last time: a drift that lasts keeps its beginning. */
  readonly previous: readonly Drift[];
  /** Clusters that were not healthy at the last look, and when that was sampled. */
  readonly unhealthyBefore: ReadonlyMap<ClusterId, Instant>;
  readonly now: Instant;
}

export interface DriftFound {
  /** In order of key. */
  readonly drifts: readonly Drift[];
  /** Clusters that are not healthy at this look: the next one confirms it. */
  readonly unhealthy: ReadonlyMap<ClusterId, Instant>;
}

type Found = Omit<Drift, 'since'>;

/** Only for these does it matter how their last rollout ended. */
export function clustersInDoubt({
  desired,
  ledger,
  orders,
  observations,
}: Pick<DriftInput, 'desired' | 'ledger' | 'orders' | 'observations'>): readonly ClusterId[] {
  return [...desired.values()].flatMap(({ cluster, revision, spec }) => {
    const seen = observations.get(cluster);
    const order = orders.get(cluster);
    const isAsProven = provenAt(ledger.get(cluster))?.revision === revision && (order === undefined || order.revision === revision);
    return isAsProven && seen?.kind === 'observed' && observedDifferences(spec, seen.running).length === 0 ? [] : [cluster];
  });
}

/** Where desired and observed differ outside of rollouts. What a rollout is about to settle, or reports itself, is none. */
export function detectDrift(input: DriftInput): DriftFound {
  const previous = new Map(input.previous.map((drift) => [drift.key, drift]));
  const look = new Look(input, previous);
  const found: Found[] = input.silentDataPlanes.map(({ name, cause }) => silentDataPlane(name, cause, input));
  for (const cluster of input.desired.values()) {
    const drift = look.at(cluster);
    if (drift !== undefined) found.push(drift);
  }
  for (const observation of input.observations.values()) {
    if (observation.kind === 'observed' && !input.desired.has(observation.cluster)) found.push(unknownCluster(observation));
  }
  const drifts = found.map((drift) => ({ ...drift, since: previous.get(drift.key)?.since ?? input.now }));
  return { drifts: drifts.sort((a, b) => (a.key < b.key ? -1 : 1)), unhealthy: look.unhealthy };
}

const TAKEN_UP = 'a rollout has it now, and reports what goes wrong there; this closes when it runs what it should';
const takenUp = (before: Drift): Drift =>
  before.lagging === undefined ? { ...before, detail: TAKEN_UP } : { ...before, lagging: { reason: 'taken-up', words: TAKEN_UP } };

const isAsWanted = ({ spec }: DesiredCluster, seen: Observation | undefined): boolean =>
  seen?.kind === 'observed' && seen.rolled && seen.healthy && observedDifferences(spec, seen.running).length === 0;

const keyOf = (cluster: ClusterId): string => `cluster:${cluster}`;

const LEFT_BEHIND: ReadonlySet<TargetStatus> = new Set(['failed', 'deferred', 'unreachable']);

/** One look at the fleet, cluster by cluster. */
class Look {
  readonly unhealthy = new Map<ClusterId, Instant>();
  readonly #input: DriftInput;
  readonly #previous: ReadonlyMap<string, Drift>;
  readonly #claims: ReadonlyMap<ClusterId, Claim>;
  readonly #silent: ReadonlySet<string>;

  constructor(input: DriftInput, previous: ReadonlyMap<string, Drift>) {
    this.#input = input;
    this.#previous = previous;
    this.#claims = claimsOf(input.rollouts);
    this.#silent = new Set(input.silentDataPlanes.map(({ name }) => name));
  }

  at(cluster: DesiredCluster): Found | undefined {
    const claim = this.#claims.get(cluster.cluster);
    const before = this.#previous.get(keyOf(cluster.cluster));
    const seen = this.#input.observations.get(cluster.cluster);
    // A rollout settles it, or reports what goes wrong there. What is known already is not settled by being taken up.
    if (claim?.kind === 'under-way') return before && !isAsWanted(cluster, seen) ? takenUp(before) : undefined;
    const drift = this.#compareWith(cluster, seen, claim);
    // What cannot be seen may have changed either way: an old drift is not taken for fixed.
    if (drift === 'cannot-tell') return before;
    // A rollout that waits will settle it. An issue that is open already stays open meanwhile, and says what it waits for.
    if (claim?.kind === 'waiting' && drift?.kinds[0] === 'lagging' && before === undefined) return undefined;
    return drift;
  }

  #compareWith(cluster: DesiredCluster, seen: Observation | undefined, claim: Claim | undefined): Found | 'cannot-tell' | undefined {
    const isSilent = this.#silent.has(cluster.dataPlane);
    if (seen === undefined) return isSilent ? 'cannot-tell' : missing(cluster, this.#input.now);
    if (seen.kind === 'unknown') {
      if (seen.missing) return missing(cluster, seen.receivedAt);
      if (this.#input.lastTargets.get(cluster.cluster)?.target.status !== 'unreachable') return 'cannot-tell';
      return { ...about(cluster, seen.receivedAt), kinds: ['lagging'], lagging: this.#why(cluster, claim) };
    }
    if (seen.dataPlane !== cluster.dataPlane) return isSilent ? 'cannot-tell' : elsewhere(cluster, seen);
    return this.#compare(cluster, seen, claim);
  }

  #compare(cluster: DesiredCluster, seen: Observed, claim: Claim | undefined): Found | undefined {
    const common = { ...about(cluster, seen.receivedAt), differences: observedDifferences(cluster.spec, seen.running) };
    if (claim?.kind === 'waiting') return this.#whileWaiting(cluster, seen, claim);
    if (this.#fleetMovedOn(cluster)) {
      const isThere = common.differences.length === 0 && seen.rolled && seen.healthy;
      return isThere ? undefined : { ...common, kinds: ['lagging'], lagging: this.#why(cluster, claim) };
    }
    const isUnhealthy = this.#isUnhealthy(cluster, seen) && claim?.kind !== 'watched';
    const kinds = kindsOf(common.differences, isUnhealthy);
    if (kinds.length > 0) return { ...common, kinds, ...(isUnhealthy ? { detail: seen.detail ?? 'it is not healthy' } : {}) };
    return cluster.pinnedBy && behindItsRelease(common, cluster.pinnedBy, seen, this.#input.now);
  }

  /** Until its rollout takes it up, it should be what it was proven at. */
  #whileWaiting(cluster: DesiredCluster, seen: Observed, claim: Claim): Found | undefined {
    const common = about(cluster, seen.receivedAt);
    const proven = provenAt(this.#input.ledger.get(cluster.cluster));
    const isOrderedAway = this.#isOrderedAway(cluster.cluster, proven?.revision);
    const changed = proven === undefined || isOrderedAway ? [] : observedDifferences(proven.spec, seen.running);
    if (changed.length > 0) return { ...common, kinds: kindsOf(changed, false), differences: changed };
    const differences = observedDifferences(cluster.spec, seen.running);
    return differences.length === 0 ? undefined : { ...common, kinds: ['lagging'], differences, lagging: this.#why(cluster, claim) };
  }

  /**
   * It was never proven at what it should run, or was left behind or half-way by its last rollout. What was proven, and is
   * other than that by now, has been changed by somebody else.
   */
  #fleetMovedOn({ cluster, revision }: DesiredCluster): boolean {
    const proven = provenAt(this.#input.ledger.get(cluster));
    if (proven?.revision !== revision) return true;
    const last = this.#input.lastTargets.get(cluster);
    return this.#isOrderedAway(cluster, revision) || (last !== undefined && LEFT_BEHIND.has(last.target.status) && last.target.epoch > 0);
  }

  #isOrderedAway(cluster: ClusterId, from: string | undefined): boolean {
    const order = this.#input.orders.get(cluster);
    return order !== undefined && order.revision !== from;
  }

  /** Two looks, of which the second was sampled later: a broker that was restarted by hand between them is no news. */
  #isUnhealthy({ cluster }: DesiredCluster, seen: Observed): boolean {
    if (seen.healthy) return false;
    this.unhealthy.set(cluster, seen.sampledAt);
    const before = this.#input.unhealthyBefore.get(cluster);
    return (before !== undefined && before < seen.sampledAt) || this.#previous.get(keyOf(cluster))?.kinds.includes('unhealthy') === true;
  }

  #why(cluster: DesiredCluster, claim: Claim | undefined): Lagging {
    const { ledger, orders, lastTargets, observations, stops, now } = this.#input;
    const id = cluster.cluster;
    const waiting = claim?.kind === 'waiting' ? claim.lagging : undefined;
    const laggard: Laggard = {
      cluster,
      entry: ledger.get(id),
      order: orders.get(id),
      last: lastTargets.get(id),
      seen: observations.get(id),
      waiting,
      stops,
      now,
    };
    return whyLagging(laggard);
  }
}

/** It runs what it should, and that is not what its release is at. */
function behindItsRelease(common: Found, pinnedBy: NonNullable<DesiredCluster['pinnedBy']>, seen: Observed, now: Instant): Found {
  const difference: Difference = { path: 'version', from: pinnedBy.releaseVersion, to: seen.running.version };
  return { ...common, kinds: ['lagging'], lagging: whyPinned(pinnedBy, now), differences: [difference] };
}

function kindsOf(differences: readonly Difference[], isUnhealthy: boolean): readonly DriftKind[] {
  const kinds = new Set<DriftKind>(
    differences.map(({ path }) => (path === 'version' || path === 'image' || path === 'replicas' ? path : 'config')),
  );
  if (isUnhealthy) kinds.add('unhealthy');
  return DRIFT_KINDS.filter((kind) => kinds.has(kind));
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
  ...missing(cluster, seen.receivedAt),
  detail: `data plane ${cluster.dataPlane} has no such cluster; it runs version ${seen.running.version} on data plane ${seen.dataPlane}`,
});

const unknownCluster = ({ cluster, dataPlane, receivedAt, running }: Observed): Found => ({
  ...NOTHING,
  key: keyOf(cluster),
  kinds: ['unknown-cluster'],
  cluster,
  dataPlane,
  detail: `it runs version ${running.version}, and no manifest names it`,
  seenAt: receivedAt,
});

function silentDataPlane(name: string, cause: string, { desired, now }: DriftInput): Found {
  const unseen = [...desired.values()].filter(({ dataPlane }) => dataPlane === name).length;
  return {
    ...NOTHING,
    key: `data-plane:${name}`,
    kinds: ['silent-data-plane'],
    dataPlane: name,
    detail: `${unseen === 1 ? '1 cluster is' : `${unseen} clusters are`} not seen: ${cause}`,
    seenAt: now,
  };
}
