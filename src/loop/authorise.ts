/**
 * Who may command: judged when a command is given, and again when it is carried out, by the rules in force and by what the code host
 * said of the person in the last minute. A decision never waits for the code host: whoever is not known yet is asked about before, and
 * until then the command waits. What cannot be found out lets nobody in.
 */
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { CommandInput, FleetCommand } from '../core/command/command.ts';
import { judge, type Verdict, whoMay } from '../core/command/who-may.ts';
import type { FleetId } from '../core/model/ids.ts';
import { PortError } from '../ports/port-error.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { inputOf } from './command-input.ts';
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
  return judge(whoMay(policy, input, command), command.by, memoryOf(memory, id).people.known(command.by, input.now, input.change?.pull));
}

/** Teams, role, and the people behind the change. */
const QUESTIONS_MAX = 3;

export type AskingLoop = LoopWith<'store' | 'host' | 'clock' | 'log'>;

/** Judges a command that is being given; the code host is asked what is not known. @throws PortError when it does not answer. */
export async function verdictOnGiven(loop: AskingLoop, id: FleetId, command: FleetCommand): Promise<Verdict> {
  const { store, clock } = loop.ports;
  const fleet = await store.fleet(id);
  if (fleet === undefined) return { kind: 'may-not', why: 'nobody: the fleet is not known' };
  const records = await loadRecords(loop, fleet);
  const judged = async () => verdictOn(loop.memory, id, records, await inputOf(store, id, records, command, clock.now()), command);
  let verdict = await judged();
  // One answer may lead to another question: who may at all, and then who has a part in the change.
  for (let asked = 0; verdict.kind === 'unknown' && asked < QUESTIONS_MAX; asked += 1) {
    await ask(loop, fleet, command.by, verdict);
    verdict = await judged();
  }
  return verdict;
}

/** Asks the code host about everybody whose command waits. What it says of one person does not hold up another. @throws PortError at the end. */
export async function learnPeople(loop: AskingLoop, id: FleetId): Promise<void> {
  const failed: unknown[] = [];
  for (const { command } of await loop.ports.store.waitingCommands(id))
    await verdictOnGiven(loop, id, command).catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

type Unknown = Extract<Verdict, { readonly kind: 'unknown' }>;

async function ask({ ports, memory }: AskingLoop, fleet: FleetRecord, login: string, { teams, role, pull }: Unknown): Promise<void> {
  const host = ports.host(fleet);
  const { people } = memoryOf(memory, fleet.id);
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
  await Promise.all([
    // Where nobody can say who has a part in it, whoever asks might.
    ...(pull === undefined ? [] : [orNot(host.peopleBehind(pull), [login]).then((found) => people.learnBehind(pull, found, at))]),
    ...(role ? [orNot(host.roleOf(login), 'none').then((found) => people.learnRole(login, found, at))] : []),
    ...teams.map((team) => orNot(host.isMember(team, login), false).then((found) => people.learnTeam(login, team, found, at))),
  ]);
}
