import { utf8Length, utf8Start } from '../model/utf8.ts';
import { plural, tableHead, tableRow } from './markdown.ts';

/**
 * GitHub takes 65,536 characters in a body, and 65,535 bytes in a part of a check. All is counted in bytes, of which a text never has
 * fewer than characters; the margin is for what GitHub counts otherwise than we do.
 */
export const BODY_BYTES_MAX = 60_000;

/** More rows than this never fit: no row is shorter than 40 bytes. */
export const ROWS_MAX = BODY_BYTES_MAX / 40;

/** A piece of a report. Words always stand; rows give way when the whole would be too long. */
export type Part = string | Rows | Names;

/** A table that may lose its last rows, and says so. */
export interface Rows {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows that were not even made, because so many can never fit. */
  readonly more?: number;
  /** One row and all, in words: `cluster`, `clusters`. */
  readonly of: readonly [one: string, many: string];
  /** Where the rows that did not fit are to be seen. */
  readonly rest: string;
  /** Folds the table under this line. */
  readonly summary: string | undefined;
}

/** Lists of names under one fold. The largest gives way first: the few canaries are what a reader looks for. */
export interface Names {
  readonly lists: readonly NameList[];
  readonly of: readonly [one: string, many: string];
  readonly rest: string;
  readonly summary: string;
}

export interface NameList {
  /** What is said of all of them. */
  readonly intro: string;
  readonly names: readonly string[];
  /** Names that were not even made, because so many can never fit. */
  readonly more: number;
}

/**
 * Puts the parts under each other within a limit. Every part keeps its place and its count; tables share what room is
 * left, the first ones first, and each that is cut says how many rows are missing and where they are.
 */
export function layOut(parts: readonly Part[], bytesMax = BODY_BYTES_MAX): string {
  const shortest = parts.map((part) => (typeof part === 'string' ? part : render(part, 0)));
  let left = bytesMax - shortest.reduce((sum, text) => sum + utf8Length(text) + 2, 0);
  if (left < 0) return cut(shortest.join('\n\n'), bytesMax);
  return parts
    .map((part, at) => {
      const short = shortest[at] ?? '';
      if (typeof part === 'string') return part;
      const text = render(part, countWithin(part, left + utf8Length(short)));
      left -= utf8Length(text) - utf8Length(short);
      return text;
    })
    .join('\n\n');
}

const smallFirst = ({ lists }: Names): readonly NameList[] => lists.toSorted((a, b) => a.names.length - b.names.length);
const namesIn = (part: Names): readonly string[] => smallFirst(part).flatMap(({ names }) => names);
const countOf = (part: Rows | Names): number => ('lists' in part ? namesIn(part).length : part.rows.length);
const moreOf = (part: Rows | Names): number => ('lists' in part ? part.lists.reduce((sum, { more }) => sum + more, 0) : (part.more ?? 0));

function countWithin(part: Rows | Names, bytesMax: number): number {
  if (utf8Length(render(part, countOf(part))) <= bytesMax) return countOf(part);
  const [head, sizes] =
    'lists' in part
      ? [0, namesIn(part).map((name) => utf8Length(name) + 2)]
      : [utf8Length(tableHead(part.heads)), part.rows.map((row) => utf8Length(tableRow(row)) + 1)];
  // Beside the rows come the head, an empty line, and the word `more` in the notice.
  let room = bytesMax - utf8Length(render(part, 0)) - head - '\n\nmore '.length;
  let count = 0;
  for (const size of sizes) {
    room -= size;
    if (room < 0) break;
    count += 1;
  }
  return count;
}

function render(part: Rows | Names, shown: number): string {
  const missing = countOf(part) + moreOf(part) - shown;
  const body = [...('lists' in part ? namesOf(part, shown) : rowsOf(part, shown)), notice(part, shown, missing)].filter(
    (text) => text !== '',
  );
  return part.summary === undefined
    ? body.join('\n\n')
    : `<details><summary>${part.summary}</summary>\n\n${body.join('\n\n')}\n\n</details>`;
}

const rowsOf = ({ heads, rows }: Rows, shown: number): readonly string[] =>
  shown === 0 ? [] : [[tableHead(heads), ...rows.slice(0, shown).map(tableRow)].join('\n')];

/** Each list keeps its place, and what it is of, also where none of its names has room. */
function namesOf(part: Names, shown: number): readonly string[] {
  let left = shown;
  const kept = new Map<NameList, readonly string[]>();
  for (const list of smallFirst(part)) {
    kept.set(list, list.names.slice(0, left));
    left -= Math.min(left, list.names.length);
  }
  return part.lists.map((list) => [list.intro, kept.get(list)?.join(', ')].filter((words) => words !== '').join(': '));
}

function notice({ of: [one, many], rest }: Rows | Names, shown: number, missing: number): string {
  const more = shown === 0 ? '' : 'more ';
  return missing === 0 ? '' : `_${plural(missing, `${more}${one}`, `${more}${many}`)} left out here. ${rest}_`;
}

const CUT_NOTICE = '\n\n_Cut here: too long for GitHub._';

/** Shortens on a boundary of characters, never in the middle of one, and says that it did. */
export function cut(text: string, bytesMax: number): string {
  if (utf8Length(text) <= bytesMax) return text;
  return `${utf8Start(text, Math.max(0, bytesMax - CUT_NOTICE.length))}${CUT_NOTICE}`;
}
