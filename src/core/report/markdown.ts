/**
 * Markdown for GitHub out of text that nobody has vetted: names, reasons, evidence, titles, file paths.
 *
 * Entities are used in place of backslashes because an entity is never structure, in a table cell, in a list and inside
 * HTML alike. They do not stop what GitHub does to the finished text (mentions, references, commit links), so those
 * are broken up by a zero-width space, as other bots do.
 */

const BREAK = '&#8203;';

/**
 * Controls, and characters that hide text or turn its direction: a reader must see what a program reads. Line ends and
 * tabs are left to become spaces. Beside the format characters, letters that show as nothing are named one by one.
 */
const HIDDEN = /(?![\t\n\v\f\r\u0085])[\p{Cc}\p{Cf}\p{Co}]|\p{Variation_Selector}|\u034F|\u115F|\u1160|\u17B4|\u17B5|\u3164|\uFFA0/gu;

/** On one line, without hidden characters: for places where nothing is read as Markdown. */
export function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(HIDDEN, '')
    .replace(/[\s\u0085]+/g, ' ')
    .trim();
}

/** The characters that Markdown, HTML or mathematics would read as structure. */
const STRUCTURE = /[&<>\\`*_[\]|~$]/g;

/** Text of others as plain prose on one line: no markup, no mention, no reference, no link, no image. */
export function inert(text: string): string {
  return (
    plain(text)
      .replace(STRUCTURE, (character) => `&#${character.charCodeAt(0)};`)
      .replace(/:\/\//g, `:${BREAK}//`)
      // An emoji; places in files and minutes of a time are none, but for the two that are numbers.
      .replace(/:(?=(?!\d+:)[a-z0-9_+-]+:|100:|1234:)/gi, `:${BREAK}`)
      .replace(/www\./gi, (www) => `${www}${BREAK}`)
      .replace(/@/g, `@${BREAK}`)
      .replace(/(?<!&)#(?=\d)/g, `#${BREAK}`)
      .replace(/\bGH-(?=\d)/gi, (prefix) => `${prefix}${BREAK}`)
      .replace(/[0-9a-f]{7,}/gi, (run) => run.replace(/.{6}(?=.)/g, (part) => `${part}${BREAK}`))
      .replace(/^([-+=#]|\d+[.)])/, (start) => start.replace(/[-+=#.)]$/, (character) => `&#${character.charCodeAt(0)};`))
  );
}

/** An id of ours as `inert` has broken it up: 16 hex digits, with the 12 of a commit before them when it is a rollout's. */
const BROKEN_ID = new RegExp(
  `(?<![0-9a-f]|${BREAK})(?:[0-9a-f]{6}${BREAK}[0-9a-f]{6}-)?[0-9a-f]{6}${BREAK}[0-9a-f]{6}${BREAK}[0-9a-f]{4}(?![0-9a-f]|${BREAK})`,
  'g',
);

/** Words of ours with text of others in them: as prose, but ids of stops and rollouts are code, so that they can be copied into a command. */
export const prose = (text: string): string => inert(text).replace(BROKEN_ID, (id) => `\`${id.replaceAll(BREAK, '')}\``);

/** Text of others as code: for names and values, which a reader may want to copy. */
export function code(text: string): string {
  const shown = plain(text);
  if (shown === '') return '(empty)';
  // A pipe ends a table cell even in a code span, and its escape would show outside of tables.
  if (shown.includes('|')) return `<code>${inert(shown)}</code>`;
  const fence = '`'.repeat(longestRun(shown) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/** A table. Cells are Markdown already, on one line each. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableHead(heads), ...rows.map(tableRow)].join('\n');
}

export const tableHead = (heads: readonly string[]): string => `${tableRow(heads)}\n${tableRow(heads.map(() => '---'))}`;
export const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Folded text. The summary is plain words of ours, or made inert. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** `1 cluster`, `2 clusters`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`;

/** `12,345`: digits in groups of three, as a person reads them. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** The first names as code, and how many more there are. */
export function names(all: readonly string[], most: number): string {
  const more = all.length - most;
  const shown = all.slice(0, most).map(code).join(', ');
  return more > 0 ? `${shown} and ${grouped(more)} more` : shown;
}

/** Upper-case first letter, for words that start a sentence. */
export const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
