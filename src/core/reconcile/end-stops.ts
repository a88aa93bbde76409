import type { Stop } from '../stop/stop.ts';
import type { FleetDraft } from './fleet-draft.ts';

/**
 * Ends stops on one rollout that is over: there is nothing left that they could hold, and whoever reads the list of stops should find
 * only those that do. A rollout that a person may retry was not stopped when it ended, or its stops went with the abort.
 */
export function endStopsOfEndedRollouts(fleet: FleetDraft): void {
  const over = fleet.stops.filter((stop) => isOver(fleet, stop));
  for (const stop of over) {
    const reason = 'its rollout has ended: there is nothing left that it could hold';
    fleet.setStop({ ...stop, lifted: { by: 'flotilla', at: fleet.now, reason } });
    fleet.changesAfterTheEnd.push({ subject: 'stop', name: stop.id, from: stop.cause, to: 'lifted', why: reason });
  }
}

function isOver({ rollouts }: FleetDraft, { scope }: Stop): boolean {
  if (scope.kind !== 'rollout' && scope.kind !== 'phase') return false;
  const draft = rollouts.find(({ id }) => id === scope.rollout);
  return draft === undefined || draft.isFinished;
}
