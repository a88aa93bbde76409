import { CST, Lexer } from 'yaml';
import { MAX_DEPTH, MAX_DOCUMENTS_PER_FILE, MAX_INDENT_COLUMNS, MAX_VALUES_PER_DOCUMENT } from './limits.ts';
import type { FileProblem } from './model.ts';
import type { Position, PositionOf } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';

/**
 * Control characters, halves of surrogate pairs, line separators that some editors break at and YAML does
 * not, marks that change the direction of text, and a byte order mark in the middle. People and programs
 * read a text with these differently, and the database takes no NUL.
 */
const HIDDEN = /[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}\ufeff]--[\t\n\r]]/v;

export const hasHidden = (text: string): boolean => HIDDEN.test(text);

/** The code point of the first hidden character: `U+202E`. */
export function nameHidden(text: string): string {
  const code = HIDDEN.exec(text)?.[0].codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Removes a byte order mark at the start, and makes every CRLF an LF: lines and columns stay what an editor shows. */
export function normalise(text: string): string {
  const unmarked = text.startsWith('\ufeff') ? text.slice(1) : text;
  return unmarked.includes('\r') ? unmarked.replaceAll('\r\n', '\n') : unmarked;
}

/** Characters that people and programs read differently: the first in each line that has one. */
export function findHidden(text: string, positionOf: PositionOf): FileProblem[] {
  const problems: FileProblem[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    const hidden = line.search(HIDDEN);
    const at = positionOf(offset + Math.max(0, hidden));
    if (line.includes('\r')) {
      const place = positionOf(offset + line.indexOf('\r'));
      problems.push(fileProblemOf('yaml/line-ending', place, 'a carriage return without a line feed', 'save the file with LF line ends'));
    } else if (hidden >= 0) {
      const name = nameHidden(line);
      problems.push(fileProblemOf('yaml/hidden-character', at, `the hidden character ${name} is in this line`, 'remove it'));
    }
    offset += line.length + 1;
  }
  return problems;
}

/** The marker with which git begins a merge conflict: what stands between the markers is two files in one. */
export function findConflict(text: string, positionOf: PositionOf): FileProblem | undefined {
  const start = /^<{7}(?: .*)?$/m.exec(text)?.index;
  if (start === undefined || !/^>{7}(?: .*)?$/m.test(text.slice(start))) return undefined;
  return fileProblemOf(
    'yaml/syntax',
    positionOf(start),
    'git left a merge conflict here',
    'keep one side, and remove the lines of <<<<<<<, ======= and >>>>>>>',
  );
}

/**
 * What keeps the text from being composed into a tree, which recurses: the first excess of depth, size or
 * documents, or a directive, which could change the meaning of all that follows. The lexer does not
 * recurse, so 200 KB of `[` cost it milliseconds and no stack.
 */
export function findObstacle(text: string, positionOf: PositionOf): FileProblem | undefined {
  let offset = 0;
  let flowDepth = 0;
  let documents = 0;
  let begun = false;
  let values = 0;
  /** Columns before the first word of the line; `undefined` after it. */
  let indent: number | undefined = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    flowDepth = Math.max(0, flowDepth + (FLOW_STEP[type ?? 'scalar'] ?? 0));
    if (type === 'doc-mode' || type === 'doc-start') {
      // The lexer marks the first document, and each after an end mark; others begin at their `---` alone.
      if (type === 'doc-mode' || !begun) documents += 1;
      begun = type === 'doc-mode';
      values = 0;
      flowDepth = 0;
      indent = 0;
    } else if (type === 'newline') indent = 0;
    else if (indent !== undefined) {
      const column: number = INDENTING.has(type) ? indent + token.length : indent;
      // Inside brackets indentation means nothing, and before a comment nothing either.
      if (column > MAX_INDENT_COLUMNS && flowDepth === 0 && type !== 'space' && type !== 'comment') return tooDeep(positionOf(offset));
      indent = INDENTING.has(type) ? column : undefined;
    }
    if (VALUES.has(type)) values += 1;
    if (values > MAX_VALUES_PER_DOCUMENT) return tooManyValues(positionOf(offset));
    if (flowDepth > MAX_DEPTH) return tooDeep(positionOf(offset));
    if (documents > MAX_DOCUMENTS_PER_FILE) return tooManyDocuments(positionOf(offset));
    if (type === 'directive-line') {
      return fileProblemOf('yaml/directive', positionOf(offset), 'directives (%YAML, %TAG) are not allowed', 'remove the line');
    }
    if (!SYNTHETIC.has(type)) offset += token.length;
  }
  return undefined;
}

type TokenType = ReturnType<typeof CST.tokenType>;

const FLOW_STEP: Readonly<Record<string, number>> = { 'flow-seq-start': 1, 'flow-map-start': 1, 'flow-seq-end': -1, 'flow-map-end': -1 };
/** Marks that the lexer puts in by itself. */
const SYNTHETIC: ReadonlySet<TokenType> = new Set<TokenType>(['doc-mode', 'flow-error-end', 'scalar']);
const INDENTING: ReadonlySet<TokenType> = new Set<TokenType>(['space', 'seq-item-ind', 'explicit-key-ind', 'map-value-ind']);

const VALUES: ReadonlySet<TokenType> = new Set<TokenType>(['map-value-ind', 'seq-item-ind', 'comma']);

const tooManyValues = (position: Position): FileProblem =>
  fileProblemOf('limit/values', position, `more than ${MAX_VALUES_PER_DOCUMENT} keys and list items in one document`, 'split the document');

const tooDeep = (position: Position): FileProblem =>
  fileProblemOf('limit/depth', position, `nested deeper than ${MAX_DEPTH} levels, or indented too far`, 'write it flatter');

const tooManyDocuments = (position: Position): FileProblem =>
  fileProblemOf(
    'limit/documents',
    position,
    `more than ${MAX_DOCUMENTS_PER_FILE} documents in one file`,
    'split the file; any layout of folders is allowed',
  );
