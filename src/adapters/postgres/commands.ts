import { type RawBuilder, sql } from 'kysely';
import { type CarriedOut, COMMAND_OUTCOMES, type CommandOutcome } from '../../core/change/command-outcome.ts';
import type { AcceptedCommand, GivenCommand } from '../../core/command/accepted.ts';
import {
  type FleetCommand,
  type RolloutCommand,
  STOPPABLE_SCOPES,
  type StopCommand,
  type StoppableScope,
  VERBS,
  type Verb,
} from '../../core/command/command.ts';
import { invariant } from '../../core/model/assert.ts';
import { type Decoder, flag, listOf, mapped, maybe, object, parsed, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { err, ok } from '../../core/model/result.ts';
import type { Instant } from '../../core/model/time.ts';
import { isWord } from '../../core/model/vocabulary.ts';
import { CHANGE_SUBJECTS } from '../../core/reconcile/decision.ts';
import { STOP_LETS } from '../../core/stop/stop.ts';
import type { Job } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { anything, at, clusterId, integer, planDigest, rolloutId, stopId } from './decoders.ts';
import { addJobs } from './jobs.ts';
import { jsonb, plainText, readRow } from './rows.ts';
import { scope } from './stops.ts';
import { refuseNewerSchema } from './write-fence.ts';

const COLUMNS = sql.raw('id, key, "by", verb, body, given_at, carried_out_at, outcome');

/** Takes no lock that anybody else waits for, and waits for none: a row of its own, and a job under a key that only commands use. */
export function accept(db: Database, fleet: FleetId, given: GivenCommand, jobs: readonly Job[], now: Instant): Promise<AcceptedCommand> {
  return db.transaction().execute(async (tx) => {
    await refuseNewerSchema(tx, 'accept');
    const { command, givenAt } = given;
    const { by, verb, ...body } = command;
    const key = given.key === undefined ? null : plainText(given.key);
    const { rows } = await sql<Row>`
      insert into commands (fleet, key, "by", verb, body, given_at)
      select id, ${key}, ${plainText(by)}, ${verb}, ${jsonb(body)}, ${givenAt}::bigint from fleets where id = ${fleet}
      on conflict (fleet, key) do nothing returning ${COLUMNS}`.execute(tx);
    const [added] = rows.map(accepted);
    if (added !== undefined) {
      await addJobs(tx, jobs, now);
      return added;
    }
    const [known] = key === null ? [] : await select(tx, sql`fleet = ${fleet} and key = ${key}`);
    invariant(known !== undefined, `fleet ${fleet} is saved before a command for it is accepted`);
    return known;
  });
}

/** In the order in which they were accepted. */
export function waitingCommands(db: Database, fleet: FleetId): Promise<readonly AcceptedCommand[]> {
  return select(db, sql`fleet = ${fleet} and outcome is null order by id`);
}

export async function command(db: Database, fleet: FleetId, id: number): Promise<AcceptedCommand | undefined> {
  return (await select(db, sql`fleet = ${fleet} and id = ${id}`))[0];
}

/** @returns `false` when it has an outcome already. */
export async function carryOut(tx: Tx, fleet: FleetId, { command: id, outcome }: CarriedOut): Promise<boolean> {
  const { at: carriedOutAt, ...what } = outcome;
  const { numAffectedRows } = await sql`
    update commands set carried_out_at = ${carriedOutAt}, outcome = ${jsonb(what)}
    where fleet = ${fleet} and id = ${id} and outcome is null`.execute(tx);
  if (numAffectedRows === 1n) return true;
  const [known] = await select(tx, sql`fleet = ${fleet} and id = ${id}`);
  invariant(known !== undefined, `command ${id} is accepted before it is carried out`);
  return false;
}

interface Row {
  readonly id: number;
}

async function select(db: Database | Tx, which: RawBuilder<unknown>): Promise<readonly AcceptedCommand[]> {
  const { rows } = await sql<Row>`select ${COLUMNS} from commands where ${which}`.execute(db);
  return rows.map(accepted);
}

const accepted = (row: Row): AcceptedCommand => readRow('commands', String(row.id), acceptedRow, row);

type Body<Command> = Omit<Command, 'by' | 'verb'>;

const rolloutBody: Decoder<Body<RolloutCommand>> = object({
  reason: text,
  rollout: rolloutId,
  phase: maybe(text),
  cluster: maybe(clusterId),
  digest: maybe(planDigest),
  stop: maybe(stopId),
  product: maybe(text),
  until: maybe(at),
});
const stoppable: Decoder<StoppableScope> = parsed(scope, (read) => {
  const { kind } = read;
  return isStoppable(read) ? ok(read) : err(`one of ${STOPPABLE_SCOPES.join(', ')} expected, not ${kind}`);
});
const isStoppable = (read: { readonly kind: string }): read is StoppableScope => isWord(STOPPABLE_SCOPES, read.kind);
const stopBody: Decoder<Body<StopCommand>> = object({ reason: text, scope: stoppable, lets: maybe(word(STOP_LETS)), until: maybe(at) });
const liftBody = object({ reason: text, stop: stopId });
const approveRulesBody = object({ reason: text, pull: integer, digest: planDigest });
const reconcileBody = object({ reason: text, release: text });

function commandOf(by: string, verb: Verb, body: unknown): FleetCommand {
  switch (verb) {
    case 'lift':
      return { by, verb, ...liftBody(body) };
    case 'stop':
      return { by, verb, ...stopBody(body) };
    case 'reconcile':
      return { by, verb, ...reconcileBody(body) };
    case 'approve-rules':
      return { by, verb, ...approveRulesBody(body) };
    default:
      return { by, verb, ...rolloutBody(body) };
  }
}

const change = object({ subject: word(CHANGE_SUBJECTS), name: text, from: text, to: text, why: text });
const doneBody = object({ changes: listOf(change), notes: listOf(text) });
const endedBody = object({ why: text, mayNot: maybe(flag) });
const kindOf = object({ kind: word(COMMAND_OUTCOMES) });

function outcomeOf(value: unknown, carriedOutAt: Instant): CommandOutcome {
  const { kind } = kindOf(value);
  return kind === 'done' ? { kind, at: carriedOutAt, ...doneBody(value) } : { kind, at: carriedOutAt, ...endedBody(value) };
}

const acceptedRow: Decoder<AcceptedCommand> = mapped(
  object({
    id: integer,
    key: maybe(text),
    by: text,
    verb: word(VERBS),
    body: anything,
    given_at: at,
    carried_out_at: maybe(at),
    outcome: anything,
  }),
  ({ id, key, by, verb, body, given_at: givenAt, carried_out_at: carriedOutAt, outcome }) => ({
    id,
    key,
    command: commandOf(by, verb, body),
    givenAt,
    outcome: carriedOutAt === undefined ? undefined : outcomeOf(outcome, carriedOutAt),
  }),
);
