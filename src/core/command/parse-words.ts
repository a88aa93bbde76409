import { closest } from '../manifest/did-you-mean.ts';
import {
  type ClusterId,
  type PlanDigest,
  parseClusterId,
  parsePlanDigest,
  parseRolloutId,
  parseStopId,
  type RolloutId,
  type StopId,
} from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { Instant } from '../model/time.ts';
import { isWord } from '../model/vocabulary.ts';
import { STOP_LETS } from '../stop/stop.ts';
import { ROLLOUT_VERBS, type RolloutVerb, STOPPABLE_SCOPES, type StopCommand, VERBS, type Verb } from './command.ts';
import { endOf } from './end-time.ts';
import { quoted, splitWords } from './split-words.ts';
import { stoppable } from './stop-place.ts';
import { ARGUMENTS, type Argument, VERB_FORMS } from './verb-forms.ts';

/** A command as it was written: which rollout it is about is found from where it was written. */
export type WrittenCommand =
  | { readonly verb: 'help' }
  | {
      readonly verb: RolloutVerb;
      readonly rollout: RolloutId | undefined;
      readonly release: string | undefined;
      readonly phase: string | undefined;
      readonly cluster: ClusterId | undefined;
      readonly digest: PlanDigest | undefined;
      readonly stop: StopId | undefined;
      readonly product: string | undefined;
      readonly until: Instant | undefined;
      readonly reason: string | undefined;
    }
  | { readonly verb: 'lift'; readonly stop: StopId; readonly reason: string | undefined }
  | (Pick<StopCommand, 'verb' | 'scope' | 'lets' | 'until'> & { readonly reason: string | undefined })
  | { readonly verb: 'reconcile'; readonly release: string; readonly reason: string | undefined }
  | {
      readonly verb: 'approve-rules';
      readonly pull: number | undefined;
      readonly digest: PlanDigest;
      readonly reason: string | undefined;
    };

const REASON_CHARS_MAX = 500;
const WORD_SHOWN_MAX = 60;

/** Reads what follows `/fleet`, or `flotilla`. @returns the error: what is wrong, and the line to write instead where that can be told. */
export function parseLine(line: string, now: Instant): Result<WrittenCommand, string> {
  const words = splitWords(line);
  return words.ok ? parseWords(words.value, now) : words;
}

export function parseWords([first = 'help', ...rest]: readonly string[], now: Instant): Result<WrittenCommand, string> {
  const verb = first.toLowerCase();
  if (verb === 'help') return ok({ verb });
  if (!isWord(VERBS, verb)) return err(unknownVerb(first));
  const read = readArguments(verb, rest);
  if (!read.ok) return read;
  const given = read.value;
  const reason = given.get('reason')?.trim().slice(0, REASON_CHARS_MAX) || undefined;
  const { needsReason, example } = VERB_FORMS[verb];
  if (needsReason && reason === undefined) return err(`say why, as in \`${example}\``);
  switch (verb) {
    case 'lift':
      return liftOf(given, reason);
    case 'stop':
      return stopOf(given, reason, now);
    case 'reconcile': {
      const release = given.get('release');
      return release === undefined ? err(`say which release, as in \`${example}\``) : ok({ verb, release, reason });
    }
    case 'approve-rules':
      return approveRulesOf(given, reason);
    default:
      return rolloutCommandOf(verb, given, reason, now);
  }
}

function unknownVerb(word: string): string {
  const meant = closest(word, [...VERBS, 'help']);
  const shown = JSON.stringify(word.slice(0, WORD_SHOWN_MAX));
  return meant === undefined
    ? `there is no command ${shown}; \`/fleet help\` lists them`
    : `there is no command ${shown}; did you mean \`/fleet ${meant}\`?`;
}

type Given = ReadonlyMap<Argument | 'fleet', string>;

/** `name:value`, `name=value`, `--name value` and `--name=value` are the same. */
function readArguments(verb: Verb, words: readonly string[]): Result<Given, string> {
  const given = new Map<Argument | 'fleet', string>();
  const bare: string[] = [];
  const set = (name: Argument, value: string): string | undefined => {
    if (given.has(name)) return `${name} is said twice`;
    if (!VERB_FORMS[verb].takes.includes(name)) return `\`${verb}\` takes no ${name}: write it as \`${VERB_FORMS[verb].usage}\``;
    if (value === '') return `${name} has no value`;
    given.set(name, value);
    return undefined;
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, dashes = '', name = '', mark, value = ''] = /^(--|—)?([a-z-]+)(?:([:=])(.*))?$/is.exec(word) ?? [];
    const argument = ARGUMENTS.find((one) => one === name.toLowerCase());
    if (dashes === '' && (mark === undefined || argument === undefined)) {
      bare.push(word);
      continue;
    }
    if (argument === undefined) return err(unknownArgument(verb, word, name));
    if (mark === undefined) at += 1;
    const wrong = set(argument, mark === undefined ? (words[at] ?? '') : value);
    if (wrong !== undefined) return err(wrong);
  }
  const wrong = placeBare(verb, bare, given, set);
  return wrong === undefined ? ok(given) : err(wrong);
}

function unknownArgument(verb: Verb, word: string, name: string): string {
  const meant = closest(name, VERB_FORMS[verb].takes);
  const hint = meant === undefined ? `write it as \`${VERB_FORMS[verb].usage}\`` : `did you mean ${meant}?`;
  return `\`${verb}\` does not know ${JSON.stringify(word.slice(0, WORD_SHOWN_MAX))}; ${hint}`;
}

type Set = (name: Argument, value: string) => string | undefined;

/** Words without a name mean what the verb is mostly about; anything else is most likely a reason without its name. */
function placeBare(verb: Verb, bare: readonly string[], given: Map<Argument | 'fleet', string>, set: Set): string | undefined {
  const names = VERB_FORMS[verb].bare;
  for (const [nth, word] of bare.entries()) {
    if (verb === 'stop' && word.toLowerCase() === 'fleet') {
      given.set('fleet', word);
      continue;
    }
    // As a reader of the plan may write it: the phase at the digest.
    const [, phase, digest] = verb === 'approve' ? (/^(.+)@([0-9a-f]{16})$/i.exec(word) ?? []) : [];
    if (phase !== undefined && digest !== undefined) {
      const wrong = set('phase', phase) ?? set('digest', digest.toLowerCase());
      if (wrong !== undefined) return wrong;
      continue;
    }
    const name = names.find((one) => !given.has(one) && couldBe(one, word));
    if (name === undefined) return notPlaced(verb, bare.slice(nth), given);
    const wrong = set(name, name === 'digest' || name === 'stop' ? word.toLowerCase() : word);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const couldBe = (name: Argument, word: string): boolean => (name === 'digest' || name === 'stop' ? /^[0-9a-f]{16}$/i.test(word) : true);

function notPlaced(verb: Verb, words: readonly string[], given: Given): string {
  const [word = ''] = words;
  if (words.length === 1 && VERB_FORMS[verb].takes.includes('cluster'))
    return `say what ${JSON.stringify(word.slice(0, WORD_SHOWN_MAX))} is: write it as \`${VERB_FORMS[verb].usage}\``;
  const said = [...given].map(([name, value]) => ` ${name}:${quoted(value)}`).join('');
  const reason = words.join(' ').slice(0, REASON_CHARS_MAX);
  return `a reason needs its name: \`/fleet ${verb}${said} --reason ${quoted(reason)}\``;
}

function liftOf(given: Given, reason: string | undefined): Result<WrittenCommand, string> {
  const named = given.get('stop');
  if (named === undefined) return err(`say which stop, by its id, as in \`${VERB_FORMS.lift.example}\``);
  const stop = parseStopId(named);
  return stop.ok ? ok({ verb: 'lift', stop: stop.value, reason }) : stop;
}

function approveRulesOf(given: Given, reason: string | undefined): Result<WrittenCommand, string> {
  const [named, seen] = [given.get('pull'), given.get('digest')];
  if (seen === undefined) return err(`say which change of rules, by its digest, as in \`${VERB_FORMS['approve-rules'].example}\``);
  const digest = parsePlanDigest(seen);
  if (!digest.ok) return digest;
  const pull = named === undefined ? undefined : Number(/^#?([1-9][0-9]{0,9})$/.exec(named)?.[1]);
  if (Number.isNaN(pull)) return err('a pull request is named by its number, as in `pull:12`');
  return ok({ verb: 'approve-rules', pull, digest: digest.value, reason });
}

function stopOf(given: Given, reason: string | undefined, now: Instant): Result<WrittenCommand, string> {
  const named = STOPPABLE_SCOPES.filter((one) => given.has(one));
  const [kind, ...more] = named;
  if (kind === undefined) return err(`say what to stop: \`${VERB_FORMS.stop.usage}\``);
  if (more.length > 0) return err(`say one thing to stop, not ${named.join(' and ')}`);
  const scope = kind === 'fleet' ? ok({ kind }) : stoppable(kind, given.get(kind) ?? '');
  if (!scope.ok) return scope;
  const lets = given.get('lets') ?? 'nothing';
  if (!isWord(STOP_LETS, lets)) return err(`"lets" is one of ${STOP_LETS.join(', ')}`);
  const until = endOf(given.get('until'), given.get('for'), now);
  return until.ok ? ok({ verb: 'stop', scope: scope.value, lets, until: until.value, reason }) : until;
}

function rolloutCommandOf(verb: RolloutVerb, given: Given, reason: string | undefined, now: Instant): Result<WrittenCommand, string> {
  const rollout = optional(given.get('rollout'), parseRolloutId);
  if (!rollout.ok) return rollout;
  const cluster = optional(given.get('cluster'), parseClusterId);
  if (!cluster.ok) return cluster;
  const digest = optional(given.get('digest'), parsePlanDigest);
  if (!digest.ok) return digest;
  const stop = optional(given.get('stop'), parseStopId);
  if (!stop.ok) return stop;
  const until = endOf(given.get('until'), given.get('for'), now);
  if (!until.ok) return until;
  return ok({
    verb,
    rollout: rollout.value,
    release: given.get('release'),
    phase: given.get('phase'),
    cluster: cluster.value,
    digest: digest.value,
    stop: stop.value,
    product: given.get('product'),
    until: until.value,
    reason,
  });
}

const optional = <T>(text: string | undefined, parse: (text: string) => Result<T, string>): Result<T | undefined, string> =>
  text === undefined ? ok(undefined) : parse(text);

/** Is the verb about one rollout? */
export const isRolloutVerb = (verb: Verb | 'help'): verb is RolloutVerb => isWord(ROLLOUT_VERBS, verb);
