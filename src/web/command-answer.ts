import type { CommandOutcome } from '../core/change/command-outcome.ts';
import type { AcceptedCommand } from '../core/command/accepted.ts';
import { assertNever } from '../core/model/assert.ts';
import type { FleetId } from '../core/model/ids.ts';
import { formatInstant } from '../core/model/time.ts';

/** What a person reads of a command that was given. */
export interface CommandAnswer {
  readonly status: 200 | 202 | 403 | 409 | 500;
  readonly body: object;
}

/** Where a command can be looked at. */
export const commandPath = (fleet: FleetId, { id }: AcceptedCommand): string => `/api/fleets/${fleet}/commands/${id}`;

/** Why a command that was given a while ago has no outcome yet. */
export const WAITS_FOR =
  'It is carried out as soon as a replica works on the fleet and the code host has said who gave it; it is refused then if that person may not.';

export function answerTo(fleet: FleetId, accepted: AcceptedCommand): CommandAnswer {
  const { id, outcome } = accepted;
  if (outcome !== undefined) return answerOf(outcome);
  const message = `command ${id} is accepted and cannot be lost. ${WAITS_FOR}`;
  return { status: 202, body: { message, command: id, path: commandPath(fleet, accepted) } };
}

function answerOf(outcome: CommandOutcome): CommandAnswer {
  switch (outcome.kind) {
    case 'done':
      return { status: 200, body: { changes: outcome.changes, notes: outcome.notes } };
    case 'refused':
      return { status: outcome.mayNot === true ? 403 : 409, body: { message: outcome.why } };
    case 'failed':
      return { status: 500, body: { message: `the command changed nothing, by a fault of Flotilla: ${outcome.why}` } };
    default:
      return assertNever(outcome, 'answerOf');
  }
}

/** A command as JSON: what was asked, when, and what became of it. */
export function commandJson({ id, key, command, givenAt, outcome }: AcceptedCommand): object {
  const carriedOut = outcome === undefined ? undefined : { ...outcome, at: formatInstant(outcome.at) };
  return { id, key, ...command, givenAt: formatInstant(givenAt), outcome: carriedOut };
}
