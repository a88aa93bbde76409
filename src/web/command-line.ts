import { addressed } from '../core/command/address.ts';
import type { FleetCommand } from '../core/command/command.ts';
import { parseWords } from '../core/command/parse-words.ts';
import { splitWords } from '../core/command/split-words.ts';
import type { FleetId } from '../core/model/ids.ts';
import { err, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { BadCommand } from './commands.ts';

/** Rollouts that a line without the name of one may be about. */
const ROLLOUTS_READ = 200;

/** Reads a command as people write it in a comment; here it may be about every rollout of the fleet. @throws PortError */
export async function readLine(
  store: Pick<StateStore, 'recentRollouts'>,
  fleet: FleetId,
  field: (name: string) => string | undefined,
  by: string,
  now: Instant,
): Promise<Result<FleetCommand, BadCommand>> {
  const line = field('line');
  if (line === undefined) return bad('"line" is missing: a command as in a comment, without its /fleet');
  const words = splitWords(line);
  if (!words.ok) return bad(words.error);
  const reason = field('reason');
  const written = parseWords([...words.value, ...(reason === undefined ? [] : ['--reason', reason])], now);
  if (!written.ok) return bad(written.error);
  if (written.value.verb === 'help') return bad('help is for comments and the command line');
  const rollouts = await store.recentRollouts(fleet, ROLLOUTS_READ);
  const command = addressed(written.value, by, { name: 'the fleet', rollouts });
  return command.ok ? command : bad(command.error);
}

const bad = (message: string): Result<never, BadCommand> => err({ status: 400, message });
