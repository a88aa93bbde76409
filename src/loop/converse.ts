/**
 * Answers a comment that holds commands: a reaction says that it was seen, another what came of it. Done, it shows in the comment about the
 * rollouts; refused, a reply says why and who could. Once for each comment, however often this runs.
 */
import { needsPlan } from '../core/command/accepted.ts';
import { addressed, type Place } from '../core/command/address.ts';
import type { FleetCommand } from '../core/command/command.ts';
import { COMMANDS_MAX, commandLines } from '../core/command/command-lines.ts';
import { parseLine } from '../core/command/parse-words.ts';
import { refusalOf } from '../core/command/who-may.ts';
import type { FleetId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import { type AnsweredLine, isGood, renderReply, replyMarker } from '../core/report/command-reply.ts';
import type { Reaction } from '../ports/code-host.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { verdictOnGiven } from './authorise.ts';
import { planAndCarryOut } from './carry-out-commands.ts';
import { carryOutNow } from './carry-out-now.ts';
import type { PostedComment } from './comment-payload.ts';
import { acceptCommand } from './give-command.ts';
import type { LoopWith } from './loop.ts';
import type { PlanningPort } from './plan-manifests.ts';
import { projectComment } from './project.ts';
import { repliedKey, replyKey } from './projection-keys.ts';

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
  const { store } = loop.ports;
  const before = await store.projection(fleet.id, repliedKey(comment.id));
  const given = before === undefined ? await give(loop, fleet, comment, lines) : ok(before.memo);
  if (!given.ok) return given.error;
  await carryOutNow(loop, fleet.id);
  return await Promise.all(lines.map((line, nth) => outcomeOf(loop, fleet.id, line, given.value[String(nth)])));
}

async function outcomeOf(loop: ConversingLoop, fleet: FleetId, line: string, number: string | undefined): Promise<AnsweredLine> {
  if (number === undefined) return { line, outcome: { kind: 'help' } };
  const { store } = loop.ports;
  const accepted = await store.command(fleet, Number(number));
  if (accepted !== undefined && accepted.outcome === undefined && needsPlan(accepted.command)) await planAndCarryOut(loop, fleet);
  const outcome = (await store.command(fleet, Number(number)))?.outcome;
  if (outcome !== undefined) return { line, outcome };
  throw new PortError({
    port: 'state-store',
    operation: 'converse',
    retry: { kind: 'retry-after', waitMs: 1_000 },
    message: `command ${number} is not carried out yet`,
  });
}

/** The number of each accepted command, by its place in the comment. All are accepted, or none. */
async function give(
  loop: ConversingLoop,
  fleet: FleetRecord,
  comment: PostedComment,
  lines: readonly string[],
): Promise<Result<Readonly<Record<string, string>>, readonly AnsweredLine[]>> {
  const { store, clock } = loop.ports;
  const read = await readLines(loop, fleet, comment, lines, clock.now());
  if (read.some((one) => !one.ok)) return err(read.map((one, nth) => leftOut(lines[nth] ?? '', one)));
  const numbers: Record<string, string> = {};
  for (const [nth, one] of read.entries()) {
    if (!one.ok || one.value === 'help') continue;
    const accepted = await acceptCommand(loop.ports, fleet.id, one.value, `comment:${comment.id}:${nth}`);
    if (!accepted.ok) return err([{ line: lines[nth] ?? '', outcome: { kind: 'wrong', why: accepted.error } }]);
    numbers[String(nth)] = String(accepted.value.id);
  }
  // From here on what was accepted counts: read again later, the same words may mean another rollout.
  await store.saveProjection(fleet.id, { key: repliedKey(comment.id), remoteId: undefined, hash: undefined, memo: numbers });
  return ok(numbers);
}

type ReadLine = Result<FleetCommand | 'help', string>;

const leftOut = (line: string, read: ReadLine): AnsweredLine => ({
  line,
  outcome: read.ok ? { kind: 'left' } : { kind: 'wrong', why: read.error },
});

async function readLines(
  loop: ConversingLoop,
  fleet: FleetRecord,
  { author, number }: PostedComment,
  lines: readonly string[],
  now: Instant,
): Promise<readonly ReadLine[]> {
  if (lines.length > COMMANDS_MAX)
    return [
      err(`a comment holds at most ${COMMANDS_MAX} commands, and this one ${lines.length}`),
      ...lines.slice(1).map(() => ok('help' as const)),
    ];
  const place = await placeOf(loop, fleet, number);
  const read: ReadLine[] = [];
  for (const line of lines) {
    const written = parseLine(line, now);
    if (!written.ok) read.push(written);
    else if (written.value.verb === 'help') read.push(ok('help'));
    else read.push(await allowed(loop, fleet.id, addressed(written.value, author, place)));
  }
  return read;
}

async function allowed(loop: ConversingLoop, id: FleetId, command: Result<FleetCommand, string>): Promise<ReadLine> {
  if (!command.ok) return command;
  const verdict = await verdictOnGiven(loop, id, command.value);
  if (verdict.kind === 'may') return command;
  return err(refusalOf(command.value, verdict.kind === 'may-not' ? verdict.why : 'that could not be found out'));
}

/** Rollouts that one conversation may be about are among the newest of the fleet; older ones are named by their id. */
const ROLLOUTS_READ = 200;

async function placeOf({ ports: { store } }: ConversingLoop, { id }: FleetRecord, number: number): Promise<Place> {
  const rollouts = (await store.recentRollouts(id, ROLLOUTS_READ)).filter(({ pull }) => pull === number);
  return { name: `#${number}`, rollouts };
}
