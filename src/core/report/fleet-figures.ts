import type { DesiredCluster, DesiredState } from '../desired/desired.ts';
import { DRIFT_KINDS, type Drift, type DriftKind } from '../drift/drift.ts';
import type { Observations } from '../evidence/observation.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import { IN_FLIGHT, isFinished, ROLLOUT_STATUSES, type RolloutStatus } from '../reconcile/state.ts';
import { STOP_CAUSES, type Stop, type StopCause } from '../stop/stop.ts';

/** Where a cluster stands, in one word: each cluster is counted once, by the first that fits. */
export const STANDINGS = [
  /** Nothing is asked of it. */
  'opted-out',
  /** A rollout has it in flight. */
  'moving',
  /** Proven at what is wanted. */
  'at-desired',
  /** Neither: its turn has not come, or something holds it. */
  'behind',
] as const;
export type Standing = WordOf<typeof STANDINGS>;

/** What a fleet looks like from far away, as numbers to be watched and alerted on. Every word is there, also at 0. */
export interface FleetFigures {
  /** Rollouts that are not finished. */
  readonly rollouts: Readonly<Record<RolloutStatus, number>>;
  /** By release: since when its rollout has been stopped. */
  readonly stoppedSince: ReadonlyMap<string, Instant>;
  readonly clusters: Readonly<Record<Standing, number>>;
  readonly stops: Readonly<Record<StopCause, number>>;
  /** By data plane: when evidence of a cluster last came in. */
  readonly evidenceAt: ReadonlyMap<string, Instant>;
}

interface Known {
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly rollouts: readonly ActiveRollout[];
  readonly stops: readonly Stop[];
}

export function fleetFigures({ desired, ledger, rollouts, stops }: Known, observations: Observations): FleetFigures {
  const open = rollouts.filter(({ state }) => !isFinished(state));
  const moving = new Set(
    open.flatMap(({ state }) => [...state.targets].flatMap(([cluster, { status }]) => (IN_FLIGHT.has(status) ? [cluster] : []))),
  );
  return {
    rollouts: counted(ROLLOUT_STATUSES, open, ({ state }) => [state.status]),
    stoppedSince: new Map(
      open.flatMap(({ state: { release, status, stoppedSince } }) =>
        status === 'paused' && stoppedSince !== undefined ? [[release, stoppedSince] as const] : [],
      ),
    ),
    clusters: counted(STANDINGS, [...desired.values()], (cluster) => [standingOf(cluster, moving, ledger)]),
    stops: counted(STOP_CAUSES, stops, ({ cause }) => [cause]),
    evidenceAt: newestEvidence(observations),
  };
}

/** A drift of two kinds counts for both. */
export const driftFigures = (drifts: readonly Drift[]): Readonly<Record<DriftKind, number>> =>
  counted(DRIFT_KINDS, drifts, ({ kinds }) => kinds);

function standingOf({ cluster, optOut, revision }: DesiredCluster, moving: ReadonlySet<ClusterId>, ledger: Ledger): Standing {
  if (optOut !== undefined) return 'opted-out';
  if (moving.has(cluster)) return 'moving';
  return provenAt(ledger.get(cluster))?.revision === revision ? 'at-desired' : 'behind';
}

function newestEvidence(observations: Observations): ReadonlyMap<string, Instant> {
  const newest = new Map<string, Instant>();
  for (const { kind, dataPlane, receivedAt } of observations.values()) {
    if (kind === 'observed' && receivedAt > (newest.get(dataPlane) ?? 0)) newest.set(dataPlane, receivedAt);
  }
  return newest;
}

function counted<Word extends string, T>(
  words: readonly Word[],
  all: readonly T[],
  wordsOf: (one: T) => readonly Word[],
): Readonly<Record<Word, number>> {
  const counts = Object.fromEntries(words.map((word) => [word, 0])) as Record<Word, number>;
  for (const one of all) for (const word of wordsOf(one)) counts[word] += 1;
  return counts;
}
