/**
 * Answers a comment that holds commands: a reaction says that it was seen, another what came of it. Done, it shows in the comment about the
 * rollouts; refused, a reply says why and who could. Once for each comment, however often this runs.
 */
import { needsPlan } from '../core/command/accepted.ts';
import { commandLines } from '../core/command/command-lines.ts';
import type { FleetId } from '../core/model/ids.ts';
import { type AnsweredLine, isGood, renderReply, replyMarker } from '../core/report/command-reply.ts';
import type { Reaction } from '../ports/code-host.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { acceptComment } from './accept-comment.ts';
import { activeFleet } from './active-fleet.ts';
import { planAndCarryOut } from './carry-out-commands.ts';
import { carryOutNow } from './carry-out-now.ts';
import type { PostedComment } from './comment-payload.ts';
import type { LoopWith } from './loop.ts';
import type { PlanningPort } from './plan-manifests.ts';
import { projectComment } from './project.ts';
import { replyKey } from './projection-keys.ts';

type ConversingLoop = LoopWith<PlanningPort | 'host'>;

/** @throws PortError where an answer could not be given, or a person not be found out: it is tried again, and nothing is done twice. */
export async function converse(loop: ConversingLoop, id: FleetId, comment: PostedComment): Promise<void> {
  const { store, host } = loop.ports;
  const fleet = await activeFleet(store, id);
  const lines = commandLines(comment.body);
  if (fleet === undefined || lines.length === 0) return;
  const react = (reaction: Reaction) => host(fleet).react(comment.id, reaction);
  // A command does not wait for its own acknowledgement.
  const [seen, answered] = await Promise.allSettled([react('eyes'), answer(loop, fleet, comment, lines)]);
  if (answered.status === 'rejected') throw answered.reason;
  await tellOrLeave(loop, async () => {
    if (seen.status === 'rejected') throw seen.reason;
    const policy = (await store.policy(id)) ?? { commands: undefined };
    const body = comment.isStranger ? undefined : renderReply(comment.id, answered.value, policy);
    if (body !== undefined)
      await projectComment(loop, fleet, replyKey(comment.id), { pull: comment.number, body, marker: replyMarker(comment.id) });
    await react(isGood(answered.value) ? 'rocket' : 'confused');
  });
}

/** A locked conversation takes neither reactions nor replies: what was asked is done all the same, and shows where rollouts are shown. */
async function tellOrLeave({ ports: { log } }: ConversingLoop, tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (error) {
    if (!(error instanceof PortError) || error.retry.kind !== 'needs-human') throw error;
    log.warn({ err: error }, 'a comment could not be answered');
  }
}

async function answer(
  loop: ConversingLoop,
  fleet: FleetRecord,
  comment: PostedComment,
  lines: readonly string[],
): Promise<readonly AnsweredLine[]> {
  const given = await acceptComment(loop, fleet, comment, lines);
  if (!given.ok) return given.error;
  // Others whose commands wait may not be found out: that is no matter of this comment.
  const [carried] = await Promise.allSettled([carryOutNow(loop, fleet.id)]);
  const found = await Promise.allSettled(lines.map((line, nth) => outcomeOf(loop, fleet.id, line, given.value[String(nth)])));
  return found.map((one) => {
    if (one.status === 'fulfilled') return one.value;
    throw carried.status === 'rejected' ? carried.reason : one.reason;
  });
}

async function outcomeOf(loop: ConversingLoop, fleet: FleetId, line: string, number: string | undefined): Promise<AnsweredLine> {
  if (number === undefined) return { line, outcome: { kind: 'help' } };
  const { store } = loop.ports;
  const accepted = await store.command(fleet, Number(number));
  const waits = accepted !== undefined && accepted.outcome === undefined && needsPlan(accepted.command);
  const [planned] = await Promise.allSettled(waits ? [planAndCarryOut(loop, fleet)] : []);
  const outcome = (await store.command(fleet, Number(number)))?.outcome;
  if (outcome !== undefined) return { line, outcome };
  if (planned?.status === 'rejected') throw planned.reason;
  throw new PortError({
    port: 'state-store',
    operation: 'converse',
    retry: { kind: 'retry-after', waitMs: 1_000 },
    message: `command ${number} is not carried out yet`,
  });
}
