import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { type Document, isMap, isScalar, type Node, parseAllDocuments } from 'yaml';
import { checkReadings } from './check-readings.ts';
import type { Code } from './codes.ts';
import { explainSyntax } from './explain-syntax.ts';
import type { Manifest } from './generated.ts';
import { MAX_CHARS_AT_ONCE, MAX_DOCUMENTS_PER_FILE, MAX_FILE_BYTES, MAX_PLAIN_CHARS_AT_ONCE, MAX_PROBLEMS_PER_FILE } from './limits.ts';
import type { FailedDocument, FileProblem, LinkKind, ManifestText, ParsedFile } from './model.ts';
import { isPlain } from './plain-text.ts';
import { type PositionOf, positionsIn, spotAt } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';
import { readTree } from './read-tree.ts';
import { repairLayout } from './repair-layout.ts';
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
    case 'link':
      return LINKED[content.link];
    case 'text':
      // Bytes are counted where the text comes from; there are never fewer of them than characters.
      return content.text.length > MAX_FILE_BYTES ? refusedFile(tooLarge(content.text.length)) : parseText(normalise(content.text));
  }
}

/**
 * The same, of what is read in a moment; `undefined` for what is long, or long enough and written in an unusual way: whoever has others
 * to care for lets that be read beside them.
 */
export function parseAtOnce(content: ManifestText): ParsedFile | undefined {
  if (content.kind !== 'text' || content.text.length <= MAX_CHARS_AT_ONCE || content.text.length > MAX_FILE_BYTES)
    return parseFile(content);
  if (content.text.length > MAX_PLAIN_CHARS_AT_ONCE) return undefined;
  const documents = plainDocuments(normalise(content.text));
  return documents === undefined ? undefined : { documents, problems: [] };
}

const UNKNOWN_DOCUMENT: FailedDocument = { kind: undefined, name: undefined };

const refusedFile = (...problems: FileProblem[]): ParsedFile => ({ documents: [], problems, failed: [UNKNOWN_DOCUMENT] });

const linked = (link: LinkKind, hint: string): ParsedFile =>
  refusedFile(fileProblemOf('file/link', TOP, `this is a ${link}, and what is behind it is not part of the commit`, hint));

/** One object for each kind, so that a link that stays one is no change. */
const LINKED: Readonly<Record<LinkKind, ParsedFile>> = {
  'symbolic link': linked('symbolic link', 'commit the file itself in its place, or list it in `ignore` of the Fleet'),
  submodule: linked('submodule', 'commit the manifests to this repository, or list the folder in `ignore` of the Fleet'),
};

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

function tooLarge(bytes: number): FileProblem {
  return fileProblemOf(
    'limit/file-size',
    TOP,
    `the file is larger than ${MAX_FILE_BYTES} bytes (${bytes})`,
    'split it into several files; any layout of folders is allowed',
  );
}

function parseText(text: string): ParsedFile {
  if (text.startsWith(LFS_POINTER)) {
    const hint = 'keep YAML out of LFS: remove the pattern from .gitattributes, and run `git add --renormalize .`';
    return refusedFile(
      fileProblemOf('file/lfs-pointer', TOP, 'this is a pointer of Git LFS, and not the manifest that it stands for', hint),
    );
  }
  const documents = plainDocuments(text);
  if (documents !== undefined) return { documents, problems: [] };
  const positionOf = positionsIn(text);
  if (isHiding(text)) return refusedFile(...capped(findHidden(text, positionOf)));
  const conflict = findConflict(text, positionOf);
  if (conflict !== undefined) return refusedFile(conflict);
  const read = parseBounded(text, positionOf, []);
  return read.problems.length === 0 || text.length > MAX_REPAIRED_CHARS ? read : withLayout(text, read);
}

/** Larger files are data that a program wrote, and the layout of those is not wrong in one place. */
const MAX_REPAIRED_CHARS = 256 * 1024;

/** What the parser says of a text whose layout is wrong, or of a template. */
const OF_LAYOUT: ReadonlySet<string> = new Set<Code>(['yaml/syntax', 'yaml/tab', 'yaml/key', 'yaml/directive']);
const countOfLayout = ({ problems }: ParsedFile): number => problems.filter(({ code }) => OF_LAYOUT.has(code)).length;

/**
 * The mistakes in the layout of a text that has problems, and what else is wrong with the text as it was meant: so one wrong space is
 * one problem, at its line, and hides none of the others.
 */
function withLayout(text: string, read: ParsedFile): ParsedFile {
  const { text: repaired, mistakes } = repairLayout(text);
  const [before, layoutIsBroken] = [countOfLayout(read), countOfLayout(read) > 0];
  const meant = mistakes.filter(({ code }) => layoutIsBroken || code === 'yaml/space' || code === 'yaml/template');
  if (meant.length === 0) return read;
  const again = parseBounded(repaired, positionsIn(repaired), meant);
  const left = countOfLayout(again) - meant.filter(({ code }) => OF_LAYOUT.has(code)).length;
  return layoutIsBroken && left >= before ? read : again;
}

function parseBounded(text: string, positionOf: PositionOf, mistakes: readonly FileProblem[]): ParsedFile {
  const obstacle = findObstacle(text, positionOf);
  return obstacle === undefined ? parseCarefully(text, positionOf, mistakes) : refusedFile(...mistakes, obstacle);
}

const isHiding = (text: string): boolean => hasHidden(text) || text.includes('\r');

const plainDocuments = (text: string): readonly Manifest[] | undefined => (!isHiding(text) && isPlain(text) ? parsePlain(text) : undefined);

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

/** @param mistakes - in the layout of the text as it was written; what else is said of their lines is a consequence. */
function parseCarefully(text: string, positionOf: PositionOf, mistakes: readonly FileProblem[]): ParsedFile {
  const documents: (Manifest | undefined)[] = [];
  const problems: FileProblem[] = [];
  const failed: FailedDocument[] = [];
  const lines = new Set(mistakes.map(({ line }) => line));
  let begun = 1;
  for (const document of parseYaml(text)) {
    const read = readDocument(document, positionOf);
    const end = positionOf(document.range[2]).line;
    const own = mistakes.filter(({ line }) => line >= begun && line <= end);
    begun = end + 1;
    documents.push(own.length === 0 ? read.manifest : undefined);
    problems.push(...own, ...read.problems.filter(({ line }) => !lines.has(line)));
    const isTemplate = own.some(({ code }) => code === 'yaml/template');
    const identity = identityOf(document.contents);
    if (read.problems.length + own.length > 0) failed.push(isTemplate ? { ...identity, name: undefined } : identity);
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
  const readings = checkReadings(root, positionOf);
  if (validated.ok) return { manifest: readings.length === 0 ? validated.manifest : undefined, problems: readings };
  const located = validated.findings.map(({ path, aim, code, message, hint }) => {
    const spot = spotAt(root, path);
    return fileProblemOf(code, positionOf(aim === 'value' && spot.complete ? spot.valueOffset : spot.keyOffset), message, hint);
  });
  return {
    manifest: undefined,
    problems: [...located, ...readings.filter(({ line }) => !located.some((problem) => problem.line === line))],
  };
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
