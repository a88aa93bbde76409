import type { CommandOutcome } from '../change/command-outcome.ts';
import { VERBS } from '../command/command.ts';
import { VERB_FORMS } from '../command/verb-forms.ts';
import { rulesInWords } from '../command/who-may.ts';
import type { Policy } from '../reconcile/policy.ts';
import { layOut } from './lay-out.ts';
import { code, inert, prose, table } from './markdown.ts';
import { VERB_WORDS } from './words.ts';

/** What became of one command of a comment. */
export interface AnsweredLine {
  /** As it was written, without its `/fleet`. */
  readonly line: string;
  readonly outcome:
    | CommandOutcome
    | { readonly kind: 'wrong'; readonly why: string }
    | { readonly kind: 'help' }
    | { readonly kind: 'left' };
}

/** How our answer to a comment is found again. */
export const replyMarker = (comment: number): string => `<!-- flotilla:v1 kind=reply comment=${comment} -->`;

/** How our answer to a person is found again whose button did nothing. Logins are letters, digits and hyphens. */
export const pressedMarker = (by: string): string => `<!-- flotilla:v1 kind=press by=${by.toLowerCase().replace(/[^a-z0-9-]/g, '')} -->`;

/** For a button that did nothing. */
export const renderPressReply = (by: string, why: string): string =>
  layOut([`${pressedMarker(by)}\n❌ ${code(by)} pressed a button of the check: ${prose(why)}.`]);

export const isGood = (lines: readonly AnsweredLine[]): boolean =>
  lines.every(({ outcome }) => outcome.kind === 'done' || outcome.kind === 'help');

/** @returns `undefined` where the reaction says it all: done, and nothing more to know. */
export function renderReply(comment: number, lines: readonly AnsweredLine[], policy: Pick<Policy, 'commands'>): string | undefined {
  const said = lines.filter(({ outcome }) => outcome.kind !== 'help').flatMap(lineWords);
  const help = lines.some(({ outcome }) => outcome.kind === 'help') ? [helpTable(policy)] : [];
  const left = lines.some(({ outcome }) => outcome.kind === 'left') ? ['No command in this comment was carried out.'] : [];
  const parts = [...said, ...left, ...help];
  const [first, ...rest] = parts;
  return first === undefined ? undefined : layOut([`${replyMarker(comment)}\n${first}`, ...rest]);
}

function lineWords({ line, outcome }: AnsweredLine): readonly string[] {
  const command = code(`/fleet ${line}`);
  switch (outcome.kind) {
    case 'done':
      return outcome.notes.length === 0 ? [] : [`✅ ${command}: ${outcome.notes.map(prose).join('; ')}.`];
    case 'refused':
      return [`❌ ${command}: ${prose(outcome.why)}.`];
    case 'failed':
      return [`❌ ${command} changed nothing, by a fault of Flotilla: ${prose(outcome.why)}.`];
    case 'wrong':
      return [`❌ ${command}: ${prose(outcome.why)}.`];
    default:
      return [];
  }
}

/** Every command, what it does, and who may: as the rules on the default branch say now. */
function helpTable(policy: Pick<Policy, 'commands'>): string {
  const rows = VERBS.map((verb) => {
    const who = rulesInWords(policy, verb);
    return [code(VERB_FORMS[verb].usage), VERB_WORDS[verb].meaning, who.length === 0 ? 'nobody' : who.map(inert).join('<br>')];
  });
  return [
    'A command stands on a line of its own. Where a pull request has brought several rollouts, add `release:NAME`.',
    table(['Command', 'What it does', 'Who may'], rows),
    'Every command takes `--reason "WHY"`. A pause is always safe: nothing new starts, and what is in flight stops between two brokers.',
  ].join('\n\n');
}
