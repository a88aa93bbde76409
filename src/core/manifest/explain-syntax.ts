import { type Document, type ErrorCode, isCollection, isScalar, visit } from 'yaml';
import type { Code } from './codes.ts';
import { MAX_PROBLEMS_PER_FILE } from './limits.ts';
import type { FileProblem } from './model.ts';
import type { PositionOf } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';

const HINTS: Partial<Readonly<Record<ErrorCode, string>>> = {
  BAD_INDENT: 'indent the fields of one map by the same number of spaces',
  BAD_SCALAR_START: 'put the text in quotes',
  BAD_DQ_ESCAPE: 'write \\\\ for a backslash, or use single quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put the text in quotes if it holds a colon; otherwise give each field a line of its own',
  BLOCK_IN_FLOW: 'inside [ ] and { } use commas, and no dashes',
  KEY_OVER_1024_CHARS: 'check for a missing colon or quote',
  MISSING_CHAR: 'close the quote or bracket, or add the comma or space',
  MULTILINE_IMPLICIT_KEY: 'check for a missing colon in the line before',
  TAB_AS_INDENT: 'indent by spaces',
  UNEXPECTED_TOKEN: 'check quotes, brackets and colons of this line and the one before',
};

/** Codes whose matter the tree reports by itself, better. */
const REPORTED_BY_TREE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TAG_RESOLVE_FAILED',
  'BAD_ALIAS',
  'BAD_COLLECTION_TYPE',
  'ALIAS_PROPS',
]);

/** What the parser objects to, one problem for each line: what follows in the same line is mostly a consequence. */
export function explainSyntax(document: Document.Parsed, positionOf: PositionOf): readonly FileProblem[] {
  const byLine = new Map<number, FileProblem>();
  let openers: readonly Opener[] | undefined;
  const startOf = (end: number): number => {
    // Nobody is shown more than so many: of the rest it is enough to know that they are there.
    if (byLine.size >= MAX_PROBLEMS_PER_FILE) return end;
    openers ??= openersIn(document);
    return openers.findLast(({ from, to }) => from < end && to >= end)?.from ?? end;
  };
  for (const { code, pos, message } of [...document.errors, ...document.warnings]) {
    const unclosed = UNCLOSED.find(({ says }) => says.test(message));
    const position = positionOf(unclosed === undefined ? pos[0] : startOf(pos[0]));
    if (REPORTED_BY_TREE.has(code) || byLine.has(position.line)) continue;
    const { what, fix } = unclosed ?? { what: lowerFirst(message), fix: HINTS[code] ?? 'correct the line' };
    byLine.set(position.line, fileProblemOf(codeOf(code), position, what, fix));
  }
  return [...byLine.values()];
}

const UNCLOSED = [
  { says: /^Missing closing .quote/, what: 'this quote is never closed', fix: 'close it' },
  {
    says: /^Flow (map|sequence).* must (be|end)/,
    what: 'this bracket is not closed, or what is inside begins too far left',
    fix: 'close it, and indent what is inside further than its key',
  },
] as const;

/** Where a quote or a bracket opens, and where what it holds ends. */
interface Opener {
  readonly from: number;
  readonly to: number;
}

/**
 * The parser notices an open quote or bracket where the text ends; a person looks for where it began. In the order of the text, and
 * found once, however many are open.
 */
function openersIn(document: Document.Parsed): readonly Opener[] {
  const openers: Opener[] = [];
  visit(document, {
    Node: (_key, node) => {
      const opens =
        (isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')) || (isCollection(node) && node.flow === true);
      const [from, to] = node.range ?? [0, 0];
      if (opens) openers.push({ from, to });
    },
  });
  return openers.sort((one, other) => one.from - other.from);
}

function codeOf(code: ErrorCode): Code {
  if (code === 'TAB_AS_INDENT') return 'yaml/tab';
  return code === 'BAD_DIRECTIVE' ? 'yaml/directive' : 'yaml/syntax';
}

const lowerFirst = (text: string): string => `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}`;
