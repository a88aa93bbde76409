/** A person has pressed a button of one of our checks: a command like any other, judged like any other. */
import type { FleetCommand } from '../core/command/command.ts';
import { refusalOf } from '../core/command/who-may.ts';
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { pressed } from '../core/report/check-buttons.ts';
import { pressedMarker, renderPressReply } from '../core/report/command-reply.ts';
import { isSamePerson } from '../core/rules/consent.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { type AskingLoop, verdictOnGiven } from './authorise.ts';
import { carryOutNow } from './carry-out-now.ts';
import { proposalOf } from './command-input.ts';
import { acceptCommand } from './give-command.ts';
import { projectComment } from './project.ts';
import { pressedKey } from './projection-keys.ts';

/** A button of a check, on this commit. */
export interface Press {
  readonly head: CommitSha;
  readonly identifier: string;
  readonly by: string;
}

/** @throws PortError where it could not be carried out yet: it is tried again, and is one command. */
export async function pressButton(loop: AskingLoop, id: FleetId, { head, identifier, by }: Press): Promise<void> {
  const { store } = loop.ports;
  const fleet = await activeFleet(store, id);
  const asked = pressed(identifier);
  if (fleet === undefined || asked === undefined) return;
  const { digest } = asked;
  for (const { number, planned } of await store.openPulls(id)) {
    if (planned?.info.headSha !== head) continue;
    const proposal = await proposalOf(store, id, number);
    // Tried again after its answer was lost.
    if (proposal?.approvals.some((one) => one.digest === digest && isSamePerson(one.by, by)) === true) continue;
    await carryOutPressed(loop, fleet, number, {
      verb: 'approve-rules',
      pull: number,
      digest,
      by,
      reason: `button of the check of #${number}`,
    });
  }
}

async function carryOutPressed(loop: AskingLoop, fleet: FleetRecord, pull: number, command: FleetCommand): Promise<void> {
  const why = await whyNotDone(loop, fleet, command);
  if (why === undefined) return;
  const { by } = command;
  const body = renderPressReply(by, why);
  await projectComment(loop, fleet, pressedKey(pull, by), { pull, body, marker: pressedMarker(by) });
}

/** `undefined`: it is done. */
async function whyNotDone(loop: AskingLoop, { id }: FleetRecord, command: FleetCommand): Promise<string | undefined> {
  const verdict = await verdictOnGiven(loop, id, command);
  if (verdict.kind !== 'may') return refusalOf(command, verdict.kind === 'may-not' ? verdict.why : 'that could not be found out');
  const accepted = await acceptCommand(loop.ports, id, command);
  if (!accepted.ok) return accepted.error;
  await carryOutNow(loop, id);
  const outcome = (await loop.ports.store.command(id, accepted.value.id))?.outcome;
  return outcome === undefined || outcome.kind === 'done' ? undefined : outcome.why;
}
