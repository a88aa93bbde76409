/**
 * Who may command: judged when a command is given, and again when it is carried out, by the rules in force and by what the code host
 * said of the person in the last minute. A decision never waits for the code host: whoever is not known yet is asked about before, and
 * until then the command waits. What cannot be found out lets nobody in.
 */
import type { FleetRecords } from '../core/change/apply-change.ts';
import { isHalt } from '../core/command/accepted.ts';
import type { CommandInput, FleetCommand } from '../core/command/command.ts';
import { judge, type Verdict, whoMay } from '../core/command/who-may.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { FoundBehind } from '../ports/code-host.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { inputOf } from './command-input.ts';
import { within } from './event-loop.ts';
import type { LoopWith } from './loop.ts';
import { type Memory, memoryOf } from './memory.ts';
import { loadRecords } from './records.ts';

/** What is known now decides, and nobody is asked. */
export function verdictOn(
  memory: Memory,
  id: FleetId,
  { policy }: Pick<FleetRecords, 'policy'>,
  input: CommandInput,
  command: FleetCommand,
): Verdict {
  if (policy === undefined) return { kind: 'may-not', why: 'nobody yet: no manifests are in force, so there are no rules' };
  if (policy.commands === undefined)
    return { kind: 'may-not', why: 'nobody until the rules have been read again from the default branch; repeat the command in a minute' };
  return judge(whoMay(policy, input, command), command.by, memoryOf(memory, id).people.known(command.by, input.now, input.change?.ref));
}

/** Teams, role, and the people behind the change. */
const QUESTIONS_MAX = 3;

export type AskingLoop = LoopWith<'store' | 'host' | 'clock' | 'log'>;

/** Judges a command by what is known: nobody is asked, and nothing is waited for but the store. @throws PortError */
export async function verdictNow(loop: LoopWith<'store' | 'clock'>, id: FleetId, command: FleetCommand): Promise<Verdict> {
  const { store, clock } = loop.ports;
  const fleet = await store.fleet(id);
  if (fleet === undefined) return { kind: 'may-not', why: 'nobody: the fleet is not known' };
  const records = await loadRecords(loop, fleet);
  return verdictOn(loop.memory, id, records, await inputOf(store, id, records, command, clock.now()), command);
}

/** Judges a command that is being given; the code host is asked what is not known. @throws PortError when it does not answer. */
export async function verdictOnGiven(loop: AskingLoop, id: FleetId, command: FleetCommand): Promise<Verdict> {
  const fleet = await loop.ports.store.fleet(id);
  const judged = () => verdictNow(loop, id, command);
  return fleet === undefined ? await judged() : await verdictWhenAsked(loop, fleet, command.by, judged);
}

/** Asks the code host for what the judgement turns on. @throws PortError when it does not answer. */
export async function verdictWhenAsked(
  loop: AskingLoop,
  fleet: FleetRecord,
  login: string,
  judged: () => Promise<Verdict>,
): Promise<Verdict> {
  let verdict = await judged();
  // One answer may lead to another question: who may at all, and then who has a part in the change.
  for (let asked = 0; verdict.kind === 'unknown' && asked < QUESTIONS_MAX; asked += 1) {
    await ask(loop, fleet, login, verdict);
    verdict = await judged();
  }
  return verdict;
}

/** So many people are asked about at once: GitHub takes a hundred requests at a time, from everything that the app does. */
const PEOPLE_MAX = 50;
/** Longer than this nobody waits for the code host: the questions stay open, and whoever asks again waits for the same answers. */
const ANSWER_MS = 2_000;

/**
 * Asks the code host about everybody whose command waits, halts first, all at once: what it says of one person, or never says, holds up
 * nobody else.
 *
 * @param onLearned - one person is known now.
 * @throws PortError at the end, when somebody could not be found out.
 */
export async function learnPeople(loop: AskingLoop, id: FleetId, onLearned?: () => Promise<void>): Promise<void> {
  const waiting = (await loop.ports.store.waitingCommands(id)).map(({ command }) => command);
  const byPerson = Map.groupBy(waiting, ({ by }) => by.toLowerCase());
  const people = [...byPerson.values()].sort((a, b) => Number(b.some(isHalt)) - Number(a.some(isHalt)));
  let isLate = false;
  const asked = people.slice(0, PEOPLE_MAX).map(async (own) => {
    for (const command of own) await verdictOnGiven(loop, id, command);
    if (!isLate) await onLearned?.();
  });
  const answered = await within(ANSWER_MS, Promise.allSettled(asked));
  isLate = answered === undefined;
  if (answered === undefined) throw notAnswered();
  for (const one of answered) if (one.status === 'rejected') throw one.reason;
}

const notAnswered = (): PortError =>
  new PortError({
    port: 'code-host',
    operation: 'who may',
    retry: { kind: 'retry-after', waitMs: 1_000 },
    message: 'the code host has not said yet who gave a command; it is looked at again',
  });

type Unknown = Extract<Verdict, { readonly kind: 'unknown' }>;

const NOT_TOLD: FoundBehind = { logins: [], whyNotAll: 'GitHub does not show the change, or not to this app' };

async function ask({ ports, memory }: AskingLoop, fleet: FleetRecord, login: string, { teams, role, change }: Unknown): Promise<void> {
  const host = ports.host(fleet);
  const { people, open } = memoryOf(memory, fleet.id);
  const at = ports.clock.now();
  /** What only a person can put right is an answer as well: it lets nobody in, and keeps nobody waiting. */
  const orNot = async <T>(asked: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof PortError) || error.retry.kind !== 'needs-human') throw error;
      ports.log.warn({ err: error, fleet: fleet.id, login }, 'who may command could not be found out; it counts as not allowed');
      return otherwise;
    }
  };
  const name = login.toLowerCase();
  const learn = (question: string, answer: () => Promise<void>): Promise<void> => open.ask(question, answer);
  await Promise.all([
    ...(change === undefined
      ? []
      : [
          learn(`behind ${JSON.stringify(change)} ${name}`, async () =>
            people.learnBehind(change, await orNot(host.peopleBehind(change), NOT_TOLD), at),
          ),
        ]),
    ...(role ? [learn(`role ${name}`, async () => people.learnRole(login, await orNot(host.roleOf(login), 'none'), at))] : []),
    ...teams.map((team) =>
      learn(`team ${team} ${name}`, async () => people.learnTeam(login, team, await orNot(host.isMember(team, login), false), at)),
    ),
  ]);
}
