import type { DesiredSpec } from '../desired/desired.ts';
import { observedDifferences } from '../desired/normalise.ts';
import type { Revision } from '../model/ids.ts';
import { nameList } from '../model/name-list.ts';
import type { Instant } from '../model/time.ts';
import type { Observation, Observed } from './observation.ts';
import type { Order } from './order.ts';

/** What an observation proves about one cluster under one order. Anything that proves nothing is `none`. */
export type Evidence =
  /** Unknown, stale, or about something else: counts as in flight and unhealthy. */
  | { readonly kind: 'none'; readonly cause: string }
  /** Nobody has looked yet: that says nothing of the cluster, not even that it cannot be seen. */
  | { readonly kind: 'not-asked'; readonly cause: string }
  /** The data plane is alive, and has not taken the order. `missing`: it does not even have the cluster. */
  | { readonly kind: 'not-accepted'; readonly sample: Observation; readonly missing: boolean }
  /** The order was accepted, and the cluster is not both rolled and healthy. */
  | { readonly kind: 'moving'; readonly sample: Observed; readonly crashLoop: boolean; readonly words: string }
  | { readonly kind: 'healthy'; readonly sample: Observed };

/** How old evidence may be, and what our clock says. */
export interface Freshness {
  readonly evidenceMaxAgeMs: number;
  readonly now: Instant;
}

/** The newest evidence of a target so far. */
export interface SeenBefore {
  readonly sampledAt: Instant | undefined;
  readonly seenAt: Instant | undefined;
}

/**
 * Revision-true evidence: sampled for this cluster, at this revision, after its order was accepted. The epoch of the accepted
 * order proves that, so no clock is compared with another. What the data plane claims is checked against what it says it runs.
 */
export function classify(
  target: { readonly revision: Revision; readonly spec: DesiredSpec },
  order: Order | undefined,
  observation: Observation | undefined,
  before: SeenBefore,
  freshness: Freshness,
): Evidence {
  if (observation === undefined) return { kind: 'not-asked', cause: NEVER_OBSERVED };
  const stale = whyNotFresh(observation, freshness);
  if (stale !== undefined) return { kind: 'none', cause: stale };
  if (order === undefined) return { kind: 'none', cause: 'its order is not on record' };
  if (isRepeated(observation, before, freshness)) return { kind: 'none', cause: REPEATED };
  if (isOutOfOrder(observation, before, freshness)) return { kind: 'none', cause: 'the sample is older than one seen before' };
  if (observation.kind !== 'observed') {
    return observation.receivedAt > order.orderedAt
      ? { kind: 'not-accepted', sample: observation, missing: true }
      : { kind: 'none', cause: NOT_SINCE };
  }
  const { accepted } = observation;
  if (accepted?.epoch !== order.epoch || accepted.revision !== target.revision) {
    return observation.receivedAt > order.orderedAt
      ? { kind: 'not-accepted', sample: observation, missing: false }
      : { kind: 'none', cause: NOT_SINCE };
  }
  const contradiction = whyNotRolled(target.spec, observation);
  // Who says that all is well, and in the same breath that a broker is not, is not believed.
  const isReady = observation.brokers.every(({ state }) => state === 'ready');
  if (observation.rolled && observation.healthy && isReady && contradiction === undefined) return { kind: 'healthy', sample: observation };
  const crashLoop = observation.brokers.some(({ state, version }) => state === 'crash-loop' && version === target.spec.version);
  const words = observation.rolled && contradiction !== undefined ? contradiction : describe(observation);
  return { kind: 'moving', sample: observation, crashLoop, words };
}

const NEVER_OBSERVED = 'nobody has looked yet';
const NOT_SINCE = 'not sampled since it was ordered';

/** The data plane says that it has rolled: is that what it says it runs? `undefined` when it is. */
function whyNotRolled(spec: DesiredSpec, { running, brokers }: Observed): string | undefined {
  const other = brokers.find(({ version }) => version !== spec.version);
  if (other !== undefined) return `reported as rolled, but broker ${other.ordinal} runs ${other.version}`;
  if (brokers.length !== running.replicas) return `reported as rolled, but ${brokers.length} of ${running.replicas} brokers are named`;
  const [difference] = observedDifferences(spec, running);
  if (difference === undefined) return undefined;
  return `reported as rolled, but ${difference.path} is ${difference.to ?? 'not set'} instead of ${difference.from ?? 'not set'}`;
}

/** Why an observation is no evidence at all; `undefined` when it is fresh. A comparison with what is no number fails closed. */
export function whyNotFresh(observation: Observation | undefined, { now, evidenceMaxAgeMs }: Freshness): string | undefined {
  if (observation === undefined) return NEVER_OBSERVED;
  // `missing` is an answer: the data plane is there, and the cluster is not.
  if (observation.kind === 'unknown' && !observation.missing) return observation.cause;
  const ageMs = now - observation.receivedAt;
  if (ageMs <= evidenceMaxAgeMs && ageMs >= -evidenceMaxAgeMs) return undefined;
  return ageMs < 0 ? 'the newest sample is from the future' : 'the newest sample is too old';
}

/**
 * A sample that overtook a newer one proves nothing. Once the newer one has grown too old to count, or lies further ahead than that
 * because our own clock was set back, an earlier time can only mean that the clock of the data plane was: order begins anew.
 */
function isOutOfOrder({ sampledAt, receivedAt }: Observation, before: SeenBefore, { evidenceMaxAgeMs }: Freshness): boolean {
  if (before.sampledAt === undefined || before.seenAt === undefined) return false;
  return sampledAt < before.sampledAt && Math.abs(receivedAt - before.seenAt) <= evidenceMaxAgeMs;
}

export const REPEATED = 'the data plane repeats one old sample';

/** One sample that is sent again and again is as old as when it was first received, however lately that was once more. */
export function isRepeated({ sampledAt }: Observation, before: SeenBefore, { now, evidenceMaxAgeMs }: Freshness): boolean {
  return sampledAt === before.sampledAt && before.seenAt !== undefined && now - before.seenAt > evidenceMaxAgeMs;
}

/** What is wrong with a cluster, or what it is doing, in words: the data plane's own, or its brokers'. */
export function describe(observed: Observed): string {
  if (observed.detail !== undefined) return observed.detail;
  const unready = observed.brokers.filter(({ state }) => state !== 'ready');
  if (unready.length === 0) return observed.healthy ? 'brokers are being moved' : 'not healthy';
  const named = unready.map(({ ordinal, state, version }) => `broker ${ordinal}: ${state} at ${version}`);
  return nameList(named, BROKERS_NAMED_MAX);
}

const BROKERS_NAMED_MAX = 3;

/** Some broker cannot come up by itself. */
export const isBroken = ({ brokers }: Observed): boolean => brokers.some(({ state }) => state === 'crash-loop' || state === 'stuck');

/** Healthy, and every broker runs just this: nothing is to be done there. */
export const runsWell = (spec: DesiredSpec, { healthy, brokers, running }: Observed): boolean =>
  healthy && brokers.every(({ version }) => version === spec.version) && observedDifferences(spec, running).length === 0;
