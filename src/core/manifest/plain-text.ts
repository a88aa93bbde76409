import { MAX_KEYS_PER_MAP } from './limits.ts';

/**
 * The subset of YAML in which both parsers give the same value, by construction rather than by hope:
 * one scalar a line, of a form that both resolve alike; no continued lines, no block scalars, no escapes,
 * nothing that has a meaning beyond what it shows. It covers what bulk manifests are made of. Whatever is
 * not recognised here is not wrong; it only goes to the slower parser.
 */

/** Not `true`, `null` and the like: those are no text, and as keys the parsers name them differently. */
const NO_KEYWORD = '(?!(?:true|false|null|True|False|Null|TRUE|FALSE|NULL)(?![A-Za-z0-9_./-]))';
const KEY = `${NO_KEYWORD}(?!(?:constructor|prototype)(?![A-Za-z0-9_./-]))[A-Za-z][A-Za-z0-9_./-]*`;
/** A colon only between two characters that are no space; a `#` never. */
const WORD = '[A-Za-z][A-Za-z0-9_./@+=()-]*(?:[:][A-Za-z0-9_./@+=()-]+)*';
/** As it is written when it is written again: a setting of `3.10` is no plain number. */
const NUMBER = '-?[1-9][0-9]{0,14}|0|-?(?:0|[1-9][0-9]{0,8})\\.[0-9]{0,5}[1-9]';
const QUOTED = `'[^'\\\\\\n]*'|"[^"\\\\\\n]*"`;
/** Durations, percentages, versions of three or four parts, instants: text in both, though they begin with a digit. */
const DIGITS = '(?:[0-9]+[dhms])+|[0-9]+%|[0-9]+(?:\\.[0-9]+){2,3}(?:-[A-Za-z0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z';
const FLOW_ITEM = `(?:${QUOTED}|${DIGITS}|${NUMBER}|${WORD})`;
const FLOW_LIST = `\\[ *(?:${FLOW_ITEM}(?: *, *${FLOW_ITEM})*)? *\\]`;
const FLOW_MAP = `\\{ *(?:${KEY}: +${FLOW_ITEM}(?: *, *${KEY}: +${FLOW_ITEM})*)? *\\}`;
/** In block style a sentence is text too; inside brackets its commas would divide it. */
const SENTENCE = `${WORD}(?:[,;]? +${WORD})*[.]?`;
const SCALAR = `(?:${QUOTED}|${DIGITS}|${NUMBER}|${SENTENCE}|${FLOW_LIST}|${FLOW_MAP})`;
const COMMENT = '(?: +#.*)?';

/** Groups: indent, dashes, key with colon, value. */
const CONTENT = new RegExp(`^( *)((?:- )*)(?:(${KEY}:)(?: +(${SCALAR}))?|(${SCALAR}))${COMMENT} *$`);
/** Words that are text here, and true or false elsewhere: the careful parser says so. */
const TRUTH_WORD = /(?:: +|[[{,] *)(?:True|TRUE|False|FALSE|[yY]|yes|Yes|YES|[nN]|no|No|NO|on|On|ON|off|Off|OFF)(?= *(?:[,}\]#]|$))/;
const NOTHING = /^ *(?:#.*)?$/;
const SEPARATOR = /^--- *$/;
/** Bounds the work of the expressions on one line. */
const MAX_LINE_CHARS = 500;

/** Says whether a text, with LF line ends and without hidden characters, lies in the subset and holds at least one document. */
export function isPlain(text: string): boolean {
  // A line further in than this would continue the scalar above it.
  let deepest = 0;
  let lines = 0;
  let separators = 0;
  for (const line of text.split('\n')) {
    if (line.length > MAX_LINE_CHARS) return false;
    if (NOTHING.test(line)) continue;
    if (SEPARATOR.test(line)) {
      // An empty document counts, and the parsers count it differently.
      if (lines === 0 && separators > 0) return false;
      separators += 1;
      lines = 0;
      deepest = 0;
      continue;
    }
    const match = CONTENT.exec(line);
    if (match === null || TRUTH_WORD.test(line)) return false;
    const [, indent = '', dashes = '', key, value] = match;
    if (indent.length > deepest || (key === undefined && dashes === '')) return false;
    const column = indent.length + dashes.length;
    if (key === undefined) deepest = column - 2;
    else deepest = value === undefined ? Number.POSITIVE_INFINITY : column;
    lines += 1;
    if (lines > MAX_KEYS_PER_MAP) return false;
  }
  return lines > 0;
}
