import { type Instant, instant } from '../model/time.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { Policy } from './decision.ts';
import type { Observation, Observed, Order } from './evidence.ts';

/** What an observation proves about one cluster under one order. Anything that proves nothing is `none`. */
export type Evidence =
  /** Unknown, stale, or about something else: counts as in flight and unhealthy. */
  | { readonly kind: 'none'; readonly cause: string }
  /** The data plane is alive, and has not accepted the order yet. */
  | { readonly kind: 'not-accepted'; readonly sampledAt: Instant; readonly missing: boolean }
  /** The order was accepted, and the cluster is not both rolled and healthy. */
  | { readonly kind: 'moving'; readonly sampledAt: Instant; readonly observed: Observed; readonly crashLoop: boolean }
  | { readonly kind: 'healthy'; readonly sampledAt: Instant; readonly observed: Observed };

/** How old evidence may be, and what the clock says. */
export type Freshness = Pick<Policy, 'evidenceMaxAgeMs'> & { readonly now: Instant };

/**
 * Revision-true evidence (law 1): sampled for this cluster, at this revision, after its order was accepted.
 *
 * @param seenAt - the newest evidence so far; an older sample that arrives late proves nothing.
 */
export function classify(
  target: PlannedTarget,
  order: Order | undefined,
  observation: Observation | undefined,
  seenAt: Instant | undefined,
  freshness: Freshness,
): Evidence {
  const sampledAt = freshSample(observation, freshness);
  if (typeof sampledAt === 'string') return none(sampledAt);
  if (order === undefined) return none('its order is not on record');
  if (seenAt !== undefined && sampledAt < seenAt) return none('the sample is older than one seen before');
  if (observation?.kind !== 'observed') {
    return sampledAt > order.orderedAt ? { kind: 'not-accepted', sampledAt, missing: true } : none('not sampled since it was ordered');
  }
  const { accepted } = observation;
  if (accepted?.epoch !== order.epoch || accepted.revision !== target.revision) {
    return sampledAt > order.orderedAt ? { kind: 'not-accepted', sampledAt, missing: false } : none('not sampled since it was ordered');
  }
  if (sampledAt < order.orderedAt) return none('not sampled since it was ordered');
  if (observation.rolled && observation.healthy) return { kind: 'healthy', sampledAt, observed: observation };
  const crashLoop = observation.brokers.some((broker) => broker.state === 'crash-loop' && broker.version === target.spec.version);
  return { kind: 'moving', sampledAt, observed: observation, crashLoop };
}

const none = (cause: string): Evidence => ({ kind: 'none', cause });

/**
 * When a usable observation was sampled, or in words why it is not usable.
 *
 * A data plane whose clock is ahead is believed as of now, but never from further ahead than evidence may be
 * old: such a sample would stay fresh while the cluster has long been silent.
 */
export function freshSample(observation: Observation | undefined, { now, evidenceMaxAgeMs }: Freshness): Instant | string {
  if (observation === undefined) return 'never observed';
  // `missing` is an answer: the data plane is there, and the cluster is not.
  if (observation.kind === 'unknown' && !observation.missing) return observation.cause;
  if (now - observation.sampledAt > evidenceMaxAgeMs) return 'the newest sample is too old';
  if (observation.sampledAt - now > evidenceMaxAgeMs) return 'the newest sample is from the future';
  return instant(Math.min(observation.sampledAt, now));
}

/** The first instant at which a sample no longer counts as evidence. */
export const staleAt = (sampledAt: Instant, policy: Pick<Policy, 'evidenceMaxAgeMs'>): Instant =>
  instant(sampledAt + policy.evidenceMaxAgeMs + 1);

/** What is wrong with a cluster, or what it is doing, in words: the data plane's own, or its brokers'. */
export function describe(observed: Observed): string {
  if (observed.detail !== undefined) return observed.detail;
  const unready = observed.brokers.filter(({ state }) => state !== 'ready');
  if (unready.length === 0) return observed.healthy ? 'brokers are being moved' : 'not healthy';
  const named = unready.slice(0, BROKERS_NAMED_MAX).map(({ ordinal, state, version }) => `broker ${ordinal}: ${state} at ${version}`);
  const rest = unready.length - named.length;
  return rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ');
}

const BROKERS_NAMED_MAX = 3;
