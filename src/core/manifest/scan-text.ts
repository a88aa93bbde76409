import { CST, Lexer } from 'yaml';
import { MAX_DEPTH, MAX_DOCUMENTS_PER_FILE, MAX_INDENT_COLUMNS } from './limits.ts';
import type { FileProblem } from './model.ts';
import type { PositionOf } from './positions.ts';
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

/**
 * What must be known before the text is composed into a tree, which recurses: the first excess of depth or of
 * documents. The lexer does not recurse, so 200 KB of `[` cost it milliseconds and no stack.
 */
export function findExcess(text: string, positionOf: PositionOf): FileProblem | undefined {
  let offset = 0;
  let flowDepth = 0;
  let documents = 0;
  let indent = 0;
  let inIndent = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    switch (type) {
      case 'doc-mode':
        documents += 1;
        flowDepth = 0;
        break;
      case 'newline':
        indent = 0;
        inIndent = true;
        break;
      case 'flow-seq-start':
      case 'flow-map-start':
        flowDepth += 1;
        break;
      case 'flow-seq-end':
      case 'flow-map-end':
        flowDepth = Math.max(0, flowDepth - 1);
        break;
    }
    if (type !== 'newline' && inIndent) {
      if (INDENTING.has(type)) indent += token.length;
      // Inside brackets indentation means nothing, and a comment means nothing anywhere.
      else inIndent = false;
      if (indent > MAX_INDENT_COLUMNS && flowDepth === 0 && NESTING.has(type)) return tooDeep(positionOf(offset));
    }
    if (flowDepth > MAX_DEPTH) return tooDeep(positionOf(offset));
    if (documents > MAX_DOCUMENTS_PER_FILE) {
      return fileProblemOf(
        'limit/documents',
        positionOf(offset),
        `more than ${MAX_DOCUMENTS_PER_FILE} documents in one file`,
        'split the file; any layout of folders is allowed',
      );
    }
    if (!SYNTHETIC.has(type)) offset += token.length;
  }
  return undefined;
}

type TokenType = ReturnType<typeof CST.tokenType>;

/** Marks that the lexer puts in by itself. */
const SYNTHETIC: ReadonlySet<TokenType> = new Set<TokenType>(['doc-mode', 'flow-error-end', 'scalar']);
const INDENTING: ReadonlySet<TokenType> = new Set<TokenType>(['space', 'seq-item-ind', 'explicit-key-ind', 'map-value-ind']);
/** Tokens that open a level, or stand in one: a comment or an empty line far to the right does not. */
const NESTING: ReadonlySet<TokenType> = new Set<TokenType>([
  'seq-item-ind',
  'explicit-key-ind',
  'map-value-ind',
  'scalar',
  'flow-seq-start',
  'flow-map-start',
  'single-quoted-scalar',
  'double-quoted-scalar',
  'alias',
  'anchor',
  'tag',
  'block-scalar-header',
]);

const tooDeep = (position: ReturnType<PositionOf>): FileProblem =>
  fileProblemOf('limit/depth', position, `nested deeper than ${MAX_DEPTH} levels`, 'write it flatter');
