import type { DesiredCluster } from '../desired/desired.ts';
import type { Observation } from '../evidence/observation.ts';
import type { StandingOrder } from '../evidence/order.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { RolloutId } from '../model/ids.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import type { RolloutStatus, TargetState } from '../reconcile/state.ts';
import { covers } from '../stop/scope.ts';
import { isLifted, type Stop, type StopCause } from '../stop/stop.ts';
import type { Lagging, LaggingReason } from './drift.ts';

/** How the newest rollout that had a cluster as its target ended for it. */
export interface LastTarget {
  readonly rollout: RolloutId;
  readonly rolloutStatus: RolloutStatus;
  readonly target: TargetState;
}

/** What is known of one cluster that does not run, or was never proven at, what it should. */
export interface Laggard {
  readonly cluster: DesiredCluster;
  readonly entry: LedgerEntry | undefined;
  readonly order: StandingOrder | undefined;
  readonly last: LastTarget | undefined;
  readonly seen: Observation | undefined;
  /** A rollout has it as a target and cannot take it up yet. */
  readonly waiting: Lagging | undefined;
  readonly stops: readonly Stop[];
  readonly now: Instant;
}

/** In the order in which one reason hides another: what a person set down first, then what happened to it, then what holds it. */
const REASONS: readonly ((laggard: Laggard) => Lagging | undefined)[] = [
  ({ cluster, now }) => cluster.optOut && whyOptedOut(cluster.optOut, now),
  ({ cluster, now }) => cluster.pinnedBy && whyPinned(cluster.pinnedBy, now),
  whyBetweenVersions,
  ({ last }) => last && whyWentWrong(last),
  ({ waiting }) => waiting,
  whyStopped,
  ({ last }) => last && whyPassedOver(last),
  whyHalfWay,
];

/** Why the fleet has moved on and this cluster has not. */
export function whyLagging(laggard: Laggard): Lagging {
  for (const reason of REASONS) {
    const found = reason(laggard);
    if (found !== undefined) return found;
  }
  const { last } = laggard;
  return {
    reason: 'never-selected',
    words: last === undefined ? 'no rollout has had it as a target' : `no rollout since ${last.rollout} has had it as a target`,
  };
}

function whyOptedOut({ reason, expires }: NonNullable<DesiredCluster['optOut']>, now: Instant): Lagging {
  if (expires !== undefined && now >= expires)
    return { reason: 'opt-out-expired', words: `its opt-out expired at ${formatInstant(expires)}: ${reason}` };
  const end = expires === undefined ? '' : ` until ${formatInstant(expires)}`;
  return { reason: 'opted-out', words: `opted out${end}: ${reason}` };
}

export function whyPinned({ by, releaseVersion, reason, expires }: NonNullable<DesiredCluster['pinnedBy']>, now: Instant): Lagging {
  if (now >= expires) {
    return {
      reason: 'pin-expired',
      words: `its ${by} expired at ${formatInstant(expires)}, and the release wants ${releaseVersion}: ${reason}`,
    };
  }
  return {
    reason: 'pinned',
    words: `held by ${by === 'pin' ? 'a pin' : 'an exception'} until ${formatInstant(expires)}, the release wants ${releaseVersion}: ${reason}`,
  };
}

const wordsOf = ({ rollout, target }: LastTarget): string => `rollout ${rollout}: ${target.detail ?? target.status}`;

function whyWentWrong(last: LastTarget): Lagging | undefined {
  const { status } = last.target;
  return status === 'failed' || status === 'unreachable' ? { reason: status, words: wordsOf(last) } : undefined;
}

function whyPassedOver(last: LastTarget): Lagging | undefined {
  const { status } = last.target;
  if (status === 'succeeded' || status === 'superseded' || status === 'removed') return undefined;
  if (last.rolloutStatus === 'aborted') return { reason: 'aborted', words: wordsOf(last) };
  return status === 'deferred' || status === 'skipped' ? { reason: status, words: wordsOf(last) } : undefined;
}

/** What a stop in force means for a cluster that it holds. */
const STOPPED_BY: Readonly<Record<StopCause, LaggingReason>> = {
  person: 'stopped',
  'failed-budget': 'stopped',
  'unreachable-budget': 'stopped',
  'deferred-budget': 'stopped',
  'unproven-canary': 'stopped',
  regression: 'stopped',
  quarantine: 'quarantined',
  aborted: 'aborted',
  'rolled-back': 'stopped',
  'unrelated-history': 'stopped',
};

/** A stop that holds the cluster whatever plan has it. What stops one rollout is said by that rollout. */
function whyStopped({ cluster: desired, entry, stops, now }: Laggard): Lagging | undefined {
  const { cluster, release, dataPlane, spec } = desired;
  const mover = { cluster, product: spec.product, release, dataPlane, spec, proven: provenAt(entry)?.spec, under: undefined };
  const stop = stops.find((one) => !isLifted(one, now) && covers(one.scope, mover));
  return stop && { reason: STOPPED_BY[stop.cause], words: `stop ${stop.id} by ${stop.by}: ${stop.reason}` };
}

/** Some of its brokers run what was ordered, and some do not: said before why, because it must not stay so. */
function whyBetweenVersions({ order, last, seen }: Laggard): Lagging | undefined {
  if (order === undefined || seen?.kind !== 'observed') return undefined;
  const { version } = order.spec;
  const there = seen.brokers.filter((broker) => broker.version === version).length;
  if (there === 0 || there === seen.brokers.length) return undefined;
  const why = last === undefined ? '' : `; ${wordsOf(last)}`;
  return { reason: 'half-way', words: `${there} of ${seen.brokers.length} brokers at ${version}${why}` };
}

/** It was ordered somewhere, and never proven there. */
function whyHalfWay({ entry, order }: Laggard): Lagging | undefined {
  if (order === undefined || order.revision === provenAt(entry)?.revision) return undefined;
  const where = order.rollout === undefined ? '' : ` by rollout ${order.rollout}`;
  return {
    reason: 'half-way',
    words: `it was ordered to version ${order.spec.version}${where}, and was never seen healthy there for long enough`,
  };
}
