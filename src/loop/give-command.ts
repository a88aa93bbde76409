/** What a person asks: stored first, and then carried out by whoever holds the fleet. */
import { type AcceptedCommand, isSameCommand, needsPlan } from '../core/command/accepted.ts';
import type { FleetCommand } from '../core/command/command.ts';
import type { FleetId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Ports } from '../ports/ports.ts';
import type { StateStore } from '../ports/state-store.ts';
import { commandJob } from './jobs.ts';

/** Where people give commands. */
export interface CommandDesk extends Pick<Ports, 'store' | 'clock'> {
  /** Decides at once where this process holds the fleet: no other job keeps it waiting. The stored job is for all others, and after a crash. */
  readonly decide?: (fleet: FleetId) => void;
}

/** Between two looks for the outcome: it comes within milliseconds, or somebody is away. */
const FIRST_LOOK_MS = 10;
const LOOK_MS_MAX = 250;

/**
 * Accepts a command. From then on nothing can lose it, and the next decision takes it.
 *
 * @returns the error when the key belongs to another command.
 * @throws PortError
 */
export async function acceptCommand(
  { store, clock, decide }: CommandDesk,
  id: FleetId,
  command: FleetCommand,
  key?: string,
): Promise<Result<AcceptedCommand, string>> {
  const accepted = await store.accept(id, { command, key, givenAt: clock.now() }, [commandJob(id, command)]);
  if (accepted.outcome === undefined && !needsPlan(command)) decide?.(id);
  return key === undefined || isSameCommand(accepted.command, command)
    ? ok(accepted)
    : err(`key ${key} belongs to another command: choose a new one`);
}

/** @returns the command as it is after so long at most: it may wait still, when nobody works on the fleet. @throws PortError */
export async function untilCarriedOut(
  store: Pick<StateStore, 'command'>,
  id: FleetId,
  accepted: AcceptedCommand,
  waitMs: number,
): Promise<AcceptedCommand> {
  let now = accepted;
  for (
    let lookMs = FIRST_LOOK_MS, waitedMs = 0;
    now.outcome === undefined && waitedMs < waitMs;
    lookMs = Math.min(lookMs * 2, LOOK_MS_MAX)
  ) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, lookMs);
    });
    waitedMs += lookMs;
    now = (await store.command(id, accepted.id)) ?? now;
  }
  return now;
}
