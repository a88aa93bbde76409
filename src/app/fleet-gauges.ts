import type { JobFigures } from '../adapters/postgres/job-figures.ts';
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import { driftFigures, type FleetFigures, fleetFigures } from '../core/report/fleet-figures.ts';
import type { Loop } from '../loop/loop.ts';
import { memoryOf } from '../loop/memory.ts';
import { loadRecords } from '../loop/records.ts';
import type { Metrics } from './metrics.ts';

/** What is asked of the state for the figures of the bot itself. */
export interface WatchedState {
  jobFigures(): Promise<JobFigures>;
}

/**
 * Brings the gauges up to date that are read from the state, when somebody asks for them: nothing is counted while nobody looks.
 * Where the database does not answer they say just that, and what they said of fleets before is taken away.
 */
export async function setFleetGauges(metrics: Metrics, loop: Loop | undefined, state: WatchedState | undefined): Promise<void> {
  for (const gauge of [metrics.rollouts, metrics.rolloutStoppedSince, metrics.clusters, metrics.stops, metrics.drifts, metrics.evidenceAt])
    gauge.reset();
  metrics.databaseUp.set(0);
  if (loop === undefined || state === undefined) return;
  try {
    const { due, parked, oldestDueMs, heldUpMs } = await state.jobFigures();
    metrics.jobsDue.set(due);
    metrics.jobsParked.set(parked);
    metrics.oldestDueJob.set(oldestDueMs / 1_000);
    metrics.heldUpJob.set(heldUpMs / 1_000);
    for (const fleet of await loop.ports.store.fleets()) {
      const records = await loadRecords(loop, fleet);
      setFleet(metrics, fleet.id, figuresOf(records, loop, fleet.id));
      for (const [kind, count] of Object.entries(driftFigures(await loop.ports.store.drifts(fleet.id))))
        metrics.drifts.set({ fleet: fleet.id, kind }, count);
    }
    metrics.databaseUp.set(1);
  } catch (error) {
    loop.ports.log.debug({ err: error }, 'the database does not answer; its metrics say so');
  }
}

/** Counting a hundred thousand clusters is done once for each change, however often somebody looks. */
const figuresKept = new WeakMap<FleetRecords, { readonly seen: unknown; readonly figures: FleetFigures }>();

function figuresOf(records: FleetRecords, { memory }: Loop, id: FleetId): FleetFigures {
  const seen = memoryOf(memory, id).observations ?? NOTHING_SEEN;
  const kept = figuresKept.get(records);
  if (kept?.seen === seen) return kept.figures;
  const figures = fleetFigures(records, seen);
  figuresKept.set(records, { seen, figures });
  return figures;
}

const NOTHING_SEEN = new Map();

function setFleet(metrics: Metrics, fleet: FleetId, { rollouts, stoppedSince, clusters, stops, evidenceAt }: FleetFigures): void {
  for (const [status, count] of Object.entries(rollouts)) metrics.rollouts.set({ fleet, status }, count);
  for (const [release, since] of stoppedSince) metrics.rolloutStoppedSince.set({ fleet, release }, seconds(since));
  for (const [standing, count] of Object.entries(clusters)) metrics.clusters.set({ fleet, standing }, count);
  for (const [cause, count] of Object.entries(stops)) metrics.stops.set({ fleet, cause }, count);
  for (const [plane, at] of evidenceAt) metrics.evidenceAt.set({ fleet, data_plane: plane }, seconds(at));
}

const seconds = (at: Instant): number => at / 1_000;
