/** What begins a command in a comment; also the name of the command line. */
const NAMESPACE = 'fleet';

/** More than these in one comment are a mistake, and none of them is carried out. */
export const COMMANDS_MAX = 5;

const COMMAND = new RegExp(`^ {0,3}/${NAMESPACE}(?:[ \\t]+(.*))?$`, 'i');
/** Behind any indentation, list mark or quote mark: rather too much is read as code than too little. */
const FENCE = /^[\s>*+.)\d-]*?(`{3,}|~{3,})/;
const RAW_BLOCKS = [
  { opens: /<!--/, closes: '-->' },
  { opens: /<pre\b/i, closes: '</pre' },
  { opens: /<code\b/i, closes: '</code' },
] as const;

/**
 * The commands of a comment, without their `/fleet`: each owns its line. What is quoted, code, or hidden in an HTML comment is none:
 * people write about commands, and reply to comments that hold some.
 */
export function commandLines(comment: string): readonly string[] {
  const found: string[] = [];
  for (const line of outsideOfCode(comment.split(/\r\n?|\n/))) {
    const command = COMMAND.exec(line);
    if (command !== null) found.push((command[1] ?? '').trim());
  }
  return found;
}

/** Is it worth a closer look? */
export const mayHoldCommands = (comment: string): boolean => comment.toLowerCase().includes(`/${NAMESPACE}`);

function outsideOfCode(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let paragraph: string[] = [];
  let fence: string | undefined;
  let closes: string | undefined;
  const endParagraph = (): void => {
    kept.push(...withoutLongSpans(paragraph));
    paragraph = [];
  };
  for (const line of lines) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence) === true) fence = undefined;
    } else if (closes !== undefined) {
      if (line.toLowerCase().includes(closes)) closes = undefined;
    } else if (mark !== undefined) {
      endParagraph();
      fence = mark;
    } else {
      const raw = rawBlock(line);
      closes = raw.closes;
      if (line.trim() === '') endParagraph();
      else paragraph.push(raw.before);
    }
  }
  endParagraph();
  return kept;
}

/** What is before the first raw block of a line; and what ends that block, where the line itself does not. */
function rawBlock(line: string): { readonly before: string; readonly closes: string | undefined } {
  let first: { readonly at: number; readonly closes: string } | undefined;
  for (const { opens, closes } of RAW_BLOCKS) {
    const at = line.search(opens);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, closes };
  }
  if (first === undefined) return { before: line, closes: undefined };
  const isClosed = line.toLowerCase().includes(first.closes, first.at);
  return { before: line.slice(0, first.at), closes: isClosed ? undefined : first.closes };
}

/** A code span may go over several lines of its paragraph: those in its middle are code. */
function withoutLongSpans(paragraph: readonly string[]): readonly string[] {
  const runs = paragraph.flatMap((line, nth) => [...line.matchAll(/`+/g)].map(([ticks]) => ({ nth, length: ticks.length })));
  const closing: (number | undefined)[] = [];
  const nextOf = new Map<number, number>();
  for (let at = runs.length - 1; at >= 0; at -= 1) {
    const length = runs[at]?.length ?? 0;
    closing[at] = nextOf.get(length);
    nextOf.set(length, at);
  }
  const code = new Set<number>();
  for (let at = 0; at < runs.length; at += 1) {
    const closesAt = closing[at];
    if (closesAt === undefined) continue;
    for (let nth = (runs[at]?.nth ?? 0) + 1; nth <= (runs[closesAt]?.nth ?? 0); nth += 1) code.add(nth);
    at = closesAt;
  }
  return paragraph.filter((_line, nth) => !code.has(nth));
}
