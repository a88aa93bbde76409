import type { Applied, FleetCommand } from '../../../src/core/command/command.ts';
import type { FleetId } from '../../../src/core/model/ids.ts';
import { err, ok, type Result } from '../../../src/core/model/result.ts';
import { planAndCarryOut } from '../../../src/loop/carry-out-commands.ts';
import { acceptCommand } from '../../../src/loop/give-command.ts';
import type { Loop } from '../../../src/loop/loop.ts';

/** What the person is told. */
export type Answer = Result<Pick<Applied, 'changes' | 'notes'>, string>;

/** A command that is carried out when this returns, with no decision after it yet. */
export async function commandFleet(loop: Loop, id: FleetId, command: FleetCommand): Promise<Answer> {
  const accepted = await acceptCommand(loop.ports, id, command);
  if (!accepted.ok) return accepted;
  await planAndCarryOut(loop, id);
  const outcome = (await loop.ports.store.command(id, accepted.value.id))?.outcome;
  if (outcome === undefined) return err('it was not carried out');
  return outcome.kind === 'done' ? ok({ changes: outcome.changes, notes: outcome.notes }) : err(outcome.why);
}
