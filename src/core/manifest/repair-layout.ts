import { maskQuoted } from './mask-quoted.ts';
import type { FileProblem } from './model.ts';
import { fileProblemOf } from './problem-of.ts';

/** What is wrong with the layout of a text, and the same text, line for line, as it was most likely meant. */
export interface RepairedLayout {
  readonly text: string;
  readonly mistakes: readonly FileProblem[];
}

/** Longer ones are data, and no layout of a person. */
const MAX_LINE_CHARS = 1_000;
/** A file with more mistakes than this was not written as YAML. */
const MAX_MISTAKES = 50;

/** Spaces that look like one, or like nothing, and that YAML takes for text. */
const ODD_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000]/;
const ODD_SPACES = new RegExp(ODD_SPACE.source, 'g');
/** Where YAML wants a plain space: after a colon, dash, comma or bracket, before a colon, and at the end. */
const MISPLACED_SPACE = new RegExp(
  `(?<=[:,\\-[{] *)${ODD_SPACE.source}|${ODD_SPACE.source}(?=[ ${ODD_SPACE.source.slice(1, -1)}]*(?::|$))`,
);
const TEMPLATE = /\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|<%.*?(?:%>|$)/;

/** Keys of a block map that are open at a line. */
interface Level {
  readonly kind: 'map' | 'list';
  indent: number;
  entries: number;
  /** The entry that was last, and whether a block below it would be its value. */
  last: { readonly name: string; readonly line: number; readonly open: boolean };
}

/**
 * The layout as a person sees it, line by line: tabs, odd spaces, braces of templates, missing colons, and lines that stand in no
 * column of their map. A parser notices most of these somewhere else, and once for each line that follows.
 */
export function repairLayout(text: string): RepairedLayout {
  return new LayoutReader(text.split('\n')).read();
}

class LayoutReader {
  readonly #lines: string[];
  readonly #mistakes: FileProblem[] = [];
  #levels: Level[] = [];
  /** Lines that are indented further than this are the text of a block scalar. */
  #scalarIndent: number | undefined;
  /** Brackets that are open, which may go over several lines. */
  #brackets = 0;
  /** How far lines move that are indented by at least `from`, because the first of them does. */
  #shift: { readonly from: number; readonly by: number } | undefined;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  read(): RepairedLayout {
    for (let at = 0; at < this.#lines.length && this.#mistakes.length < MAX_MISTAKES; at += 1) this.#readLine(at);
    return { text: this.#lines.join('\n'), mistakes: this.#mistakes };
  }

  #readLine(at: number): void {
    const raw = this.#lines[at] ?? '';
    if (raw.length > MAX_LINE_CHARS || /^\s*(?:#|$)/.test(raw)) return;
    if (/^(?:---|\.\.\.)(?: |$)/.test(raw)) {
      this.#levels = [];
      this.#shift = undefined;
      this.#scalarIndent = undefined;
      this.#brackets = 0;
      return;
    }
    const lead = /^\s*/.exec(raw)?.[0] ?? '';
    if (this.#scalarIndent !== undefined && lead.length > this.#scalarIndent) return;
    this.#scalarIndent = undefined;
    if (this.#brackets > 0) {
      this.#countBrackets(maskQuoted(raw));
      return;
    }
    const line = this.#plainSpaces(at, raw, lead);
    const content = this.#withoutTemplates(at, line);
    this.#lines[at] = content;
    if (!content.trimStart().startsWith('#')) this.#place(at, content, lead.includes('\t'));
  }

  /** The line with plain spaces alone; a tab counts as two. */
  #plainSpaces(at: number, raw: string, lead: string): string {
    const tab = lead.indexOf('\t');
    const odd = lead.search(ODD_SPACE);
    if (tab >= 0) this.#found('yaml/tab', at, tab, 'this line is indented by a tab', 'indent by spaces, as the lines around it');
    else if (odd >= 0) this.#oddSpace(at, odd, raw);
    const indented = lead.replaceAll('\t', '  ').replace(/\S|[^ ]/g, ' ') + raw.slice(lead.length);
    const masked = maskQuoted(indented);
    const misplaced = masked.search(MISPLACED_SPACE);
    if (misplaced < 0) return indented;
    if (odd < 0) this.#oddSpace(at, misplaced, indented);
    return [...indented].map((char, index) => (masked[index] === char ? char.replace(ODD_SPACES, ' ') : char)).join('');
  }

  #oddSpace(at: number, column: number, text: string): void {
    const code = (text.codePointAt(column) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const name = code === '00A0' || code === '202F' ? 'a no-break space' : 'a space that is no plain one';
    this.#found('yaml/space', at, column, `${name} (U+${code}) stands where YAML wants a plain space`, 'replace it by a plain space');
  }

  /** What a template would fill in is taken for a text of the same length, and a line that only steers it for a comment. */
  #withoutTemplates(at: number, line: string): string {
    const found = TEMPLATE.exec(maskQuoted(line));
    if (found === null) return line;
    const message = `\`${found[0].slice(0, 2)}\` begins a template, and nobody fills it in here`;
    this.#found('yaml/template', at, found.index, message, 'commit what the template renders to; as text, put it in quotes');
    const lone = line.slice(0, found.index).trim() === '' && !/^\s*\S*:/.test(line.slice(found.index + found[0].length));
    if (lone) return line.replace(/\S/, '#');
    let filled = line;
    for (let next: RegExpExecArray | null = found; next !== null; next = TEMPLATE.exec(maskQuoted(filled))) {
      filled = filled.slice(0, next.index) + 'x'.repeat(next[0].length) + filled.slice(next.index + next[0].length);
    }
    return filled;
  }

  #place(at: number, line: string, tabbed: boolean): void {
    const masked = maskQuoted(line);
    const parts = /^( *)((?:- +)*)(.*)$/.exec(masked);
    const [, lead = '', dashes = '', rest = ''] = parts ?? [];
    const key = this.#keyOf(at, rest);
    if (key === undefined && dashes === '' && !rest.startsWith('-')) {
      this.#countBrackets(rest);
      return;
    }
    const indent = Math.max(0, lead.length + this.#shiftOf(lead.length));
    const name = dashes === '' && !rest.startsWith('-') ? (key?.name ?? '') : '-';
    const placed = this.#indentOf(at, { indent, name, tabbed, written: lead.length });
    const moved = placed - lead.length;
    if (moved !== 0) {
      this.#shift ??= { from: lead.length, by: moved };
      this.#lines[at] = ' '.repeat(placed) + (this.#lines[at] ?? '').slice(lead.length);
    }
    this.#enter(at, { dashes, rest, key, indent: placed });
    this.#countBrackets(key === undefined ? rest : key.value);
  }

  /** A line in a column that is open as it stands begins anew; one further in is below the line that was moved. */
  #shiftOf(indent: number): number {
    const shift = this.#shift;
    const isOpen = indent !== shift?.from && this.#levels.some((level) => level.indent === indent);
    if (shift === undefined || indent < shift.from || isOpen) this.#shift = undefined;
    return this.#shift?.by ?? 0;
  }

  /** The key of a line of a map; one whose colon, or the space after it, was left out is put right. */
  #keyOf(at: number, rest: string): { readonly name: string; readonly value: string } | undefined {
    const found = /^("[^"]*"|'[^']*'|[^\s"'#{}[\],&*!|>%@`-][^#]*?) *:(?: +(.*)|)$/.exec(rest);
    if (found !== null) return { name: (found[1] ?? '').slice(0, 60), value: (found[2] ?? '').replace(/^#.*/, '') };
    const line = this.#lines[at] ?? '';
    const start = line.length - rest.length;
    const top = this.#levels.at(-1);
    const level = this.#levels.findLast(({ kind, indent }) => kind === 'map' && indent === start);
    const isFirst = level === undefined && top?.last.open === true && start > top.indent && this.#nextIndent(at, start) === start;
    // Where the key above has no value yet, a text here would be its value.
    if (!isFirst && (level === undefined || (level === top && level.last.open))) return undefined;
    const glued = /^([a-z][A-Za-z]*):(?=["'A-Za-z0-9])([^:]*)$/.exec(rest);
    if (glued !== null) {
      const name = glued[1] ?? '';
      this.#found('yaml/syntax', at, start + name.length, `the space after the colon of \`${name}\` is missing`, `write \`${name}: ...\``);
      this.#lines[at] = `${line.slice(0, start + name.length + 1)} ${line.slice(start + name.length + 1)}`;
      return { name, value: glued[2] ?? '' };
    }
    const bare = /^([a-z][A-Za-z]*) *$/.exec(rest)?.[1];
    const next = this.#lines.slice(at + 1, at + 20).find((other) => !/^\s*(?:#|$)/.test(other)) ?? '';
    const deeper = /^ */.exec(next)?.[0].length ?? 0;
    if (bare === undefined || !(deeper > start && /^ *(?:- |[^ ]+:(?: |$))/.test(next))) return undefined;
    this.#found('yaml/syntax', at, start + bare.length, `the colon after \`${bare}\` is missing`, `write \`${bare}:\``);
    this.#lines[at] = `${line.slice(0, start + bare.length)}:`;
    return { name: bare, value: '' };
  }

  /** The column in which a line belongs: its own, unless no map or list is open there. */
  #indentOf(
    at: number,
    line: { readonly indent: number; readonly name: string; readonly tabbed: boolean; readonly written: number },
  ): number {
    const { indent, name, tabbed, written } = line;
    const closed: Level[] = [];
    for (let top = this.#levels.at(-1); top !== undefined && top.indent > indent; top = this.#levels.at(-1))
      closed.unshift(...this.#levels.splice(-1));
    const top = this.#levels.at(-1);
    const [inner] = closed;
    // How wide a tab was meant is not known: below a key without a value it is wide enough.
    if (tabbed && inner === undefined && top?.indent === indent && top.last.open) return indent + 2;
    if (top === undefined || top.indent === indent) return indent;
    if (inner === undefined && top.last.open) return indent;
    if (inner === undefined) {
      if (!tabbed)
        this.#misplaced(
          at,
          written,
          name,
          `\`${top.last.name}\` in line ${top.last.line + 1}, which has a value, by ${top.indent}`,
          top.indent,
        );
      return top.indent;
    }
    if (inner.entries === 1 && inner.kind === 'map' && !inner.last.open && !tabbed && this.#nextIndent(at, inner.indent) === written) {
      // One line stands further in than all that follow it: that one was meant to stand with them.
      const { name: first, line: firstLine } = inner.last;
      const wrong = this.#lines[firstLine] ?? '';
      this.#misplaced(firstLine, inner.indent, first, `\`${name}\` in line ${at + 1} by ${indent}`, indent);
      this.#lines[firstLine] = wrong.slice(inner.indent - indent);
      inner.indent = indent;
      this.#levels.push(inner);
      return indent;
    }
    const near = indent - top.indent < inner.indent - indent ? top : inner;
    if (near === inner) this.#levels.push(inner);
    if (!tabbed) this.#misplaced(at, written, name, `\`${near.last.name}\` in line ${near.last.line + 1} by ${near.indent}`, near.indent);
    return near.indent;
  }

  /** The column of the next line that is not further in than this. */
  #nextIndent(at: number, most: number): number | undefined {
    const indents = this.#lines
      .slice(at + 1, at + 200)
      .flatMap((line) => (/^\s*(?:#|$)/.test(line) ? [] : [/^ */.exec(line)?.[0].length ?? 0]));
    return indents.find((indent) => indent <= most);
  }

  #misplaced(at: number, indent: number, name: string, than: string, right: number): void {
    const spaces = `${indent} ${indent === 1 ? 'space' : 'spaces'}`;
    const what = name === '-' ? 'this item' : `\`${name}\``;
    const hint = `indent it by ${right} to put both at one level`;
    this.#found('yaml/syntax', at, indent, `${what} is indented by ${spaces}, but ${than}`, hint);
  }

  #enter(
    at: number,
    line: {
      readonly dashes: string;
      readonly rest: string;
      readonly key: { readonly name: string; readonly value: string } | undefined;
      readonly indent: number;
    },
  ): void {
    let column = line.indent;
    for (const dash of line.dashes.match(/- +/g) ?? (line.rest.startsWith('-') ? ['-'] : [])) {
      this.#entry('list', column, { name: '-', line: at, open: true });
      column += dash.length;
    }
    if (line.key === undefined) return;
    const { name, value } = line.key;
    this.#entry('map', column, { name, line: at, open: value === '' });
    if (/^[|>][-+0-9]*(?: +#.*)?$/.test(value)) this.#scalarIndent = column;
  }

  #entry(kind: Level['kind'], indent: number, last: Level['last']): void {
    let top = this.#levels.at(-1);
    // A list may stand in the column of its key, so a key there ends it.
    while (top !== undefined && (top.indent > indent || (top.indent === indent && top.kind === 'list' && kind === 'map'))) {
      this.#levels.pop();
      top = this.#levels.at(-1);
    }
    if (top?.indent === indent && top.kind === kind) {
      top.entries += 1;
      top.last = last;
    } else this.#levels.push({ kind, indent, entries: 1, last });
  }

  #countBrackets(masked: string): void {
    for (const char of masked.replace(/(?:^| )#.*$/, '')) {
      if (char === '{' || char === '[') this.#brackets += 1;
      else if (char === '}' || char === ']') this.#brackets = Math.max(0, this.#brackets - 1);
    }
  }

  #found(
    code: 'yaml/tab' | 'yaml/space' | 'yaml/template' | 'yaml/syntax',
    at: number,
    column: number,
    message: string,
    hint: string,
  ): void {
    this.#mistakes.push(fileProblemOf(code, { line: at + 1, column: column + 1 }, message, hint));
  }
}
