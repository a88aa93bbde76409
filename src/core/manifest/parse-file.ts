import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { type Document, isMap, isScalar, type Node, parseAllDocuments } from 'yaml';
import { explainSyntax } from './explain-syntax.ts';
import type { Manifest } from './generated.ts';
import { MAX_DOCUMENTS_PER_FILE, MAX_FILE_BYTES, MAX_PROBLEMS_PER_FILE } from './limits.ts';
import type { FailedDocument, FileProblem, ManifestText, ParsedFile } from './model.ts';
import { isPlain } from './plain-text.ts';
import { type PositionOf, positionsIn, spotAt } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';
import { readTree } from './read-tree.ts';
import { findConflict, findHidden, findObstacle, hasHidden, normalise } from './scan-text.ts';
import { isKind, passes, validate } from './validate.ts';

const TOP = { line: 1, column: 1 };

/**
 * Reads one YAML file: its documents, validated, or everything that is wrong with it, with places.
 *
 * Text in which both parsers agree (see `isPlain`) and that passes goes through js-yaml, some ten times
 * faster. Anything else goes through `yaml`, which is the authority and knows every place. An empty
 * document is skipped, and keeps its number; a file without documents is fine.
 */
export function parseFile(content: ManifestText): ParsedFile {
  switch (content.kind) {
    case 'too-large':
      return refusedFile(tooLarge(content.bytes));
    case 'not-utf8':
      return refusedFile(fileProblemOf('file/not-utf8', TOP, 'the file is not UTF-8 text', 'save it as UTF-8'));
    case 'text':
      // Bytes are counted where the text comes from; there are never fewer of them than characters.
      return content.text.length > MAX_FILE_BYTES ? refusedFile(tooLarge(content.text.length)) : parseText(normalise(content.text));
  }
}

const UNKNOWN_DOCUMENT: FailedDocument = { kind: undefined, name: undefined };

const refusedFile = (...problems: FileProblem[]): ParsedFile => ({ documents: [], problems, failed: [UNKNOWN_DOCUMENT] });

function tooLarge(bytes: number): FileProblem {
  return fileProblemOf(
    'limit/file-size',
    TOP,
    `the file is larger than ${MAX_FILE_BYTES} bytes (${bytes})`,
    'split it into several files; any layout of folders is allowed',
  );
}

function parseText(text: string): ParsedFile {
  const hidden = hasHidden(text) || text.includes('\r');
  if (!hidden && isPlain(text)) {
    const documents = parsePlain(text);
    if (documents !== undefined) return { documents, problems: [] };
  }
  const positionOf = positionsIn(text);
  if (hidden) return refusedFile(...capped(findHidden(text, positionOf)));
  const obstacle = findConflict(text, positionOf) ?? findObstacle(text, positionOf);
  if (obstacle !== undefined) return refusedFile(obstacle);
  return parseCarefully(text, positionOf);
}

/** @returns `undefined` when anything is wrong, whatever it is: the careful parser will say. */
function parsePlain(text: string): readonly Manifest[] | undefined {
  let values: unknown[];
  try {
    values = loadAll(text, { schema: CORE_SCHEMA });
  } catch {
    return undefined;
  }
  if (values.length > MAX_DOCUMENTS_PER_FILE) return undefined;
  const documents: Manifest[] = [];
  for (const value of values) {
    const manifest = passes(value);
    if (manifest === undefined) return undefined;
    documents.push(manifest);
  }
  return documents;
}

function parseCarefully(text: string, positionOf: PositionOf): ParsedFile {
  const documents: (Manifest | undefined)[] = [];
  const problems: FileProblem[] = [];
  const failed: FailedDocument[] = [];
  for (const document of parseYaml(text)) {
    const read = readDocument(document, positionOf);
    documents.push(read.manifest);
    problems.push(...read.problems);
    if (read.problems.length > 0) failed.push(identityOf(document.contents));
  }
  if (problems.length === 0) return { documents, problems };
  return { documents, problems: capped(problems), failed };
}

/**
 * The documents of a text, as trees. Duplicate keys are left to `readTree`: the check of the library
 * costs the square of the number of keys, 12 s for 40,000.
 */
export function parseYaml(text: string): readonly Document.Parsed[] {
  return [...parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent', version: '1.2', schema: 'core' })];
}

function readDocument(
  document: Document.Parsed,
  positionOf: PositionOf,
): { readonly manifest: Manifest | undefined; readonly problems: readonly FileProblem[] } {
  const root = document.contents as Node | null;
  const syntax = explainSyntax(document, positionOf);
  const { value, problems } = readTree(root, positionOf);
  if (syntax.length > 0 || problems.length > 0) return { manifest: undefined, problems: [...syntax, ...problems] };
  if (value === null) return { manifest: undefined, problems };
  const validated = validate(value, (path) => {
    const { node, complete } = spotAt(root, path);
    return complete && isScalar(node) ? node.source : undefined;
  });
  if (validated.ok) return { manifest: validated.manifest, problems };
  const located = validated.findings.map(({ path, aim, code, message, hint }) => {
    const spot = spotAt(root, path);
    return fileProblemOf(code, positionOf(aim === 'value' && spot.complete ? spot.valueOffset : spot.keyOffset), message, hint);
  });
  return { manifest: undefined, problems: located };
}

/** Kind and name of a document that did not pass, as far as its tree tells them. */
function identityOf(root: unknown): FailedDocument {
  if (!isMap(root)) return UNKNOWN_DOCUMENT;
  const kind = root.get('kind');
  const name = root.getIn(['metadata', 'name']);
  return { kind: isKind(kind) ? kind : undefined, name: typeof name === 'string' ? name : undefined };
}

/** In reading order, and no more than a person can use; what is left out is counted. */
function capped(problems: readonly FileProblem[]): readonly FileProblem[] {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const last = sorted[MAX_PROBLEMS_PER_FILE - 1];
  if (last === undefined || sorted.length === MAX_PROBLEMS_PER_FILE) return sorted;
  const more = sorted.length - MAX_PROBLEMS_PER_FILE + 1;
  const note = fileProblemOf(
    'limit/problems',
    last,
    `${more} more problems from here on`,
    'fix those above, and the others are shown next',
  );
  return [...sorted.slice(0, MAX_PROBLEMS_PER_FILE - 1), note];
}
