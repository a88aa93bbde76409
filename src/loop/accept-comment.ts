/**
 * Accepts the commands of a comment, before anything is answered, and before anybody has said who its author is: from then on nothing can
 * lose them, and a halt waits for nothing that the other comments ask for.
 */
import { isHalt } from '../core/command/accepted.ts';
import { addressed, type Place } from '../core/command/address.ts';
import type { FleetCommand } from '../core/command/command.ts';
import { COMMANDS_MAX, commandLines } from '../core/command/command-lines.ts';
import { parseLine } from '../core/command/parse-words.ts';
import { refusalOf } from '../core/command/who-may.ts';
import type { FleetId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import type { AnsweredLine } from '../core/report/command-reply.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { type AskingLoop, verdictNow, verdictOnGiven } from './authorise.ts';
import { proposalOf } from './command-input.ts';
import type { PostedComment } from './comment-payload.ts';
import { within } from './event-loop.ts';
import { acceptCommand } from './give-command.ts';
import { converseJob } from './jobs.ts';
import { repliedKey } from './projection-keys.ts';

/** Hears a comment: its commands are stored, and it is answered by a job of its own. @throws PortError; tried again, nothing is accepted twice. */
export async function hearComment(loop: AskingLoop, id: FleetId, comment: PostedComment): Promise<void> {
  const fleet = await activeFleet(loop.ports.store, id);
  const lines = commandLines(comment.body);
  if (fleet === undefined || lines.length === 0) return;
  await acceptComment(loop, fleet, comment, lines);
  await loop.ports.store.enqueue([converseJob(id, comment)]);
}

/** The number of each accepted command, by its place in the comment. All are accepted, or none. */
export async function acceptComment(
  loop: AskingLoop,
  fleet: FleetRecord,
  comment: PostedComment,
  lines: readonly string[],
): Promise<Result<Readonly<Record<string, string>>, readonly AnsweredLine[]>> {
  const { store, clock } = loop.ports;
  const before = await store.projection(fleet.id, repliedKey(comment.id));
  if (before !== undefined) return ok(before.memo);
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
  loop: AskingLoop,
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
  const read = lines.map((line): ReadLine => {
    const written = parseLine(line, now);
    if (!written.ok) return written;
    return written.value.verb === 'help' ? ok('help') : addressed(written.value, author, place);
  });
  return await judged(loop, fleet.id, read);
}

/**
 * Whoever may not is told so, where that is known. One command, and whatever only stops, is not kept waiting until it is: the code host
 * may be away, or slow. Of several that belong together all are accepted or none, so it is asked first, and not for long.
 */
async function judged(loop: AskingLoop, id: FleetId, read: readonly ReadLine[]): Promise<readonly ReadLine[]> {
  const commands = read.flatMap((one) => (one.ok && one.value !== 'help' ? [one.value] : []));
  const isUrgent = commands.length < 2 || commands.every(isHalt);
  const known = isUrgent ? undefined : await within(ASKING_MS, Promise.allSettled(commands.map((one) => verdictOnGiven(loop, id, one))));
  if (known === undefined && !isUrgent) loop.ports.log.warn({ fleet: id }, 'commands are accepted before it is known who gave them');
  return await Promise.all(
    read.map(async (one) => {
      if (!one.ok || one.value === 'help') return one;
      const verdict = await verdictNow(loop, id, one.value);
      return verdict.kind === 'may-not' ? err(refusalOf(one.value, verdict.why)) : one;
    }),
  );
}

const ASKING_MS = 2_000;

/** Rollouts that one conversation may be about are among the newest of the fleet; older ones are named by their id. */
const ROLLOUTS_READ = 200;

async function placeOf({ ports: { store } }: AskingLoop, { id }: FleetRecord, number: number): Promise<Place> {
  const rollouts = (await store.recentRollouts(id, ROLLOUTS_READ)).filter(({ pull }) => pull === number);
  const proposal = await proposalOf(store, id, number);
  return { name: `#${number}`, rollouts, proposal: proposal?.isOpen === true ? proposal : undefined };
}
