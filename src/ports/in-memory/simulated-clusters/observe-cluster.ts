import type { Broker, Running } from '../../../core/evidence/observation.ts';
import type { SentObservation, SentObserved } from '../../../core/evidence/parse.ts';
import type { Instant } from '../../../core/model/time.ts';
import { compareVersions } from '../../../core/model/version.ts';
import { type ClusterState, isChangedByHand, type SimulatedBroker, templateAt } from './cluster-state.ts';
import { isUnreachable } from './faults.ts';
import { isSettled } from './roll.ts';

/** A restart without end looks like any other at first; after this long it is called stuck. */
const STUCK_AFTER_MS = 300_000;
/** Waits between restarts of a crashing container, as Kubernetes doubles them. */
const BACKOFF_MS_MIN = 10_000;
const BACKOFF_MS_MAX = 300_000;

/**
 * What the data plane says of a cluster.
 *
 * @param state - advanced to `at`.
 * @param at - the world's own time, in which the state is kept.
 * @param sampledAt - the same instant as the rest of the product knows it.
 */
export function observeCluster(state: ClusterState, at: number, sampledAt: Instant): SentObservation {
  if (!isUnreachable(state)) return inspectCluster(state, at, sampledAt);
  const { cluster, dataPlane } = state;
  return { kind: 'unknown', cluster, dataPlane, sampledAt, cause: `cluster ${cluster} does not answer`, missing: false };
}

/** What is really there, whether or not it can be reached: for people who play with the simulation. */
export function inspectCluster(state: ClusterState, at: number, sampledAt: Instant): SentObserved {
  const { cluster, dataPlane } = state;
  const brokers = brokersOf(state, at);
  return {
    kind: 'observed',
    cluster,
    dataPlane,
    sampledAt,
    accepted: state.accepted.epoch === 0 ? undefined : state.accepted,
    rolled: !isChangedByHand(state) && state.move === undefined && state.brokers.length === state.replicas && allAtTarget(state),
    healthy: brokers.every((broker) => broker.state !== 'crash-loop' && broker.state !== 'stuck'),
    held: state.accepted.mode === 'hold' && state.move === undefined,
    running: running(state),
    brokers,
    detail: detail(state, brokers, at),
  };
}

/** The next instant, in the world's own time, at which the observation will be another one; `undefined`: none by time alone. */
export function nextChangeAt(state: ClusterState, at: number): number | undefined {
  const instants = state.brokers.flatMap((broker) =>
    broker.brokenSince === undefined || broker.ordinal === state.move?.ordinal ? [] : [nextRestartAt(broker.brokenSince, at)],
  );
  if (state.move !== undefined) {
    const { startedAt, endsAt } = state.move;
    if (endsAt !== undefined) instants.push(endsAt);
    else if (startedAt + STUCK_AFTER_MS > at) instants.push(startedAt + STUCK_AFTER_MS);
  }
  return instants.length === 0 ? undefined : Math.min(...instants);
}

/** Restarts of a container that has crashed since then: the first at once, then after waits that double up to five minutes. */
export function restartsSince(brokenSince: number, at: number): number {
  return restarts(brokenSince, at).count;
}

const nextRestartAt = (brokenSince: number, at: number): number => restarts(brokenSince, at).nextAt;

function restarts(brokenSince: number, at: number): { readonly count: number; readonly nextAt: number } {
  let count = 1;
  let wait = BACKOFF_MS_MIN;
  let nextAt = brokenSince + wait;
  while (nextAt <= at && wait < BACKOFF_MS_MAX) {
    count += 1;
    wait = Math.min(wait * 2, BACKOFF_MS_MAX);
    nextAt += wait;
  }
  // From here on the waits are equal, so that a cluster that was broken for weeks costs no loop.
  const further = nextAt <= at ? Math.floor((at - nextAt) / BACKOFF_MS_MAX) + 1 : 0;
  return { count: count + further, nextAt: nextAt + further * BACKOFF_MS_MAX };
}

function brokersOf(state: ClusterState, at: number): readonly Broker[] {
  const { move } = state;
  const existing = state.brokers.map((broker): Broker => {
    if (broker.ordinal === move?.ordinal) return moving(state, broker.ordinal, at);
    const waits = broker.brokenSince !== undefined;
    return { ordinal: broker.ordinal, version: versionOf(state, broker.runs), state: waits ? 'crash-loop' : 'ready' };
  });
  // Those that are still to be made count too: progress is a share of what there will be.
  for (let ordinal = existing.length; ordinal < state.replicas; ordinal += 1) {
    const isMoving = ordinal === move?.ordinal;
    existing.push(isMoving ? moving(state, ordinal, at) : { ordinal, version: versionOf(state, state.target), state: 'waiting' });
  }
  return existing;
}

function moving(state: ClusterState, ordinal: number, at: number): Broker {
  const { move } = state;
  const version = versionOf(state, move?.to ?? state.target);
  const stuck = move !== undefined && move.endsAt === undefined && at - move.startedAt >= STUCK_AFTER_MS;
  return { ordinal, version, state: stuck ? 'stuck' : 'restarting' };
}

/** The worst broker speaks for the cluster: one that is not at the target, and of those the oldest version. */
function running(state: ClusterState): Running {
  const behind = state.brokers.filter((broker) => broker.runs !== state.target);
  const worst = behind.reduce<SimulatedBroker | undefined>((oldest, broker) => {
    if (oldest === undefined) return broker;
    return compareVersions(versionOf(state, broker.runs), versionOf(state, oldest.runs)) < 0 ? broker : oldest;
  }, undefined);
  return { ...templateAt(state, worst?.runs ?? state.target), replicas: state.brokers.length };
}

const versionOf = (state: ClusterState, key: string): string => templateAt(state, key).version;

const allAtTarget = (state: ClusterState): boolean => state.brokers.every((broker) => broker.runs === state.target);

function detail(state: ClusterState, brokers: readonly Broker[], at: number): string | undefined {
  const broken = state.brokers.filter((broker) => broker.brokenSince !== undefined && broker.ordinal !== state.move?.ordinal);
  const crashes = broken.map((broker) => {
    const count = restartsSince(broker.brokenSince ?? at, at);
    return `broker ${broker.ordinal}: crash loop, ${count} restart${count === 1 ? '' : 's'}, last exit 1`;
  });
  if (crashes.length > 0) return crashes.join('; ');
  const stuck = brokers.find((broker) => broker.state === 'stuck');
  if (stuck !== undefined) return `broker ${stuck.ordinal}: stuck, does not come back from its restart`;
  if (state.move !== undefined) return `broker ${state.move.ordinal}: ${PURPOSE[state.move.purpose]} ${versionOf(state, state.move.to)}`;
  if (isSettled(state)) return undefined;
  return 'held: no broker is in restart';
}

const PURPOSE = { roll: 'restarting with', recover: 'coming back with', add: 'being added with', remove: 'being removed from' } as const;
