import type { FleetRecords } from '../core/change/apply-change.ts';
import type { CommandInput, FleetCommand } from '../core/command/command.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { StateStore } from '../ports/state-store.ts';

/** What a command is judged on. The rollout that it names, or whose stop it lifts, may be over, and is read for it. @throws PortError */
export async function inputOf(
  store: Pick<StateStore, 'rollout' | 'rolloutSummary'>,
  id: FleetId,
  { rollouts, stops, desired, ledger }: FleetRecords,
  command: FleetCommand,
  now: Instant,
): Promise<CommandInput> {
  const named = 'rollout' in command ? command.rollout : undefined;
  const stopped = command.verb === 'lift' ? stops.find((stop) => stop.id === command.stop)?.rollout : undefined;
  const wanted = named ?? stopped;
  const known = rollouts.find(({ state }) => state.id === wanted);
  const found = known ?? (wanted === undefined ? undefined : await store.rollout(id, wanted));
  const all = found === undefined || known !== undefined ? rollouts : [...rollouts, found];
  const change = command.verb === 'approve' ? await store.rolloutSummary(id, command.rollout) : undefined;
  return { rollouts: all, rollout: named === undefined ? undefined : found, stops, desired, ledger, now, change };
}
