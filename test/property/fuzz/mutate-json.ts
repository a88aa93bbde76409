import type { Random } from '../../support/small-world/random.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const deep = (levels: number): Json => {
  let value: Json = 'core';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const SURPRISES: readonly Json[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 9_007_199_254_740_992, '', ' ', 'null', '0', '-1', '1e3', [], {}, [[]], [null], deep(60)],
  ...['../..', '%2e%2e/', "'; drop table fleet; --", '\u0000', '\ud800', '\u202e', '<img src=x>', 'a'.repeat(5_000), '0'.repeat(40)],
  ...['__proto__', 'constructor', 'toString', { toString: 1 }, { constructor: null }, { length: 3 }, { kind: 'observed' }],
];

const NAMES = SURPRISES.filter((one) => typeof one === 'string');

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isMap = (value: Json): value is { readonly [key: string]: Json } => typeof value === 'object' && value !== null && !isList(value);

/** One place in it, however deep, becomes something else. */
export function mutateJson(value: Json, random: Random): Json {
  if (isList(value) && value.length > 0 && random.chance(0.75)) {
    const at = random.below(value.length);
    const own = value[at] ?? null;
    if (random.chance(0.1)) return value.toSpliced(at, 1);
    if (random.chance(0.1)) return value.toSpliced(at, 0, own);
    return value.with(at, mutateJson(own, random));
  }
  if (isMap(value) && random.chance(0.85)) {
    const entries = Object.entries(value);
    const entry = random.pickAny(entries);
    if (entry === undefined) return surprise(random);
    const [key, own] = entry;
    const others = entries.filter(([name]) => name !== key);
    if (random.chance(0.1)) return Object.fromEntries(others);
    if (random.chance(0.05)) return Object.fromEntries([...others, [random.pickAny(NAMES) ?? '', own]]);
    return Object.fromEntries([...others, [key, mutateJson(own, random)]]);
  }
  return surprise(random);
}

const surprise = (random: Random): Json => random.pickAny(SURPRISES) ?? null;

/** Text of JSON in which one to three places are something else, and of which at times even the text is broken. */
export function mutatedJson(text: string, random: Random): string {
  let value: Json = JSON.parse(text);
  for (let left = 1 + random.below(3); left > 0; left -= 1) value = mutateJson(value, random);
  const written = JSON.stringify(value);
  if (!random.chance(0.1)) return written;
  const at = random.below(written.length + 1);
  return random.chance(0.5)
    ? written.slice(0, at)
    : `${written.slice(0, at)}${random.pick(['}', '"', ',', '\u0000', '\\u', '[['])}${written.slice(at)}`;
}
