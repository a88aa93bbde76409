import { resolve } from 'node:path';
import type { Verb } from '../core/command/command.ts';
import { quoted } from '../core/command/split-words.ts';
import { VERB_FORMS } from '../core/command/verb-forms.ts';
import { decode, listOf, maybe, object, text } from '../core/model/decode.ts';
import { readLocalState } from '../local/local-state.ts';
import { type CliIo, EXIT, Refused, UsageError } from './io.ts';

/** Longer than the bot waits for an outcome. */
const TIMEOUT_MS = 30_000;

const usageOf = (
  verb: Verb,
): string => `Usage: flotilla ${VERB_FORMS[verb].usage.replace('/fleet ', '')} [--reason "WHY"] [--fleet OWNER/NAME] [--as LOGIN]

As in a comment: ${VERB_FORMS[verb].example}

The bot is at FLOTILLA_URL, and FLOTILLA_TOKEN is yours. Without them it is the running local mode, found through FLOTILLA_HOME
(default .flotilla in the current folder), where --as says who you are. --fleet is needed where the bot has several.
Exit code: 0 done, 1 refused, 2 wrong usage.
`;

/** Commands a running bot. The words are read by the bot, so that they mean what they mean in a comment. @returns the exit code. */
export async function runCommand(verb: Verb, argv: readonly string[], io: CliIo): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    io.out(usageOf(verb));
    return EXIT.fine;
  }
  try {
    const { fleet, as, words } = ownOptions(argv);
    const bot = botOf(io, as);
    const path = `/api/fleets/${fleet ?? (await onlyFleet(bot))}/commands`;
    const line = [verb, ...words.map(requoted)].join(' ');
    const answer = await ask(bot, path, { method: 'POST', body: JSON.stringify({ line }) });
    io.out(`${wordsOf(answer)}\n`);
    return EXIT.fine;
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`flotilla ${verb}: ${error.message}\n\n${usageOf(verb)}`);
      return EXIT.usage;
    }
    io.err(`flotilla ${verb}: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.refused;
  }
}

interface OwnOptions {
  readonly fleet: string | undefined;
  readonly as: string | undefined;
  /** What is the command itself. */
  readonly words: readonly string[];
}

/** @throws UsageError */
function ownOptions(argv: readonly string[]): OwnOptions {
  const own = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const [, name = '', given] = /^--(fleet|as)(?:=(.*))?$/.exec(word) ?? [];
    if (name === '') {
      words.push(word);
      continue;
    }
    if (given === undefined) at += 1;
    const value = given ?? argv[at];
    if (value === undefined || value === '') throw new UsageError(`--${name} has no value`);
    own.set(name, value);
  }
  return { fleet: own.get('fleet'), as: own.get('as'), words };
}

/** The shell has taken the quotes away. */
function requoted(word: string): string {
  const [, name, value = ''] = /^((?:--)?[a-z-]+[:=])(.*)$/s.exec(word) ?? [];
  return name === undefined ? quoted(word) : `${name}${quoted(value)}`;
}

interface BotAddress {
  readonly url: string;
  readonly token: string;
}

/** @throws Refused */
function botOf(io: CliIo, as: string | undefined): BotAddress {
  const [url, token] = [io.env['FLOTILLA_URL'], io.env['FLOTILLA_TOKEN']];
  if (url !== undefined && url !== '') {
    if (token === undefined || token === '') throw new Refused('FLOTILLA_TOKEN is not set: it says who you are to the bot at FLOTILLA_URL');
    return { url: url.replace(/\/+$/, ''), token };
  }
  const home = resolve(io.cwd, io.env['FLOTILLA_HOME'] || '.flotilla');
  const { botUrl, users = [] } = readLocalState(home) ?? {};
  if (botUrl === undefined)
    throw new Refused(`set FLOTILLA_URL and FLOTILLA_TOKEN to the bot's; no local mode runs here either (looked in ${home})`);
  const user = as === undefined ? users[0] : users.find(({ login }) => login === as);
  if (user === undefined)
    throw new Refused(`there is no ${as ?? 'person'} in local mode: there are ${users.map(({ login }) => login).join(', ')}`);
  return { url: botUrl, token: user.token };
}

async function onlyFleet(bot: BotAddress): Promise<string> {
  const fleets = decode(listOf(object({ id: text })), await ask(bot, '/api/fleets', {}));
  if (!fleets.ok) throw new Refused(`the bot answered otherwise than expected: ${fleets.error}`);
  const [only, ...more] = fleets.value;
  if (only === undefined) throw new Refused('the bot has no fleet yet');
  if (more.length > 0) throw new UsageError(`say --fleet, one of ${fleets.value.map(({ id }) => id).join(', ')}`);
  return only.id;
}

/** @throws Refused with the reason that the bot gives, or that it does not answer. */
async function ask({ url, token }: BotAddress, path: string, init: RequestInit): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`${url}${path}`, { ...init, headers, signal }).catch((cause: unknown) => {
    throw new Refused(`the bot at ${url} does not answer`, { cause });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const said = decode(object({ message: text }), body);
  throw new Refused(said.ok ? said.value.message : `the bot answered with ${response.status}`);
}

const CHANGE = object({ subject: text, name: text, from: text, to: text });
const ANSWER = object({ message: maybe(text), changes: maybe(listOf(CHANGE)), notes: maybe(listOf(text)) });

function wordsOf(answer: unknown): string {
  const read = decode(ANSWER, answer);
  if (!read.ok) return 'done';
  const { message, changes = [], notes = [] } = read.value;
  if (message !== undefined) return message;
  return [...changes.map(({ subject, name, from, to }) => `${subject} ${name}: ${from} -> ${to}`), ...notes].join('\n');
}
