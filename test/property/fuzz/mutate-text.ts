import type { Random } from '../../support/small-world/random.ts';

/** Characters with a meaning in YAML or JSON, and some that hide, break, or need more than one unit. */
const CHARACTERS = [...':-#&*!|>%@`\'"{}[],?\\\n\t\r ~<=0179.eE+_', '\u0000', '\u2028', '\u202e', '\ufeff', '\ud800', 'é', '😀'] as const;

/** Values that were a surprise to somebody. */
const TOKENS = [
  'null',
  'true',
  'yes',
  '0',
  '-1',
  '1e308',
  '12345678901234567890',
  '3.10',
  '0x1f',
  '.nan',
  '2026-12-24',
  '""',
  "''",
  '[]',
  '{}',
  '[[[[]]]]',
  '{ a: { b: { c: d } } }',
  '*x',
  '&x y',
  '!!js/function f',
  '<<',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '0%',
  '101%',
  '1h',
  '-5m',
  '99999d',
  'latest',
  '^(a+)+$',
  'a'.repeat(300),
  '|',
  '>-',
  '---',
  '...',
] as const;

/** One way to change a text a little. */
type Change = (text: string, random: Random, others: readonly string[]) => string;

const splice = (text: string, at: number, gone: number, put: string): string => text.slice(0, at) + put + text.slice(at + gone);

const character: Change = (text, random) => {
  const at = random.below(text.length + 1);
  const put = random.chance(0.3) ? '' : (random.pickAny(CHARACTERS) ?? '');
  return splice(text, at, random.below(2), put);
};

const bytes: Change = (text, random) => splice(text, random.below(text.length + 1), random.below(40), '');

/** A word, a number or what is quoted is replaced by a surprise, or by a word of another file. */
const token: Change = (text, random, others) => {
  const words = [...text.matchAll(/"[^"\n]*"|[\w./%-]+/g)];
  const word = random.pickAny(words);
  if (word === undefined) return text;
  const [elsewhere] = (random.pickAny(others) ?? '').slice(random.below(400)).match(/[\w./%-]+/) ?? [];
  const put = random.chance(0.6) ? (random.pickAny(TOKENS) ?? '') : (elsewhere ?? '');
  return splice(text, word.index, word[0].length, put);
};

/** A line, with what is indented below it. */
function block(lines: readonly string[], at: number): number {
  const depth = (line: string): number => line.length - line.trimStart().length;
  let end = at + 1;
  while (end < lines.length && depth(lines[end] ?? '') > depth(lines[at] ?? '')) end += 1;
  return end - at;
}

const byLines =
  (change: (lines: string[], at: number, random: Random) => void): Change =>
  (text, random) => {
    const lines = text.split('\n');
    change(lines, random.below(lines.length), random);
    return lines.join('\n');
  };

const removed = byLines((lines, at) => void lines.splice(at, block(lines, at)));
const repeated = byLines((lines, at) => void lines.splice(at, 0, ...lines.slice(at, at + block(lines, at))));
const moved = byLines((lines, at, random) => {
  const taken = lines.splice(at, block(lines, at));
  lines.splice(random.below(lines.length + 1), 0, ...taken);
});
const indented = byLines((lines, at, random) => {
  const by = random.pick(['  ', ' ', '\t', ' '.repeat(250)]);
  lines.splice(at, 1, random.chance(0.5) ? `${by}${lines[at] ?? ''}` : (lines[at] ?? '').slice(2));
});
const renamed = byLines((lines, at, random) => {
  lines.splice(at, 1, (lines[at] ?? '').replace(/^(\s*)[\w-]+:/, `$1${random.pickAny(TOKENS)}:`));
});

const joined: Change = (text, random, others) => `${text}\n${random.pick(['---\n', '', '...\n'])}${random.pickAny(others) ?? ''}`;

const CHANGES = [character, character, bytes, token, token, token, removed, removed, repeated, moved, indented, renamed, joined] as const;

/** @param others - texts of the same kind, whose words may turn up in it. */
export function mutateText(text: string, random: Random, others: readonly string[]): string {
  let changed = text;
  for (let left = 1 + random.below(3); left > 0; left -= 1) changed = random.pick(CHANGES)(changed, random, others);
  return changed;
}
